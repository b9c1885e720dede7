"""An Item that pystac wrote is taken in by the program, and pystac-client reads it from the node.

usage: stac_item_taken_in.py path/to/corridor path/to/scene.tif
The file has six bands, of which the third is red and the fourth near infrared. Needs `pystac`,
`pystac-client` and `rasterio` (PyPI). Exits with 1 and a sentence at the first thing that is wrong.
"""

import datetime
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pystac
import rasterio
import rasterio.warp
from pystac_client import Client

NAMES = ["B1", "B2", "B3", "B4", "B5", "B7"]
COMMON = ["blue", "green", "red", "nir", "swir16", "swir22"]


def check(holds, text):
    if not holds:
        sys.exit(f"failed: {text}")


def written(folder, scene):
    """The Item beside its file, saved by pystac with a relative address."""
    shutil.copy(scene, folder / "pixels.tif")
    with rasterio.open(scene) as source:
        west, south, east, north = rasterio.warp.transform_bounds(source.crs, 4326, *source.bounds)
        code = source.crs.to_epsg()
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    item = pystac.Item(
        id="written by pystac",
        geometry={"type": "Polygon", "coordinates": [ring]},
        bbox=[west, south, east, north],
        datetime=datetime.datetime(2001, 8, 3, 12, 30, tzinfo=datetime.timezone.utc),
        properties={"platform": "landsat-7", "proj:code": f"EPSG:{code}"},
        collection="by-pystac",
    )
    bands = [
        {"name": name, "eo:common_name": common, "raster:scale": 0.004}
        for name, common in zip(NAMES, COMMON)
    ]
    asset = pystac.Asset(
        href=str(folder / "pixels.tif"),
        media_type=pystac.MediaType.COG,
        roles=["data"],
        extra_fields={"bands": bands},
    )
    item.add_asset("image", asset)
    item.set_self_href(str(folder / "item.json"))
    item.make_asset_hrefs_relative()
    item.save_object(include_self_link=False)
    return item


def main():
    program, scene = sys.argv[1], sys.argv[2]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        item = written(folder, scene)
        corridor = [program, "--data-dir", str(folder / "data")]
        ran = subprocess.run([*corridor, "ingest", str(folder / "item.json")], capture_output=True, text=True)
        check(ran.returncode == 0, f"ingest: {ran.stderr}")
        check(ran.stdout.startswith("stored by-pystac/written by pystac\n"), ran.stdout)
        served = subprocess.Popen(
            [*corridor, "serve", "--port", "0", "--bundles", "127.0.0.1:0"], stdout=subprocess.PIPE, text=True
        )
        try:
            url = None
            while url is None:
                line = served.stdout.readline()
                check(line, "the server ended before it served")
                found = re.match(r"serving (http:\S+)", line)
                url = found and found.group(1)
            node = Client.open(f"{url}/stac")
            came = next(node.search(collections=["by-pystac"], bbox=item.bbox).items(), None)
            check(came is not None, "the search finds no item")
            check(came.datetime == item.datetime, f"{came.datetime} is not {item.datetime}")
            check(came.properties["platform"] == "landsat-7", "the platform is lost")
            bands = came.assets["image"].extra_fields["bands"]
            check([b["name"] for b in bands] == NAMES, f"bands: {bands}")
            check([b["eo:common_name"] for b in bands] == COMMON, f"bands: {bands}")
            check(all(b["raster:scale"] == 0.004 for b in bands), f"bands: {bands}")
            with rasterio.open(scene) as own, rasterio.open(came.assets["image"].href) as other:
                check((own.read() == other.read()).all(), "the pixels differ")
        finally:
            served.terminate()
            served.wait(timeout=20)
    print("taken in, found, and equal in every pixel")


if __name__ == "__main__":
    main()
