"""Cases along time and bands: numpy, pandas, xarray, scipy."""

import numpy as np
import pandas as pd
import scipy.optimize
import xarray as xr
from inputs import CUBES, callback, given, node, reducer, times

series, months = CUBES["series"], CUBES["months"]
YEAR_S = 31_557_600.0


def reductions():
    functions = {
        "mean": np.nanmean, "median": np.nanmedian, "min": np.nanmin, "max": np.nanmax, "sum": np.nansum,
        "product": np.nanprod, "sd": lambda a, axis: np.nanstd(a, axis=axis, ddof=1),
        "variance": lambda a, axis: np.nanvar(a, axis=axis, ddof=1),
        "count": lambda a, axis: np.isfinite(a).sum(axis=axis).astype(float),
    }
    for name, function in functions.items():
        graph = {"r": node("reduce_dimension", data=given("series"), dimension="t", reducer=reducer(name))}
        yield f"{name} over time", "numpy", graph, series.reduce(function, dim="t")
    frame = pd.DataFrame(series.values.reshape(len(series), -1))
    first = series.isel(t=0, drop=True).copy(data=frame.bfill().iloc[0].values.reshape(series.shape[1:]))
    graph = {"r": node("reduce_dimension", data=given("series"), dimension="t", reducer=reducer("first"))}
    yield "first valid over time", "pandas", graph, first


