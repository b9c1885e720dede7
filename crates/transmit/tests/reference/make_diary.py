"""Values of the NOAA-20 spacecraft diary by ccsdspy 2.0.1: the sum over all packets, and five packets.

    pip install ccsdspy==2.0.1 && python make_diary.py CCSDS_FOLDER > diary.csv
"""

import sys

import ccsdspy

folder = sys.argv[1]
packet = ccsdspy.FixedLength.from_file(f"{folder}/ccsdspy_jpss1_geolocation.csv")
fields = packet.load(f"{folder}/J01_G011_LZ_2021-04-09T00-00-00Z_V01.DAT1")
names = [n for n in fields if not n.startswith("CCSDS_")]
print("name,sum,p0,p1,p1000,p3599,p7199")
for name in names:
    values = fields[name]
    total = sum(int(v) for v in values) if values.dtype.kind in "ui" else sum(float(v) for v in values)
    print(",".join([name, repr(total)] + [repr(values[i].item()) for i in (0, 1, 1000, 3599, 7199)]))
