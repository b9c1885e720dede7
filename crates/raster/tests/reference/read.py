"""Reference values for reading: what rasterio (GDAL) says about the shared scenes.

Usage: python read.py SHARED_DATA > read.json
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio

warnings.filterwarnings("ignore")
root = Path(sys.argv[1])
files = sorted((root / "know").rglob("*.tif"))
# Every eleventh date of the Romanian series is enough; all of the others.
series = [f for f in files if "s2_romania" in f.parts]
keep = [f for f in files if "s2_romania" not in f.parts] + series[::11]


def number(value):
    value = float(value)
    return value if np.isfinite(value) else repr(value)


out = []
for path in sorted(keep):
    with rasterio.open(path) as src:
        data = src.read()
        rng = np.random.default_rng(1)
        points = []
        for _ in range(12):
            row, col = int(rng.integers(src.height)), int(rng.integers(src.width))
            points.append([row, col, [number(v) for v in data[:, row, col]]])
        t = src.transform.to_gdal()
        finite = [np.where(np.isnan(b.astype("f8")), 0, b.astype("f8")) for b in data]
        valid = [
            int(((m != 0) & ~np.isnan(b.astype("f8"))).sum())
            for m, b in zip(src.read_masks(), data)
        ]
        lonlat = None
        if src.crs:
            from rasterio.warp import transform

            x, y = src.transform * (src.width / 2, src.height / 2)
            lon, lat = transform(src.crs, "EPSG:4326", [x], [y])
            lonlat = [lon[0], lat[0]]
        out.append(
            {
                "file": str(path.relative_to(root)),
                "width": src.width,
                "height": src.height,
                "bands": src.count,
                "dtype": src.dtypes[0],
                "epsg": src.crs.to_epsg(confidence_threshold=100) if src.crs else None,
                "transform": t,
                "nodata": None if src.nodata is None else number(src.nodata),
                "overviews": src.overviews(1),
                "descriptions": src.descriptions,
                "sums": [float(np.sum(b)) for b in finite],
                "valid": valid,
                "points": points,
                "centre_lon_lat": lonlat,
            }
        )
json.dump(
    {"rasterio": rasterio.__version__, "gdal": rasterio.__gdal_version__, "files": out},
    sys.stdout,
    indent=None,
    separators=(",", ":"),
)