def periods():
    names = {
        "month": ("MS", lambda d: d.strftime("%Y-%m")),
        "season": ("QS-DEC", lambda d: f"{d.year}-{ {12: 'djf', 3: 'mam', 6: 'jja', 9: 'son'}[d.month]}"),
        "year": ("YS", lambda d: f"{d.year}"),
        "week": ("W-MON", lambda d: "{0:04}-{1:02}".format(*d.isocalendar()[:2])),
        "day": ("D", lambda d: d.strftime("%Y-%j")),
    }
    for period, (rule, label) in names.items():
        options = {"label": "left", "closed": "left"}
        resampled = times(series).resample(t=rule, **options).median()
        resampled = resampled.assign_coords(t=[label(d) for d in pd.to_datetime(resampled.t.values)])
        graph = {"a": node("aggregate_temporal_period", data=given("series"), period=period, reducer=reducer("median"))}
        yield f"median of each {period}", "xarray resample", graph, resampled
    # By their definitions: days 1 to 10, 11 to 20 and 21 to the end of a month; November to April.
    dates = pd.to_datetime(series.t.values).tz_localize(None)
    counted = {
        "dekad": (lambda d: (d.year * 12 + d.month - 1) * 3 + min((d.day - 1) // 10, 2), lambda n: f"{n // 36:04}-{n % 36 + 1:02}"),
        "tropical-season": (
            lambda d: 2 * (d.year + (d.month >= 11)) + (5 <= d.month <= 10),
            lambda n: f"{n // 2}-mjjaso" if n % 2 else f"{n // 2 - 1}-ndjfma",
        ),
    }
    for period, (number, label) in counted.items():
        numbers = [int(number(d)) for d in dates]
        every = list(range(min(numbers), max(numbers) + 1))
        grouped = series.assign_coords(t=numbers).groupby("t").max().reindex(t=every)
        grouped = grouped.assign_coords(t=[label(n) for n in every])
        graph = {"a": node("aggregate_temporal_period", data=given("series"), period=period, reducer=reducer("max"))}
        yield f"maximum of each {period}", "xarray groupby", graph, grouped


def intervals():
    bounds = [("2019-11-01", "2020-01-01"), ("2020-01-01", "2020-06-30"), ("2020-06-30", "2020-12-31")]
    dates = pd.to_datetime(series.t.values)
    parts = []
    for start, end in bounds:
        inside = (dates >= pd.Timestamp(start, tz="UTC")) & (dates < pd.Timestamp(end, tz="UTC"))
        parts.append(series.isel(t=np.flatnonzero(inside)).mean("t"))
    expected = xr.concat(parts, dim=pd.Index(["a", "b", "c"], name="t"))
    graph = {"a": node("aggregate_temporal", data=given("series"), intervals=[list(b) for b in bounds],
                       labels=["a", "b", "c"], reducer=reducer("mean"))}
    yield "mean of each interval", "xarray", graph, expected


def normals():
    data = times(months)
    chosen = data.sel(t=slice("2019-01-01", "2020-12-31"))
    month = chosen.groupby("t.month").mean().rename(month="t")
    month = month.assign_coords(t=[f"{m:02}" for m in month.t.values])
    graph = {"n": node("climatological_normal", data=given("months"), period="month", climatology_period=[2019, 2020])}
    yield "normals of each month", "xarray groupby", graph, month
    # December 2018 is there, so the first winter is whole; December 2020 begins another.
    chosen = data.sel(t=slice("2018-12-01", "2020-11-30"))
    season = chosen.groupby("t.season").mean().rename(season="t").sel(t=["DJF", "MAM", "JJA", "SON"])
    season = season.assign_coords(t=["djf", "mam", "jja", "son"])
    graph = {"n": node("climatological_normal", data=given("months"), period="season", climatology_period=[2019, 2020])}
    yield "normals of each season", "xarray groupby", graph, season
    whole = data.groupby("t.month").mean()
    anomaly = data.groupby("t.month") - whole
    anomaly = anomaly.drop_vars("month").assign_coords(t=[f"{d:%Y-%m}" for d in pd.to_datetime(data.t.values)])
    graph = {
        "each": node("aggregate_temporal_period", data=given("months"), period="month", reducer=reducer("mean")),
        "n": node("climatological_normal", data=given("months"), period="month", climatology_period=[2018, 2020]),
        "a": node("anomaly", data=given("each"), normals=given("n"), period="month"),
    }
    yield "anomaly of each month", "xarray groupby", graph, anomaly.transpose("t", "y", "x")


def resampled_time():
    wanted = ["2019-12-20T00:00:00Z", "2020-02-26T00:00:00Z", "2020-07-01T00:00:00Z", "2021-06-01T00:00:00Z"]
    target = series.isel(bands=[0], t=slice(0, 4)).assign_coords(t=wanted).rename("dates")
    stamps = pd.to_datetime(wanted).tz_localize(None)
    nearest = times(series).reindex(t=stamps, method="nearest").assign_coords(t=wanted)
    graph = {"r": node("resample_cube_temporal", data=given("series"), target=given("dates"))}
    yield "nearest date", "xarray reindex", graph, nearest, {"dates": target}
    days = 20
    frame = times(series).stack(p=("bands", "y", "x")).transpose("t", "p").to_pandas()
    columns = [
        frame.iloc[:, i].dropna().reindex(stamps, method="nearest", tolerance=f"{days}D").values
        for i in range(frame.shape[1])
    ]
    values = np.array(columns).T.reshape(len(wanted), *series.shape[1:])
    within = xr.DataArray(values, dims=series.dims, coords={**series.coords, "t": wanted})
    graph = {"r": node("resample_cube_temporal", data=given("series"), target=given("dates"), valid_within=days)}
    yield "nearest valid date within 20 days", "pandas reindex", graph, within, {"dates": target}


def selections():
    graph = {"f": node("filter_temporal", data=given("series"), extent=["2019-12-03T10:10:00Z", "2020-06-30T10:10:00Z"])}
    yield "left-closed interval", "xarray", graph, series.isel(t=slice(1, 6))
    graph = {"f": node("filter_bands", data=given("series"), bands=["nir", "red"])}
    yield "bands in the order asked for", "xarray", graph, series.sel(bands=["nir", "red"])
    condition = callback("text_contains", data={"from_parameter": "value"}, pattern="2020-0")
    graph = {"f": node("filter_labels", data=given("series"), dimension="t", condition=condition)}
    yield "labels by a condition", "xarray", graph, series.isel(t=[i for i, t in enumerate(series.t.values) if "2020-0" in t])


def applied():
    scale = callback("linear_scale_range", x={"from_parameter": "x"}, inputMin=20, inputMax=80, outputMin=-1, outputMax=1)
    graph = {"a": node("apply", data=given("series"), process=scale)}
    yield "linear_scale_range of each pixel", "numpy.interp", graph, series.copy(data=np.interp(series, [20, 80], [-1, 1]))
    graph = {"a": node("apply_dimension", data=given("series"), dimension="t", process=reducer("cumsum"))}
    summed = np.where(np.isnan(series), np.nan, np.nancumsum(series, axis=0))
    yield "cumsum along time", "numpy.nancumsum", graph, series.copy(data=summed)
    graph = {"a": node("apply_dimension", data=given("series"), dimension="t", target_dimension="q",
                       process=reducer("quantiles", probabilities=[0.1, 0.5, 0.75]))}
    found = np.nanquantile(series, [0.1, 0.5, 0.75], axis=0)
    expected = xr.DataArray(found, dims=("q", *series.dims[1:]),
                            coords={"q": [0, 1, 2], **{d: series[d] for d in series.dims[1:]}})
    yield "quantiles along time", "numpy.nanquantile", graph, expected
    red, nir = series.sel(bands="red"), series.sel(bands="nir")
    ndvi = ((nir - red) / (nir + red)).drop_vars("bands", errors="ignore")
    graph = {"v": node("ndvi", data=given("series"))}
    yield "ndvi", "xarray", graph, ndvi
    graph = {"v": node("ndvi", data=given("series"), target_band="ndvi")}
    with_band = xr.concat([series, ndvi.expand_dims(bands=["ndvi"])], dim="bands").transpose(*series.dims)
    yield "ndvi as one more band", "xarray", graph, with_band
    graph = {"n": node("apply_neighborhood", data=given("series"), process=reducer("cumsum"), size=[
        {"dimension": "x", "value": 1, "unit": "px"}, {"dimension": "y", "value": 1, "unit": "px"},
        {"dimension": "bands", "value": 1, "unit": "px"}])}
    yield "cumsum of the series of each pixel", "numpy.nancumsum", graph, series.copy(data=summed)


def merged():
    add = callback("subtract", x={"from_parameter": "x"}, y={"from_parameter": "y"})
    greater = callback("max", data=[{"from_parameter": "x"}, {"from_parameter": "y"}])
    graph = {"m": node("merge_cubes", cube1=given("series"), cube2=given("other_bands"))}
    yield "other bands", "xarray concat", graph, xr.concat([series, CUBES["other_bands"]], dim="bands")
    graph = {"m": node("merge_cubes", cube1=given("series"), cube2=given("same_bands"), overlap_resolver=add)}
    yield "one cube less another", "xarray", graph, series - CUBES["same_bands"]
    graph = {"m": node("merge_cubes", cube1=given("series"), cube2=given("plane"), overlap_resolver=add)}
    yield "a series less one plane", "xarray broadcasting", graph, series - CUBES["plane"]
    later = CUBES["later"]
    both = np.fmax(series.isel(t=[7]), later.isel(t=[0]))
    union = xr.concat([series.isel(t=slice(0, 7)), later.isel(t=[1]), both, later.isel(t=[2])], dim="t")
    graph = {"m": node("merge_cubes", cube1=given("series"), cube2=given("later"), overlap_resolver=greater)}
    yield "more dates, one of them in both", "xarray concat", graph, union.sortby("t")


def curves():
    harmonic = {"process_graph": {
        **{f"p{i}": node("array_element", data={"from_parameter": "parameters"}, index=i) for i in range(3)},
        "turn": node("multiply", x={"from_parameter": "x"}, y=2 * np.pi / YEAR_S),
        "cos": node("cos", x=given("turn")), "sin": node("sin", x=given("turn")),
        "a": node("multiply", x=given("p1"), y=given("cos")), "b": node("multiply", x=given("p2"), y=given("sin")),
        "ab": node("add", x=given("a"), y=given("b")),
        "y": {**node("add", x=given("p0"), y=given("ab")), "result": True},
    }}
    seconds = np.array([pd.Timestamp(str(d), tz="UTC").timestamp() for d in months.t.values])

    def curve(x, *p):
        return p[0] + p[1] * np.cos(2 * np.pi / YEAR_S * x) + p[2] * np.sin(2 * np.pi / YEAR_S * x)

    found = np.empty((3, 2, 2))
    for y, x in np.ndindex(2, 2):
        values = months.values[:, y, x]
        valid = np.isfinite(values)
        found[:, y, x] = scipy.optimize.curve_fit(curve, seconds[valid], values[valid], p0=[1, 1, 1])[0]
    coords = {"x": months.x, "y": months.y}
    parameters = xr.DataArray(found, dims=("p", "y", "x"), coords={"p": [0, 1, 2], **coords})
    fit = node("apply_dimension", data=given("months"), dimension="t", target_dimension="p", process=callback(
        "fit_curve", data={"from_parameter": "data"}, parameters=[1, 1, 1], function=harmonic))
    yield "a year's curve fitted", "scipy.optimize.curve_fit", {"f": fit}, parameters, {}, 1e-6
    labels = ["2021-01-15", "2021-05-01", "2021-09-30"]
    at = np.array([pd.Timestamp(d, tz="UTC").timestamp() for d in labels])
    predicted = xr.DataArray(np.array([curve(s, *found) for s in at]), dims=("p", "y", "x"), coords={"p": labels, **coords})
    graph = {"f": fit, "c": node("predict_curve", parameters=given("f"), function=harmonic, dimension="p", labels=labels)}
    yield "the curve at other dates", "scipy.optimize.curve_fit", graph, predicted, {}, 1e-6


ALL = [reductions, periods, intervals, normals, resampled_time, selections, applied, merged, curves]
