"""Cases in space: scipy.ndimage, shapely, pyproj, scikit-image, GDAL (rasterio)."""

import numpy as np
import pyproj
import rasterio.transform
import rasterio.warp
import scipy.ndimage
import shapely
import xarray as xr
from inputs import CUBES, EPSG, NORTH, STEP_M, WEST, callback, centres, given, node, reducer
from rasterio.warp import Resampling
from skimage.morphology import reconstruction

scene, series, smooth = CUBES["scene"], CUBES["series"], CUBES["smooth"]
to_lonlat = pyproj.Transformer.from_crs(EPSG, 4326, always_xy=True)
from_lonlat = pyproj.Transformer.from_crs(4326, EPSG, always_xy=True)


def polygon(*corners):
    """A polygon in longitude and latitude from corners in pixels (column, row)."""
    ring = [to_lonlat.transform(WEST + STEP_M * col, NORTH - STEP_M * row) for col, row in corners]
    ring = [[round(lon, 7), round(lat, 7)] for lon, lat in ring]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def collection(*geometries):
    features = [{"type": "Feature", "properties": {}, "geometry": geometry} for geometry in geometries]
    return {"type": "FeatureCollection", "features": features}


def inside(cube, geometry):
    """Pixels whose centre lies within."""
    moved = shapely.transform(shapely.geometry.shape(geometry), lambda c: np.column_stack(from_lonlat.transform(c[:, 0], c[:, 1])))
    x, y = np.meshgrid(cube.x.values, cube.y.values)
    return shapely.intersects_xy(moved, x, y)


LEFT = polygon((0.7, 0.8), (3.3, 1.1), (2.9, 5.4), (0.6, 4.8))
RIGHT = polygon((3.6, 2.2), (6.4, 2.6), (5.1, 5.7))


def kernels():
    kernel = [[0, 1, 2], [1, -3, 1], [0.5, 0, 4]]
    clean = np.nan_to_num(scene.values)
    for border, mode in [(0, "constant"), ("replicate", "nearest"), ("reflect", "reflect"),
                         ("reflect_pixel", "mirror"), ("wrap", "wrap")]:
        graph = {"k": node("apply_kernel", data=given("scene"), kernel=kernel, border=border, factor=0.5)}
        found = 0.5 * scipy.ndimage.correlate(clean, np.array(kernel, float), mode=mode)
        yield f"kernel with border {border}", "scipy.ndimage.correlate", graph, scene.copy(data=found)
    graph = {"k": node("apply_kernel", data=given("scene"), kernel=kernel, border=7.5, replace_invalid=-1)}
    found = scipy.ndimage.correlate(np.nan_to_num(scene.values, nan=-1), np.array(kernel, float), mode="constant", cval=7.5)
    yield "kernel with a border and gaps of values given", "scipy.ndimage.correlate", graph, scene.copy(data=found)


def neighborhoods():
    mean = callback("apply_kernel", data={"from_parameter": "data"}, kernel=[[1, 1, 1]] * 3, factor=1 / 9)
    px = lambda value: [{"dimension": name, "value": value, "unit": "px"} for name in "xy"]
    graph = {"n": node("apply_neighborhood", data=given("scene"), size=px(4), overlap=px(1), process=mean)}
    whole = scipy.ndimage.correlate(np.nan_to_num(scene.values), np.full((3, 3), 1 / 9), mode="constant")
    yield "tiles with overlap are as the whole", "scipy.ndimage.correlate", graph, scene.copy(data=whole)
    edge = callback("apply_kernel", data={"from_parameter": "data"}, kernel=[[1, 1, 1]] * 3, factor=1 / 9, border="replicate")
    graph = {"n": node("apply_neighborhood", data=given("scene"), size=[
        {"dimension": "x", "value": 4, "unit": "px"}, {"dimension": "y", "value": 50, "unit": "m"}], process=edge)}
    parts = np.empty(scene.shape)
    for row in range(0, 12, 5):
        for col in range(0, 14, 4):
            part = np.nan_to_num(scene.values[row:row + 5, col:col + 4])
            parts[row:row + 5, col:col + 4] = scipy.ndimage.correlate(part, np.full((3, 3), 1 / 9), mode="nearest")
    yield "tiles without overlap are each on its own", "scipy.ndimage.correlate", graph, scene.copy(data=parts)


