"""dNBR and its classes of pairs of Landsat 8 scenes over New York by numpy: the values in burn.json.

Needs numpy and rasterio. Run: python make_burn.py FOLDER_OF_L8_NEWYORK > burn.json
"""
import glob
import json
import sys

import numpy as np
import rasterio
from rasterio.warp import Resampling, reproject

folder = sys.argv[1]


def nbr(scene):
    bands = []
    for band in ("B5", "B7"):
        with rasterio.open(glob.glob(f"{folder}/{scene}*/*_{band}.TIF")[0]) as file:
            stored = file.read(1).astype(float)
            grid = {"transform": file.transform, "crs": file.crs}
        # The metadata's rescaling to reflectance at the top of the atmosphere; 0 is fill.
        bands.append(np.where(stored == 0, np.nan, stored * 2e-5 - 0.1))
    nir, swir = bands
    return (nir - swir) / (nir + swir), grid


pairs = []
for before, after in [
    ("LC08_L1TP_013032_20180710", "LC08_L1TP_013032_20180827"),
    ("LC08_L1TP_014032_20180615", "LC08_L1TP_014032_20180903"),
    ("LC08_L1TP_014032_20180903", "LC08_L1TP_014032_20181208"),
]:
    (a, onto), (b, grid) = nbr(before), nbr(after)
    # The dates' pixels are not the same: the later ones, nearest neighbour, on the earlier.
    later = np.full(a.shape, np.nan)
    reproject(
        b, later, src_transform=grid["transform"], src_crs=grid["crs"], src_nodata=np.nan,
        dst_transform=onto["transform"], dst_crs=onto["crs"], dst_nodata=np.nan,
        resampling=Resampling.nearest,
    )
    change = a - later
    edges = [-np.inf, -0.1, 0.1, 0.27, 0.44, 0.66, np.inf]
    names = ["regrowth", "unburnt", "low", "moderate_low", "moderate_high", "high"]
    counts = {
        name: int(((change >= low) & (change < high)).sum())
        for name, low, high in zip(names, edges, edges[1:])
    }
    pairs.append(
        {
            "before": before,
            "after": after,
            "pixels": counts,
            "unknown": int(np.isnan(change).sum()),
            "dnbr_mean": float(np.nanmean(change)),
        }
    )
print(json.dumps({"numpy": np.__version__, "rasterio": rasterio.__version__, "pairs": pairs}, indent=1))
