"""Makes the reference files of this folder with independent tools.

    python -m venv venv && venv/bin/pip install sgp4==2.27 oem==0.4.5 astropy==8.0.2 astropy-iers-data
    venv/bin/python make.py CATALOGUE.3le

Mean elements: the fields that python-sgp4 reads from two-line sets and exports as OMM, written by this
script as CSV, JSON, XML and KVN. The last object is made up: it has a number of nine digits.

Ephemerides: states of python-sgp4 at even steps, turned into the frame of each message by astropy, and
what the `oem` package interpolates between them, turned into TEME again.
"""
import csv
import json
import sys
from datetime import datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import oem
from astropy import units as u
from astropy.coordinates import (GCRS, ITRS, TEME, CartesianDifferential,
                                 CartesianRepresentation)
from astropy.time import Time, TimeDelta
from astropy.utils import iers
from sgp4.api import WGS72, Satrec
from sgp4.exporter import export_omm

iers.conf.auto_download = False
HERE = Path(__file__).parent
META = ["OBJECT_NAME", "OBJECT_ID", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "MEAN_ELEMENT_THEORY"]
MEAN = ["EPOCH", "MEAN_MOTION", "ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER",
        "MEAN_ANOMALY"]
TLE = ["EPHEMERIS_TYPE", "CLASSIFICATION_TYPE", "NORAD_CAT_ID", "ELEMENT_SET_NO", "REV_AT_EPOCH",
       "BSTAR", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT"]
UNIT = {"MEAN_MOTION": "rev/day", "INCLINATION": "deg", "RA_OF_ASC_NODE": "deg",
        "ARG_OF_PERICENTER": "deg", "MEAN_ANOMALY": "deg", "BSTAR": "1/ER",
        "MEAN_MOTION_DOT": "rev/day**2", "MEAN_MOTION_DDOT": "rev/day**3"}


def pick(lines, numbers):
    for k in range(0, len(lines) - 2, 3):
        if int(lines[k + 1][2:7]) in numbers:
            yield lines[k].strip(), lines[k + 1], lines[k + 2]


def epoch(columns):
    """Exact: eight decimals of a day are whole multiples of 864 microseconds."""
    start = datetime(2000 + int(columns[:2]), 1, 1)
    day = timedelta(days=int(columns[2:5]) - 1, microseconds=864 * int(columns[6:14]))
    return (start + day).isoformat(timespec="microseconds")


def mean_elements(sets):
    rows = []
    for name, one, two in sets:
        fields = export_omm(Satrec.twoline2rv(one, two), name)
        # The exporter multiplies by conversions and back; the columns themselves are the truth.
        fields["EPOCH"] = epoch(one[18:32])
        fields["MEAN_MOTION"] = float(two[52:63])
        fields["ECCENTRICITY"] = float("0." + two[26:33].replace(" ", "0"))
        fields["INCLINATION"] = float(two[8:16])
        fields["RA_OF_ASC_NODE"] = float(two[17:25])
        fields["ARG_OF_PERICENTER"] = float(two[34:42])
        fields["MEAN_ANOMALY"] = float(two[43:51])
        fields["BSTAR"] = float(f"{one[53]}.{one[54:59]}e{one[59:61]}")
        fields["MEAN_MOTION_DOT"] = float(one[33:43])
        fields["MEAN_MOTION_DDOT"] = float(fields["MEAN_MOTION_DDOT"])
        rows.append(fields)
    new = dict(rows[0], OBJECT_NAME="NEW & <LARGE>", OBJECT_ID="2026-150A", NORAD_CAT_ID=123456789)
    return rows + [new]


def write_mean_elements(rows):
    keys = META + MEAN + TLE
    with open(HERE / "omm.csv", "w", newline="") as f:
        writer = csv.DictWriter(f, keys, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    (HERE / "omm.json").write_text(json.dumps([{k: r[k] for k in keys} for r in rows], indent=1) + "\n")
    xml = ['<?xml version="1.0" encoding="UTF-8"?>', "<ndm>"]
    kvn = []
    for r in rows:
        def tags(part):
            for k in part:
                unit = f' units="{UNIT[k]}"' if k in UNIT else ""
                yield f"<{k}{unit}>{escape(str(r[k]))}</{k}>"
        xml += ['<omm id="CCSDS_OMM_VERS" version="3.0">', "<header><CREATION_DATE>2026-08-22T00:00:00"
                "</CREATION_DATE><ORIGINATOR>X</ORIGINATOR></header>", "<body><segment><metadata>",
                *tags(META), "</metadata><data><meanElements>", *tags(MEAN),
                "</meanElements><tleParameters>", *tags(TLE), "</tleParameters>",
                '<userDefinedParameters><USER_DEFINED parameter="SHAPE">box</USER_DEFINED>',
                "</userDefinedParameters></data></segment></body></omm>"]
        kvn += ["CCSDS_OMM_VERS = 3.0", "CREATION_DATE = 2026-08-22T00:00:00", "ORIGINATOR = X", ""]
        for k in keys:
            kvn.append(f"{k:<20} = {r[k]}" + (f" [{UNIT[k]}]" if k in UNIT else ""))
        kvn += ["USER_DEFINED_SHAPE = box", ""]
    (HERE / "omm.xml").write_text("\n".join(xml + ["</ndm>", ""]))
    (HERE / "omm.kvn").write_text("\n".join(kvn))


def teme_states(one, two, times):
    sat = Satrec.twoline2rv(one, two, WGS72)
    error, r, v = sat.sgp4_array(times.utc.jd1, times.utc.jd2)
    assert not error.any()
    return r, v


def turn(r, v, times, source, target):
    differential = CartesianDifferential(*(v.T * u.km / u.s))
    state = source(CartesianRepresentation(*(r.T * u.km), differentials=differential), obstime=times)
    state = state.transform_to(target(obstime=times)).cartesian
    return state.xyz.to_value(u.km).T, state.differentials["s"].d_xyz.to_value(u.km / u.s).T


def j2000(r, v, back=False):
    """Frame bias between GCRF and the mean equator and equinox of J2000 (IERS Conventions 2010, 5.4)."""
    mas = np.deg2rad(1 / 3.6e6)
    da, xi, eta = -14.6 * mas, -16.6170 * mas, -6.8192 * mas
    b = np.array([[1, da, -xi], [-da, 1, -eta], [xi, eta, 1]])
    b = b.T if back else b
    return r @ b.T, v @ b.T


def ephemeris(path, sets, number, frame, system, method, degree, step_s, count):
    name, one, two = next(s for s in sets if int(s[1][2:7]) == number)
    start = Time("2026-08-22T00:00:00", scale="utc")
    times = start + TimeDelta(np.arange(count) * step_s, format="sec")
    r, v = teme_states(one, two, times)
    if frame == "EME2000":
        r, v = j2000(*turn(r, v, times, TEME, GCRS))
    elif frame == "ICRF":
        r, v = turn(r, v, times, TEME, GCRS)
    elif frame.startswith("ITRF"):
        r, v = turn(r, v, times, TEME, ITRS)
    shown = getattr(times, system.lower())
    epochs = [t.isot for t in shown]
    meta = {"OBJECT_NAME": name, "OBJECT_ID": ("20" if int(one[9:11]) < 57 else "19") + one[9:11] + "-" + one[11:17].strip(), "CENTER_NAME": "EARTH",
            "REF_FRAME": frame, "TIME_SYSTEM": system, "START_TIME": epochs[0], "STOP_TIME": epochs[-1],
            "INTERPOLATION": method, "INTERPOLATION_DEGREE": degree}
    kvn = ["CCSDS_OEM_VERS = 2.0", "CREATION_DATE = 2026-08-22T00:00:00", "ORIGINATOR = X", "", "META_START"]
    kvn += [f"{k} = {x}" for k, x in meta.items()] + ["META_STOP", ""]
    kvn += [" ".join([t] + [f"{x:.9f}" for x in [*a, *b]]) for t, a, b in zip(epochs, r, v)]
    (HERE / f"{path}.oem").write_text("\n".join(kvn) + "\n")
    message = oem.OrbitEphemerisMessage.open(str(HERE / f"{path}.oem"))
    (HERE / f"{path}.xml").write_text(ndm_xml(message, meta, epochs, r, v))
    asked = start + TimeDelta(np.linspace(0.5, (count - 1) * step_s - 0.5, 41), format="sec")
    states = [message.segments[0](getattr(t, system.lower())) for t in asked]
    states = [(s.position, s.velocity) for s in states]
    r, v = np.array([s[0] for s in states]), np.array([s[1] for s in states])
    if frame == "EME2000":
        r, v = turn(*j2000(r, v, back=True), asked, GCRS, TEME)
    elif frame == "ICRF":
        r, v = turn(r, v, asked, GCRS, TEME)
    elif frame.startswith("ITRF"):
        r, v = turn(r, v, asked, ITRS, TEME)
    for t, a, b in zip(asked, r, v):
        yield [path, t.utc.isot + "Z", *(f"{x * 1e3:.4f}" for x in a), *(f"{x * 1e3:.7f}" for x in b)]


def ndm_xml(message, meta, epochs, r, v):
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<oem id="CCSDS_OEM_VERS" version="2.0">',
           "<header><CREATION_DATE>2026-08-22T00:00:00</CREATION_DATE><ORIGINATOR>X</ORIGINATOR></header>",
           "<body><segment><metadata>", *(f"<{k}>{x}</{k}>" for k, x in meta.items()), "</metadata><data>"]
    for t, a, b in zip(epochs, r, v):
        figures = zip(["X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT"], [*a, *b])
        out.append(f"<stateVector><EPOCH>{t}</EPOCH>" + "".join(f"<{k}>{x:.9f}</{k}>" for k, x in figures)
                   + "</stateVector>")
    return "\n".join(out + ["</data></segment></body></oem>", ""])


def main():
    lines = Path(sys.argv[1]).read_text().splitlines()
    numbers = {25544, 39634, 40697, 43613, 28361, 24876}
    sets = list(pick(lines, numbers))
    write_mean_elements(mean_elements(sets))
    rows = []
    for made in [("teme-lagrange", 39634, "TEME", "UTC", "LAGRANGE", 8, 120.0, 31),
                 ("eme2000-hermite", 25544, "EME2000", "TAI", "HERMITE", 7, 180.0, 31),
                 ("icrf-hermite", 24876, "ICRF", "TT", "HERMITE", 9, 900.0, 25),
                 ("itrf-lagrange", 40697, "ITRF2014", "UTC", "LAGRANGE", 9, 60.0, 31)]:
        rows += ephemeris(made[0], sets, *made[1:])
    with open(HERE / "oem.csv", "w") as f:
        f.write("# TEME, metres and m/s: the message's own interpolation (oem 0.4.5), frames by astropy\n")
        f.write("message,time,x,y,z,vx,vy,vz\n")
        f.writelines(",".join(r) + "\n" for r in rows)


main()
