#!/usr/bin/env python3
"""Make the demo scenes again from the two packages they come from.

    python3 -m venv VENV && VENV/bin/pip install rasterio netCDF4 numpy
    VENV/bin/python demo/make_scenes.py [--work FOLDER] [--out demo/scenes] [--check-only]

Fetches Debian's r-cran-stars (`apt-get download`, unpacked, not installed) and PyPI's nrt 0.1.0
(`pip download --no-deps`, unpacked, not imported), rewrites the pixels as Cloud Optimized GeoTIFF
without resampling, writes one sidecar a scene, and then compares every pixel with its source.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import zipfile

import netCDF4
import numpy as np
import rasterio
import rasterio.shutil
from rasterio.crs import CRS
from rasterio.io import MemoryFile
from rasterio.transform import Affine

NRT = "nrt==0.1.0"
NRT_CUBE = "nrt/data/sentinel2_cube_subset_romania_{}.nc"
STARS_TIF = "usr/lib/R/site-library/stars/tif"
STARS_PACKAGED = "2022-11-20T22:06:09Z"  # `Packaged:` field of the package's DESCRIPTION, version 0.6-0

# Why these: three clear summers about a year apart, cloud and its shadow on parts of the area, one
# nearly all cloud, one snow. The series itself names only the day.
DATES = [
    "2018-07-01",  # clear
    "2018-07-26",  # 37 % cloud
    "2019-06-26",  # 36 % cloud
    "2019-07-01",  # clear
    "2019-07-31",  # 54 % cloud
    "2020-02-16",  # snow, terrain shadow
    "2020-06-30",  # clear
    "2020-07-30",  # 41 % cloud
]

COG = dict(driver="COG", compress="DEFLATE", level=9, blocksize=256, overview_resampling="AVERAGE")


def band(name, common, centre_um, width_um, text, scale=None, offset=None, nodata=None):
    """One entry of a sidecar's `bands`."""
    entry = {"name": name, "description": text}
    if common:
        entry["eo:common_name"] = common
    if centre_um:
        entry["eo:center_wavelength"] = centre_um
        entry["eo:full_width_half_max"] = width_um
    if scale is not None:
        entry["raster:scale"] = scale
        entry["raster:offset"] = offset
    if nodata is not None:
        entry["nodata"] = nodata
    return entry


# Landsat 7 Science Data Users Handbook, table of ETM+ spectral ranges (the package's manual page repeats them).
ETM_BANDS = [
    band("B1", "blue", 0.4825, 0.065, "0.450-0.515 um, digital numbers as delivered"),
    band("B2", "green", 0.565, 0.080, "0.525-0.605 um, digital numbers as delivered"),
    band("B3", "red", 0.660, 0.060, "0.630-0.690 um, digital numbers as delivered"),
    band("B4", "nir", 0.8375, 0.125, "0.775-0.900 um, digital numbers as delivered"),
    band("B5", "swir16", 1.650, 0.200, "1.550-1.750 um, digital numbers as delivered"),
    band("B7", "swir22", 2.215, 0.270, "2.080-2.350 um, digital numbers as delivered"),
]


def s2_band(name, common, centre_um, width_um, text):
    return band(name, common, centre_um, width_um, text + ", surface reflectance x 10000", 0.0001, 0, 0)


# Sentinel-2 MSI, mission-mean centre wavelengths and widths as the STAC eo extension's users give them.
# Source variable name, then the band. The 20 m green and red carry no common name, so that
# "green" and "red" mean one band of the scene: the 10 m one.
S2_10M = [
    ("B2", s2_band("B02", "blue", 0.490, 0.098, "blue at 10 m")),
    ("B3", s2_band("B03", "green", 0.560, 0.045, "green at 10 m")),
    ("B4", s2_band("B04", "red", 0.665, 0.038, "red at 10 m")),
    ("B8", s2_band("B08", "nir", 0.842, 0.145, "near infrared at 10 m")),
]
S2_20M = [
    ("B3", s2_band("B03_20m", None, 0.560, 0.045, "green at 20 m")),
    ("B4", s2_band("B04_20m", None, 0.665, 0.038, "red at 20 m")),
    ("B8A", s2_band("B8A", "nir08", 0.865, 0.033, "narrow near infrared at 20 m")),
    ("B11", s2_band("B11", "swir16", 1.610, 0.143, "short-wave infrared at 20 m")),
]
SCL_CLASSES = {
    0: "no data", 1: "saturated or defective", 2: "dark area or terrain shadow", 3: "cloud shadow",
    4: "vegetation", 5: "not vegetated", 6: "water", 7: "unclassified", 8: "cloud, medium probability",
    9: "cloud, high probability", 10: "thin cirrus", 11: "snow or ice",
}


