"""Compares `corridor raster` and `corridor know stat` with rasterio and exactextract on real files.

Usage: python raster_cli.py CORRIDOR SHARED_DATA/know [info|value|warp|stat|cog|speed ...]
Needs rasterio, rio-cogeo, exactextract, shapely and numpy from PyPI. Prints one line a check and
exits 1 when one failed.
"""

import csv
import io
import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform

warnings.filterwarnings("ignore")
program, root = sys.argv[1], Path(sys.argv[2])
wanted = sys.argv[3:] or ["info", "value", "warp", "cog", "stat", "speed"]
files = sorted(p for p in root.rglob("*") if p.suffix.lower() == ".tif")
# Every eleventh date of the Romanian series is enough.
files = [f for f in files if "s2_romania" not in f.parts] + [f for f in files if "s2_romania" in f.parts][::11]
failures = 0


def run(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{arguments}: {done.stderr.strip()}")
    return done.stdout


def check(name, good, detail=""):
    global failures
    failures += not good
    if not good or detail:
        print("ok  " if good else "FAIL", name, detail)


def equal(a, b, relative=1e-12):
    if a is None or b is None:
        return a is b
    a, b = float(a), float(b)
    return (np.isnan(a) and np.isnan(b)) or abs(a - b) <= relative * max(abs(a), abs(b))


def info():
    for path in files:
        own = json.loads(run("raster", "info", path, "--format", "json"))
        with rasterio.open(path) as src:
            data = src.read()
            wkt = rasterio.crs.CRS.from_wkt(own["crs_wkt"]) if own["crs_wkt"] else None
            numbers = data.astype("f8")
            theirs = {
                "width": src.width, "height": src.height, "bands": src.count, "dtype": src.dtypes[0],
                "epsg": src.crs.to_epsg(confidence_threshold=100) if src.crs else None,
                "area_or_point": src.tags().get("AREA_OR_POINT", "Area"),
            }
            for key, value in theirs.items():
                check(f"info {path.name} {key}", own[key] == value, "" if own[key] == value else f"{own[key]} {value}")
            for key, values in {
                "transform": src.transform.to_gdal(), "scales": src.scales, "offsets": src.offsets,
                "band_sum": [np.nansum(b) for b in numbers],
                "valid_px": [int(((m != 0) & ~np.isnan(b)).sum()) for m, b in zip(src.read_masks(), numbers)],
            }.items():
                good = len(own[key]) == len(values) and all(equal(a, b, 1e-9 if key == "band_sum" and src.dtypes[0][0] == "f" else 1e-12) for a, b in zip(own[key], values))
                check(f"info {path.name} {key}", good, "" if good else f"{own[key]} {values}")
            check(f"info {path.name} nodata", equal(own["nodata"], src.nodata), "")
            if src.crs and wkt:
                lon, lat = transform(src.crs, wkt, [src.bounds.left], [src.bounds.top])
                near = abs(lon[0] - src.bounds.left) < 1e-6 * max(1, abs(src.bounds.left))
                check(f"info {path.name} crs_wkt", near, "" if near else own["crs_wkt"])
    print("info:", len(files), "files,", failures, "failures so far")


def value():
    rng = np.random.default_rng(5)
    count = 0
    for path in files:
        with rasterio.open(path) as src:
            if not src.crs:
                continue
            data, masks = src.read(), src.read_masks()
            for _ in range(3):
                row, col = int(rng.integers(src.height)), int(rng.integers(src.width))
                x, y = src.transform * (col + 0.5, row + 0.5)
                lon, lat = transform(src.crs, "EPSG:4326", [x], [y])
                own = json.loads(run("raster", "value", path, f"--at={lon[0]!r},{lat[0]!r}", "--format", "json"))
                good = (own["row"], own["col"]) == (row, col)
                good &= all(equal(np.nan if a is None else a, b, 0 if src.dtypes[0] != "float32" else 1e-7) for a, b in zip(own["values"], data[:, row, col]))
                good &= own["valid"] == [bool(m) and not np.isnan(float(b)) for m, b in zip(masks[:, row, col], data[:, row, col])]
                check(f"value {path.name} {row},{col}", good, "" if good else own)
                count += 1
    print("value:", count, "places,", failures, "failures so far")


def warp():
    cases = [
        (root / "l8_paraguay/LC08_224078_20200518_bgr.tif", "EPSG:4326", 0.0004),
        (root / "l8_paraguay/LC08_224078_20200518_bgr.tif", "EPSG:3857", 100.0),
        (root / "sen1floods11_spain" / next(p.name for p in (root / "sen1floods11_spain").iterdir() if "S2Hand" in p.name), "EPSG:32630", 20.0),
        (root / "s2_romania" / next(p.name for p in (root / "s2_romania").rglob("*_10m.tif")), "EPSG:32634", 10.0),
    ]
    for path, crs, resolution in cases:
        if not path.exists():
            path = next(root.rglob(path.name))
        for method in ["nearest", "bilinear", "cubic", "average", "mode", "min", "max"]:
            with tempfile.TemporaryDirectory() as folder:
                out = Path(folder) / "out.tif"
                run("raster", "warp", path, "--crs", crs, "--resolution", resolution, "--method", method, "-o", out)
                with rasterio.open(path) as src, rasterio.open(out) as own:
                    t, w, h = calculate_default_transform(src.crs, crs, src.width, src.height, *src.bounds, resolution=resolution)
                    a, b = src.read(1), own.read(1)
                    nodata = src.nodata
                    dst = np.full((own.height, own.width), 0 if nodata is None else nodata, a.dtype)
                    reproject(a, dst, src_transform=src.transform, src_crs=src.crs, src_nodata=nodata, dst_transform=own.transform, dst_crs=crs, dst_nodata=nodata,
                              resampling=Resampling[method], num_threads=1)
                    valid = own.read_masks(1) != 0
                    gdal_valid = (dst != nodata) & ~np.isnan(dst.astype("f8")) if nodata is not None else np.ones_like(valid)
                    same_mask = (valid == gdal_valid).mean() if nodata is not None else 1.0
                    both = valid & gdal_valid
                    diff = np.abs(b[both].astype("f8") - dst[both].astype("f8"))
                    grid = f"grid {(own.width, own.height)} {(w, h)}, corner off by {abs(own.transform.c - t.c) / resolution:.2g}, {abs(own.transform.f - t.f) / resolution:.2g} px"
                    most = diff.max() if diff.size else 0
                    scale = 1 if a.dtype.kind in "iu" else max(1e-9, np.nanmax(np.abs(a)) * 1e-5)
                    limit = 0 if method in ("nearest", "mode", "min", "max") else 2 * scale
                    good = most <= limit and same_mask > 0.9999 and abs(own.width - w) <= 1 and abs(own.height - h) <= 1
                    check(f"warp {path.name} {crs} {method}", good, f"max diff {most:g}, equal {np.mean(diff == 0):.5f}, mask equal {same_mask:.5f}, {grid}")


def cog():
    from rio_cogeo.cogeo import cog_validate

    path = root / "l8_paraguay/LC08_224078_20200518_bgr.tif"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.tif"
        run("raster", "warp", path, "--crs", "EPSG:4326", "--resolution", "0.0003", "--method", "bilinear", "-o", out)
        valid, errors, notes = cog_validate(out, strict=True)
        check("cog validate", valid, f"errors {errors}, warnings {notes}")


def polygons(folder, path, count, size):
    """Stars over a raster, in its own system and as longitude and latitude."""
    import shapely
    import shapely.ops

    rng = np.random.default_rng(3)
    with rasterio.open(path) as src:
        own, lonlat = [], []
        for i in range(count):
            cx, cy = rng.uniform(src.bounds.left, src.bounds.right), rng.uniform(src.bounds.bottom, src.bounds.top)
            angles = np.sort(rng.uniform(0, 2 * np.pi, 24))
            radii = rng.uniform(0.3, 1, 24) * size * (src.bounds.right - src.bounds.left)
            x, y = cx + radii * np.cos(angles), cy + radii * np.sin(angles)
            lon, lat = transform(src.crs, "EPSG:4326", x, y)
            ll = shapely.Polygon(list(zip(lon, lat))).buffer(0)
            ll = max(ll.geoms, key=lambda g: g.area) if ll.geom_type == "MultiPolygon" else ll
            lonlat.append(ll)
            px, py = transform("EPSG:4326", src.crs, *ll.exterior.coords.xy)
            own.append(shapely.Polygon(list(zip(px, py))))
    features = lambda shapes: {"type": "FeatureCollection", "features": [
        {"type": "Feature", "id": str(i), "properties": {"id": str(i)}, "geometry": shapely.geometry.mapping(s)} for i, s in enumerate(shapes)]}
    file = Path(folder) / "polygons.geojson"
    file.write_text(json.dumps(features(lonlat)))
    return file, features(own)["features"]


def stat():
    from exactextract import exact_extract

    names = ["mean", "stdev", "count", "sum", "min", "max", "median", "quantile(q=0.1)"]
    own_names = "mean,stdev,count,sum,min,max,median,q10"
    for relative in ["l8_paraguay/LC08_224078_20200518_bgr.tif", "landsat_pucallpa/1995.tif", "sen1floods11_spain/*S1Hand*.tif", "dem/titiler_dem.tif"]:
        path = next(root.glob(relative))
        with tempfile.TemporaryDirectory() as folder:
            file, features = polygons(folder, path, 40, 0.12)
            rows = list(csv.DictReader(io.StringIO(run("know", "stat", path, "--polygons", file, "--stats", own_names, "--format", "csv"))))
            theirs = exact_extract(str(path), features, names, include_cols=["id"])
            worst = 0.0
            with rasterio.open(path) as src:
                bands = src.count
            for row, feature in zip(rows, theirs):
                props = feature["properties"]
                assert row["id"] == str(feature["id"])
                for b in range(1, bands + 1):
                    for name, own_name in zip(names, own_names.split(",")):
                        key = {"quantile(q=0.1)": "quantile_10"}.get(name, name)
                        value = props[key if bands == 1 else f"band_{b}_{key}"]
                        mine = row[f"{own_name}_{b}"]
                        if value is None or np.isnan(value):
                            check(f"stat {path.name} {row['id']} {name}", mine == "", "" if mine == "" else f"{mine} {value}")
                            continue
                        off = abs(float(mine) - value) / max(1.0, abs(value))
                        worst = max(worst, off)
                        if off > 1e-6:
                            check(f"stat {path.name} {row['id']} {name} band {b}", False, f"{mine} {value}")
            check(f"stat {path.name}", True, f"40 polygons, {bands} bands: greatest relative difference {worst:.2g}")


def speed():
    """Zonal statistics of one large raster in a few large polygons: pixels under the polygons a second."""
    from exactextract import exact_extract

    path = root / "l8_paraguay/LC08_224078_20200518_bgr.tif"
    with tempfile.TemporaryDirectory() as folder:
        big = Path(folder) / "big.tif"
        with rasterio.open(path) as src:
            data = np.tile(src.read(1), (4, 4))
            with rasterio.open(big, "w", driver="GTiff", width=data.shape[1], height=data.shape[0], count=1, dtype=data.dtype, crs=src.crs,
                               transform=src.transform, nodata=0, tiled=True, blockxsize=512, blockysize=512, compress="deflate") as dst:
                dst.write(data, 1)
        file, features = polygons(folder, big, 8, 0.35)
        own = their = 1e9
        for _ in range(3):
            start = time.perf_counter()
            rows = list(csv.DictReader(io.StringIO(run("know", "stat", big, "--polygons", file, "--stats", "mean,stdev,count", "--format", "csv"))))
            own = min(own, time.perf_counter() - start)
            start = time.perf_counter()
            theirs = exact_extract(str(big), features, ["mean", "stdev", "count"], include_cols=["id"])
            their = min(their, time.perf_counter() - start)
        pixels = sum(f["properties"]["count"] for f in theirs) / 1e6
        off = max(abs(float(r["mean_1"]) - f["properties"]["mean"]) for r, f in zip(rows, theirs))
        print(f"speed: {pixels:.0f} Mpx under 8 polygons: corridor {pixels / own:.1f} Mpx/s, exactextract {pixels / their:.1f} Mpx/s, ratio {their / own:.1f}; means off by {off:.2g}")


for name in wanted:
    globals()[name]()
sys.exit(failures > 0)
