"""Reference windows and coverage of every look over points, lines and polygons, by another tool.

Positions come from skyfield's ITRS (SGP4 by python-sgp4); everything else is done here in a different way
from the crate: targets are regular grids of points weighted by pyproj's geodesic areas and lengths, time
is a grid of half a second, fields of view are tested by angles between vectors, incidence by the vertical
of the geodetic latitude. Usage:

    python -m venv venv && venv/bin/pip install skyfield==1.55 sgp4==2.27 numpy pyproj
    venv/bin/python make_coverage.py FINALS2000A elements.csv OUT_COVERAGE.csv

FINALS2000A is IERS finals2000A.all, plain or gzip.
"""
import csv, gzip, sys
from datetime import datetime, timedelta, timezone
import numpy as np
from pyproj import Geod
from sgp4 import omm
from sgp4.api import Satrec
from skyfield.api import EarthSatellite, load
from skyfield.data import iers
from skyfield.framelib import itrs

FROM = datetime(2026, 8, 22, tzinfo=timezone.utc)
HOURS = 24
SATELLITES = [40697, 31698]
# kind, swath km, parameters; near_km is a distance beyond which nothing is seen
NEAR_KM = {"nadir290": 1000, "cone10": 1000, "cone6tilted": 1100, "frame1x7tilted": 1050, "scan55": 2000,
           "scanright": 1050, "left30to45": 1250, "right20to50": 1350, "both25to40": 1200, "agile60": 1150}
INSTRUMENTS = {
    "nadir290": ("nadir", 290.0, {}),
    "cone10": ("cone", 0, dict(half=10.0, roll=0.0, pitch=0.0)),
    "cone6tilted": ("cone", 0, dict(half=6.0, roll=-20.0, pitch=10.0)),
    "frame1x7tilted": ("frame", 0, dict(along=1.0, across=7.0, roll=15.0, pitch=-5.0)),
    "scan55": ("scan", 0, dict(low=-55.0, high=55.0)),
    "scanright": ("scan", 0, dict(low=5.0, high=30.0)),
    "left30to45": ("side", 5000.0, dict(low=30.0, high=45.0, left=True, right=False)),
    "right20to50": ("side", 100.0, dict(low=20.0, high=50.0, left=False, right=True)),
    "both25to40": ("side", 80.0, dict(low=25.0, high=40.0, left=True, right=True)),
    "agile60": ("agile", 60.0, dict(most=35.0)),
}
# Boxes as west, south, east, north; lines as positions that run on past 180 degrees.
TARGETS = {
    "fiji": ("box", (177.0, -19.0, 182.0, -16.0)),
    "cap": ("box", (-180.0, 84.0, 180.0, 90.0)),
    "wide": ("box", (20.0, 43.5, 30.0, 48.5)),
    "road": ("line", [(175.0, -10.0), (184.0, 2.0), (190.0, 20.0)]),
    "meridian": ("line", [(15.0, 70.0), (15.0, 88.0), (60.0, 89.0)]),
    "pole": ("point", (0.0, 90.0)),
    "dateline": ("point", (180.0, 65.0)),
}
# So near the pole the others see nothing, or cost an hour.
POLAR = ("frame1x7tilted", "scan55", "right20to50", "agile60")
A, F = 6378137.0, 1 / 298.257223563
B, E2 = A * (1 - F), F * (2 - F)
GEOD = Geod(ellps="WGS84")
R_KM = 6371.0

finals, elements, out = sys.argv[1:]
ts = load.timescale(builtin=True)
opener = gzip.open if finals.endswith(".gz") else open
iers.install_polar_motion_table(ts, iers.parse_x_y_dut1_from_finals_all(opener(finals, "rb")))
sats = {}
for fields in omm.parse_csv(l for l in open(elements) if not l.startswith("#")):
    rec = Satrec()
    omm.initialize(rec, fields)
    sats[int(fields["NORAD_CAT_ID"])] = EarthSatellite.from_satrec(rec, ts)


def ground(lon, lat):
    lo, la = np.radians(lon), np.radians(lat)
    n = A / np.sqrt(1 - E2 * np.sin(la) ** 2)
    p = np.stack([n * np.cos(la) * np.cos(lo), n * np.cos(la) * np.sin(lo), n * (1 - E2) * np.sin(la)], -1)
    up = np.stack([np.cos(la) * np.cos(lo), np.cos(la) * np.sin(lo), np.sin(la)], -1)
    return p, up


