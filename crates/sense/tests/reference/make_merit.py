"""Figures of merit by another way: numpy over instants one second apart.

Positions by python-sgp4 in TEME, turned by skyfield's sidereal time (no polar motion); angles from the geodetic
nadir on WGS 84; a place is seen at an instant when its angle is within the limit and the satellite above
its horizon. Edges are put between instants in a straight line. Responses are those of instants a second
apart, one by one, with numpy's mean and percentile. Usage:

    python -m venv venv && venv/bin/pip install numpy sgp4 skyfield
    venv/bin/python make_merit.py > merit.csv
"""
import csv
import math
import pathlib

import numpy as np
from sgp4.api import Satrec, WGS72
from skyfield.api import load

FROM_JD, SPAN_S, STEP_S = 2461274.5, 3 * 86400, 1.0  # 2026-08-22 00:00 UTC
PLACES = {
    "singapore": (103.85, 1.29), "olinda": (-34.86, -8.01), "london": (-0.13, 51.51), "tromso": (18.96, 69.65),
    "fiji": (178.44, -18.14), "pole": (0.0, 90.0),
}
LIMITS = {"off_nadir_35": (35.0, -90.0), "elevation_10": (180.0, 10.0)}
A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)


def satellites():
    with open(pathlib.Path(__file__).with_name("elements.csv")) as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            days = np.datetime64(row["EPOCH"].rstrip("Z")) - np.datetime64("1949-12-31")
            satellite = Satrec()
            satellite.sgp4init(
                WGS72, "i", int(row["NORAD_CAT_ID"]), days / np.timedelta64(1, "ns") / 86400e9, float(row["BSTAR"]),
                0.0, 0.0, float(row["ECCENTRICITY"]), math.radians(float(row["ARG_OF_PERICENTER"])),
                math.radians(float(row["INCLINATION"])), math.radians(float(row["MEAN_ANOMALY"])),
                float(row["MEAN_MOTION"]) * 2 * math.pi / 1440, math.radians(float(row["RA_OF_ASC_NODE"])))
            yield satellite


def up_and_place(lon, lat):
    lon, lat = math.radians(lon), math.radians(lat)
    up = np.array([math.cos(lat) * math.cos(lon), math.cos(lat) * math.sin(lon), math.sin(lat)])
    n = A / math.sqrt(1 - E2 * math.sin(lat) ** 2)
    return up, np.array([n * up[0], n * up[1], n * (1 - E2) * up[2]])


def geodetic_up(r):
    """The normal of the ellipsoid through each position (Bowring's iteration on the latitude)."""
    p, lon = np.hypot(r[:, 0], r[:, 1]), np.arctan2(r[:, 1], r[:, 0])
    lat = np.arctan2(r[:, 2], p * (1 - E2))
    for _ in range(8):
        n = A / np.sqrt(1 - E2 * np.sin(lat) ** 2)
        lat = np.arctan2(r[:, 2] + E2 * n * np.sin(lat), p)
    return np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], axis=1)


def windows(value, t):
    """Spans in which a sampled value is positive, edges in a straight line."""
    inside = value > 0
    edges = np.flatnonzero(inside[1:] != inside[:-1])
    at = t[edges] + (t[edges + 1] - t[edges]) * value[edges] / (value[edges] - value[edges + 1])
    starts, ends = list(at[~inside[edges]]), list(at[inside[edges]])
    if inside[0]:
        starts.insert(0, t[0])
    if inside[-1]:
        ends.append(t[-1])
    return list(zip(starts, ends))


def figures(spans):
    joined = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([start, end])
    starts, ends = np.array([s for s, _ in joined]), np.array([e for _, e in joined])
    gaps = starts[1:] - ends[:-1]
    t = np.arange(0.5, SPAN_S, 1.0)
    following = np.searchsorted(ends, t, side="right")
    next_start = np.append(starts, SPAN_S)[following]
    wait = np.maximum(next_start - t, 0.0)
    return [len(joined), (ends - starts).sum(), gaps.mean(), *np.percentile(gaps, [50, 90]), gaps.max(), wait.mean(),
            *np.percentile(wait, [50, 90]), wait.max(), starts[0]]


def main():
    t = np.arange(0, SPAN_S + STEP_S, STEP_S)
    scale = load.timescale(builtin=True)
    gmst = np.radians(15 * scale.utc(2026, 8, 22, 0, 0, t).gmst)
    cos, sin = np.cos(gmst), np.sin(gmst)
    sites = {name: up_and_place(*place) for name, place in PLACES.items()}
    seen = {(limit, place): [] for limit in LIMITS for place in PLACES}
    for satellite in satellites():
        error, r, _ = satellite.sgp4_array(np.full(t.shape, FROM_JD), t / 86400)
        assert not error.any()
        r = 1e3 * np.stack([cos * r[:, 0] + sin * r[:, 1], cos * r[:, 1] - sin * r[:, 0], r[:, 2]], axis=1)
        down = -geodetic_up(r)
        for place, (up, p) in sites.items():
            sight = p - r
            distance = np.linalg.norm(sight, axis=1)
            off_nadir = np.degrees(np.arccos((sight * down).sum(axis=1) / distance))
            elevation = np.degrees(np.arcsin(-(sight @ up) / distance))
            for limit, (most, least) in LIMITS.items():
                value = np.minimum(most - off_nadir, elevation - max(least, 0.0))
                seen[limit, place] += windows(value, t)
    print("limit,place,lon_deg,lat_deg,accesses,access_s,mean_gap_s,median_gap_s,p90_gap_s,max_gap_s,"
          "mean_response_s,median_response_s,p90_response_s,max_response_s,first_access_s")
    for (limit, place), spans in seen.items():
        if len(spans) < 2:
            continue  # 35 degrees from these orbits do not reach the pole
        found = figures(spans)
        print(limit, place, *PLACES[place], found[0], *(f"{x:.3f}" for x in found[1:]), sep=",")


main()
