"""Figures of merit of Walker designs by another tool: TAT-C 3.6.0 (orbits by python-sgp4 without drag).

TAT-C counts altitude from the mean radius and takes the mean motion of a semi-major axis without J2
where the designs here take the mean anomaly's rate with J2: each design is handed over once with the
same semi-major axis ("size") and once with the same rate ("rate"). Usage:

    python -m venv venv && venv/bin/pip install tatc==3.6.0
    venv/bin/python make.py OUT.csv ELEMENTS.csv

The second file gets the mean elements that TAT-C gives SGP4, one line a satellite; with ELEMENTS alone
(`make.py - ELEMENTS.csv`) only that is written.
"""
import csv
import math
import sys
from datetime import datetime, timedelta, timezone

from shapely.geometry import Point
from tatc.analysis import aggregate_observations, collect_observations
from tatc.schemas import CircularOrbit, Instrument, WalkerConstellation

FROM = datetime(2026, 8, 22, tzinfo=timezone.utc)
DAYS = 10
# configuration, satellites, planes, phasing, altitude over 6,378.137 km, inclination, half angle
DESIGNS = [
    ("delta", 24, 6, 1, 560.0, 53.0, 35.0),
    ("star", 12, 4, 1, 700.0, 98.0, 30.0),
    ("delta", 6, 3, 1, 500.0, 40.0, 45.0),
    ("delta", 18, 3, 2, 786.0, 98.5, 20.0),
    ("star", 36, 6, 2, 600.0, 87.0, 25.0),
]
PLACES = {
    "singapore": (103.85, 1.29), "olinda": (-34.86, -8.01), "nairobi": (36.82, -1.29),
    "mumbai": (72.88, 19.08), "sydney": (151.21, -33.87), "santiago": (-70.67, -33.45),
    "kyiv": (30.52, 50.45), "london": (-0.13, 51.51), "oslo": (10.75, 59.91),
    "tromso": (18.96, 69.65), "tokyo": (139.69, 35.68), "fiji": (178.44, -18.14),
}
MU, RADIUS, J2 = 3.986004418e14, 6378137.0, 1.08262668e-3


def same_rate(a, inclination):
    """The semi-major axis whose mean motion without J2 is the anomaly's rate with it at `a`."""
    k = 1.5 * J2 * (RADIUS / a) ** 2
    cos = math.cos(math.radians(inclination))
    rate = math.sqrt(MU / a**3) * (1 + k * (1.5 * cos * cos - 0.5))
    return (MU / rate**2) ** (1 / 3)


def main(out, elements):
    rows, sets = [], []
    for number, (kind, total, planes, phasing, altitude, inclination, half) in enumerate(DESIGNS):
        for way in ("size", "rate"):
            a = RADIUS + altitude * 1e3
            if way == "rate":
                a = same_rate(a, inclination)
            mean_radius = (2 * 6378137.0 + 6356752.314245179) / 3
            orbit = CircularOrbit(mean_altitude=a - mean_radius, inclination=inclination, epoch=FROM)
            walker = WalkerConstellation(
                name="W", configuration=kind, orbit=orbit, number_satellites=total,
                number_planes=planes, relative_spacing=phasing,
                instruments=[Instrument(name="I", field_of_regard=2 * half)])
            satellites = walker.generate_members()
            for satellite in satellites:
                gp = satellite.orbit.to_gp_orbit().elements[0]
                sets.append([number, way, repr(gp.mean_motion * 240), repr(gp.inclination),
                             repr(gp.ra_of_asc_node), repr(gp.arg_of_pericenter), repr(gp.mean_anomaly)])
            if out == "-":
                continue
            for name, (lon, lat) in PLACES.items():
                found = collect_observations(Point(lon, lat), satellites, FROM, FROM + timedelta(days=DAYS))
                merged = aggregate_observations(found)
                gaps = merged["revisit"].dt.total_seconds().dropna() if len(merged) else []
                rows.append([number, kind, total, planes, phasing, altitude, inclination, half, way, name,
                             lon, lat, len(merged), round(gaps.mean(), 1) if len(gaps) else "",
                             round(gaps.max(), 1) if len(gaps) else ""])
                print(rows[-1], flush=True)
    with open(elements, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("design,way,mean_motion_rev_day,inclination_deg,raan_deg,argument_of_perigee_deg,"
                        "mean_anomaly_deg".split(","))
        writer.writerows(sets)
    if out == "-":
        return
    with open(out, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow("design,pattern,total,planes,phasing,altitude_km,inclination_deg,max_off_nadir_deg,"
                        "way,place,lon_deg,lat_deg,accesses,mean_gap_s,max_gap_s".split(","))
        writer.writerows(rows)


main(sys.argv[1], sys.argv[2])