def scl_band(name, gsd):
    entry = band(name, None, None, None, f"scene classification at {gsd} m", nodata=0)
    entry["classification:classes"] = [{"value": v, "description": d} for v, d in SCL_CLASSES.items()]
    return entry


def fetch(work):
    """Both packages, unpacked, with the ordinary clients. Nothing is fetched twice."""
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "stars" / STARS_TIF).is_dir():
        subprocess.run(["apt-get", "download", "r-cran-stars"], cwd=work, check=True)
        package = next(work.glob("r-cran-stars_*.deb"))
        subprocess.run(["dpkg", "-x", package.name, "stars"], cwd=work, check=True)
    if not (work / "nrt" / NRT_CUBE.format("10m")).is_file():
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", NRT]
        subprocess.run(pip, cwd=work, check=True)
        with zipfile.ZipFile(next(work.glob("nrt-*.whl"))) as wheel:
            wheel.extractall(work / "nrt")
    return work / "stars" / STARS_TIF, work / "nrt"


def write_cog(path, data, transform, crs, nodata, names):
    """`data` is (band, row, column); no resampling, no change of grid."""
    profile = dict(
        driver="GTiff", count=data.shape[0], height=data.shape[1], width=data.shape[2],
        dtype=data.dtype, crs=crs, transform=transform, nodata=nodata,
    )
    with MemoryFile() as memory:
        with memory.open(**profile) as plain:
            plain.write(data)
            for index, name in enumerate(names, 1):
                plain.set_band_description(index, name)
        with memory.open() as plain:
            predictor = "STANDARD" if data.dtype.kind in "ui" else "FLOATING_POINT"
            rasterio.shutil.copy(plain, path, predictor=predictor, **COG)


def write_sidecar(out, sidecar):
    path = out / f"{sidecar['id']}.scene.json"
    path.write_text(json.dumps(sidecar, indent=2, ensure_ascii=False) + "\n")


LANDSAT_WHEN = (
    "The source states no date. Landsat 7 was launched on 1999-04-15, so the image is not older; the package "
    "that carries it was made on 2022-11-20, so it is not younger. The interval says only that. Two further "
    "signs point to its first four years, but prove nothing: the area lies some 55-60 km from the middle of "
    "WRS-2 path 214, where every scene taken after the scan-line corrector failed on 2003-05-31 has gaps unless "
    "they were filled, and this image has none; and its 28.5 m pixels are those of the early GeoCover products."
)


def landsat(tif, out):
    with rasterio.open(tif / "L7_ETMs.tif") as source:
        data, transform, crs = source.read(), source.transform, source.crs
    write_cog(out / "landsat-7-olinda.tif", data, transform, crs, None, [b["name"] for b in ETM_BANDS])
    write_sidecar(out, {
        "id": "landsat-7-olinda",
        "collection": "landsat-7-etm",
        "properties": {
            "title": "Olinda, Pernambuco, Brazil: Landsat 7 ETM+",
            "datetime": None,
            "start_datetime": "1999-04-15T00:00:00Z",
            "end_datetime": STARS_PACKAGED,
            "platform": "landsat-7",
            "instruments": ["etm+"],
            "gsd": 30,
            "license": "other",
            "corridor:replay": True,
            "corridor:date_note": LANDSAT_WHEN,
        },
        "files": {"bands": "landsat-7-olinda.tif"},
        "assets": {"bands": {
            "title": "Six ETM+ bands, 8 bit digital numbers, 28.5 m pixels",
            "roles": ["data"], "gsd": 30, "bands": ETM_BANDS,
        }},
        "providers": [
            {"name": "USGS and NASA", "roles": ["producer", "licensor"], "url": "https://landsat.gsfc.nasa.gov/"},
            {"name": "r-spatial, package stars", "roles": ["processor"], "url": "https://r-spatial.github.io/stars/"},
        ],
        "links": [{"rel": "license", "href": "https://www.usgs.gov/faqs/are-there-any-restrictions-use-or-redistribution-landsat-data",
                   "title": "Landsat data are in the public domain"}],
        "source": "tif/L7_ETMs.tif of the R package stars 0.6-0 (Debian r-cran-stars; package under Apache-2.0): "
                  "Landsat-7 bands 1-5 and 7 for a region around Olinda, Brazil. Landsat data are in the public "
                  "domain; image courtesy of the U.S. Geological Survey. Pixels unchanged, container rewritten as COG.",
    })


