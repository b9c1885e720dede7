"""How contacts and rehearsals grow with the number of satellites, by processor time and memory.

Usage: python growth.py CORRIDOR ELEMENTS.3le REGISTER [NUMBER ...]
ELEMENTS.3le is a catalogue of three-line sets, REGISTER the folder `register` of this repository. Takes NUMBER (100, 400 and
1,600) satellites in low polar orbits evenly out of the catalogue; for the rehearsal they are one mission with a wide radar in
place of the register's missions, of which one satellite each is left. Needs nothing but Python.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

program, catalogue, register = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
numbers = [int(n) for n in sys.argv[4:]] or [100, 400, 1600]
DAY = ["--from", "2026-08-22T00:00:00Z"]
COLUMNS = ("OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,ARG_OF_PERICENTER,"
           "MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,"
           "MEAN_MOTION_DOT,MEAN_MOTION_DDOT")
WATCH = [{"name": "Olinda", "product": "water", "bbox": [-34.915, -8.039, -34.8275, -7.952], "priority": 5}]
MISSION = """
[mission]
id = "growth"
name = "growth"
operator = "none"
country = "none"
roles = ["remote sensing"]
status = "in orbit"
stations = ["ksat-svalbard", "ksat-inuvik", "ksat-punta-arenas", "ksat-awarua", "ssc-inuvik", "aws-ohio", "aws-stockholm"]
stations_source = "assumption: chosen"

[downlink]
rate_mbit_s = 520.0
band = "X"
source = "assumption: chosen"
volume_per_image_gbit = 10.0
volume_source = "assumption: chosen"

[[instrument]]
id = "growth-sar"
name = "growth"
kind = "sar"
look = "both"
swath_km = 80.0
max_off_nadir_deg = 45.0
min_off_nadir_deg = 15.0
gsd_m = 10.0
daylight_only = false
min_sun_elevation_deg = -90.0

[instrument.sources]
swath_km = "assumption: chosen"
max_off_nadir_deg = "assumption: chosen"
min_off_nadir_deg = "assumption: chosen"
gsd_m = "assumption: chosen"
look = "assumption: chosen"
daylight_only = "radar"
min_sun_elevation_deg = "radar"
"""


def low_polar():
    lines = catalogue.read_text().splitlines()
    sets = [lines[i:i + 3] for i in range(0, len(lines) - 2, 3)]
    return [s for s in sets if 14 < float(s[2][52:63]) < 15.6 and float(s[2][8:16]) > 60]


def exponent(text):
    return f"{text[0].strip()}0.{text[1:6].strip()}E{text[6:8]}"


def row(number, lines):
    one, two = lines[1], lines[2]
    year = 2000 + int(one[18:20])
    epoch = datetime(year, 1, 1, tzinfo=timezone.utc) + timedelta(days=float(one[20:32]) - 1)
    return ",".join([
        f"GROWTH-{number}", f"2026-{number // 1000 + 900:03d}{'ABCDEFGHIJ'[number % 10]}",
        epoch.strftime("%Y-%m-%dT%H:%M:%S.%f"), two[52:63].strip(), f"0.{two[26:33]}", two[8:16].strip(), two[17:25].strip(),
        two[34:42].strip(), two[43:51].strip(), "0", "U", str(800_000 + number), "999", "1",
        exponent(one[53:61]), one[33:43].strip().replace(".", "0.", 1), "0"])


def run(*arguments):
    """Output, processor seconds, clock seconds and peak MiB of one run."""
    with tempfile.TemporaryFile("w+") as out:
        began = time.monotonic()
        child = subprocess.Popen([program, *map(str, arguments)], stdout=out, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(child.pid, 0)
        clock_s = time.monotonic() - began
        if status:
            raise SystemExit(f"{arguments} failed: {status}")
        out.seek(0)
        return out.read(), used.ru_utime + used.ru_stime, clock_s, used.ru_maxrss / 1024


def contacts(folder, chosen):
    elements = folder / "chosen.3le"
    elements.write_text("".join(line + "\n" for lines in chosen for line in lines))
    out, *figures = run("transmit", "contacts", "--elements", elements, "--stations", register / "stations.toml",
                        *DAY, "--format", "csv")
    print("contacts: {} satellites, {} contacts, {:.2f} s of processor time, {:.2f} s, {:.0f} MiB".format(
        len(chosen), out.count("\n") - 1, *figures), flush=True)


def rehearsal(folder, chosen):
    own = folder / "data" / "register"
    for name in ["missions", "elements"]:
        (own / name).mkdir(parents=True)
    for path in (register / "missions").glob("*.toml"):
        blocks = path.read_text().split("[[satellite]]")
        (own / "missions" / path.name).write_text("[[satellite]]".join(blocks[:2]))
    text = MISSION
    for number in range(len(chosen)):
        text += (f'\n[[satellite]]\nname = "GROWTH-{number}"\nnorad_id = {800_000 + number}\n'
                 'instruments = ["growth-sar"]\n')
    (own / "missions" / "growth.toml").write_text(text)
    rows = [row(number, lines) for number, lines in enumerate(chosen)]
    (own / "elements" / "growth.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    (folder / "watch.json").write_text(json.dumps(WATCH))
    out, *figures = run("--data-dir", folder / "data", "rehearse", "--watch", folder / "watch.json", "--days", 1, *DAY,
                        "--format", "json")
    report = json.loads(out)
    came = sum(o["at_node"] is not None for o in report["observations"])
    print("rehearsal: {} satellites, {} observations, {} at the node, {} fragments, {:.2f} s of processor time, "
          "{:.2f} s, {:.0f} MiB".format(report["satellites"], len(report["observations"]), came,
                                        report["bundles"]["fragments"], *figures), flush=True)


every = low_polar()
for wanted in numbers:
    picked = [every[i * len(every) // wanted] for i in range(wanted)]
    with tempfile.TemporaryDirectory() as folder:
        contacts(Path(folder), picked)
        rehearsal(Path(folder), picked)