def target(kind, shape):
    """Points, verticals, weights (sum 1); outline points have no weight."""
    if kind == "point":
        lon, lat = np.array([shape[0]]), np.array([shape[1]])
        w = np.array([1.0])
    elif kind == "line":
        lon, lat, w = [], [], []
        for (x0, y0), (x1, y1) in zip(shape, shape[1:]):
            u = np.linspace(0, 1, 601)
            xs, ys = x0 + u * (x1 - x0), y0 + u * (y1 - y0)
            _, _, d = GEOD.inv(xs[:-1], ys[:-1], xs[1:], ys[1:])
            lon.append((xs[1:] + xs[:-1]) / 2), lat.append((ys[1:] + ys[:-1]) / 2), w.append(d)
        lon, lat, w = map(np.concatenate, (lon, lat, w))
        w = w / w.sum()
    else:
        west, south, east, north = shape
        nx, ny = (120, 26) if north == 90 else (68, 52)
        x = west + (np.arange(nx) + 0.5) / nx * (east - west)
        y = south + (np.arange(ny) + 0.5) / ny * (north - south)
        lon, lat = (g.ravel() for g in np.meshgrid(x, y))
        # Area of a cell of each row by the geodesic polygon of its corners and of points along its edges.
        u = np.linspace(0, 1, 50)
        hx, hy = (east - west) / nx / 2, (north - south) / ny / 2
        rows = []
        for yy in y:
            px = np.concatenate([-hx + 2 * hx * u, hx - 2 * hx * u])
            py = np.concatenate([np.full(50, yy - hy), np.full(50, yy + hy)])
            rows.append(abs(GEOD.polygon_area_perimeter(px, py)[0]))
        w = np.repeat(rows, nx)
        w = w / w.sum()
        m = 250
        u = np.linspace(0, 1, m)
        sides = [(west + u * (east - west), np.full(m, south)), (west + u * (east - west), np.full(m, north)),
                 (np.full(m, west), south + u * (north - south)), (np.full(m, east), south + u * (north - south))]
        if north == 90:
            sides = sides[:1] + sides[1:2]
        lon = np.concatenate([lon] + [s[0] for s in sides])
        lat = np.concatenate([lat] + [s[1] for s in sides])
        w = np.concatenate([w, np.zeros(len(lon) - len(w))])
    p, up = ground(lon, lat)
    return p, up, w


def states(sat, seconds):
    t = ts.from_datetimes([FROM + timedelta(seconds=float(s)) for s in seconds])
    r, v = sat.at(t).frame_xyz_and_velocity(itrs)
    return r.m.T, v.m_per_s.T


def axes(r, v):
    p = np.hypot(r[:, 0], r[:, 1])
    lat = np.arctan2(r[:, 2], p * (1 - E2))
    for _ in range(30):
        n = A / np.sqrt(1 - E2 * np.sin(lat) ** 2)
        h = p * np.cos(lat) + r[:, 2] * np.sin(lat) - A * np.sqrt(1 - E2 * np.sin(lat) ** 2)
        lat = np.arctan2(r[:, 2], p * (1 - E2 * n / (n + h)))
    lon = np.arctan2(r[:, 1], r[:, 0])
    down = -np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1)
    along = v - down * np.sum(v * down, 1)[:, None]
    along /= np.linalg.norm(along, axis=1)[:, None]
    return down, along, np.cross(down, along), np.linalg.norm(ground(np.degrees(lon), np.degrees(lat))[0], axis=1)


def sight(r, p, up):
    """Lines of sight, times x points, and whether the satellite is above each point's horizon."""
    s = p[None] - r[:, None]
    seen = np.einsum("tpk,pk->tp", s, up) < 0
    return s, seen


def in_field(kind, q, down, along, right, s, seen):
    """By turning the axes with rotation matrices: roll about along, then pitch in the rolled plane."""
    roll, pitch = np.radians(q["roll"]), np.radians(q["pitch"])
    d1 = np.cos(roll) * down + np.sin(roll) * right
    r1 = np.cos(roll) * right - np.sin(roll) * down
    d2 = np.cos(pitch) * d1 + np.sin(pitch) * along
    a2 = np.cos(pitch) * along - np.sin(pitch) * d1
    z = np.einsum("tpk,tk->tp", s, d2)
    x = np.einsum("tpk,tk->tp", s, a2)
    y = np.einsum("tpk,tk->tp", s, r1)
    if kind == "cone":
        inside = np.degrees(np.arccos(np.clip(z / np.linalg.norm(s, axis=2), -1, 1))) <= q["half"]
    else:
        inside = (np.abs(np.degrees(np.arctan2(x, z))) <= q["along"]) & (np.abs(np.degrees(np.arctan2(y, z))) <= q["across"])
    return inside & seen


