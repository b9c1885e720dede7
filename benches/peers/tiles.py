"""Requests a second for 256 px tiles: a Corridor node beside titiler, on one machine, one at a time.

Usage: python tiles.py CORRIDOR SCENE.tif TITILER_PYTHON [SECONDS]
TITILER_PYTHON has titiler.application and uvicorn from PyPI; this script needs rasterio.
Both serve the same file, bilinear, 8 clients that keep their connections, the same random tiles.
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
from rasterio.warp import transform_bounds

program, scene, titiler = sys.argv[1], Path(sys.argv[2]).resolve(), sys.argv[3]
seconds = float(sys.argv[4]) if len(sys.argv) > 4 else 8
CLIENTS = 8


def tile_list():
    with rasterio.open(scene) as src:
        west, south, east, north = transform_bounds(src.crs, "EPSG:4326", *src.bounds)
    rng = random.Random(7)
    tiles = []
    for _ in range(4000):
        z = rng.randint(8, 12)
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


results = {}
with tempfile.TemporaryDirectory() as folder:
    data = Path(folder) / "data"
    subprocess.run([program, "--data-dir", data, "ingest", scene, "--datetime", "2020-05-18T13:00:00Z"], check=True, capture_output=True)
    server = subprocess.Popen([program, "--data-dir", data, "serve", "--port", "18411"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait(18411)
        connection = http.client.HTTPConnection("127.0.0.1", 18411)
        connection.request("GET", "/stac/search?limit=1")
        item = json.load(connection.getresponse())["features"][0]
        asset = next(k for k, v in item["assets"].items() if "tiff" in v.get("type", ""))
        base = f"/tiles/{item['collection']}/{item['id']}/{asset}"
        results["corridor"] = load(18411, lambda z, x, y: f"{base}/{z}/{x}/{y}.png?bands=3,2,1&rescale=6000,14000", server.pid)
    finally:
        server.terminate()
        server.wait()
environment = dict(os.environ, GDAL_CACHEMAX="200", GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR")
workers = str(os.cpu_count())
server = subprocess.Popen([titiler, "-m", "uvicorn", "titiler.application.main:app", "--port", "18412", "--workers", workers, "--log-level", "warning", "--no-access-log"],
                          env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
try:
    wait(18412)
    query = f"url=file://{scene}&bidx=3&bidx=2&bidx=1&rescale=6000,14000&resampling=bilinear&reproject=bilinear"
    results["titiler"] = load(18412, lambda z, x, y: f"/cog/tiles/WebMercatorQuad/{z}/{x}/{y}.png?{query}", server.pid)
finally:
    server.terminate()
    server.wait()
for name, figures in results.items():
    print(name, json.dumps(figures))
print("ratio", round(results["corridor"]["requests_s"] / results["titiler"]["requests_s"], 1))
