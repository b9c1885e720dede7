"""The engine through the program: refusals over HTTP, estimates against runs, memory under a limit.

    python benches/engine.py CORRIDOR [SHARED_DATA]

Takes the 99 dates of `know/s2_romania` into a node of its own, then

- asks a server that allows fewer samples for a composite of all of them, and prints how long the refusals
  with their estimates take;
- runs graphs of several kinds by `corridor know run`, and prints the estimated seconds beside the measured;
- runs a composite of made scenes of 20 times `--memory` and more, and prints the greatest memory.

Needs numpy and rasterio for the made scenes (left out where they are absent).
"""

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

program = str(Path(sys.argv[1]).resolve())
shared = Path(sys.argv[2] if len(sys.argv) > 2 else Path(__file__).resolve().parents[2] / "shared/data")
REFUSALS = 60
SIDE_PX, DATES, MEMORY_MIB = 2048, 60, 48


def call(data, *arguments, **more):
    environment = {**os.environ, "CORRIDOR_DATA_DIR": str(data)}
    return subprocess.run([program, *map(str, arguments)], env=environment, check=True, text=True, capture_output=True, **more)


def describe(folder, collection, date, files, bands):
    """A scene's description, beside its files."""
    scene = {
        "id": f"{collection}-{date}",
        "collection": collection,
        "properties": {"title": date, "datetime": f"{date}T09:00:00Z", "license": "other"},
        "files": {key: path.name for key, path in files.items()},
        "assets": {key: {"title": key, "roles": ["data"], "bands": bands[key]} for key in files},
        "source": "bench",
    }
    path = folder / f"{collection}-{date}.scene.json"
    path.write_text(json.dumps(scene))
    return path


def reflectance(*names):
    return [{"name": name, "raster:scale": 1e-4, "raster:offset": 0, "nodata": 0} for name in names]


BANDS = {"10m": reflectance("B02", "B03", "B04", "B08"), "scl": [{"name": "SCL"}]}


def romania(folder):
    source = shared / "know/s2_romania/cog"
    scenes = []
    for fine in sorted(source.glob("*_10m.tif")):
        date = fine.name[:10]
        classes = source / f"{date}_SCL.tif"
        for path in (fine, classes):
            shutil.copyfile(path, folder / path.name)
        scenes.append(describe(folder, "romania", date, {"10m": folder / fine.name, "scl": folder / classes.name}, BANDS))
    return scenes


def made(folder):
    """Noise with clouds: files that compress as badly as real ones."""
    import numpy
    import rasterio

    rng = numpy.random.default_rng(4)
    profile = {"driver": "GTiff", "width": SIDE_PX, "height": SIDE_PX, "crs": "EPSG:32635", "tiled": True,
               "blockxsize": 256, "blockysize": 256, "compress": "deflate",
               "transform": rasterio.transform.from_origin(600000, 5000000, 10, 10)}
    kinds = []
    for kind in range(6):
        fine, classes = folder / f"kind{kind}.tif", folder / f"kind{kind}_scl.tif"
        with rasterio.open(fine, "w", count=4, dtype="uint16", predictor=2, **profile) as out:
            for band in range(4):
                out.write((1500 + 900 * band + rng.integers(0, 400, (SIDE_PX, SIDE_PX))).astype("uint16"), band + 1)
        with rasterio.open(classes, "w", count=1, dtype="uint8", **profile) as out:
            blocks = rng.integers(4, 11, (SIDE_PX // 64, SIDE_PX // 64)).astype("uint8")
            out.write(numpy.kron(blocks, numpy.ones((64, 64), "uint8")), 1)
        kinds.append((fine, classes))
    scenes = []
    for date in range(DATES):
        name = f"2021-{date // 28 + 1:02}-{date % 28 + 1:02}"
        # Files of the same bytes are one in the store: each gets a byte of its own behind its end.
        own = []
        for path in kinds[date % 6]:
            copy = folder / f"{date}-{path.name}"
            copy.write_bytes(path.read_bytes() + bytes([date]))
            own.append(copy)
        scenes.append(describe(folder, "made", name, dict(zip(("10m", "scl"), own)), BANDS))
    return scenes


def reducer(process):
    return {"process_graph": {"r": {"process_id": process, "arguments": {"data": {"from_parameter": "data"}}, "result": True}}}


def load(collection, *bands):
    return {"process_id": "load_collection", "arguments": {
        "id": collection, "spatial_extent": None, "temporal_extent": None, "bands": list(bands)}}


def node(process, data, result=False, **arguments):
    more = {"result": True} if result else {}
    return {"process_id": process, "arguments": {"data": {"from_node": data}, **arguments}, **more}


CLOUDY = {"process_graph": {
    "scl": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "data"}, "label": "SCL"}},
    "bad": {"process_id": "gte", "arguments": {"x": {"from_node": "scl"}, "y": 8}, "result": True}}}