def take(q, sides, width, w, known):
    """Best strip: most new, then most in all. q: arcs, sides: side number or -1."""
    best = (-1.0, -1.0, None)
    for side in set(sides[sides >= 0]):
        i = np.flatnonzero((sides == side) & (w > 0))
        i = i[np.argsort(q[i])]
        new = np.concatenate([[0], np.cumsum(np.where(known[i], 0, w[i]))])
        tot = np.concatenate([[0], np.cumsum(w[i])])
        e = np.searchsorted(q[i], q[i] + width, side="right")
        k = np.arange(len(i))
        n, t = new[e] - new[k], tot[e] - tot[k]
        if len(i):
            j = max(k, key=lambda a: (round(n[a], 9), round(t[a], 9)))
            if (round(n[j], 9), round(t[j], 9)) > best[:2]:
                best = (round(n[j], 9), round(t[j], 9), i[j:e[j]])
    return best[2] if best[2] is not None else np.array([], int)


def passes(r10, centre, reach):
    near = np.linalg.norm(r10 - centre, axis=1) < reach
    runs = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(int), [0]])))
    for a, b in zip(runs[::2], runs[1::2]):
        yield max(a * 10.0 - 30, 0.0), min(b * 10.0 + 30, HOURS * 3600.0)


def of_window(kind, swath, q, sat, t0, t1, p, up, w, known_at):
    """One pass: (start, end, seen indices to time) or None; known_at(start) tells what was seen before."""
    step = 0.5 if kind in ("cone", "frame") else 1.0
    t = np.arange(t0, t1, step)
    chunks = [t[i:i + 200] for i in range(0, len(t), 200)]
    if kind in ("cone", "frame"):
        hit = np.full(len(p), np.inf)
        on = []
        for c in chunks:
            r, v = states(sat, c)
            down, along, right, _ = axes(r, v)
            s, seen = sight(r, p, up)
            inside = in_field(kind, q, down, along, right, s, seen)
            on.append(inside.any(axis=1))
            first = np.where(inside.any(axis=0), c[np.argmax(inside, axis=0)], np.inf)
            hit = np.minimum(hit, first)
        on = np.concatenate(on)
        if not on.any():
            return []

        def touched(u):
            r, v = states(sat, [u])
            down, along, right, _ = axes(r, v)
            s, seen = sight(r, p, up)
            return bool(in_field(kind, q, down, along, right, s, seen).any())

        def edge(a, b):
            fa = touched(a)
            for _ in range(9):
                m = (a + b) / 2
                a, b = (m, b) if touched(m) == fa else (a, m)
            return (a + b) / 2

        runs = np.flatnonzero(np.diff(np.concatenate([[0], on.astype(int), [0]])))
        rows = []
        for a, b in zip(runs[::2], runs[1::2]):
            start = 0.0 if a == 0 and t[0] == 0 else edge(t[a] - step, t[a])
            end = edge(t[b - 1], t[b - 1] + step) if b < len(t) else t[-1]
            i = np.flatnonzero((hit >= start - step) & (hit <= end + step))
            rows.append((start, end, i, np.maximum(hit[i] - step / 2, start)))
        return rows
    # Broadside: where the along-track distance changes sign, between two grid times.
    tc = np.full(len(p), np.nan)
    ang, inc, arc, gm, rm, ok = (np.full(len(p), np.nan) for _ in range(6))
    least = np.full(len(t), np.inf)
    last = None
    for n, c in enumerate(chunks):
        c = c if last is None else np.concatenate([[last], c])
        last = c[-1]
        if len(c) < 2:
            continue
        r, v = states(sat, c)
        down, along, right, g = axes(r, v)
        s, seen = sight(r, p, up)
        x = np.einsum("tpk,tk->tp", s, along)
        j = np.argmax((x[:-1] > 0) & (x[1:] <= 0), axis=0)
        k = np.arange(len(p))
        c0 = (x[j, k] > 0) & (x[j + 1, k] <= 0) & seen[j, k]
        part = x[j, k] / (x[j, k] - x[j + 1, k])

        def mix(f):
            return f[j, k] + part * (f[j + 1, k] - f[j, k])

        y = np.einsum("tpk,tk->tp", s, right)
        z = np.einsum("tpk,tk->tp", s, down)
        a = mix(np.degrees(np.arctan2(y, z)))
        theta = np.degrees(np.arccos(np.clip(-np.einsum("tpk,pk->tp", s, up) / np.linalg.norm(s, axis=2), -1, 1)))
        e = mix(theta)
        # Arc at the Earth's centre out of the plane of the track.
        sine = mix(np.einsum("pk,tk->tp", p / np.linalg.norm(p, axis=1)[:, None], right))
        tc[c0], ang[c0], inc[c0], arc[c0] = (c[j] + part * step)[c0], a[c0], e[c0], np.arcsin(sine)[c0]
        rm[c0], gm[c0] = np.linalg.norm(r, axis=1)[j][c0], g[j][c0]
        if kind == "agile":
            full = np.degrees(np.arccos(np.clip(z / np.linalg.norm(s, axis=2), -1, 1)))
            inside = (full <= q["most"]) & seen
            pos = np.searchsorted(t, c)
            least[pos[pos < len(t)]] = np.where(seen, full, 999).min(axis=1)[pos < len(t)]
    side = np.full(len(p), -1)
    with np.errstate(invalid="ignore"):
        if kind == "nadir":
            half = swath / 2 / R_KM
            lim = np.degrees(np.arctan2(gm * np.sin(half), rm - gm * np.cos(half)))
            side[np.abs(ang) <= lim] = 0
        elif kind == "scan":
            side[(ang >= q["low"]) & (ang <= q["high"])] = 0
        elif kind == "agile":
            side[np.abs(ang) <= q["most"]] = 0
        else:
            if q["left"]:
                side[(ang < 0) & (inc >= q["low"]) & (inc <= q["high"])] = 0
            if q["right"]:
                side[(ang > 0) & (inc >= q["low"]) & (inc <= q["high"])] = 1
    if kind == "agile":
        on = least <= q["most"]
        if not on.any():
            return []
        a, b = np.flatnonzero(on)[[0, -1]]

        def cross(a, b):
            part = (q["most"] - least[a]) / (least[b] - least[a])
            return t[a] + part * (t[b] - t[a])

        start = t[0] if a == 0 else cross(a - 1, a)
        end = t[-1] if b + 1 == len(t) else cross(b, b + 1)
    else:
        if not (side >= 0).any():
            return []
        start, end = np.nanmin(tc[side >= 0]), np.nanmax(tc[side >= 0])
    if kind in ("nadir", "scan"):
        i = np.flatnonzero((side >= 0) & (w > 0))
    else:
        i = take(arc, side, swath / R_KM, w, known_at())
    return [(start, end, i, np.clip(tc[i], start, end))]