def elevation(tif, out):
    target = out / "elevation-olinda.tif"
    with rasterio.open(tif / "olinda_dem_utm25s.tif") as source:
        # Copied whole, so that the user-defined projection keeps the keys it came with.
        rasterio.shutil.copy(source, target, predictor="FLOATING_POINT", **COG)
    write_sidecar(out, {
        "id": "elevation-olinda",
        "collection": "elevation",
        "properties": {
            "title": "Olinda, Pernambuco, Brazil: elevation",
            "datetime": None,
            "start_datetime": "2000-02-11T00:00:00Z",
            "end_datetime": STARS_PACKAGED,
            "gsd": 90,
            "license": "other",
            "corridor:replay": True,
            "corridor:date_note": "The source states neither sensor nor date. Ninety-metre whole-metre elevation of "
                "Brazil is taken to be of the Shuttle Radar Topography Mission, flown 2000-02-11 to 2000-02-22 "
                "(an assumption); the package that carries the file was made on 2022-11-20.",
        },
        "files": {"elevation": "elevation-olinda.tif"},
        "assets": {"elevation": {
            "title": "Elevation in metres, 90 m pixels", "roles": ["data"], "gsd": 90,
            "bands": [{"name": "elevation", "description": "height, datum not stated by the source", "unit": "m"}],
        }},
        "providers": [
            {"name": "NASA (Shuttle Radar Topography Mission, assumed)", "roles": ["producer"]},
            {"name": "r-spatial, package stars", "roles": ["processor"], "url": "https://r-spatial.github.io/stars/"},
        ],
        "source": "tif/olinda_dem_utm25s.tif of the R package stars 0.6-0 (Debian r-cran-stars; package under "
                  "Apache-2.0). Pixels unchanged, container rewritten as COG.",
    })


def cube(nrt, resolution):
    dataset = netCDF4.Dataset(nrt / NRT_CUBE.format(resolution))
    dataset.set_auto_mask(False)
    dataset.set_auto_scale(False)
    time = dataset["time"]
    days = [str(t)[:10] for t in netCDF4.num2date(time[:], time.units, time.calendar)]
    x, y = dataset["x"][:], dataset["y"][:]
    step = float(resolution[:-1])
    # Coordinates are pixel centres; the grid's origin is a pixel corner and is off the 10 m lattice.
    transform = Affine(step, 0, x[0] - step / 2, 0, -step, y[0] + step / 2)
    crs = CRS.from_epsg(3035)
    assert dataset["spatial_ref"].spatial_ref.endswith('AUTHORITY["EPSG","3035"]]')
    return dataset, days, transform, crs


