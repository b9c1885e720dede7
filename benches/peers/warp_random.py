"""Compares `corridor raster warp` with rasterio on random small rasters: systems at the poles and across the
antimeridian too, finer and coarser, by seven methods, and checks the COGs.

Usage: python warp_random.py CORRIDOR [--seed N] [--warps N] [--keep FOLDER]
Needs rasterio, rio-cogeo and numpy from PyPI. Prints what differs and exits 1 when something does.
"""

import math

import numpy as np
import rasterio
from raster_random import arguments, campaign
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject, transform

# Source system, its place, metres or degrees a pixel, and the target.
WARPS = [
    ("EPSG:32633", 15.2, 52.0, 30.0, "EPSG:4326"), ("EPSG:32633", 15.2, 52.0, 30.0, "EPSG:3035"), ("EPSG:4326", 15.2, 52.0, 0.003, "EPSG:32633"),
    ("EPSG:4326", 179.7, -16.5, 0.01, "EPSG:3832"), ("EPSG:32660", 179.6, 10.0, 500.0, "EPSG:4326"), ("EPSG:3413", -42.0, 84.0, 5000.0, "+proj=laea +lat_0=90 +lon_0=-45 +datum=WGS84"),
    ("EPSG:3031", 120.0, -78.0, 1000.0, "EPSG:3031"), ("EPSG:3031", 10.0, -89.9, 2000.0, "+proj=laea +lat_0=-90 +datum=WGS84"), ("EPSG:6931", 10.0, 75.0, 1000.0, "EPSG:3408"),
    ("EPSG:3857", -58.4, -34.6, 120.0, "EPSG:32721"), ("EPSG:32721", -58.4, -34.6, 60.0, "EPSG:3857"), ("EPSG:2056", 8.2, 46.9, 20.0, "EPSG:4326"),
    ("EPSG:5070", -95.0, 39.0, 300.0, "EPSG:6933"), ("EPSG:6933", 30.0, 5.0, 1000.0, "+proj=moll +datum=WGS84"), ("+proj=sinu +R=6371007.181", 22.0, -12.0, 463.3, "EPSG:4326"),
    ("+proj=geos +h=35785831 +lon_0=0 +datum=WGS84", 8.0, 20.0, 3000.0, "EPSG:4326"), ("EPSG:3577", 134.0, -25.0, 100.0, "EPSG:28353"), ("EPSG:3995", 10.0, 80.0, 1000.0, "EPSG:6931"),
]
METHODS = ["nearest", "nearest", "bilinear", "bilinear", "cubic", "cubic", "average", "mode", "min", "max"]


def one_warp(bench, rng, number):
    """One random file to another grid, by both."""
    from rio_cogeo.cogeo import cog_validate

    text, lon, lat, pixel, target = WARPS[rng.integers(len(WARPS))]
    dtype, method = str(rng.choice(["uint8", "int16", "uint16", "float32"])), str(rng.choice(METHODS))
    # Small, and not turned: GDAL cuts others into chunks along whose shorter runs it interpolates positions, so that
    # nearest pixels differ within the tolerance of an eighth of a pixel that both keep.
    width, height = (int(v) for v in rng.integers(20, 91, 2))
    x, y = (v[0] for v in transform("EPSG:4326", text, [lon], [lat]))
    place = Affine(pixel, 0, x - pixel * width / 2, 0, -pixel, y + pixel * height / 2)
    nodata = None if rng.random() < 0.3 else float("nan") if dtype == "float32" and rng.random() < 0.5 else 0
    waves = np.sin(np.indices((height, width)) * rng.uniform(0.02, 0.6)).sum(axis=0) * 50 + 110
    data = (waves + rng.normal(0, 4, waves.shape) + 1).clip(1, 250).astype(dtype)
    if nodata is not None:
        data[rng.random(data.shape) < 0.03] = nodata
        data[: height // 3, : width // 4] = nodata
    path, out = bench.folder / f"w{number:03}.tif", bench.folder / f"w{number:03}.out.tif"
    with rasterio.open(path, "w", driver="GTiff", width=width, height=height, count=1, dtype=dtype, crs=text, transform=place, nodata=nodata) as dst:
        dst.write(data, 1)
    # The pixel of the target that is as large, made finer or coarser.
    size = rasterio.warp.calculate_default_transform(text, target, width, height, *rasterio.transform.array_bounds(height, width, place))[0].a
    resolution = float(size * rng.choice([0.37, 0.8, 1.0, 1.3, 2.0, 3.3, 5.0]))
    what = f"{path.name} {text} to {target} at {resolution:g} ({resolution / size:.2f}) {method} {dtype} nodata {nodata} {width}x{height}"
    text_out, message = bench.run("raster", "warp", path, "--crs", target, "--resolution", resolution, "--method", method, "-o", out)
    if text_out is None:
        return bench.refuse(message)
    with rasterio.open(out) as own:
        ours, valid = own.read(1), own.read_masks(1) != 0
        # A value that no pixel has marks what GDAL leaves, where the file names no nodata.
        fill = nodata if nodata is not None else 251
        theirs = np.full(ours.shape, fill, dtype)
        reproject(data, theirs, src_transform=place, src_crs=text, src_nodata=nodata, dst_transform=own.transform, dst_crs=own.crs,
                  dst_nodata=fill, resampling=Resampling[method], num_threads=1)
    known = ~np.isnan(theirs) if dtype == "float32" and nodata is not None and math.isnan(nodata) else theirs != fill
    valid &= ~np.isnan(ours) if dtype == "float32" else True
    both = known & valid
    off = np.abs(ours[both].astype("f8") - theirs[both].astype("f8"))
    limit = {"bilinear": 2, "cubic": 2, "average": 1}.get(method, 0)
    wrong, masks = int((off > limit).sum()), int((known != valid).sum())
    # Where a footprint just meets a pixel, rounding decides for one or two means.
    if wrong > 2 * (method == "average") or masks > (0 if method in ("nearest", "mode", "min", "max") else 4):
        bench.fail(f"warp {what}", f"{wrong} of {both.sum()} values, most {off.max() if off.size else 0:g}; {masks} with a value here or there alone")
    elif not cog_validate(out, quiet=True)[0]:
        bench.fail(f"warp {what}", "no valid COG")
    else:
        bench.equal[f"warps by {method}"] += 1
        bench.equal["warped pixels"] += int(both.sum())


def warps(bench, seed, count):
    for number in range(count):
        one_warp(bench, np.random.default_rng([seed, 1000 + number]), number)


given = arguments("warps", 200)
campaign(given, lambda bench: warps(bench, given.seed, given.warps))