rows = []
grid = np.arange(0, HOURS * 3600 + 1, 10.0)
coarse = {n: states(sats[n], grid)[0] for n in SATELLITES}
for name, (shape_kind, shape) in TARGETS.items():
    p, up, w = target(shape_kind, shape)
    centre = p[w > 0].mean(axis=0)
    reach = np.linalg.norm(p - centre, axis=1).max()
    for inst, (kind, swath, q) in INSTRUMENTS.items():
        if name in ("cap", "meridian") and inst not in POLAR:
            continue
        found = [(t0, t1, n) for n in SATELLITES for t0, t1 in passes(coarse[n], centre, reach + 1e3 * NEAR_KM[inst])]
        first = np.full(len(p), np.inf)
        mine = []
        for t0, t1, n in sorted(found, key=lambda f: f[0]):
            for start, end, i, ti in of_window(kind, swath, q, sats[n], t0, t1, p, up, w, lambda: np.isfinite(first)):
                if len(i):
                    first[i] = np.minimum(first[i], ti)
                    mine.append((n, start, end, w[i].sum(), w[np.isfinite(first)].sum()))
        for n, start, end, share, cumulated in sorted(mine, key=lambda m: m[1]):
            rows.append([name, inst, n, f"{start:.3f}", f"{end:.3f}", f"{share:.5f}", f"{cumulated:.5f}"])
        order = np.argsort(first)
        total = np.cumsum(w[order])
        for goal in (0.5, 0.9, 0.99):
            k = np.searchsorted(total, goal - 1e-9)
            t = first[order[k]] if k < len(order) else np.inf
            rows.append([name, inst, "", f"{t:.3f}" if np.isfinite(t) else "", "", f"{goal}", ""])
        print(name, inst, len(mine), flush=True)

with open(out, "w", newline="") as f:
    f.write("# Computed with skyfield 1.55, python-sgp4 2.27, pyproj by make_coverage.py; seconds after 2026-08-22T00:00:00Z;\n"
            "# rows without a satellite: start_s is when the share is reached\n")
    c = csv.writer(f, lineterminator="\n")
    c.writerow("target,instrument,norad_id,start_s,end_s,share,cumulated_share".split(","))
    c.writerows(rows)
