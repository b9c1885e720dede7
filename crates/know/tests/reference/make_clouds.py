"""Clouds and shadows of the Landsat 5 chip of ukis-csmask by numpy and scikit-image: the values in
clouds.json.

Needs numpy, rasterio and scikit-image. Run: python make_clouds.py FOLDER_OF_UKIS_CSMASK > clouds.json
"""
import json
import sys

import numpy as np
import rasterio
import skimage
from skimage.morphology import reconstruction

folder = sys.argv[1]
stored = rasterio.open(f"{folder}/landsat5_toa_u16.tif").read()
reference = rasterio.open(f"{folder}/landsat5_ref.tif").read(1)
# Samples of 32 bits, as cubes have them.
_, green, red, nir, swir, _ = (stored * 1e-4).astype(np.float32).astype(float)


def filled(plane):
    seed = plane.copy()
    seed[1:-1, 1:-1] = plane.max()
    return reconstruction(seed, plane, method="erosion")


with np.errstate(divide="ignore", invalid="ignore"):
    ndsi = (green - swir) / (green + swir)
    ndvi = (nir - red) / (nir + red)
    cloud = (red > 0.08) & (ndsi < 0.7) & (nir / red < 2) & (nir / green < 2.16248) & (nir / swir > 1)
snow = (ndsi > 0.4) & (nir > 0.11) & (green > 0.1)
water = ((ndvi < 0.01) & (nir < 0.11)) | ((ndvi < 0.1) & (nir < 0.05))
depth = np.minimum((filled(nir) - nir).astype(np.float32), (filled(swir) - swir).astype(np.float32))
shadow = (depth > 0.02) & ~water
mask = np.where(cloud, 1, np.where(snow, 3, np.where(shadow, 2, 0)))


def iou(ours, theirs):
    return float((ours & theirs).sum() / (ours | theirs).sum())


print(
    json.dumps(
        {
            "numpy": np.__version__,
            "skimage": skimage.__version__,
            "pixels": {str(c): int((mask == c).sum()) for c in range(4)},
            "iou_cloud": iou(mask == 1, reference == 4),
            "iou_shadow": iou(mask == 2, reference == 0),
        },
        indent=1,
    )
)
