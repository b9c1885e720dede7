"""Reference windows by another tool: skyfield (SGP4 by python-sgp4, its own frames), pyerfa (Sun).

Positions come from skyfield's ITRS; everything else is done here in a different way from the crate:
areas are clouds of points, windows are found on a 1 s grid and refined by bisection, coverage counts
points. Usage:

    python -m venv venv && venv/bin/pip install skyfield==1.55 sgp4==2.27 pyerfa==2.0.1.5 numpy
    venv/bin/python make.py FINALS2000A ACTIVE.3le OUT_ACCESS.csv OUT_PASSES.csv OUT_ELEMENTS.csv

FINALS2000A is IERS finals2000A.all; ACTIVE.3le the CelesTrak "active" group of 2026-08-22.
"""
import csv, gzip, sys
from datetime import datetime, timedelta, timezone
import erfa
import numpy as np
from sgp4 import exporter
from sgp4.api import Satrec
from skyfield.api import EarthSatellite, load, wgs84
from skyfield.data import iers
from skyfield.framelib import itrs

FROM = datetime(2026, 8, 22, tzinfo=timezone.utc)
HOURS = 72
SATELLITES = {40697: "SENTINEL-2A", 42063: "SENTINEL-2B", 60989: "SENTINEL-2C", 39084: "LANDSAT 8",
              49260: "LANDSAT 9", 39634: "SENTINEL-1A", 62261: "SENTINEL-1C", 44883: "CBERS 4A",
              25994: "TERRA", 31698: "TERRASAR-X"}
AREAS = {"olinda": (-34.93, -8.06, -34.83, -7.96),
         "carpathian": (22.144939241132857, 45.199617876037735, 22.159485787826533, 45.209957857544005),
         "wide": (20.0, 43.5, 30.0, 48.5),
         "fiji": (177.0, -19.0, -178.0, -16.0)}
# look, swath km, least and greatest angle from nadir deg, least Sun elevation deg (empty: any)
INSTRUMENTS = {"nadir290": ("nadir", 290.0, 0.0, 0.0, 10.0), "nadir185": ("nadir", 185.0, 0.0, 0.0, ""),
               "right250": ("right", 250.0, 20.0, 40.0, ""), "both50": ("both", 50.0, 15.0, 45.0, ""),
               "agile15": ("agile", 15.0, 0.0, 35.0, ""), "agile60": ("agile", 60.0, 0.0, 30.0, 10.0)}
CHOICE = {40697: ["nadir290", "agile15"], 42063: ["nadir290"], 60989: ["nadir290"],
          39084: ["nadir185"], 49260: ["nadir185", "agile60"], 39634: ["right250", "agile15"],
          62261: ["right250"], 44883: ["agile60", "nadir185"], 25994: ["nadir290"],
          31698: ["both50", "agile15"]}
STATIONS = {"svalbard": (15.41, 78.23, 450.0, 5.0), "cuiaba": (-56.07, -15.55, 240.0, 5.0),
            "matera": (16.70, 40.65, 530.0, 5.0), "sioux-falls": (-96.62, 43.74, 475.0, 10.0),
            "punta-arenas": (-70.85, -52.94, 20.0, 3.0), "singapore": (103.70, 1.32, 0.0, 0.0)}

finals, active, out_access, out_passes, out_elements = sys.argv[1:]
ts = load.timescale(builtin=True)
opener = gzip.open if finals.endswith(".gz") else open
iers.install_polar_motion_table(ts, iers.parse_x_y_dut1_from_finals_all(opener(finals, "rb")))
lines = [l.rstrip() for l in open(active)]
sets = {int(a[2:7]): (n, a, b) for n, a, b in zip(lines[::3], lines[1::3], lines[2::3])
        if a[2].isdigit()}


def times(seconds):
    return ts.from_datetimes([FROM + timedelta(seconds=float(s)) for s in np.atleast_1d(seconds)])


def itrs_m(sat, seconds):
    return sat.at(times(seconds)).frame_xyz(itrs).m.T


def nadir_down(r):
    """Geodetic nadir by fixed-point iteration on latitude."""
    a, f = 6378137.0, 1 / 298.257223563
    e2 = f * (2 - f)
    p = np.hypot(r[:, 0], r[:, 1])
    lat = np.arctan2(r[:, 2], p * (1 - e2))
    for _ in range(20):
        n = a / np.sqrt(1 - e2 * np.sin(lat) ** 2)
        h = p * np.cos(lat) + r[:, 2] * np.sin(lat) - a * np.sqrt(1 - e2 * np.sin(lat) ** 2)
        lat = np.arctan2(r[:, 2], p * (1 - e2 * n / (n + h)))
    lon = np.arctan2(r[:, 1], r[:, 0])
    return -np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], 1), lat, lon


