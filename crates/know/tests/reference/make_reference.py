"""Values that tests compare with, computed by others: areas by pyproj, thresholds by scikit-image.

Needs numpy, rasterio, pyproj, shapely and scikit-image. Run:
python make_reference.py FOLDER_OF_SEN1FLOODS11_SPAIN > reference.json
"""
import json
import sys

import numpy as np
import pyproj
import rasterio
import shapely.geometry
import skimage
from skimage.filters import threshold_otsu

geod = pyproj.Geod(ellps="WGS84")
polygons = {
    "triangle": [[[0, 0], [1, 0], [0, 1]]],
    "square at 60 north with a hole": [
        [[10, 60], [11, 60], [11, 61], [10, 61]],
        [[10.2, 60.2], [10.2, 60.4], [10.4, 60.4], [10.4, 60.2]],
    ],
    "across the antimeridian": [[[179.5, -17], [180.5, -17], [180.5, -16], [179.5, -16]]],
    "a continent's size": [[[-75, -30], [-40, -30], [-40, 5], [-75, 5]]],
}
areas = []
for name, rings in polygons.items():
    shape = shapely.geometry.Polygon(rings[0], rings[1:])
    area = abs(geod.geometry_area_perimeter(shapely.geometry.polygon.orient(shape))[0])
    areas.append({"name": name, "rings": rings, "area_km2": area / 1e6})

# Pixels of projected grids: corners to longitude and latitude, joined by geodesics.
grids = []
for code, transform, shape in [
    (3035, [5_300_000, 10, 0, 2_600_000, 0, -10], (100, 100)),
    (32725, [250_000, 28.5, 0, 9_130_000, 0, -28.5], (70, 50)),
    (4326, [-0.78, 0.01, 0, 60.0, 0, -0.01], (90, 40)),
]:
    to = pyproj.Transformer.from_crs(code, 4326, always_xy=True)
    total = 0.0
    x0, dx, _, y0, _, dy = transform
    for row in range(shape[0]):
        for col in range(shape[1]):
            xs = [x0 + (col + c) * dx for c in (0, 1, 1, 0)]
            ys = [y0 + (row + r) * dy for r in (0, 0, 1, 1)]
            lon, lat = to.transform(xs, ys)
            total += abs(geod.polygon_area_perimeter(lon, lat)[0]) / 1e6
    grids.append({"epsg": code, "transform": transform, "rows": shape[0], "columns": shape[1], "area_km2": total})

thresholds = {}
if len(sys.argv) > 1:
    base = sys.argv[1] + "/Spain_7370579_"
    s1 = rasterio.open(base + "S1Hand.tif").read().astype(float)
    s2 = rasterio.open(base + "S2Hand.tif").read().astype(float)
    green, swir = s2[2], s2[11]
    thresholds = {
        "VV": float(threshold_otsu(s1[0][np.isfinite(s1[0])], 256)),
        "VH": float(threshold_otsu(s1[1][np.isfinite(s1[1])], 256)),
        "MNDWI": float(threshold_otsu((green - swir) / (green + swir), 256)),
    }
print(
    json.dumps(
        {
            "pyproj": pyproj.__version__,
            "skimage": skimage.__version__,
            "areas": areas,
            "grids": grids,
            "otsu_spain_7370579": thresholds,
        },
        indent=1,
    )
)
