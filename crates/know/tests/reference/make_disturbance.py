"""When pixels of the Romanian forest left their harmonic curve, by nrt: disturbance.tif and
disturbance.json. And anomalies of NDVI and EVI against the same curve by numpy.

nrt 0.1.0 (JRC) fits the curve by ordinary least squares and monitors as CCDC does (Zhu & Woodcock
2014). Its harmonics run over a year of 364 days; `own` has them over 365.25 days of seconds since
1970, as the product has, and everything else is nrt's.

Needs nrt 0.1.0, numpy, rasterio, xarray. Run: python make_disturbance.py FOLDER_OF_COGS
"""
import glob
import json
import os
import sys
import warnings

import nrt
import nrt.monitor
import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from nrt.monitor.ccdc import CCDC

warnings.filterwarnings("ignore")
folder = sys.argv[1]
here = os.path.dirname(os.path.abspath(__file__))
SINCE = np.datetime64("2020-01-01")
ORDER = 2


def scene(day):
    ten = rasterio.open(glob.glob(f"{folder}/*{day}*_10m.tif")[0])
    scl = rasterio.open(glob.glob(f"{folder}/*{day}*_SCL.tif")[0]).read(1)
    data = ten.read().astype(float)
    valid = (data != (ten.nodata if ten.nodata is not None else np.nan)).all(axis=0)
    factor = data.shape[1] // scl.shape[0]
    scl = np.kron(scl, np.ones((factor, factor), dtype=scl.dtype))
    clear = valid & np.isin(scl, [4, 5, 7])
    blue, _, red, nir = data * 1e-4
    ndvi = (nir - red) / (nir + red)
    evi = 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1)
    # Beyond one either way the index has left its range: snow, haze, the edges of clouds.
    return np.where(clear, ndvi, np.nan), np.where(clear & (np.abs(evi) <= 1), evi, np.nan)


days = sorted({os.path.basename(p)[:10] for p in glob.glob(f"{folder}/*_10m.tif")})
dates = np.array(days, dtype="datetime64[ns]")
cubes = [np.stack(c) for c in zip(*(scene(day) for day in days))]


def own_regressors(dates, trend=False, harmonic_order=ORDER):
    seconds = (pd.DatetimeIndex(dates) - pd.Timestamp(1970)).total_seconds().to_numpy()
    angle = 2 * np.pi * seconds / 31_557_600
    columns = [np.ones(len(angle))]
    columns += [np.cos(angle * k) for k in range(1, harmonic_order + 1)]
    columns += [np.sin(angle * k) for k in range(1, harmonic_order + 1)]
    return np.stack(columns, axis=1)


def monitored(values, regressors):
    before = nrt.monitor.build_regressors
    nrt.monitor.build_regressors = regressors or before
    cube = xr.DataArray(
        values, dims=("time", "y", "x"),
        coords={"time": dates, "y": np.arange(100.0), "x": np.arange(100.0)},
    )
    model = CCDC(trend=False, harmonic_order=ORDER, sensitivity=3, boundary=3)
    history = cube.isel(time=dates < SINCE)
    model.fit(history, method="OLS", screen_outliers=None)
    for at in np.flatnonzero(dates >= SINCE):
        model.monitor(array=cube.values[at], date=pd.Timestamp(dates[at]).to_pydatetime())
    nrt.monitor.build_regressors = before
    day = np.where(model.mask == 3, model.detection_date, 0).astype(np.uint16)
    return np.where(model.mask == 4, 65535, day).astype(np.uint16), model


ndvi = cubes[0]
own, model = monitored(ndvi, own_regressors)
theirs, _ = monitored(ndvi, None)
# Pixels never clear in the period are not judged; nrt leaves them as they were.
seen = np.isfinite(ndvi[dates >= SINCE]).any(axis=0)
own, theirs = (np.where(seen, d, 65535).astype(np.uint16) for d in (own, theirs))

# Anomalies: the same curve by numpy's lstsq, a pixel at a time.
figures = {}
for name, values in zip(("ndvi", "evi"), cubes):
    x, past = own_regressors(dates), dates < SINCE
    flat = values.reshape(len(dates), -1)
    residual = np.full_like(flat, np.nan)
    rmse = np.full(flat.shape[1], np.nan)
    for p in range(flat.shape[1]):
        use = past & np.isfinite(flat[:, p])
        if use.sum() < 8:
            continue
        beta = np.linalg.lstsq(x[use], flat[use, p], rcond=None)[0]
        residual[:, p] = flat[:, p] - x @ beta
        rmse[p] = np.sqrt(np.nanmean(residual[past, p] ** 2))
    anomaly = np.nanmedian(residual[~past], axis=0)
    composite = np.nanmedian(np.where(np.isfinite(rmse), flat[~past], np.nan), axis=0)
    z = anomaly / rmse
    figures[name] = {
        "judged": int(np.isfinite(z).sum()),
        "composite_mean": float(np.nanmean(composite)),
        "anomaly_mean": float(np.nanmean(anomaly)),
        "anomaly_least": float(np.nanmin(anomaly)),
        "anomaly_most": float(np.nanmax(anomaly)),
        "rmse_mean": float(np.nanmean(rmse)),
        "below_2": int((z <= -2).sum()),
        "above_2": int((z >= 2).sum()),
    }

with rasterio.open(
    f"{here}/disturbance.tif", "w", driver="GTiff", width=100, height=100, count=2, dtype="uint16",
    compress="deflate", interleave="band",
) as out:
    out.write(own, 1)
    out.write(theirs, 2)
    out.descriptions = ("confirmed_own_year", "confirmed_nrt_year")
json.dump(
    {
        "nrt": nrt.__version__,
        "numpy": np.__version__,
        "since": "2020-01-01",
        "scenes": len(days),
        "curve": {
            "beta_mean": [float(b.mean()) for b in model.beta],
            "rmse_mean": float(model.rmse[model.mask != 4].mean()),
        },
        "disturbed_own_year": int(((own > 0) & (own < 65535)).sum()),
        "disturbed_nrt_year": int(((theirs > 0) & (theirs < 65535)).sum()),
        "not_judged": int((own == 65535).sum()),
        "anomalies": figures,
    },
    open(f"{here}/disturbance.json", "w"),
    indent=1,
)