def sentinel2(nrt, out):
    fine, days, fine_grid, crs = cube(nrt, "10m")
    coarse, coarse_days, coarse_grid, _ = cube(nrt, "20m")
    assert days == coarse_days
    for date in DATES:
        i = days.index(date)
        scene = f"sentinel-2-romania-{date}"
        files = {k: f"{scene}-{k}.tif" for k in ("10m", "20m", "scl", "scl-20m")}
        for key, dataset, grid, bands in (("10m", fine, fine_grid, S2_10M), ("20m", coarse, coarse_grid, S2_20M)):
            data = np.stack([dataset[v][i] for v, _ in bands])
            write_cog(out / files[key], data, grid, crs, 0, [b["name"] for _, b in bands])
        for key, dataset, grid in (("scl", fine, fine_grid), ("scl-20m", coarse, coarse_grid)):
            classes = dataset["SCL"][i]
            assert classes.max() <= 11
            write_cog(out / files[key], classes[None].astype("uint8"), grid, crs, 0, ["SCL"])
        classes = fine["SCL"][i]
        cloud = 100.0 * np.isin(classes, [8, 9, 10]).mean()
        shadow = 100.0 * (classes == 3).mean()
        snow = 100.0 * (classes == 11).mean()
        write_sidecar(out, {
            "id": scene,
            "collection": "sentinel-2-l2a",
            "properties": {
                "title": f"Managed forest in the Romanian Carpathians, 1 km x 1 km, {date}",
                "datetime": None,
                "start_datetime": f"{date}T00:00:00Z",
                "end_datetime": f"{date}T23:59:59Z",
                "instruments": ["msi"],
                "constellation": "sentinel-2",
                "gsd": 10,
                "processing:level": "L2A",
                "eo:cloud_cover": round(float(cloud), 2),
                "eo:snow_cover": round(float(snow), 2),
                "corridor:cloud_shadow_cover": round(float(shadow), 2),
                "license": "other",
                "corridor:replay": True,
                "corridor:date_note": "The source names the day, not the time of day and not which satellite "
                    "(2A or 2B): the interval is that day in UTC, and no platform is given.",
            },
            "files": files,
            "assets": {
                "10m": {"title": "Blue, green, red, near infrared at 10 m", "roles": ["data", "reflectance"],
                        "gsd": 10, "bands": [b for _, b in S2_10M]},
                "20m": {"title": "Green, red, narrow near infrared, short-wave infrared at 20 m",
                        "roles": ["data", "reflectance"], "gsd": 20, "bands": [b for _, b in S2_20M]},
                "scl": {"title": "Scene classification at 10 m", "roles": ["data", "cloud", "cloud-shadow", "snow-ice"],
                        "gsd": 10, "bands": [scl_band("SCL", 10)]},
                "scl-20m": {"title": "Scene classification at 20 m", "roles": ["data", "cloud", "cloud-shadow", "snow-ice"],
                            "gsd": 20, "bands": [scl_band("SCL_20m", 20)]},
            },
            "providers": [
                {"name": "ESA, European Union (Copernicus)", "roles": ["producer", "licensor"],
                 "url": "https://sentiwiki.copernicus.eu/"},
                {"name": "European Commission, Joint Research Centre, package nrt", "roles": ["processor"],
                 "url": "https://github.com/ec-jrc/nrt"},
            ],
            "links": [{"rel": "license",
                       "href": "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice",
                       "title": "Legal notice on the use of Copernicus Sentinel data"}],
            "source": f"nrt/data/sentinel2_cube_subset_romania_{{10m,20m}}.nc of the Python package nrt 0.1.0 "
                      f"(package under EUPL-1.2), day {date}. Contains modified Copernicus Sentinel data "
                      f"{date[:4]}. Pixels unchanged, container rewritten as COG; cloud cover counted from the 10 m "
                      f"scene classification (classes 8, 9, 10).",
        })


def check(tif, nrt, out):
    """Every pixel and every grid equals its source."""
    compared = 0

    def same(name, data, transform, crs):
        nonlocal compared
        with rasterio.open(out / name) as written:
            assert np.array_equal(written.read(), data), name
            assert written.transform == transform, (name, written.transform, transform)
            assert written.crs.to_wkt() == crs.to_wkt(), name
        compared += data.size

    for name, original in (("landsat-7-olinda.tif", "L7_ETMs.tif"), ("elevation-olinda.tif", "olinda_dem_utm25s.tif")):
        with rasterio.open(tif / original) as source:
            same(name, source.read(), source.transform, source.crs)
    for resolution, bands, scl in (("10m", S2_10M, "scl"), ("20m", S2_20M, "scl-20m")):
        dataset, days, grid, crs = cube(nrt, resolution)
        for date in DATES:
            i = days.index(date)
            scene = f"sentinel-2-romania-{date}"
            same(f"{scene}-{resolution}.tif", np.stack([dataset[v][i] for v, _ in bands]), grid, crs)
            same(f"{scene}-{scl}.tif", dataset["SCL"][i][None], grid, crs)
    size = sum(f.stat().st_size for f in out.iterdir())
    print(f"{compared} pixels equal their source; {len(list(out.glob('*.scene.json')))} scenes, {size} bytes")


def main():
    here = pathlib.Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=pathlib.Path, default=here / "packages", help="where the packages are unpacked")
    parser.add_argument("--out", type=pathlib.Path, default=here / "scenes")
    parser.add_argument("--check-only", action="store_true")
    arguments = parser.parse_args()
    tif, nrt = fetch(arguments.work)
    arguments.out.mkdir(parents=True, exist_ok=True)
    if not arguments.check_only:
        landsat(tif, arguments.out)
        elevation(tif, arguments.out)
        sentinel2(nrt, arguments.out)
    check(tif, nrt, arguments.out)


if __name__ == "__main__":
    main()
