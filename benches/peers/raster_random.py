"""Compares `corridor raster` with rasterio on random small files: every sample type, compression, layout,
mask, nodata, placement and system that GDAL writes.

Usage: python raster_random.py CORRIDOR [--seed N] [--files N] [--keep FOLDER]
Needs rasterio and numpy from PyPI. Prints what differs, what was refused and how often, and
exits 1 when a value differs: equal or refused by name is the rule.
"""

import argparse
import collections
import json
import math
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import rasterio
import rasterio.shutil
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import transform
from rasterio.windows import Window

warnings.filterwarnings("ignore")
ELLIPSOIDS = ["+datum=WGS84", "+ellps=GRS80 +towgs84=0,0,0", "+ellps=bessel +towgs84=582,105,414,1.04,0.35,-3.08,8.3",
              "+a=6371000 +b=6371000 +towgs84=0,0,0", "+ellps=intl +towgs84=-87,-98,-121"]
# Each with a place on its ground, longitude and latitude, and the size of a pixel in its units.
SYSTEMS = [
    ("EPSG:4326", 12.3, 45.1, 0.01), ("EPSG:4326", -179.9, -16.5, 0.02), ("EPSG:4258", 25.0, 60.0, 0.01), ("EPSG:4269", -100.0, 40.0, 0.01), ("EPSG:3857", -58.4, -34.6, 120.0),
    ("EPSG:32633", 15.2, 52.0, 30.0), ("EPSG:32733", 14.1, -22.0, 10.0), ("EPSG:25832", 9.0, 48.0, 25.0), ("EPSG:3035", 24.5, 45.6, 100.0), ("EPSG:2056", 8.2, 46.9, 20.0), ("EPSG:21781", 7.5, 47.0, 25.0),
    ("EPSG:27700", -2.0, 53.0, 50.0), ("EPSG:2154", 2.3, 46.6, 50.0), ("EPSG:5070", -95.0, 39.0, 300.0), ("EPSG:3413", -42.0, 75.0, 500.0), ("EPSG:3031", 120.0, -78.0, 500.0),
    ("EPSG:3995", 10.0, 80.0, 1000.0), ("EPSG:6933", 30.0, 5.0, 1000.0), ("EPSG:3577", 134.0, -25.0, 100.0), ("EPSG:2193", 173.0, -41.0, 50.0), ("EPSG:28992", 5.4, 52.2, 25.0),
    ("EPSG:31370", 4.4, 50.6, 25.0), ("EPSG:5514", 15.5, 49.8, 50.0), ("EPSG:31287", 13.3, 47.5, 50.0), ("EPSG:2180", 19.0, 52.0, 50.0), ("EPSG:3067", 26.0, 64.0, 50.0), ("EPSG:2263", -73.9, 40.7, 100.0),
    ("EPSG:26918", -75.0, 40.0, 30.0), ("EPSG:3347", -95.0, 60.0, 500.0), ("EPSG:29902", -8.0, 53.5, 50.0), ("EPSG:6350", -95.0, 39.0, 300.0), ("EPSG:5041", 50.0, 85.0, 1000.0),
    ("EPSG:3826", 121.0, 24.0, 25.0), ("EPSG:29873", 115.0, 5.0, 50.0), ("EPSG:2062", -3.7, 40.4, 50.0), ("EPSG:54009", 20.0, 30.0, 1000.0),
    ("+proj=laea +lat_0=-10 +lon_0=-60 {e} +units=m", -61.0, -9.0, 500.0), ("+proj=lcc +lat_1=33 +lat_2=45 +lat_0=39 +lon_0=-96 {e} +units=m", -97.0, 38.0, 500.0),
    ("+proj=lcc +lat_1=40 +lat_0=40 +lon_0=5 +k_0=0.9998 +x_0=1000 {e} +units=m", 5.5, 41.0, 100.0), ("+proj=aea +lat_1=29.5 +lat_2=45.5 +lat_0=23 +lon_0=-96 {e} +units=m", -90.0, 36.0, 500.0),
    ("+proj=stere +lat_0=90 +lat_ts=71 +lon_0=-30 {e} +units=m", -20.0, 78.0, 500.0), ("+proj=stere +lat_0=-90 +lat_ts=-71 +lon_0=15 {e} +units=m", 170.0, -80.0, 500.0),
    ("+proj=sterea +lat_0=46 +lon_0=25 +k=0.99975 +x_0=500000 +y_0=500000 {e} +units=m", 25.5, 45.5, 50.0),
    ("+proj=omerc +lat_0=4 +lonc=102.25 +alpha=323.0257905 +gamma=323.13 +k=0.99984 +x_0=804671 {e} +units=m", 102.0, 4.5, 50.0), ("+proj=sinu +lon_0=0 +x_0=0 +y_0=0 {e} +units=m", 22.0, -12.0, 463.3127),
    ("+proj=geos +h=35785831 +lon_0=0 +sweep=y {e} +units=m", 8.0, 20.0, 3000.0), ("+proj=merc +lon_0=110 +lat_ts=-20 {e} +units=m", 115.0, -8.0, 250.0),
    ("+proj=tmerc +lat_0=-30 +lon_0=27 +k=0.9999 +x_0=10 +y_0=-20 {e} +units=us-ft", 28.0, -29.0, 100.0), ("+proj=cea +lon_0=10 +lat_ts=30 {e} +units=m", 20.0, 20.0, 1000.0),
    ("+proj=eqc +lat_ts=15 +lon_0=40 {e} +units=m", 42.0, 12.0, 500.0), ("+proj=longlat {e}", 70.0, 20.0, 0.05), ("+proj=aeqd +lat_0=50 +lon_0=10 {e} +units=m", 11.0, 51.0, 300.0),
    ("+proj=poly +lat_0=0 +lon_0=-54 {e} +units=m", -50.0, -15.0, 300.0), ("+proj=moll +lon_0=0 {e} +units=m", 30.0, 40.0, 1000.0),
    ("+proj=krovak +lat_0=49.5 +lon_0=24.8333333333333 +alpha=30.2881397527778 +k=0.9999 +x_0=0 +y_0=0 +ellps=bessel +towgs84=570.8,85.7,462.8,4.998,1.587,5.261,3.56 +units=m", 15.0, 50.0, 50.0),
    ("+proj=cass +lat_0=10.44 +lon_0=-61.33 +x_0=86501 +y_0=65379 {e} +units=m", -61.3, 10.5, 50.0), ("+proj=eck4 +lon_0=0 {e} +units=m", 30.0, 40.0, 1000.0),
    ("+proj=robin +lon_0=0 {e} +units=m", 30.0, 40.0, 1000.0),
]
COMPRESSIONS = [None, "DEFLATE", "LZW", "ZSTD", "PACKBITS", "LERC", "LERC_DEFLATE", "LERC_ZSTD", "JPEG", "WEBP", "LZMA", "CCITTFAX3", "CCITTFAX4", "CCITTRLE"]
DTYPES = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float32", "float64"]