def composite(collection, process="median"):
    return {
        "load": load(collection, "B04", "B08", "SCL"),
        "bands": node("filter_bands", "load", bands=["B04", "B08"]),
        "cloudy": node("reduce_dimension", "load", dimension="bands", reducer=CLOUDY),
        "clear": node("mask", "bands", mask={"from_node": "cloudy"}),
        "one": node("reduce_dimension", "clear", dimension="t", reducer=reducer(process)),
        "save": node("save_result", "one", True, format="GTiff"),
    }


def months(collection):
    return {
        "load": load(collection, "B04", "B08", "SCL"),
        "ndvi": node("ndvi", "load", nir="B08", red="B04"),
        "cloudy": node("reduce_dimension", "load", dimension="bands", reducer=CLOUDY),
        "clear": node("mask", "ndvi", mask={"from_node": "cloudy"}),
        "months": node("aggregate_temporal_period", "clear", True, period="month", reducer=reducer("max")),
    }


def smooth(collection):
    return {
        "load": load(collection, "B08"),
        "one": node("reduce_dimension", "load", dimension="t", reducer=reducer("mean")),
        "smooth": node("median_filter", "one", True, size=5),
    }


def processor_s(pid):
    """Processor time that a process took so far, s."""
    parts = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / os.sysconf("SC_CLK_TCK")


def refusals(data):
    (data / "node.toml").write_text("[limits]\nsynchronous_samples_max = 1000000\n")
    environment = {**os.environ, "CORRIDOR_DATA_DIR": str(data)}
    server = subprocess.Popen([program, "serve", "--port", "0", "--no-bundles"], env=environment,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        for line in server.stdout:
            if line.startswith("serving http://"):
                address = line.split()[1].removeprefix("http://").rstrip("/")
                break
        body = json.dumps({"process": {"process_graph": composite("romania")}}).encode()
        took, refused = [], None
        before = processor_s(server.pid)
        for _ in range(REFUSALS):
            request = urllib.request.Request(f"http://{address}/openeo/1.2/result", body, {"Content-Type": "application/json"})
            started = time.perf_counter()
            try:
                urllib.request.urlopen(request)
            except urllib.error.HTTPError as error:
                refused = json.loads(error.read())
            took.append((time.perf_counter() - started) * 1e3)
        assert refused["code"] == "ProcessGraphComplexity", refused
        processor_ms = (processor_s(server.pid) - before) / REFUSALS * 1e3
        took.sort()
        print(f"refused over HTTP, 198 files of 99 dates: median {took[len(took) // 2]:.0f} ms, "
              f"fastest {took[0]:.0f}, slowest {took[-1]:.0f}, of {REFUSALS}; {processor_ms:.0f} ms of the server's processor time each; estimate {json.dumps(refused['estimate'])}")
    finally:
        server.terminate()
        server.wait()


def estimated(data, folder, name, graph, *more):
    path = folder / "graph.json"
    path.write_text(json.dumps(graph))
    estimate = json.loads(call(data, "know", "run", path, "--estimate", *more).stdout)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    call(data, "know", "run", path, "-o", folder / "out.tif", *more)
    took = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{name}: {estimate['samples'] / 1e6:.0f} M samples, {estimate['chunks']} chunks; estimated {estimate['seconds']:.2f} s, "
          f"took {took:.2f} s, {processor:.2f} s of processor time")
    return estimate


def most_memory(data, folder, graph):
    path = folder / "graph.json"
    path.write_text(json.dumps(graph))
    out = folder / "large.tif"
    command = ["/usr/bin/env", "python3", "-c", (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, capture_output=True); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"),
        program, "know", "run", str(path), "-o", str(out), "--memory", str(MEMORY_MIB)]
    environment = {**os.environ, "CORRIDOR_DATA_DIR": str(data)}
    ran = subprocess.run(command, env=environment, check=True, text=True, capture_output=True)
    return int(re.search(r"\d+", ran.stdout)[0]) * 1024, out


def main():
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), Path(name) / "data"
        call(data, "ingest", *romania(folder))
        refusals(data)
        estimated(data, folder, "masked median, 99 dates of 1 km2", composite("romania"))
        try:
            scenes = made(folder)
        except ImportError as error:
            print(f"made scenes are left out: {error}")
            return
        call(data, "ingest", *scenes)
        for title, graph in [("masked median", composite("made")), ("masked mean", composite("made", "mean")),
                             ("NDVI by month", months("made")), ("smoothed mean", smooth("made"))]:
            estimated(data, folder, f"{title}, {DATES} dates of {SIDE_PX} px", graph)
        estimate = estimated(data, folder, f"masked median under {MEMORY_MIB} MiB", composite("made"), "--memory", MEMORY_MIB)
        idle, _ = most_memory(data, folder, composite("romania"))
        most, out = most_memory(data, folder, composite("made"))
        limit = MEMORY_MIB * 2**20
        print(f"{estimate['bytes'] / limit:.1f} times the limit of {limit / 1e6:.1f} MB: result of {estimate['result_bytes'] / 1e6:.1f} MB "
              f"in a file of {out.stat().st_size / 1e6:.1f} MB; greatest memory {most / 1e6:.0f} MB, {idle / 1e6:.0f} MB where almost nothing is read")


main()