def ground(lon, lat):
    g = wgs84.latlon(np.asarray(lat), np.asarray(lon), elevation_m=0.0)
    return g.itrs_xyz.m.T


def ground_h(lon, lat, height):
    return wgs84.latlon(lat, lon, elevation_m=height).itrs_xyz.m


def cloud(box, edge, inner):
    w, s, e, n = box
    e = e + 360 if e < w else e
    u = np.linspace(0, 1, edge)
    lon = np.concatenate([w + u * (e - w), np.full(edge, e), w + u * (e - w), np.full(edge, w)])
    lat = np.concatenate([np.full(edge, s), s + u * (n - s), np.full(edge, n), s + u * (n - s)])
    k = (np.arange(inner) + 0.5) / inner
    gx, gy = np.meshgrid(w + k * (e - w), s + k * (n - s))
    weight = np.cos(np.radians(gy.ravel()))
    return ground(lon, lat), ground(gx.ravel(), gy.ravel()), weight, ((w + e) / 2, (s + n) / 2)


def frame(sat, seconds):
    seconds = np.atleast_1d(seconds)
    r = itrs_m(sat, seconds)
    v = (itrs_m(sat, seconds + 0.5) - itrs_m(sat, seconds - 0.5))
    down, lat, lon = nadir_down(r)
    along = v - down * np.sum(v * down, 1)[:, None]
    along /= np.linalg.norm(along, axis=1)[:, None]
    return r, down, along, np.cross(down, along), lat, lon


def views(sat, seconds, points):
    """Along-track tangent-free offset, signed angle across, full angle, elevation sign, per time x point."""
    r, down, along, right, lat, lon = frame(sat, seconds)
    sight = points[None] - r[:, None]
    x = np.einsum("tpk,tk->tp", sight, along)
    y = np.einsum("tpk,tk->tp", sight, right)
    z = np.einsum("tpk,tk->tp", sight, down)
    up = points / np.array([6378137.0 ** 2, 6378137.0 ** 2, 6356752.314245 ** 2])
    seen = np.einsum("tpk,pk->tp", -sight, up) > 0
    r_m = np.linalg.norm(r, axis=1)
    ground_m = np.linalg.norm(ground(np.degrees(lon), np.degrees(lat)), axis=1)
    return x, np.arctan2(y, z), np.arctan2(np.hypot(x, y), z), seen, r_m, ground_m


def edge_angle(swath, r_m, ground_m):
    arc = swath / 2 / 6371.0
    return np.arctan2(ground_m * np.sin(arc), r_m - ground_m * np.cos(arc))


def within(look, swath, low, high, angle, r_m, ground_m):
    if look == "nadir":
        return np.abs(angle) <= edge_angle(swath, r_m, ground_m)[:, None]
    low, high = np.radians(low), np.radians(high)
    right = (angle >= low) & (angle <= high)
    left = (angle <= -low) & (angle >= -high)
    return right if look == "right" else right | left


def sun_elevation(lon, lat, second):
    t = times(second)
    utc1, utc2 = 2400000.5, t.tt[0] - 69.184 / 86400 - 2400000.5
    tt = t.tt[0]
    pvh, pvb = erfa.epv00(tt, 0.0)
    # Sun as seen from the Earth: minus the Earth's heliocentric place, with light time and aberration.
    s = -pvh["p"]
    d = np.linalg.norm(s)
    v = pvb["v"] / 173.144632674
    direction = s / d
    direction = direction + v - direction * np.dot(direction, v)
    direction /= np.linalg.norm(direction)
    rc2t = erfa.c2t06a(tt, 0.0, t.ut1[0], 0.0, 0.0, 0.0)
    g = rc2t @ direction
    lo, la = np.radians(lon), np.radians(lat)
    up = np.array([np.cos(la) * np.cos(lo), np.cos(la) * np.sin(lo), np.sin(la)])
    return np.degrees(np.arcsin(g @ up))


def bisect(f, a, b):
    fa = f(a)
    for _ in range(14):
        m = 0.5 * (a + b)
        if f(m) == fa:
            a = m
        else:
            b = m
    return 0.5 * (a + b)


