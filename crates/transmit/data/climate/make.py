"""Makes climate.bin: the maps of radio climate that link budgets stand on, in compact form.

    python3 -m venv venv && venv/bin/pip install itur==0.4.0 && venv/bin/python make.py

Reads the digital maps of ITU-R Recommendations P.453-13, P.836-6, P.837-7, P.839-4, P.840-7 and
P.1510-1 as PyPI's `itur` 0.4.0 carries them. Each map keeps its own grid and is rounded to a step that is
small beside the map's own accuracy; of rain rate the square root is, so that light rain keeps its digits.

The file: "CLIM1\n", then for each map a line of JSON {name, rows, columns, south_deg, west_deg,
step_deg, quantum, root, bytes}, an empty line, and the maps one after the other, each a zlib stream of
zigzag varints: the difference of each value from what its neighbours (west + south - south-west) say,
rows from south to north.
"""

import json
import pathlib
import zlib

import itur
import numpy as np

maps = pathlib.Path(itur.__file__).parent / "data"


def load(name):
    archive = np.load(maps / f"{name}.npz")
    return np.array(archive[archive.files[0]], float)


def northward(name, latitudes, longitudes):
    """Rows from south to north, columns from -180 to 180; gaps take the neighbour to the equator."""
    values, lat, lon = load(name), load(latitudes)[:, 0], load(longitudes)[0]
    if lat[0] > lat[-1]:
        values, lat = values[::-1], lat[::-1]
    if lon[-1] > 180:
        half = (len(lon) - 1) // 2
        values = np.hstack([values[:, half:-1], values[:, : half + 1]])
    for row in [*range(len(lat) // 2, -1, -1), *range(len(lat) // 2, len(lat))]:
        inner = row + 1 if row < len(lat) // 2 else row - 1
        gaps = np.isnan(values[row])
        values[row, gaps] = values[inner, gaps]
    assert not np.isnan(values).any(), name
    return values


def encode(values, quantum):
    q = np.round(values / quantum).astype(np.int64)
    padded = np.pad(q, ((1, 0), (1, 0)))
    guess = padded[1:, :-1] + padded[:-1, 1:] - padded[:-1, :-1]
    difference = (q - guess).ravel()
    out = bytearray()
    for value in ((difference << 1) ^ (difference >> 63)).tolist():
        while value > 127:
            out.append(value & 127 | 128)
            value >>= 7
        out.append(value)
    return zlib.compress(bytes(out), 9)


LEVELS = [1, 2, 3, 5, 10, 20, 50]
entries = [("rain_rate_mm_h", "837/v7_r001", "837/v7_lat_r001", "837/v7_lon_r001", 0.125),
           ("zero_isotherm_km", "839/v4_esa0height", "839/v4_esalat", "839/v4_esalon", 0.005),
           ("temperature_k", "1510/v1_t_annual", "1510/v1_lat", "1510/v1_lon", 0.5),
           ("wet_refractivity", "453/v13_nwet_annual_50", "453/v13_lat_n", "453/v13_lon_n", 0.5)]
for p in LEVELS:
    entries.append((f"vapour_kg_m2_{p}", f"836/v6_v_{p}", "836/v6_lat", "836/v6_lon", 0.1))
for p in [1, 10, 50]:
    entries.append((f"vapour_g_m3_{p}", f"836/v6_rho_{p}", "836/v6_lat", "836/v6_lon", 0.1))
for p in [1, 50]:
    entries.append((f"vapour_scale_km_{p}", f"836/v6_vsch_{p}", "836/v6_lat", "836/v6_lon", 0.05))
for p in LEVELS:
    entries.append((f"cloud_kg_m2_{p}", f"840/v7_lred_{p}", "840/v7_lat", "840/v7_lon", 0.01))

heads, bodies = [], []
for name, path, latitudes, longitudes, quantum in entries:
    values = northward(path, latitudes, longitudes)
    root = name == "rain_rate_mm_h"
    if root:
        values = np.sqrt(values)
    body = encode(values, quantum)
    rows, columns = values.shape
    heads.append(json.dumps({"name": name, "rows": rows, "columns": columns, "south_deg": -90.0,
                             "west_deg": -180.0, "step_deg": 180.0 / (rows - 1), "quantum": quantum,
                             "root": root, "bytes": len(body)}))
    bodies.append(body)

# The ground that P.836 refers its maps to, at their points: its half-degree map by bicubic interpolation.
from itur.models import itu836

lat = np.linspace(-90, 90, 161)
lon = np.linspace(-180, 180, 321)
grid_lon, grid_lat = np.meshgrid(lon % 360, lat)
ground = itu836._ITU836_6().topo_alt(grid_lat, grid_lon)
body = encode(ground, 0.01)
heads.append(json.dumps({"name": "ground_km", "rows": 161, "columns": 321, "south_deg": -90.0,
                         "west_deg": -180.0, "step_deg": 1.125, "quantum": 0.01, "root": False,
                         "bytes": len(body)}))
bodies.append(body)

with open(pathlib.Path(__file__).parent / "climate.bin", "wb") as file:
    file.write(b"CLIM1\n" + "\n".join(heads).encode() + b"\n\n" + b"".join(bodies))
print("\n".join(heads))
