"""Water gained and lost at Pucallpa by numpy, SciPy, scikit-image and pyproj: the values in
water_change.json.

Needs numpy, rasterio, pyproj, scipy and scikit-image. Run:
python make_water_change.py FOLDER_OF_LANDSAT_PUCALLPA > water_change.json
"""
import json
import sys

import numpy as np
import pyproj
import rasterio
import scipy
import skimage
from scipy import ndimage
from skimage.filters import threshold_otsu

folder = sys.argv[1]
geod = pyproj.Geod(ellps="WGS84")


def scene(year):
    data = rasterio.open(f"{folder}/{year}.tif").read().astype(float)
    swir, nir, _, green = data
    valid = (swir > 0) & (nir > 0) & (green > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        index = ((green - nir) / (green + nir) + (green - swir) / (green + swir)) / 2
    return np.where(valid, index, np.nan)


# A pixel's area depends on its row alone: corners joined by geodesics.
with rasterio.open(f"{folder}/1985.tif") as first:
    t, height, width = first.transform, first.height, first.width
row_km2 = []
for row in range(height):
    lon = [t.c, t.c + t.a, t.c + t.a, t.c]
    lat = [t.f + row * t.e, t.f + row * t.e, t.f + (row + 1) * t.e, t.f + (row + 1) * t.e]
    row_km2.append(abs(geod.polygon_area_perimeter(lon, lat)[0]) / 1e6)
km2 = np.repeat(np.array(row_km2)[:, None], width, axis=1)

indices = {year: scene(year) for year in (1985, 1995, 2005, 2020)}
pairs = []
for before, after in [(1985, 1995), (1995, 2005), (2005, 2020), (1985, 2020)]:
    b, a = indices[before], indices[after]
    unknown = np.isnan(b) | np.isnan(a)
    wet_b, wet_a = b > 0.0, a > 0.0
    masks = {
        "dry": ~wet_b & ~wet_a & ~unknown,
        "gained": wet_a & ~wet_b & ~unknown,
        "lost": wet_b & ~wet_a & ~unknown,
        "water": wet_a & wet_b & ~unknown,
    }
    pairs.append(
        {
            "before": before,
            "after": after,
            "pixels": {name: int(mask.sum()) for name, mask in masks.items()},
            "unknown": int(unknown.sum()),
            "area_km2": {name: float(km2[mask].sum()) for name, mask in masks.items()},
            "patches": {name: int(ndimage.label(masks[name])[1]) for name in ("gained", "lost")},
        }
    )
print(
    json.dumps(
        {
            "numpy": np.__version__,
            "scipy": scipy.__version__,
            "pyproj": pyproj.__version__,
            "skimage": skimage.__version__,
            "otsu": {str(y): float(threshold_otsu(i[np.isfinite(i)], 256)) for y, i in indices.items()},
            "pairs": pairs,
        },
        indent=1,
    )
)
