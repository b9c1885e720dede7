"""The `openeo` Python client against a running node: what a scientist does on a first afternoon.

    openeo_peer.py URL NAME PASSWORD

Connects, logs in, lists, makes a cloud-masked NDVI composite of the Romanian series, downloads it as
GeoTIFF and NetCDF and holds it against numpy on the source files, runs it as a batch job, stores a
process, and asks a map service for a tile.
"""

import json
import pathlib
import sys
import tempfile
import urllib.request

import numpy
import openeo
import rasterio
import scipy.io

url, name, password = sys.argv[1:4]
connection = openeo.connect(f"{url}/openeo/1.2")
assert connection.capabilities().api_version() == "1.2.0"
# The place that clients look at first leads to the same.
assert openeo.connect(url).root_url == connection.root_url
connection.authenticate_basic(name, password)
assert connection.describe_account()["user_id"] == name

processes = {process["id"] for process in connection.list_processes()}
assert {"ndvi", "mask", "aggregate_spatial", "save_result"} <= processes, len(processes)
assert {"GTiff", "NetCDF", "PNG"} <= set(connection.list_file_formats()["output"])
assert "XYZ" in connection.list_service_types()
assert connection.list_udf_runtimes() == {}

# The collection with red, near infrared and a scene classification.
series = next(
    collection["id"]
    for collection in connection.list_collections()
    if "romania" in collection["id"] or "sentinel" in collection["id"]
    if not collection["id"].startswith("answers")
)
described = connection.describe_collection(series)
bands = described["cube:dimensions"]["bands"]["values"]
classes = next(band for band in bands if band.upper().startswith("SCL"))
print("collection", series, "bands", bands)

period = ["2018-01-01", "2021-01-01"]
optical = connection.load_collection(series, temporal_extent=period, bands=["B04", "B08"])
scl = connection.load_collection(series, temporal_extent=period, bands=[classes])
scl = scl.filter_bands([classes]).reduce_dimension(dimension="bands", reducer="first")
cloud = (scl == 3) | (scl == 8) | (scl == 9) | (scl == 10) | (scl == 11)
composite = optical.mask(cloud).ndvi(nir="B08", red="B04").reduce_dimension(dimension="t", reducer="median")

folder = pathlib.Path(tempfile.mkdtemp())
composite.download(folder / "ndvi.tif", format="GTiff")
composite.download(folder / "ndvi.nc", format="NetCDF")
with rasterio.open(folder / "ndvi.tif") as dataset:
    ndvi = dataset.read(1)
    transform = dataset.transform
    assert dataset.crs.to_epsg() == 3035, dataset.crs
with scipy.io.netcdf_file(folder / "ndvi.nc", mmap=False) as dataset:
    values = next(
        variable[:]
        for variable in dataset.variables.values()
        if len(variable.shape) == 2
    )
    centre = dataset.variables["x"][0]
assert numpy.array_equal(values, ndvi, equal_nan=True)
assert abs(centre - (transform.c + transform.a / 2)) < 1e-6
with rasterio.open(f"netcdf:{folder / 'ndvi.nc'}:value") as dataset:
    assert dataset.crs.to_epsg() == 3035 and dataset.transform == transform, dataset.profile

# The same from the files themselves.
stack = []
search = f"{url}/stac/collections/{series}/items?limit=200"
items = json.load(urllib.request.urlopen(search, timeout=60))["features"]
for item in items:
    def read(band):
        for asset in item["assets"].values():
            names = [own.get("name") for own in asset.get("bands", [])]
            if band in names:
                index = names.index(band)
                with rasterio.open(asset["href"]) as dataset:
                    raw = dataset.read(index + 1).astype("float64")
                own = asset["bands"][index]
                return raw * own.get("raster:scale", 1) + own.get("raster:offset", 0)
        raise SystemExit(f"{item['id']} has no band {band}")

    red, nir, scene = read("B04"), read("B08"), read(classes)
    if scene.shape != red.shape:
        scene = numpy.repeat(numpy.repeat(scene, 2, axis=0), 2, axis=1)
    one = (nir - red) / (nir + red)
    one[numpy.isin(scene, [3, 8, 9, 10, 11])] = numpy.nan
    stack.append(one)
expected = numpy.nanmedian(numpy.array(stack), axis=0)
difference = numpy.nanmax(numpy.abs(ndvi - expected))
assert numpy.array_equal(numpy.isnan(ndvi), numpy.isnan(expected))
assert difference < 1e-6, difference
print(f"NDVI of {len(stack)} dates, {ndvi.shape}: largest difference from numpy {difference:.1e}")

# Zonal statistics.
box = [float(edge) for edge in described["extent"]["spatial"]["bbox"][0][:4]]
middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2]
square = {
    "type": "Polygon",
    "coordinates": [[
        [box[0], box[1]], [middle[0], box[1]], [middle[0], middle[1]], [box[0], middle[1]], [box[0], box[1]],
    ]],
}
mean = composite.aggregate_spatial(geometries=square, reducer="mean").execute()
assert abs(mean["data"][0]) < 1, mean

# A batch job.
job = composite.save_result(format="GTiff").create_job(title="NDVI")
job.start_and_wait(max_poll_interval=1, print=lambda *_: None)
results = job.get_results()
(asset,) = results.get_assets()
asset.download(folder / "job.tif")
with rasterio.open(folder / "job.tif") as dataset:
    assert numpy.array_equal(dataset.read(1), ndvi, equal_nan=True)
assert any("load_collection" in entry["message"] for entry in job.logs())
assert job.job_id in [own["id"] for own in connection.list_jobs()]
job.delete()

# A stored process, called in a graph.
from openeo.api.process import Parameter
from openeo.processes import divide, subtract

celsius = divide(subtract(x=Parameter.number("f"), y=32), 1.8)
connection.save_user_defined_process("fahrenheit_to_celsius", celsius, parameters=[Parameter.number("f")])
assert "fahrenheit_to_celsius" in [p["id"] for p in connection.list_user_defined_processes()]
degrees = connection.datacube_from_process("fahrenheit_to_celsius", namespace="user", f=212).execute()
assert abs(degrees - 100) < 1e-9, degrees
connection.user_defined_process("fahrenheit_to_celsius").delete()

# A map service.
scaled = composite.linear_scale_range(-1, 1, 0, 255)
service = connection.create_service(scaled, "XYZ", title="NDVI", configuration={})
address = service.describe_service()["url"]
lon, lat = middle
zoom = 14
column = int((lon + 180) / 360 * 2**zoom)
row = int((1 - numpy.arcsinh(numpy.tan(numpy.radians(lat))) / numpy.pi) / 2 * 2**zoom)
tile = urllib.request.urlopen(address.format(z=zoom, x=column, y=row), timeout=60)
assert tile.read()[:8] == b"\x89PNG\r\n\x1a\n"
service.delete_service()

# What is wrong is said with the standard's code.
try:
    connection.load_collection("nowhere", fetch_metadata=False).download(folder / "no.tif", format="GTiff")
    raise SystemExit("a collection that is not there was loaded")
except openeo.rest.OpenEoApiError as error:
    assert error.code == "CollectionNotFound", error
print("ok")
