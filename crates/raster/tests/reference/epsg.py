"""Writes the table of EPSG codes (src/crs/epsg.txt) and points to check it by (crs.json).

Facts come from the EPSG registry by way of PROJ. A system is in the table when
its method is one that proj4rs computes both ways; its datum words are
- `+towgs84=0,0,0` where PROJ's best transformation to WGS 84 without grids is
  null (or the ellipsoid is WGS 84 or GRS 80 with a realisation of the terrestrial
  reference system),
- the parameters of that transformation where it has three or seven and a
  stated accuracy of at most 5 m and is meant for most of the system's area,
- else the ellipsoid alone, with which the crate refuses to leave the datum.
Projected rows take their datum words from the row of their geographic code; an `n`
behind that code says that the registry's first axis is northing (only WKT needs it).

Usage: python epsg.py TABLE.txt POINTS.json
"""

import json
import random
import sys
import warnings

import pyproj
from pyproj.database import query_crs_info
from pyproj.enums import PJType
from pyproj.transformer import Transformer, TransformerGroup

warnings.filterwarnings("ignore")
METHODS = {"tmerc", "utm", "lcc", "longlat", "stere", "aea", "laea", "sterea", "merc", "somerc", "poly", "eqearth", "cea", "eqc", "omerc", "krovak"}
FAMILIES = [(32601, 32660), (32701, 32760), (25828, 25838), (26901, 26923), (31965, 31976), (31977, 31985), (28348, 28358), (7846, 7859)]
KEEP_OUT = {9001}


def north_first(code):
    """A mark for projected systems whose first axis is northing, the second easting."""
    crs = pyproj.CRS.from_epsg(code)
    return "n" if crs.is_projected and [a.name for a in crs.axis_info[:2]] == ["Northing", "Easting"] else ""


def extent(area):
    """Width times height of an area of use, in square degrees."""
    width = area.east - area.west
    return (width if width >= 0 else width + 360) * (area.north - area.south)


def shift_of(gcs):
    """Datum words of a geographic system, or None for none."""
    own_area = pyproj.CRS.from_epsg(gcs).area_of_use
    if gcs == 4326:
        return "+datum=WGS84"
    if gcs == 4269:
        return "+datum=NAD83"
    try:
        group = TransformerGroup(f"EPSG:{gcs}", "EPSG:4326", always_xy=True, allow_ballpark=False)
    except Exception:
        return None
    for t in group.transformers:
        d = t.definition
        if "grids=" in d or "inv " in d and "helmert" not in d:
            continue
        if "noop" in d or "proj=helmert" not in d:
            return "null"
        # Two shifts in a row are not one of seven parameters.
        if t.accuracy > 5 or t.accuracy < 0 or d.count("proj=helmert") > 1:
            continue
        if own_area and t.area_of_use and extent(t.area_of_use) < 0.6 * extent(own_area):
            continue
        words = dict(w.split("=", 1) if "=" in w else (w, "") for w in d.split("step proj=helmert")[1].split("step")[0].split()) if "step proj=helmert" in d else None
        if words is None:
            continue
        inverse = d.split("step proj=helmert")[0].rstrip().endswith("inv")
        if inverse or "dx" in words:
            continue
        values = [float(words.get(k, 0)) for k in ("x", "y", "z", "rx", "ry", "rz", "s")]
        if words.get("convention") == "coordinate_frame":
            values[3:6] = [-v for v in values[3:6]]
        if not any(values):
            return "null"
        n = 7 if any(values[3:]) else 3
        return "+towgs84=" + ",".join(f"{v:.10g}" for v in values[:n])
    return None


