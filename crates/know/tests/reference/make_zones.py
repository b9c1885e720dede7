"""What exactextract says of the series over Romania under stars given in longitude and latitude.

Usage: python make_zones.py SHARED_DATA > zones.json   (exactextract 0.3, rasterio, pyproj from PyPI)
"""

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pyproj
import rasterio
from exactextract import exact_extract
from exactextract.raster import NumPyRasterSource

warnings.filterwarnings("ignore")
root = Path(sys.argv[1]) / "know/s2_romania/cog"
rng = np.random.default_rng(11)
names = ["count", "sum", "mean", "stdev", "min", "max", "median", "quantile(q=0.1)"]
dates = sorted(p.name[:10] for p in root.glob("*_10m.tif"))[5::31]
with rasterio.open(root / f"{dates[0]}_10m.tif") as src:
    crs, b = src.crs, src.bounds
to_degrees = pyproj.Transformer.from_crs(crs, 4326, always_xy=True)
to_metres = pyproj.Transformer.from_crs(4326, crs, always_xy=True)
degrees, metres = [], []
for i in range(5):
    x, y = rng.uniform(b.left, b.right), rng.uniform(b.bottom, b.top)
    angles = np.sort(rng.uniform(0, 2 * np.pi, 17))
    radii = rng.uniform(0.3, 1, 17) * [12.0, 60.0, 300.0, 500.0, 900.0][i]
    rings = []
    for part in (1.0, 0.2):
        at = to_degrees.transform(x + part * radii * np.cos(angles), y + part * radii * np.sin(angles))
        ring = [[round(float(lon), 9), round(float(lat), 9)] for lon, lat in zip(*at)]
        rings.append([*ring, ring[0]])
    degrees.append(rings)
    moved = [[list(map(float, to_metres.transform(*p))) for p in ring] for ring in rings]
    metres.append({"type": "Feature", "id": str(i), "properties": {"id": i}, "geometry": {"type": "Polygon", "coordinates": moved}})
figures = [[] for _ in degrees]
for date in dates:
    with rasterio.open(root / f"{date}_10m.tif") as src:
        for band in (3, 4):
            stored = src.read(band)
            # As cubes hold it: scaled, in 32 bits.
            pixels = np.where(stored == 0, np.nan, stored * 1e-4).astype("float32")
            raster = NumPyRasterSource(pixels, b.left, b.bottom, b.right, b.top, nodata=np.nan)
            found = exact_extract(raster, metres, names, include_cols=["id"])
            for own, feature in zip(figures, found):
                of = lambda name: feature["properties"]["quantile_10" if name.startswith("q") else name]
                number = lambda v: None if v is None or np.isnan(v) else float(v)
                own.append([number(of(name)) for name in names])
json.dump({"exactextract": "0.3.0", "dates": dates, "bands": ["B04", "B08"], "rings": degrees, "figures": figures}, sys.stdout, separators=(",", ":"))
