"""Tiles of morecantile's sets, and mosaics and expressions of rio-tiler, as values.

python tiles.py SHARED_DATA > tiles.json
"""

import json
import sys
from pathlib import Path

import morecantile
import numpy as np
import rasterio
import rio_tiler
from affine import Affine
from rasterio.warp import Resampling, reproject
from rio_tiler.io import Reader
from rio_tiler.mosaic import mosaic_reader

data = Path(sys.argv[1]) / "know"


def sets():
    out = {}
    for name in morecantile.tms.list():
        tms = morecantile.tms.get(name)
        if any(m.variableMatrixWidths for m in tms.tileMatrices):
            continue
        tiles = []
        for m in (tms.tileMatrices[0], tms.tileMatrices[3], tms.tileMatrices[-1]):
            for x, y in ((0, 0), (m.matrixWidth - 1, m.matrixHeight - 1), (m.matrixWidth // 3, m.matrixHeight // 2)):
                b = tms.xy_bounds(morecantile.Tile(x, y, int(m.id)))
                tiles.append([m.id, x, y, [b.left, b.bottom, b.right, b.top]])
        out[name] = {
            "crs": tms.crs.to_epsg() or 4326,
            "matrices": [[m.id, m.scaleDenominator, m.cellSize, m.matrixWidth, m.matrixHeight, list(m.pointOfOrigin)] for m in tms.tileMatrices],
            "tiles": tiles,
        }
    return out


def spots(bands, valid):
    places = [(r, c) for r in range(8, 256, 24) for c in range(8, 256, 24)]
    return [[r, c, [float(b[r, c]) for b in bands] if valid[r, c] else None] for r, c in places]


def summary(bands, valid):
    """Valid pixels, the means over them, and some values (null where there is none)."""
    return {
        "valid": int(valid.sum()),
        "mean": [float(b[valid].astype("f8").mean()) if valid.any() else None for b in bands],
    }


def read(path, tile, **options):
    with Reader(str(path)) as src:
        return src.tile(*tile, tilesize=256, **options)


def by_rio_tiler(paths, tile, options):
    image = read(paths[0], tile, **options) if len(paths) == 1 else mosaic_reader(paths, read, tile, threads=0, **options)[0]
    valid = ~np.ma.getmaskarray(image.array).any(axis=0)
    return summary(image.array.data, valid)


def by_gdal(paths, tile, options):
    """The first valid of nearest warps of the full resolution; expressions by numpy in 64 bits."""
    b = morecantile.tms.get("WebMercatorQuad").xy_bounds(morecantile.Tile(*tile))
    side = (b.right - b.left) / 256
    target = Affine(side, 0, b.left, 0, -side, b.top)
    out, covered = None, np.zeros((256, 256), bool)
    for path in paths:
        with rasterio.open(path) as src:
            numbers = options.get("indexes") or list(range(1, src.count + 1))
            bands, valid = [], np.ones((256, 256), bool)
            for number in numbers:
                band, mask = np.zeros((256, 256), src.dtypes[0]), np.zeros((256, 256), "u1")
                how = dict(src_transform=src.transform, src_crs=src.crs, dst_transform=target, dst_crs="EPSG:3857", resampling=Resampling.nearest)
                reproject(src.read(number), band, **how)
                reproject(src.read_masks(number), mask, **how)
                bands.append(band)
                valid &= mask == 255
            if "expression" in options:
                names = {f"b{n}": b.astype("f8") for n, b in zip(numbers, bands)}
                with np.errstate(all="ignore"):
                    bands = [eval(options["expression"], {"sqrt": np.sqrt}, names)]
                valid &= np.isfinite(bands[0])
        fresh = valid & ~covered
        out = [b.copy() for b in bands] if out is None else [np.where(fresh, b, o) for b, o in zip(bands, out)]
        covered |= valid
    return {**summary(out, covered), "spots": spots(out, covered)}


def tile_at(lon, lat, z):
    t = morecantile.tms.get("WebMercatorQuad").tile(lon, lat, z)
    return t.x, t.y, t.z


def drawn():
    cases = []

    def add(name, files, tile, **options):
        """`files` from the top down."""
        paths = [str(data / f) for f in files]
        # rio-tiler warps to a grid of the source's resolution and reduces that: means compare, pixels do not.
        cases.append({"name": name, "files": files, "tile": tile, "options": options,
                      "gdal": by_gdal(paths, tile, options), "rio_tiler": by_rio_tiler(paths, tile, options)})

    paraguay = "l8_paraguay/LC08_224078_20200518_bgr.tif"
    with Reader(str(data / paraguay)) as src:
        w, s, e, n = src.get_geographic_bounds("EPSG:4326")
    inside = tile_at((w + e) / 2, (s + n) / 2, 12)
    corner = tile_at(w + 0.05, n - 0.05, 13)
    add("one file", [paraguay], inside, indexes=[3, 2, 1])
    add("expression", [paraguay], inside, expression="(b3-b1)/(b3+b1)")
    add("expression with numbers", [paraguay], corner, expression="sqrt(b1*b1+b2*b2)/2")
    years = [f"landsat_pucallpa/{y}.tif" for y in (2020, 2005, 1995, 1985)]
    with Reader(str(data / years[0])) as src:
        w, s, e, n = src.get_geographic_bounds("EPSG:4326")
    place = tile_at((w + e) / 2, (s + n) / 2, 10)
    edge = tile_at(w, n, 9)
    add("mosaic, newest", years, place, indexes=[1, 2, 3])
    add("mosaic at the edge", years, edge, indexes=[4])
    newyork = sorted(p.relative_to(data).as_posix() for p in (data / "l8_newyork_2018").glob("*/*_B4.TIF"))
    with Reader(str(data / newyork[0])) as src:
        w, s, e, n = src.get_geographic_bounds("EPSG:4326")
    scenes = [newyork[i] for i in (16, 3, 9, 12, 0)]
    add("mosaic of two paths", scenes, tile_at((w + e) / 2, (s + n) / 2, 11), indexes=[1])
    add("mosaic of two paths, whole", scenes, tile_at((w + e) / 2, (s + n) / 2, 8), indexes=[1])
    return cases


versions = {"morecantile": morecantile.__version__, "rio-tiler": rio_tiler.__version__, "rasterio": rasterio.__version__, "GDAL": rasterio.__gdal_version__}
print(json.dumps({"versions": versions, "sets": sets(), "drawn": drawn()}))