class Bench:
    """One program, what it gave and what differed."""

    def __init__(self, program, folder):
        self.program, self.folder = program, Path(folder)
        self.failures, self.refused, self.equal = 0, collections.Counter(), collections.Counter()

    def run(self, *arguments):
        """What the program printed, or None and its message; a crash is a failure."""
        done = subprocess.run([self.program, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode not in (0, 1, 2) or "panicked" in done.stderr:
            self.fail(arguments, f"exit {done.returncode}: {done.stderr.strip()}")
        return (done.stdout, None) if done.returncode == 0 else (None, done.stderr.strip())

    def fail(self, what, detail):
        self.failures += 1
        print("DIFFERS", *what if isinstance(what, tuple) else [what], "|", detail)

    def refuse(self, message):
        self.refused[message.split(".tif: ")[-1].split(".jp2: ")[-1][:110]] += 1


def near(a, b, relative=0.0):
    """Whether two numbers are the same; texts and null stand for what JSON has not."""
    a, b = (float("nan") if v is None else float(v) for v in (a, b))
    return (math.isnan(a) and math.isnan(b)) or a == b or abs(a - b) <= relative * max(abs(a), abs(b))


def samples(rng, dtype, shape, bits=None):
    """Values of several kinds: noise over the whole range, a ramp, flat ground."""
    kind = rng.integers(3)
    if dtype.startswith("float"):
        data = rng.normal(0, 10.0 ** rng.integers(-3, 6), shape) if kind else np.cumsum(rng.normal(0, 1, shape), axis=-1)
        if rng.random() < 0.3:
            data[rng.random(shape) < 0.05] = rng.choice([np.nan, np.inf, -np.inf, -0.0])
        return data.astype("float16").astype(dtype) if bits == 16 else data.astype(dtype)
    low, high = (0, 2**bits - 1) if bits else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    noise = rng.integers(low, high, shape, dtype=dtype, endpoint=True)
    ramp = (low + (np.indices(shape)[1:].sum(axis=0) % min(high - low, 200))).astype(dtype) + np.zeros(shape, dtype)
    return [noise, ramp, np.full(shape, noise.flat[0])][kind]


def placement(rng, profile):
    """A system and a transform: north-up mostly, or south-up, turned, by control points, or none."""
    text, lon, lat, pixel = SYSTEMS[rng.integers(len(SYSTEMS))]
    text = text.format(e=ELLIPSOIDS[rng.integers(len(ELLIPSOIDS))])
    try:
        crs = CRS.from_string(text.replace("EPSG:54009", "ESRI:54009"))
        if "+" in text and rng.random() < 0.3:
            crs = CRS.from_wkt(crs.to_wkt())
        x, y = (v[0] for v in transform("EPSG:4326", crs, [lon], [lat]))
    except Exception:
        return "none"
    kind = rng.choice(["north", "south", "turned", "gcps", "none"], p=[0.72, 0.08, 0.1, 0.05, 0.05])
    across, down = pixel, -pixel * rng.choice([1, 1, 1.37])
    if kind == "gcps":
        corners = [(0, 0), (0, profile["width"]), (profile["height"], 0), (profile["height"], profile["width"])]
        profile.update(gcps=[GroundControlPoint(r, c, x + c * across, y + r * down) for r, c in corners], crs=crs)
    elif kind != "none":
        matrix = Affine(across, 0, x, 0, -down if kind == "south" else down, y)
        profile.update(crs=crs, transform=matrix * Affine.rotation(rng.uniform(5, 80)) if kind == "turned" else matrix)
    return f"{kind} {text}"


def random_file(rng, path):
    """Writes one file; what it is, in words."""
    width, height, count = int(rng.integers(1, 90)), int(rng.integers(1, 70)), int(rng.integers(1, 6))
    dtype, compress = rng.choice(DTYPES), COMPRESSIONS[rng.integers(len(COMPRESSIONS))]
    options, bits = {}, None
    if compress in ("JPEG", "WEBP"):
        dtype, count = "uint8", int(rng.choice([3, 4] if compress == "WEBP" else [1, 3, 3, 4]))
        options = {"webp_lossless": "YES"} if compress == "WEBP" else {"photometric": "YCBCR" if count == 3 and rng.random() < 0.5 else "MINISBLACK", "jpeg_quality": 95}
        if compress == "JPEG" and rng.random() < 0.15:
            dtype, bits, options = "uint16", 12, {}
    elif compress and compress.startswith("CCITT"):
        dtype, bits, count = "uint8", 1, 1
    elif rng.random() < 0.15 and dtype in ("uint8", "uint16", "uint32", "float32") and "LERC" not in str(compress):
        bits = 16 if dtype == "float32" else int(rng.integers(1, {"uint8": 8, "uint16": 16, "uint32": 32}[dtype]))
    if compress in ("DEFLATE", "LZW", "ZSTD") and (bits is None or bits == 16):
        options["predictor"] = int(rng.choice([1, 2, 3] if dtype[0] == "f" and bits is None else [1, 2]))
    profile = {"driver": "GTiff", "width": width, "height": height, "count": count, "dtype": dtype, **options}
    profile["interleave"] = "pixel" if compress == "WEBP" or options.get("photometric") == "YCBCR" else str(rng.choice(["pixel", "band"]))
    profile.update({key: value for key, value in [("compress", compress), ("nbits", bits)] if value})
    if rng.random() < 0.5:
        profile.update(tiled=True, blockxsize=int(rng.integers(1, 4)) * 16, blockysize=int(rng.integers(1, 4)) * 16)
    else:
        profile["blockysize"] = int(rng.integers(1, height + 1)) if compress != "JPEG" else 8 * int(rng.integers(1, 5))
    for key, value, chance in [("bigtiff", "YES", 0.2), ("endianness", "BIG", 0.2), ("sparse_ok", "TRUE", 0.2), ("alpha", "YES", 0.3 if count in (2, 4) and compress != "JPEG" else 0), ("geotiff_version", "1.1", 0.2)]:
        if rng.random() < chance:
            profile[key] = value
    # Nodata of 64 bits is left out: rasterio writes it rounded, as no integer.
    if rng.random() < 0.5 and dtype not in ("int64", "uint64"):
        integer = not dtype.startswith("float")
        profile["nodata"] = int(rng.choice([0, 1, np.iinfo(dtype).max, np.iinfo(dtype).min])) if integer else float(rng.choice([np.nan, 0.0, -9999.0, np.float32(-3.4028235e38), np.inf]))
    where = placement(rng, profile)
    data = samples(rng, dtype, (count, height, width), bits)
    data[rng.random(data.shape) < 0.2] = profile.get("nodata", data.flat[0])
    if "alpha" in profile:
        profile["photometric"] = "RGB" if count == 4 else "MINISBLACK"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "w", **profile) as dst:
        if "sparse_ok" in profile:
            corner = Window(0, 0, max(1, width // 2), max(1, height // 3))
            dst.write(data[:, : corner.height, : corner.width], window=corner)
        else:
            dst.write(data)
        if rng.random() < 0.3:
            dst.scales, dst.offsets = rng.normal(0, 1, count), rng.normal(0, 100, count)
        if rng.random() < 0.3:
            dst.update_tags(AREA_OR_POINT="Point")
        if rng.random() < 0.15 and profile.get("nodata") is None and "alpha" not in profile and compress != "WEBP":
            dst.write_mask((rng.random((height, width)) < 0.7).astype("u1") * 255)
        if dtype == "uint8" and count == 1 and rng.random() < 0.3 and not bits and compress != "JPEG":
            dst.write_colormap(1, {int(i): tuple(int(v) for v in rng.integers(0, 256, 4)) for i in range(256)})
    again = rng.random()
    if again < 0.15 and compress != "JPEG":
        with rasterio.open(path) as src:
            options = {"blocksize": 128, "compress": rng.choice(["DEFLATE", "ZSTD", "LZW", "LERC"])} if dtype != "int8" else {}
        rasterio.shutil.copy(path, path.with_suffix(".cog.tif"), driver="COG", **options)
        return path.with_suffix(".cog.tif"), f"COG of {profile} {where}"
    # Of turned JPEG 2000 GDAL writes and reads the GML half a pixel apart.
    if again < 0.3 and not where.startswith("turned") and dtype in ("uint8", "int16", "uint16"):
        options = {"quality": 100, "reversible": "YES", "blockxsize": 32, "blockysize": 32, "gmljp2": str(rng.choice(["YES", "NO"])), "ycbcr420": "NO"}
        rasterio.shutil.copy(path, path.with_suffix(".jp2"), driver="JP2OpenJPEG", **options)
        path.with_suffix(".jp2.msk").unlink(missing_ok=True)
        return path.with_suffix(".jp2"), f"JPEG 2000 of {profile} {where}"
    return path, f"{profile} {where}"


def truth(src):
    """What rasterio says of a file, as `raster info` names it."""
    data, masks = src.read(), src.read_masks()
    numbers = data.astype("f8") if data.dtype.kind == "f" else data
    good = [(m != 0) & ~(np.isnan(b) if b.dtype.kind == "f" else False) for m, b in zip(masks, data)]
    with np.errstate(all="ignore"):
        sums = [np.nansum(b) if b.dtype.kind == "f" else int(b.sum(dtype="object")) for b in numbers]
    record = {"width": src.width, "height": src.height, "bands": src.count, "dtype": src.dtypes[0], "transform": src.transform.to_gdal(), "nodata": src.nodata,
              "scales": src.scales, "offsets": src.offsets, "area_or_point": src.tags().get("AREA_OR_POINT", "Area"), "band_sum": sums, "valid_px": [int(g.sum()) for g in good]}
    return data, good, record


def same(own, their, relative):
    """Whether a field is the same, a list by its members."""
    if isinstance(their, (list, tuple)):
        return len(own) == len(their) and all(near(a, b, relative) for a, b in zip(own, their))
    return own == their if isinstance(their, str) or own is None or their is None else near(own, their, relative)


def compare_info(bench, path, what, src, record):
    text, message = bench.run("raster", "info", path, "--format", "json")
    if text is None:
        bench.refuse(message)
        return False
    own = json.loads(text)
    record["nodata"] = "nan" if str(record["nodata"]) == "nan" else record["nodata"]
    for key, their in record.items():
        # Sums of floats depend on the order; those of JPEG on the rounding of its transform.
        lossy = "JPEG'" in what
        if lossy and key == "valid_px" and record["nodata"] is not None:
            continue
        relative = 5e-2 if lossy and key == "band_sum" else 1e-9 if key == "band_sum" else 1e-12
        if not same(own[key], their, relative):
            bench.fail(f"info {path.name} {key}", f"{own[key]} not {their}: {what}")
    if src.crs:
        theirs = src.crs.to_epsg(confidence_threshold=100)
        if own["epsg"] != theirs and own["epsg"] is not None:
            bench.fail(f"info {path.name} epsg", f"{own['epsg']} not {theirs}: {what}")
        if own["crs_wkt"]:
            x, y = src.transform * (src.width / 2, src.height / 2)
            try:
                a, b = (transform(s, "EPSG:4326", [x], [y]) for s in (src.crs, CRS.from_wkt(own["crs_wkt"])))
                off = max(abs(a[0][0] - b[0][0]), abs(a[1][0] - b[1][0]))
            except Exception as error:
                off = error
            if not isinstance(off, float) or off > 1e-8 and off < 359.9:
                bench.fail(f"info {path.name} crs_wkt", f"off by {off} degrees: {own['crs_wkt']} not {src.crs.to_wkt()}")
    return True


def compare_values(bench, rng, path, what, src, data, good):
    for _ in range(3):
        row, col = int(rng.integers(src.height)), int(rng.integers(src.width))
        x, y = src.transform * (col + 0.5, row + 0.5)
        try:
            lon, lat = (v[0] for v in transform(src.crs, "EPSG:4326", [x], [y]))
        except Exception:
            continue
        text, message = bench.run("raster", "value", path, f"--at={lon!r},{lat!r}", "--format", "json")
        if text is None:
            bench.fail(f"value {path.name} {row},{col}", f"{message} {what}") if "outside" in message else bench.refuse(message)
            continue
        own = json.loads(text)
        # Chroma is enlarged by libjpeg-turbo's way, which GDAL's wheel does not.
        step = 48 if "YCBCR" in what else 3 if "JPEG'" in what else 0
        numbers = zip(own["values"], data[:, row, col])
        exact = all(near(a, b) or (step and abs(a - float(b)) <= step) if data.dtype.kind == "f" or a is None else abs(int(a) - int(b)) <= step for a, b in numbers)
        if (own["row"], own["col"]) != (row, col) or not exact or not step and own["valid"] != [bool(g[row, col]) for g in good]:
            bench.fail(f"value {path.name} {row},{col}", f"{own} not {data[:, row, col].tolist()} {[bool(g[row, col]) for g in good]}: {what}")
        else:
            bench.equal["values"] += 1


def files(bench, seed, count):
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        path = bench.folder / f"{number:04}.tif"
        try:
            path, what = random_file(rng, path)
            src = rasterio.open(path)
            data, good, record = truth(src)
        except Exception:
            bench.equal["not written or not read by rasterio"] += 1
            continue
        with src:
            before = bench.failures
            if compare_info(bench, path, what, src, record) and src.crs:
                compare_values(bench, rng, path, what, src, data, good)
                bench.equal["files"] += bench.failures == before


def arguments(counted, default):
    """The program, a seed, how many, and where files are kept."""
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(f"--{counted}", type=int, default=default)
    parser.add_argument("--keep")
    return parser.parse_args()


def campaign(given, work):
    """Runs `work` on a bench and says what came out."""
    with tempfile.TemporaryDirectory() as folder, rasterio.Env(GDAL_PAM_ENABLED="NO"):
        bench = Bench(given.program, given.keep or folder)
        work(bench)
    print("equal:", dict(bench.equal))
    for message, times in bench.refused.most_common():
        print(f"refused {times} x {message}")
    print(bench.failures, "differ")
    sys.exit(bench.failures > 0)


if __name__ == "__main__":
    given = arguments("files", 500)
    campaign(given, lambda bench: files(bench, given.seed, given.files))
