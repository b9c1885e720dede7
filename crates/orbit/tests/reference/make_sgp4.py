"""Reference values of SGP4: `python make_sgp4.py SHARED_DATA` with sgp4 2.27 (its C++ code, WGS 72,
mode 'i'), which shares no code with this project.

sgp4_codes.csv   error codes of the verification set: each case on its own grid of times, and
                 daily over 400 days both ways, as runs of equal codes
sgp4_states.csv  every 150th object of the catalogue of 2026-08-22 at five times within 7 days
"""

import sys
from itertools import groupby
from pathlib import Path

from sgp4.api import WGS72, Satrec, accelerated

assert accelerated
shared = Path(sys.argv[1]) / "sense"
here = Path(__file__).parent


def ready(line1, line2):
    """The epoch goes in as one Julian date in one double, as in the programs of 2006."""
    read = Satrec.twoline2rv(line1[:69], line2[:69])
    epoch = (read.jdsatepoch + read.jdsatepochF) - 2433281.5
    sat = Satrec()
    sat.sgp4init(
        WGS72, "i", read.satnum, epoch, read.bstar, read.ndot, read.nddot, read.ecco,
        read.argpo, read.inclo, read.mo, read.no_kozai, read.nodeo,
    )
    return sat


def times(start, stop, step):
    count = int((stop - start) / step + 1e-9) + 1
    return [start + k * step for k in range(count)]


lines = [
    line.rstrip("\n")
    for line in (shared / "sgp4-verification/SGP4-VER.TLE").read_text().splitlines()
    if not line.startswith("#")
]
with open(here / "sgp4_codes.csv", "w") as out:
    print("case,norad_id,first_min,last_min,step_min,code", file=out)
    for case in range(len(lines) // 2):
        sat = ready(*lines[2 * case : 2 * case + 2])
        own = [float(x) for x in lines[2 * case + 1][69:].split()]
        for start, stop, step in (own, (-576000.0, 576000.0, 1440.0)):
            codes = [(t, sat.sgp4_tsince(t)[0]) for t in times(start, stop, step)]
            for code, run in groupby(codes, key=lambda x: x[1]):
                run = list(run)
                print(case, sat.satnum, run[0][0], run[-1][0], step, code, sep=",", file=out)

lines = (shared / "catalog/active-2026-08-22.3le").read_text().splitlines()
with open(here / "sgp4_states.csv", "w") as out:
    print("norad_id,minutes,code,x_km,y_km,z_km,vx_km_s,vy_km_s,vz_km_s", file=out)
    for k in range(0, len(lines) // 3, 150):
        sat = ready(*lines[3 * k + 1 : 3 * k + 3])
        for t in (-10080.0, -777.7, 0.0, 1234.5, 10080.0):
            code, r, v = sat.sgp4_tsince(t)
            row = [f"{x:.9f}" for x in r] + [f"{x:.12f}" for x in v]
            print(sat.satnum, t, code, *(row if code == 0 else [""] * 6), sep=",", file=out)