datums = {}
rows, points = [], []
rng = random.Random(1)
for kind in (PJType.PROJECTED_CRS, PJType.GEOGRAPHIC_2D_CRS):
    for info in query_crs_info("EPSG", [kind], allow_deprecated=False):
        code = int(info.code)
        in_family = any(a <= code <= b for a, b in FAMILIES)
        crs = pyproj.CRS.from_epsg(code)
        try:
            text = crs.to_proj4()
        except Exception:
            continue
        if not text or code in KEEP_OUT:
            continue
        words = [w for w in text.split() if w not in ("+type=crs", "+no_defs", "+wktext")]
        method = words[0].removeprefix("+proj=")
        if method not in METHODS or any(w.startswith(("+axis", "+pm")) for w in words):
            continue
        gcs = crs.geodetic_crs.to_epsg()
        if gcs is None:
            continue
        if gcs not in datums:
            datums[gcs] = shift_of(gcs)
        shift = datums[gcs]
        if code != 3857:
            words = [w for w in words if not w.startswith(("+datum=", "+towgs84="))] if shift and shift.startswith("+datum") else words
            modern = "+ellps=GRS80" in words or "+ellps=WGS84" in words
            if "+datum=NAD27" in words:
                words[words.index("+datum=NAD27")] = "+ellps=clrk66"
                shift = datums[gcs] = None
            if shift == "null":
                words += ["+towgs84=0,0,0"] if modern else []
            elif shift is not None:
                words.append(shift)
        else:
            words = "+proj=webmerc +datum=WGS84 +units=m".split()
        if method == "merc" and code != 3857 and "+lat_ts" not in text and "+k=" not in text:
            continue
        if not in_family:
            datum_words = ("+datum=", "+ellps=", "+towgs84=", "+a=", "+b=", "+rf=", "+R=")
            if code != gcs:
                words = [w for w in words if not w.startswith(datum_words) and w != "+units=m"]
            words = [w.removeprefix("+").removeprefix("proj=") for w in words if w != "+proj=longlat"]
            rows.append((code, gcs, crs.name, " ".join(words)))
        # A point inside the area of use, by PROJ without grids and by its own choice of operation.
        area = crs.area_of_use
        covered = shift is not None or "+ellps=GRS80" in text or "+ellps=WGS84" in text
        if area and covered and area.west < area.east and rng.random() < (1 if code in (2056, 3035, 3857, 31985, 27700, 28992, 5514, 3375, 3078, 29873) else 0.12):
            lon = area.west + (area.east - area.west) * rng.uniform(0.3, 0.7)
            lat = area.south + (area.north - area.south) * rng.uniform(0.3, 0.7)
            # From the system's own geographic one: no datum shift, so equal to the projection's precision.
            own = Transformer.from_crs(f"EPSG:{gcs}", f"EPSG:{code}", always_xy=True)
            x, y = own.transform(lon, lat)
            try:
                wgs = Transformer.from_crs(f"EPSG:{code}", "EPSG:4326", always_xy=True, accuracy=None, allow_ballpark=True)
                wlon, wlat = wgs.transform(x, y)
                # Without its grids PROJ may leave a shift out altogether.
                if "allpark" in wgs.get_last_used_operation().description and shift not in (None, "null"):
                    continue
            except Exception:
                continue
            if all(v == v and abs(v) < 1e12 for v in (x, y, wlon, wlat)):
                points.append({"code": code, "gcs": gcs, "lon": lon, "lat": lat, "x": x, "y": y, "wgs84": [wlon, wlat], "shift": shift not in (None, "null", "+datum=WGS84", "+datum=NAD83")})
rows = sorted({r[0]: r for r in rows}.values())
known = {r[0] for r in rows}
rows = [r for r in rows if r[1] in known]
with open(sys.argv[1], "w", encoding="utf-8") as f:
    f.write("\n".join("|".join([str(r[0]), str(r[1]) + north_first(r[0]), r[2].replace("|", "/"), r[3]]) for r in rows))
with open(sys.argv[2], "w", encoding="utf-8") as f:
    head = {"pyproj": pyproj.__version__, "proj": pyproj.proj_version_str, "points": points}
    f.write(json.dumps(head, separators=(",", ":")))
print(len(rows), len(points), sum(1 for v in datums.values() if v is None), len(datums), file=sys.stderr)
print(json.dumps({k: v for k, v in datums.items() if v not in ("null", None)})[:4000], file=sys.stderr)
