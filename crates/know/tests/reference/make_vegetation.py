"""NDVI change of the Romanian forest series by numpy: the values in vegetation.json.

Needs numpy and rasterio. Run: python make_vegetation.py FOLDER_OF_COGS > vegetation.json
"""
import glob
import json
import sys

import numpy as np
import rasterio

folder = sys.argv[1]


def scene(day):
    ten = rasterio.open(glob.glob(f"{folder}/*{day}*_10m.tif")[0])
    scl = rasterio.open(glob.glob(f"{folder}/*{day}*_SCL.tif")[0]).read(1)
    data = ten.read().astype(float)
    valid = (data != (ten.nodata if ten.nodata is not None else np.nan)).all(axis=0)
    ndvi = (data[3] - data[2]) / (data[3] + data[2])
    # The classification on the pixels of 10 m, nearest neighbour.
    factor = ndvi.shape[0] // scl.shape[0]
    scl = np.kron(scl, np.ones((factor, factor), dtype=scl.dtype))
    clear = (scl >= 4) & (scl <= 7)
    return np.where(valid & clear, ndvi, np.nan)


pairs = []
for before, after in [
    ("2018-07-01", "2019-06-26"),
    ("2019-07-01", "2020-06-30"),
    ("2018-07-26", "2019-07-31"),
    ("2019-07-31", "2020-07-30"),
]:
    b, a = scene(before), scene(after)
    change = a - b
    pairs.append(
        {
            "before": before,
            "after": after,
            "pixels": {
                "loss": int((change <= -0.15).sum()),
                "growth": int((change >= 0.15).sum()),
                "unknown": int(np.isnan(change).sum()),
            },
            "valid_fraction": float(np.isfinite(change).mean()),
            "ndvi_before_mean": float(np.nanmean(b)),
            "ndvi_after_mean": float(np.nanmean(a)),
            "ndvi_change_mean": float(np.nanmean(change)) if np.isfinite(change).any() else None,
        }
    )
print(json.dumps({"numpy": np.__version__, "rasterio": rasterio.__version__, "pairs": pairs}, indent=1))
