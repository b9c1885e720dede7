"""Reference passes for the test `passes`: skyfield alone, nothing of this project.

    python3 -m venv venv && venv/bin/pip install skyfield==1.55 sgp4==2.27 numpy
    venv/bin/python make_passes.py ELEMENTS.csv > passes.csv     (also writes elements.csv)

ELEMENTS.csv is any CCSDS OMM file in CSV; the rows of the satellites below are kept in elements.csv.
Rise and set are bisected to 1 ms on skyfield's own geometric altitude (no refraction).
"""
import csv, sys
from pathlib import Path
import numpy as np
from skyfield.api import EarthSatellite, load, wgs84

SATELLITES = ["SENTINEL-2A", "TERRA", "LANDSAT 9", "NOAA 20 (JPSS-1)", "ICEYE-X2", "RADARSAT-2"]
# id, lon, lat, height, fixed mask, horizon by azimuth
STATIONS = [
    ("svalbard", 15.4078, 78.2307, 440.0, 5.0, []),
    ("matera", 16.7046, 40.6486, 536.9, 5.0, []),
    ("cuiaba", -56.0697, -15.5551, 230.0, 5.0, []),
    ("troll", 2.5383, -72.0117, 1270.0, 2.0, []),
    ("valley", 7.0, 46.0, 1500.0, 5.0,
     [(0, 3.0), (45, 22.0), (90, 12.0), (170, 4.0), (200, 30.0), (210, 8.0), (300, 15.0), (350, 6.0)]),
]
HOURS = 48  # from 2026-08-22T00:00:00Z; rise_s and set_s count from there


def mask_deg(floor, horizon, az):
    if not horizon:
        return np.full_like(az, floor)
    a = np.array([p[0] for p in horizon], float)
    e = np.array([p[1] for p in horizon], float)
    a = np.concatenate([[a[-1] - 360.0], a, [a[0] + 360.0]])
    e = np.concatenate([[e[-1]], e, [e[0]]])
    return np.maximum(floor, np.interp(az % 360.0, a, e))


def main():
    here = Path(__file__).parent
    lines = [l for l in open(sys.argv[1]).read().splitlines() if l and not l.startswith("#")]
    kept = [lines[0]] + [l for l in lines[1:] if l.split(",")[0] in SATELLITES]
    (here / "elements.csv").write_text("\n".join(kept) + "\n")
    ts = load.timescale(builtin=True)
    t0 = ts.utc(2026, 8, 22)
    print("satellite,station,rise_s,set_s,max_elevation_deg")
    for row in csv.DictReader(kept):
        sat = EarthSatellite.from_omm(ts, row)
        for name, lon, lat, h, floor, horizon in STATIONS:
            site = wgs84.latlon(lat, lon, elevation_m=h)
            diff = sat - site

            def above(s):
                t = ts.tt_jd(t0.tt + np.asarray(s) / 86400.0)
                alt, az, _ = diff.at(t).altaz()
                return alt.degrees - mask_deg(floor, horizon, az.degrees), alt.degrees

            grid = np.arange(0.0, HOURS * 3600.0 + 0.5, 1.0)
            value, alt = above(grid)
            up = value > 0
            edges = np.flatnonzero(up[1:] != up[:-1])

            def refine(i):
                lo, hi, rising = grid[i], grid[i + 1], bool(up[i + 1])
                while hi - lo > 1e-3:
                    mid = 0.5 * (lo + hi)
                    if (above([mid])[0][0] > 0) == rising:
                        hi = mid
                    else:
                        lo = mid
                return 0.5 * (lo + hi)

            times = [(refine(i), bool(up[i + 1])) for i in edges]
            if up[0]:
                times.insert(0, (0.0, True))
            if up[-1]:
                times.append((grid[-1], False))
            for (rise, _), (end, _) in zip(times[::2], times[1::2]):
                fine = np.arange(rise, end, 0.25)
                peak = above(fine)[1].max()
                print(f"{row['OBJECT_NAME']},{name},{rise:.3f},{end:.3f},{peak:.4f}")


main()