def polygons():
    both = inside(series, LEFT) | inside(series, RIGHT)
    assert 10 < both.sum() < 30
    graph = {"m": node("mask_polygon", data=given("series"), mask=collection(LEFT, RIGHT))}
    yield "outside of polygons", "shapely, pyproj", graph, series.where(both)
    graph = {"m": node("mask_polygon", data=given("series"), mask=LEFT, inside=True, replacement=-7)}
    hidden = xr.where(inside(series, LEFT) & series.notnull(), -7.0, series)
    yield "inside of a polygon, replaced", "shapely, pyproj", graph, hidden
    graph = {"f": node("filter_spatial", data=given("series"), geometries=RIGHT)}
    kept = series.where(inside(series, RIGHT))
    rows, cols = np.flatnonzero(inside(series, RIGHT).any(axis=1)), np.flatnonzero(inside(series, RIGHT).any(axis=0))
    bounds = shapely.bounds(shapely.transform(shapely.geometry.shape(RIGHT), lambda c: np.column_stack(from_lonlat.transform(c[:, 0], c[:, 1]))))
    kept = kept.sel(x=slice(bounds[0], bounds[2]), y=slice(bounds[3], bounds[1]))
    assert len(rows) and len(cols)
    yield "pixels within the bounds and the polygon", "shapely, pyproj", graph, kept
    smoothed = callback("apply_kernel", data={"from_parameter": "data"}, kernel=[[1, 1, 1]] * 3)
    graph = {"p": node("apply_polygon", data=given("series"), geometries=collection(LEFT, RIGHT), mask_value=0, process=smoothed)}
    done = series.copy(deep=True)
    for geometry in (LEFT, RIGHT):
        own = inside(series, geometry)
        for index in np.ndindex(series.shape[:2]):
            alone = np.where(own, np.nan_to_num(series.values[index]), 0)
            done.values[index][own] = scipy.ndimage.correlate(alone, np.ones((3, 3)), mode="constant")[own]
    yield "each polygon on its own", "scipy.ndimage, shapely", graph, done


def zones():
    for name, function in [("mean", np.nanmean), ("median", np.nanmedian), ("sd", lambda v: np.nanstd(v, ddof=1))]:
        graph = {"a": node("aggregate_spatial", data=given("series"), geometries=collection(LEFT, RIGHT), reducer=reducer(name))}
        rows = [[[function(plane[inside(series, g)]) for plane in date] for date in series.values] for g in (LEFT, RIGHT)]
        expected = xr.DataArray(np.array(rows), dims=("geometries", "t", "bands"),
                                coords={"geometries": [0, 1], "t": series.t, "bands": series.bands})
        yield f"{name} of each polygon", "numpy, shapely", graph, expected
    graph = {"a": node("aggregate_spatial", data=given("series"), geometries=LEFT, reducer=reducer("max"), target_dimension="n")}
    own = series.values[..., inside(series, LEFT)]
    figures = np.stack([np.nanmax(own, axis=-1), np.full(own.shape[:2], own.shape[2]), np.isfinite(own).sum(axis=-1)], axis=-1)
    expected = xr.DataArray(figures[None], dims=("geometries", "t", "bands", "n"), coords={
        "geometries": [0], "t": series.t, "bands": series.bands, "n": ["value", "total_count", "valid_count"]})
    yield "a polygon's counts", "numpy, shapely", graph, expected
    for name, function in [("mean", np.nanmean), ("max", np.nanmax)]:
        graph = {"a": node("reduce_spatial", data=given("series"), reducer=reducer(name))}
        yield f"{name} of the plane", "numpy", graph, series.reduce(function, dim=("y", "x"))


def cuts():
    west, south, east, north = WEST + 14, NORTH - 47, WEST + 52, NORTH - 16
    graph = {"f": node("filter_bbox", data=given("series"), extent={"west": west, "south": south, "east": east, "north": north, "crs": EPSG})}
    yield "a box in the cube's own system", "xarray", graph, series.sel(x=slice(west, east), y=slice(north, south))
    box = to_lonlat.transform_bounds(west, south, east, north)
    again = from_lonlat.transform_bounds(*box)
    graph = {"f": node("filter_bbox", data=given("series"), extent=dict(zip(("west", "south", "east", "north"), box)))}
    yield "a box in degrees", "pyproj, xarray", graph, series.sel(x=slice(again[0], again[2]), y=slice(again[3], again[1]))
    graph = {"m": node("mask", data=given("series"), mask=given("cloud"))}
    yield "a mask of one plane over a series", "xarray", graph, series.where(CUBES["cloud"] == 0)
    graph = {"m": node("mask", data=given("series"), mask=given("cloud"), replacement=-1)}
    # Unlike mask_polygon(), it replaces what has no data, too.
    hidden = series.copy(data=np.where(CUBES["cloud"].values != 0, -1, series.values))
    yield "a mask with a replacement", "numpy", graph, hidden
    framed = CUBES["framed"]
    graph = {"t": node("trim_cube", data=given("framed"))}
    trimmed = framed.dropna("bands", how="all")
    filled = {d: np.flatnonzero(trimmed.notnull().any([o for o in trimmed.dims if o != d])) for d in ("t", "y", "x")}
    trimmed = trimmed.isel({d: slice(f[0], f[-1] + 1) for d, f in filled.items()})
    yield "ends without data", "xarray", graph, trimmed