rows = []
contacts = []
grid = np.arange(0, HOURS * 3600 + 1, 10.0)
for norad, name in SATELLITES.items():
    if norad not in sets:
        print("no elements of", norad, name)
        continue
    title, a, b = sets[norad]
    sat = EarthSatellite(a, b, title.strip(), ts)
    r10 = itrs_m(sat, grid)
    for area, box in AREAS.items():
        edge, inner, weight, (mid_lon, mid_lat) = cloud(box, 400, 40)
        centre = ground([mid_lon], [mid_lat])[0]
        reach = np.max(np.linalg.norm(edge - centre, axis=1))
        near = np.linalg.norm(r10 - centre, axis=1) < 1.6e6 + reach
        runs = np.flatnonzero(np.diff(np.concatenate([[0], near.astype(int), [0]])))
        for i0, i1 in zip(runs[::2], runs[1::2]):
            t0, t1 = max(grid[i0] - 20, 0), min(grid[i1 - 1] + 20, HOURS * 3600)
            fine = np.arange(t0, t1, 1.0)
            x, across, full, seen, r_m, g_m = views(sat, fine, edge)
            for inst in CHOICE[norad]:
                look, swath, low, high, sun = INSTRUMENTS[inst]
                both = np.concatenate([edge, inner])

                def touched(t, pts=both):
                    x, across, full, seen, r_m, g_m = views(sat, t, pts)
                    if look == "agile":
                        return bool(((full <= np.radians(high)) & seen).any())
                    ok = within(look, swath, low, high, across, r_m, g_m) & seen
                    return bool((ok & (x > 0)).any() and (ok & (x < 0)).any())

                if look == "agile":
                    on = ((full <= np.radians(high)) & seen).any(axis=1)
                else:
                    ok = within(look, swath, low, high, across, r_m, g_m) & seen
                    # Crossing of each point by linear interpolation: seen while some are ahead, some behind.
                    ahead = (ok & (x > 0)).any(axis=1)
                    behind = (ok & (x < 0)).any(axis=1)
                    on = ahead & behind
                    cross = (x[:-1] > 0) & (x[1:] <= 0) & ok[:-1]
                    on[:-1] |= cross.any(axis=1)
                if not on.any():
                    continue
                first, last = np.flatnonzero(on)[[0, -1]]
                if look == "agile":
                    start = 0.0 if first == 0 else bisect(touched, fine[first] - 1, fine[first])
                    end = bisect(touched, fine[last], fine[last] + 1)
                else:
                    # First and last broadside instant among the outline's points within regard.
                    j = np.argmax((x[:-1] > 0) & (x[1:] <= 0), axis=0)
                    p = np.arange(x.shape[1])
                    crosses = (x[j, p] > 0) & (x[j + 1, p] <= 0)
                    part = x[j, p] / (x[j, p] - x[j + 1, p])
                    tc = fine[j] + part
                    ang = across[j, p] + part * (across[j + 1, p] - across[j, p])
                    rm = r_m[j] + part * (r_m[j + 1] - r_m[j])
                    gm = g_m[j]
                    limit_ok = np.array([within(look, swath, low, high, np.array([[aa]]), np.array([rr]), np.array([gg]))[0, 0]
                                         for aa, rr, gg in zip(ang, rm, gm)]) & crosses
                    if not limit_ok.any():
                        continue
                    start, end = tc[limit_ok].min(), tc[limit_ok].max()
                elev = sun_elevation(mid_lon, mid_lat, 0.5 * (start + end))
                if sun != "" and elev < sun:
                    continue
                # Coverage of one strip: broadside angle of every inner point.
                xi, ai, fi, si, rmi, gmi = views(sat, fine, inner)
                j = np.argmax((xi[:-1] > 0) & (xi[1:] <= 0), axis=0)
                p = np.arange(inner.shape[0])
                crosses = (xi[j, p] > 0) & (xi[j + 1, p] <= 0) & si[j, p]
                part = xi[j, p] / (xi[j, p] - xi[j + 1, p])
                ang = ai[j, p] + part * (ai[j + 1, p] - ai[j, p])
                mid = len(fine) // 2
                rr, gg = rmi[j], gmi[j]
                arc = np.sign(ang) * (np.arcsin(np.clip(rr / gg * np.sin(np.abs(ang)), 0, 1)) - np.abs(ang))
                sides = {"nadir": [None], "agile": [(-high, high)], "right": [(low, high)],
                         "both": [(low, high), (-high, -low)]}[look]
                best = 0.0
                for side in sides:
                    if side is None:
                        ok = crosses & (np.abs(ang) <= edge_angle(swath, rr, gg))
                    else:
                        ok = crosses & (ang >= np.radians(side[0])) & (ang <= np.radians(side[1]))
                    if not ok.any():
                        continue
                    q = arc[ok]
                    width = swath / 6371.0
                    for left in np.linspace(q.min(), max(q.max() - width, q.min()), 200):
                        take = (q >= left - 1e-9) & (q <= left + width + 1e-9)
                        best = max(best, weight[ok][take].sum() / weight.sum())
                tt = np.linspace(start, end, 400)
                x2, a2, f2, s2, r2, g2 = views(sat, tt, both)
                if look == "agile":
                    least = np.degrees(np.where(s2, f2, 9).min())
                if look != "agile":
                    x3, a3, f3, s3, r3, g3 = views(sat, fine, both)
                    j = np.argmax((x3[:-1] > 0) & (x3[1:] <= 0), axis=0)
                    p = np.arange(both.shape[0])
                    c = (x3[j, p] > 0) & (x3[j + 1, p] <= 0) & s3[j, p]
                    part = x3[j, p] / (x3[j, p] - x3[j + 1, p])
                    an = a3[j, p] + part * (a3[j + 1, p] - a3[j, p])
                    if look == "nadir":
                        c &= np.abs(an) <= edge_angle(swath, r3[j], g3[j])
                    elif look == "right":
                        c &= (an >= np.radians(low)) & (an <= np.radians(high))
                    else:
                        c &= (np.abs(an) >= np.radians(low)) & (np.abs(an) <= np.radians(high))
                    least = np.degrees(np.abs(an[c]).min())
                rows.append([norad, area, inst, f"{start:.3f}", f"{end:.3f}", f"{least:.3f}", f"{best:.3f}", f"{elev:.3f}"])
    for station, (lon, lat, height, mask) in STATIONS.items():
        t, what = sat.find_events(wgs84.latlon(lat, lon, elevation_m=height), times(0)[0], times(HOURS * 3600)[0], altitude_degrees=mask)
        site = ground_h(lon, lat, height)
        lo, la = np.radians(lon), np.radians(lat)
        up = np.array([np.cos(la) * np.cos(lo), np.cos(la) * np.sin(lo), np.sin(la)])

        def above(u):
            sight = itrs_m(sat, u)[0] - site
            return bool(np.degrees(np.arcsin(sight @ up / np.linalg.norm(sight))) >= mask)

        rise = None
        for ti, w in zip(t, what):
            s = (ti.utc_datetime() - FROM).total_seconds()
            if w != 1 and above(s - 2) != above(s + 2):  # find_events stops at about 0.2 s
                s = bisect(above, s - 2, s + 2)
            if w == 0:
                rise = s
            elif w == 2:
                contacts.append([norad, station, lon, lat, height, mask, "" if rise is None else f"{rise:.3f}", f"{s:.3f}"])
                rise = None
        if rise is not None:
            contacts.append([norad, station, lon, lat, height, mask, f"{rise:.3f}", ""])
    print(name, len(rows), len(contacts), flush=True)


