"""Results of cube processes that the official vectors of openEO do not show, by other programs.

Needs numpy, pandas, xarray, scipy, shapely, pyproj, rasterio and scikit-image. Run:
python make.py > ../cubes.json
"""

import json
import sys
import warnings

import series
import space
from inputs import CUBES, EPSG, cube_json

warnings.filterwarnings("ignore", "All-NaN|Mean of empty|Degrees of freedom", RuntimeWarning)


def text(value):
    return json.dumps(value, allow_nan=False, separators=(",", ":"))


def processes(value):
    """Names of all processes of a graph, those of callbacks too."""
    if isinstance(value, dict):
        own = {value["process_id"]} if "process_id" in value else set()
        return own.union(*map(processes, value.values()))
    return set().union(*map(processes, value)) if isinstance(value, list) else set()


def cases():
    for group in [*series.ALL, *space.ALL]:
        for name, by, graph, expected, *rest in group():
            more = {key: cube_json(cube, cube.attrs.get("epsg", EPSG)) for key, cube in (rest[0] if rest else {}).items()}
            graph = {key: dict(own) for key, own in graph.items()}
            list(graph.values())[-1]["result"] = True
            yield {
                "name": name, "by": by, "processes": sorted(processes(graph)), "graph": graph, "cubes": more,
                "expected": cube_json(expected, expected.attrs.get("epsg", EPSG)),
                "tolerance": rest[1] if len(rest) > 1 else 1e-9,
            }


lines = [text(case) for case in cases()]
inputs = [f"{json.dumps(name)}: {text(cube_json(cube))}" for name, cube in CUBES.items()]
sys.stdout.write('{"cubes": {\n' + ",\n".join(inputs) + '\n},\n"cases": [\n' + ",\n".join(lines) + "\n]}\n")