def warped(cube, epsg, transform, width, height, method):
    own = rasterio.transform.from_origin(WEST, NORTH, STEP_M, STEP_M)
    out = np.full((height, width), np.nan)
    rasterio.warp.reproject(cube.values, out, src_transform=own, src_crs=EPSG, src_nodata=np.nan, dst_transform=transform,
                            dst_crs=epsg, dst_nodata=np.nan, resampling=method, tolerance=0, num_threads=1)
    x = transform.c + transform.a * (np.arange(width) + 0.5)
    y = transform.f + transform.e * (np.arange(height) + 0.5)
    return xr.DataArray(out, dims=("y", "x"), coords={"y": y, "x": x})


def resampled():
    methods = {"near": Resampling.nearest, "bilinear": Resampling.bilinear, "cubic": Resampling.cubic,
               "average": Resampling.average, "min": Resampling.min, "max": Resampling.max}
    for name, method in methods.items():
        for step in (7.0, 30.0):
            graph = {"r": node("resample_spatial", data=given("smooth"), resolution=step, method=name)}
            width, height = int(np.ceil(240 / step)), int(np.ceil(200 / step))
            grid = rasterio.transform.from_origin(WEST, NORTH, step, step)
            yield f"{name} to {step:g} m", "GDAL", graph, warped(smooth, EPSG, grid, width, height, method), {}, 1e-6
    # Zone 32 from zone 33, on a grid given.
    west, north = pyproj.Transformer.from_crs(EPSG, 32632, always_xy=True).transform(WEST + 20, NORTH - 20)
    grid = rasterio.transform.from_origin(round(west), round(north), 8, 8)
    target = warped(smooth, 32632, grid, 18, 15, Resampling.nearest).rename("zone32")
    target.attrs["epsg"] = 32632
    for name in ("near", "bilinear", "cubic"):
        graph = {"r": node("resample_cube_spatial", data=given("smooth"), target=given("zone32"), method=name)}
        expected = warped(smooth, 32632, grid, 18, 15, methods[name])
        expected.attrs["epsg"] = 32632
        yield f"{name} onto another zone's pixels", "GDAL", graph, expected, {"zone32": target}, 1e-6
    classes = CUBES["classes"]
    graph = {"r": node("resample_spatial", data=given("classes"), resolution=30, method="mode")}
    grid = rasterio.transform.from_origin(WEST, NORTH, 30, 30)
    found = warped(classes, EPSG, grid, 4, 3, Resampling.mode)
    yield "mode to 30 m", "GDAL", graph, found, {}, 1e-6
    # Lower right: the last pixel ends where the cube ends.
    graph = {"r": node("resample_spatial", data=given("smooth"), resolution=[35, 45], align="lower-right")}
    grid = rasterio.transform.Affine(35, 0, WEST + 240 - 7 * 35, 0, -45, NORTH - 200 + 5 * 45)
    yield "aligned to the lower right", "GDAL", graph, warped(smooth, EPSG, grid, 7, 5, Resampling.nearest), {}, 1e-6


def patches():
    padded = np.pad(scene.values, 1, constant_values=np.nan)
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3))
    middle = np.where(np.isnan(scene), np.nan, np.nanmedian(windows, axis=(2, 3)))
    graph = {"m": node("median_filter", data=given("scene"), size=3)}
    yield "median of windows", "numpy.nanmedian", graph, scene.copy(data=middle)
    plane = CUBES["smooth"]
    seed = plane.values.copy()
    seed[1:-1, 1:-1] = plane.values.max()
    graph = {"f": node("fill_minima", data=given("smooth"))}
    yield "hollows filled", "skimage reconstruction", graph, plane.copy(data=reconstruction(seed, plane.values, method="erosion", footprint=np.ones((3, 3))))


ALL = [kernels, neighborhoods, polygons, zones, cuts, resampled, patches]
