"""Makes the reference files of this folder with astropy, ERFA and python-sgp4.

    python -m venv venv
    venv/bin/pip install sgp4==2.27 astropy==8.0.2 astropy-iers-data==0.2026.11.2.0.34.55 pyerfa==2.0.1.5 scipy
    venv/bin/python make.py CATALOGUE.3le

itrf.csv: positions in TEME and the same in ITRS by astropy with IERS finals2000A, 2004 to 2026.
sky.csv: directions of the Sun and the Moon in ITRS (astropy `get_body`, built-in ephemeris), with distance.
eclipse.csv: when satellites enter and leave umbra and penumbra in one day: a satellite sees the Sun's limb
as 720 points, each hidden where the straight line to it meets the WGS 84 ellipsoid; the last or first of
them is the edge. Positions from python-sgp4, the Sun from astropy, both turned to ITRS by astropy.
"""
import sys
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import (GCRS, ITRS, TEME, CartesianRepresentation,
                                 get_body, solar_system_ephemeris)
from astropy.time import Time, TimeDelta
from astropy.utils import iers
from scipy.interpolate import CubicSpline
from scipy.optimize import brentq
from sgp4.api import WGS72, Satrec

iers.conf.auto_download = False
iers.earth_orientation_table.set(iers.IERS_A.open(iers.IERS_A_FILE))
solar_system_ephemeris.set("builtin")
HERE = Path(__file__).parent
A_M, F = 6378137.0, 1 / 298.257223563
SUN_M = 695.7e6


def itrs(frame, xyz_m, times):
    state = frame(CartesianRepresentation(*(xyz_m.T * u.m)), obstime=times)
    return state.transform_to(ITRS(obstime=times)).cartesian.xyz.to_value(u.m).T


def instants(count, seed):
    rng = np.random.default_rng(seed)
    days = np.sort(rng.uniform(0, 8330, count))
    t = Time("2004-01-01T00:00:00", scale="utc") + TimeDelta(days, format="jd")
    return Time([x[:-4] for x in Time(t, precision=7).isot], scale="utc", precision=3), rng


def write_itrf():
    times, rng = instants(300, 3)
    radius = rng.choice([6.8e6, 7.1e6, 2.65e7, 4.2164e7], len(times))
    xyz = rng.normal(size=(len(times), 3))
    xyz = np.round(xyz / np.linalg.norm(xyz, axis=1)[:, None] * radius[:, None], 3)
    fixed = itrs(TEME, xyz, times)
    celestial = TEME(CartesianRepresentation(*(xyz.T * u.m)), obstime=times).transform_to(GCRS(obstime=times))
    gcrf = celestial.cartesian.xyz.to_value(u.m).T
    with open(HERE / "itrf.csv", "w") as out:
        out.write("# metres: TEME, ITRS, GCRS\ntime,x,y,z,fx,fy,fz,cx,cy,cz\n")
        for t, *rows in zip(times.isot, xyz, fixed, gcrf):
            out.write(",".join([t + "Z", *(f"{x:.3f}" for row in rows for x in row)]) + "\n")


def body(name, times):
    p = get_body(name, times)
    return itrs(GCRS, p.cartesian.xyz.to_value(u.m).T, times)


def write_sky():
    times, _ = instants(300, 4)
    with open(HERE / "sky.csv", "w") as out:
        out.write("# unit vectors in ITRS and distance in km\ntime,sx,sy,sz,sun_km,mx,my,mz,moon_km\n")
        for t, s, m in zip(times.isot, body("sun", times), body("moon", times)):
            row = [t + "Z"]
            for p in (s, m):
                d = np.linalg.norm(p)
                row += [*(f"{x / d:.8f}" for x in p), f"{d / 1e3:.1f}"]
            out.write(",".join(row) + "\n")


def hidden(place, sun):
    """The share of limb points whose line meets the ellipsoid, as a signed margin: metres that the
    deepest and the highest line pass below the surface, in the space where the Earth is a sphere."""
    axis = sun - place
    distance = np.linalg.norm(axis)
    axis = axis / distance
    side = np.cross(axis, [0.3, 0.4, 0.8])
    side /= np.linalg.norm(side)
    angle = np.linspace(0, 2 * np.pi, 721)[:-1]
    # The limb is the circle of tangent points.
    sine = SUN_M / distance
    ring = SUN_M * np.sqrt(1 - sine * sine)
    limb = sun - axis * (SUN_M * sine) + ring * (np.cos(angle)[:, None] * side + np.sin(angle)[:, None] * np.cross(axis, side))
    scale = np.array([1, 1, 1 / (1 - F)])
    p, q = place * scale, limb * scale
    d = q - p
    d /= np.linalg.norm(d, axis=1)[:, None]
    along = -(d @ p)
    nearest = np.linalg.norm(p + along[:, None] * d, axis=1)
    depth = np.where(along > 0, A_M - nearest, -1e7)
    return depth.max(), depth.min()


def write_eclipse(path):
    lines = Path(path).read_text().splitlines()
    cases = {25544: "2026-08-22", 40697: "2026-08-22", 24876: "2026-08-25", 41866: "2026-09-16", 39634: "2026-06-21"}
    with open(HERE / "eclipse.csv", "w") as out:
        out.write("# half a millisecond\nnorad_id,part,start,end\n")
        for k in range(0, len(lines) - 2, 3):
            number = int(lines[k + 1][2:7])
            if number not in cases:
                continue
            sat = Satrec.twoline2rv(lines[k + 1], lines[k + 2], WGS72)
            start = Time(cases[number] + "T00:00:00", scale="utc")
            seconds = np.arange(0, 86401 + 20, 10.0)
            times = start + TimeDelta(seconds, format="sec")
            error, r, _ = sat.sgp4_array(times.jd1, times.jd2)
            assert not error.any()
            place = CubicSpline(seconds, itrs(TEME, r * 1e3, times))
            sun = CubicSpline(seconds, body("sun", times))
            for part, which in (("penumbra", 0), ("umbra", 1)):
                value = np.array([hidden(place(t), sun(t))[which] for t in seconds[::2]])
                edges = []
                for a, b, va, vb in zip(seconds[::2], seconds[2::2], value, value[1:]):
                    if (va > 0) != (vb > 0):
                        edges.append((brentq(lambda t: hidden(place(t), sun(t))[which], a, b, xtol=1e-5), vb > 0))
                edges = [e for e in edges if e[0] < 86400]
                for (t0, rises), (t1, _) in zip(edges, edges[1:]):
                    if rises:
                        at = [(start + TimeDelta(t, format="sec")).isot + "Z" for t in (t0, t1)]
                        out.write(f"{number},{part},{at[0]},{at[1]}\n")


if __name__ == "__main__":
    write_itrf()
    write_sky()
    write_eclipse(sys.argv[1])
