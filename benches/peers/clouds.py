"""Clouds and shadows of the Landsat 5 chip of ukis-csmask: by the rules of `clouds`, by the network of
ukis-csmask inside of `clouds`, and by ukis-csmask itself.

Usage: python clouds.py CORRIDOR SHARED_DATA/know/ukis_csmask
Needs ukis-csmask[cpu] 1.0.0 (its network is inside the package), numpy and rasterio from PyPI.
"""

import json
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin
import ukis_csmask
from ukis_csmask.mask import CSmask

warnings.filterwarnings("ignore")
program, data = sys.argv[1], Path(sys.argv[2])
BANDS = ["blue", "green", "red", "nir", "swir16", "swir22"]
reference = rasterio.open(data / "landsat5_ref.tif").read(1)


def score(name, cloud, shadow, seconds):
    def iou(own, theirs):
        return (own & theirs).sum() / (own | theirs).sum()

    print(
        f"{name}: intersection over union {iou(cloud, reference == 4):.3f} cloud, "
        f"{iou(shadow, reference == 0):.3f} shadow; {seconds:.1f} s"
    )


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    stored = rasterio.open(data / "landsat5_toa_u16.tif").read()
    # The chip comes without a place: pixels of 30 m somewhere.
    with rasterio.open(
        folder / "chip.tif", "w", driver="GTiff", width=512, height=512, count=6, dtype="uint16",
        crs="EPSG:32633", transform=from_origin(500_000, 5_000_000, 30, 30), tiled=True,
    ) as out:
        out.write(stored)
    bands = [{"name": b, "eo:common_name": b, "raster:scale": 1e-4, "raster:offset": 0} for b in BANDS]
    sidecar = {
        "id": "chip",
        "collection": "landsat-5",
        "properties": {"datetime": "2010-07-01T00:00:00Z"},
        "files": {"bands": "chip.tif"},
        "assets": {"bands": {"roles": ["data"], "bands": bands}},
    }
    (folder / "chip.scene.json").write_text(json.dumps(sidecar))

    def corridor(*arguments):
        command = [program, "--data-dir", folder / "node", *arguments]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{arguments}: {done.stderr.strip()}")

    corridor("ingest", folder / "chip.scene.json")
    began = time.time()
    corridor("know", "product", "clouds", "-o", folder / "clouds.tif")
    mask = rasterio.open(folder / "clouds.tif").read(1)
    score("corridor, by rules", mask == 1, mask == 2, time.time() - began)

    package = Path(ukis_csmask.__file__).parent
    statistics = json.loads((package / "model_6b_l1c.json").read_text())["data"]["dataset_statistics"]
    (folder / "csmask.onnx").write_bytes((package / "model_6b_l1c.onnx").read_bytes())
    (folder / "csmask.toml").write_text(
        'id = "csmask"\ntitle = "ukis-csmask"\nproduct = "clouds"\nnetwork = "csmask.onnx"\nclasses = [0, 1, 2]\n'
        f"bands = {json.dumps(statistics['band_names'])}\n"
        f"mean = {statistics['img'][0]}\ndeviation = {statistics['img'][1]}\n"
    )
    began = time.time()
    corridor("know", "product", "clouds", "--model", folder / "csmask.onnx", "-o", folder / "net.tif")
    ours = rasterio.open(folder / "net.tif").read(1)
    score("corridor, by the network of ukis-csmask", ours == 1, ours == 2, time.time() - began)

began = time.time()
image = stored.transpose(1, 2, 0).astype(np.float32) * np.float32(1e-4)
theirs = CSmask(image, BANDS).csm[..., 0]
score("ukis-csmask 1.0.0, by its network", theirs == 1, theirs == 2, time.time() - began)
print(f"the two by that network: {(ours == theirs).mean():.4f} of the pixels equal")
