"""Reference values for warping: what rasterio.warp.reproject (GDAL) makes of the shared scenes.

For each case the target grid, the number of pixels that are not nodata, the
CRC-32 of all samples (little-endian, row by row) and values at drawn pixels.

Usage: python warp.py SHARED_DATA > warp.json
"""

import json
import sys
import warnings
import zlib
from pathlib import Path

import numpy as np
import rasterio
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, calculate_default_transform, reproject, transform_bounds

warnings.filterwarnings("ignore")
root = Path(sys.argv[1]) / "know"
L8 = "l8_paraguay/LC08_224078_20200518_bgr.tif"
S2 = "s2_romania/cog/2018-01-07_10m.tif"
PU = "landsat_pucallpa/2005.tif"
DEM = "dem/olinda_dem_utm25s.tif"
SWISS = "dem/titiler_dem.tif"
S1 = "sen1floods11_spain/Spain_7370579_S1Hand.tif"


def default(src, epsg, resolution=None):
    t, w, h = calculate_default_transform(src.crs, CRS.from_epsg(epsg), src.width, src.height, *src.bounds, resolution=resolution)
    return epsg, t, w, h


def part(src, epsg, w, h, resolution, fx=0.5, fy=0.5):
    """A w x h target around a place given as parts of the source's bounds."""
    l, b, r, t = transform_bounds(src.crs, CRS.from_epsg(epsg), *src.bounds)
    x, y = l + fx * (r - l), b + fy * (t - b)
    return epsg, Affine(resolution, 0, x - w / 2 * resolution, 0, -resolution, y + h / 2 * resolution), w, h


CASES = [
    (L8, 1, lambda s: part(s, 4326, 600, 500, 0.0003)),
    (L8, 2, lambda s: part(s, 3857, 512, 512, 33.0, 0.1, 0.1)),
    (L8, 1, lambda s: part(s, 32721, 400, 400, 30.0, 0.5, 0.5)),
    (L8, 3, lambda s: default(s, 4326)),
    (L8, 1, lambda s: default(s, 3857, 200.0)),
    (L8, 2, lambda s: default(s, 32721, 95.0)),
    (S2, 1, lambda s: default(s, 4326)),
    (S2, 4, lambda s: default(s, 32635, 10.0)),
    (S2, 3, lambda s: default(s, 3857, 45.0)),
    (PU, 1, lambda s: default(s, 32718, 90.0)),
    (PU, 4, lambda s: default(s, 3857)),
    (PU, 2, lambda s: default(s, 32718, 400.0)),
    (DEM, 1, lambda s: default(s, 4326)),
    (DEM, 1, lambda s: default(s, 31985, 250.0)),
    (S1, 1, lambda s: default(s, 32630, 10.0)),
    (S1, 2, lambda s: default(s, 3857, 60.0)),
]
# Methods and the number of pixels drawn of each.
METHODS = {
    "nearest": 200, "bilinear": 200, "cubic": 200, "average": 200, "mode": 200, "min": 200, "max": 200,
    "cubicspline": 60, "lanczos": 60, "med": 60, "q1": 60, "q3": 60, "sum": 60, "rms": 60,
}


def number(v):
    return None if v is None else (float(v) if np.isfinite(v) else repr(float(v)))


# GDAL cuts this turned target into chunks, each with a scale of its own below 1
# (its fill-ratio heuristic), though no pixel is reduced; say so.
SCALES = {7: {"XSCALE": "1", "YSCALE": "1"}}

out = []
for case, (file, band, target) in enumerate(CASES):
    with rasterio.open(root / file) as src:
        data = src.read(band)
        epsg, t, w, h = target(src)
        nodata = src.nodata
        if nodata is None and data.dtype.kind == "f":
            nodata = float("nan")
        for method, drawn in METHODS.items():
            fill = nodata if nodata is not None else 0
            dst = np.full((h, w), fill, data.dtype)
            reproject(
                data, dst, src_transform=src.transform, src_crs=src.crs, src_nodata=nodata,
                dst_transform=t, dst_crs=CRS.from_epsg(epsg), dst_nodata=nodata,
                resampling=Resampling.cubic_spline if method == "cubicspline" else getattr(Resampling, method), num_threads=1, **SCALES.get(case, {}),
            )
            rng = np.random.default_rng(case)
            rows, cols = rng.integers(h, size=drawn), rng.integers(w, size=drawn)
            lack = np.isnan(dst) if nodata is not None and np.isnan(nodata) else (dst == nodata if nodata is not None else np.zeros(dst.shape, bool))
            # Largest allowed number of unequal bytes is judged in the test; blocks of CRCs find where.
            out.append({
                "file": "know/" + file, "band": band - 1, "epsg": epsg, "transform": t.to_gdal(), "width": w, "height": h,
                "method": method, "nodata": None if nodata is None else number(nodata), "valid": int((~lack).sum()),
                "mean": number(dst[~lack].astype("f8").mean()) if (~lack).any() else None,
                "crc32": zlib.crc32(dst.astype(dst.dtype.newbyteorder("<")).tobytes()),
                "points": [[int(r), int(c), number(dst[r, c])] for r, c in zip(rows, cols)],
            })
json.dump({"rasterio": rasterio.__version__, "gdal": rasterio.__gdal_version__, "cases": out}, sys.stdout, separators=(",", ":"))
