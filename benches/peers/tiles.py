"""Requests a second for 256 px tiles: a Corridor node beside titiler, on one machine, one at a time.

Usage: python tiles.py CORRIDOR SCENE.tif TITILER_PYTHON [SECONDS]
TITILER_PYTHON has titiler.application (with titiler.mosaic) and uvicorn from PyPI; this script needs rasterio.
Both serve the same files, bilinear, 8 clients that keep their connections, the same random tiles: of the scene
alone, and of a mosaic of STRIPS scenes cut from it, each half under the next.
"""

import http.client
import json
import math
import os
import random
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import rasterio
from rasterio.shutil import copy
from rasterio.warp import transform_bounds

program, scene, titiler = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3]
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 8
CLIENTS = 8
STRIPS = 12
LEAST_ZOOM, GREATEST_ZOOM = 8, 12
STYLE = "rescale=6000,14000&resampling=bilinear"


def tile_list():
    with rasterio.open(scene) as src:
        west, south, east, north = transform_bounds(src.crs, "EPSG:4326", *src.bounds)
    rng = random.Random(7)
    tiles = []
    for _ in range(4000):
        z = rng.randint(LEAST_ZOOM, GREATEST_ZOOM)
        lon, lat = rng.uniform(west, east), rng.uniform(south, north)
        n = 2**z
        tiles.append((z, int((lon + 180) / 360 * n), int((1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n)))
    return tiles


def cpu_of(pid):
    """CPU seconds of a process and its children."""
    total = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rsplit(")", 1)[1].split()
            own = int(stat.parent.name)
        except (OSError, IndexError):
            continue
        if own == pid or int(parts[1]) == pid:
            total += (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")
    return total


def load(port, path, pid):
    tiles = tile_list()
    times, bad, lock = [], [], threading.Lock()
    stop = time.perf_counter() + seconds

    def client(index):
        connection = http.client.HTTPConnection("127.0.0.1", port)
        own = []
        i = index
        while time.perf_counter() < stop:
            z, x, y = tiles[i % len(tiles)]
            i += CLIENTS
            start = time.perf_counter()
            connection.request("GET", path(z, x, y))
            answer = connection.getresponse()
            answer.read()
            own.append(time.perf_counter() - start)
            if answer.status not in (200, 204):
                with lock:
                    bad.append((answer.status, z, x, y))
        with lock:
            times.extend(own)

    before, start = cpu_of(pid), time.perf_counter()
    threads = [threading.Thread(target=client, args=(i,)) for i in range(CLIENTS)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    wall, cpu = time.perf_counter() - start, cpu_of(pid) - before
    times.sort()
    return {"requests_s": round(len(times) / wall, 1), "cpu_ms": round(cpu / len(times) * 1000, 2), "p50_ms": round(times[len(times) // 2] * 1000, 1),
            "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 1), "refused": len(bad), "first": bad[:1]}


def wait(port):
    for _ in range(600):
        try:
            http.client.HTTPConnection("127.0.0.1", port, timeout=1).connect()
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing listens on {port}")


def cut(folder):
    """Strips of the scene as COGs, each as wide as two steps."""
    files = []
    with rasterio.open(scene) as src:
        step = src.width // (STRIPS + 1)
        for index in range(STRIPS):
            window = rasterio.windows.Window(index * step, 0, 2 * step, src.height)
            plain, cog = folder / f"plain{index}.tif", folder / f"strip{index:02}.tif"
            profile = dict(src.profile, driver="GTiff", width=2 * step, transform=src.window_transform(window))
            with rasterio.open(plain, "w", **profile) as out:
                out.write(src.read(window=window))
            copy(plain, cog, driver="COG", compress="DEFLATE", predictor=2, blocksize=512, resampling="AVERAGE")
            plain.unlink()
            files.append(cog)
    return files


def corridor(folder, files, port):
    """Figures of the scene and of the mosaic."""
    data = folder / "data"
    base = [program, "--data-dir", data]
    subprocess.run([*base, "ingest", *files, "--datetime", "2020-05-18T13:00:00Z"], check=True, capture_output=True)
    server = subprocess.Popen([*base, "serve", "--port", str(port), "--no-bundles"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/stac/search?limit=100")
        items = {item["id"]: item for item in json.load(connection.getresponse())["features"]}
        strips = sorted(name for name in items if name.startswith("strip"))
        (single,) = items.keys() - strips
        item = items[single]
        asset = next(k for k, v in item["assets"].items() if "tiff" in v.get("type", ""))
        alone = f"/tiles/{item['collection']}/{single}/{asset}"
        query = f"bands=3,2,1&{STYLE}"
        first = f"order=ids&ids={','.join(strips)}&limit={STRIPS}"
        return {
            "scene": load(port, lambda z, x, y: f"{alone}/{z}/{x}/{y}.png?{query}", server.pid),
            "mosaic": load(port, lambda z, x, y: f"/stac/map/tiles/WebMercatorQuad/{z}/{y}/{x}.png?{query}&{first}", server.pid),
        }
    finally:
        server.terminate()
        server.wait()


def of_titiler(folder, strips, port):
    """The same, with GDAL's settings as titiler's documentation recommends them."""
    mosaic = folder / "mosaic.json"
    make = ("import sys; from cogeo_mosaic.mosaic import MosaicJSON; "
            "print(MosaicJSON.from_urls(sys.argv[3:], minzoom=int(sys.argv[1]), maxzoom=int(sys.argv[2]), quiet=True).model_dump_json(exclude_none=True))")
    made = subprocess.run([titiler, "-c", make, str(LEAST_ZOOM), str(GREATEST_ZOOM), *strips], check=True, capture_output=True, text=True)
    mosaic.write_text(made.stdout)
    environment = dict(os.environ, GDAL_CACHEMAX="200", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", VSI_CACHE="TRUE")
    command = [titiler, "-m", "uvicorn", "titiler.application.main:app", "--port", str(port), "--workers", str(os.cpu_count()),
               "--log-level", "warning", "--no-access-log"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(port)
        query = f"bidx=3&bidx=2&bidx=1&{STYLE}&reproject=bilinear"
        tiles = "tiles/WebMercatorQuad"
        return {
            "scene": load(port, lambda z, x, y: f"/cog/{tiles}/{z}/{x}/{y}.png?url=file://{scene}&{query}", server.pid),
            "mosaic": load(port, lambda z, x, y: f"/mosaicjson/{tiles}/{z}/{x}/{y}.png?url=file://{mosaic}&{query}", server.pid),
        }
    finally:
        server.terminate()
        server.wait()


with tempfile.TemporaryDirectory() as folder:
    folder = Path(folder)
    strips = cut(folder)
    own = corridor(folder, [scene, *strips], 18411)
    peer = of_titiler(folder, strips, 18412)
for kind in ("scene", "mosaic"):
    print(kind, "corridor", json.dumps(own[kind]))
    print(kind, "titiler ", json.dumps(peer[kind]))
    print(kind, "requests a second, ratio", round(own[kind]["requests_s"] / peer[kind]["requests_s"], 1))
print("mosaic beside scene: corridor", round(own["scene"]["requests_s"] / own["mosaic"]["requests_s"], 2), "times slower,",
      "titiler", round(peer["scene"]["requests_s"] / peer["mosaic"]["requests_s"], 2))