def write(path, header, lines, note):
    with open(path, "w", newline="") as f:
        f.write(note)
        w = csv.writer(f, lineterminator="\n")
        w.writerow(header)
        w.writerows(lines)


note = "# Computed with skyfield 1.55, python-sgp4 2.27, pyerfa 2.0.1.5 by make.py; seconds after 2026-08-22T00:00:00Z\n"
write(out_access, "norad_id,area,instrument,start_s,end_s,min_off_nadir_deg,coverage,sun_elevation_deg".split(","), rows, note)
write(out_passes, "norad_id,station,lon_deg,lat_deg,height_m,mask_deg,start_s,end_s".split(","), contacts,
      note + "# geometric elevation (no refraction); an empty field is a pass cut by the span\n")
fields = []
for norad in SATELLITES:
    if norad in sets:
        title, a, b = sets[norad]
        d = exporter.export_omm(Satrec.twoline2rv(a, b), title.strip())
        fields.append(d)
keys = "OBJECT_NAME OBJECT_ID EPOCH MEAN_MOTION ECCENTRICITY INCLINATION RA_OF_ASC_NODE ARG_OF_PERICENTER MEAN_ANOMALY EPHEMERIS_TYPE CLASSIFICATION_TYPE NORAD_CAT_ID ELEMENT_SET_NO REV_AT_EPOCH BSTAR MEAN_MOTION_DOT MEAN_MOTION_DDOT".split()
write(out_elements, keys, [[d[k] for k in keys] for d in fields],
      "# CelesTrak, group active, 2026-08-22 (T.S. Kelso); written as OMM by python-sgp4 2.27\n")
