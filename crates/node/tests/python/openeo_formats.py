"""Files of every format of openEO results, read by other people's programs.

    openeo_formats.py URL

A cube of two dates and two bands on EPSG:25832, and a vector cube, are made by graphs, saved in each
format and held against the numbers that went in.
"""

import io
import json
import pathlib
import sys
import tempfile
import zipfile

import geopandas
import numpy
import pandas
import pyarrow.parquet
import rasterio
import requests
import scipy.io
import zarr

url = sys.argv[1] + "/openeo/1.2"
folder = pathlib.Path(tempfile.mkdtemp())

width, height = 300, 270
x0, y0, side = 404830.0, 5757500.0, 10.0
values = numpy.arange(2 * 2 * height * width, dtype="float64").reshape(2, 2, height, width) / 4
values[0, 1, 5, 7] = numpy.nan
times = ["2020-06-01T00:00:00Z", "2020-06-03T12:00:00Z"]
cube = {
    "type": "datacube",
    "order": ["t", "bands", "y", "x"],
    "dimensions": {
        "t": {"type": "temporal", "values": times},
        "bands": {"type": "bands", "values": ["B04", "B08"]},
        "y": {"type": "spatial", "axis": "y", "reference_system": "EPSG:25832",
              "values": [y0 - side * (row + 0.5) for row in range(height)]},
        "x": {"type": "spatial", "axis": "x", "reference_system": "EPSG:25832",
              "values": [x0 + side * (column + 0.5) for column in range(width)]},
    },
    "data": [[[[None if numpy.isnan(v) else v for v in row] for row in plane] for plane in date]
             for date in values.tolist()],
}


def saved(name, ending, nodes, source="cube", **options):
    """The path of a result in a format."""
    graph = dict(nodes)
    graph["save"] = {
        "process_id": "save_result", "result": True,
        "arguments": {"data": {"from_node": source}, "format": name, "options": options},
    }
    answer = requests.post(f"{url}/result", json={"process": {"process_graph": graph}}, timeout=120)
    assert answer.status_code == 200, (name, answer.text[:500])
    path = folder / f"{name}-{len(list(folder.iterdir()))}.{ending}"
    path.write_bytes(answer.content)
    return path


formats = requests.get(f"{url}/file_formats", timeout=60).json()
assert {"GTiff", "NetCDF", "Zarr", "PNG", "JSON", "CSV", "GeoJSON", "GeoParquet"} <= set(formats["output"])
raster = {"cube": {"process_id": "cube_from_json", "arguments": {"data": cube}}}

# NetCDF by scipy.
with scipy.io.netcdf_file(saved("NetCDF", "nc", raster), mmap=False) as dataset:
    for band, name in enumerate(["B04", "B08"]):
        numpy.testing.assert_array_equal(dataset.variables[name][:], values[:, band])
    assert dataset.variables["x"][0] == x0 + side / 2
    assert dataset.variables["t"].units == b"seconds since 1970-01-01 00:00:00"
    assert dataset.variables["t"][1] == 1591185600
print("NetCDF: scipy", scipy.__version__)

# Zarr by zarr-python, and by GDAL for the place on the ground.
path = saved("Zarr", "zarr.zip", raster)
assert zipfile.ZipFile(path).testzip() is None
store = zarr.storage.ZipStore(path, mode="r")
group = zarr.open_group(store, mode="r", zarr_format=2)
for band, name in enumerate(["B04", "B08"]):
    array = group[name]
    assert array.shape == (2, height, width) and array.attrs["_ARRAY_DIMENSIONS"] == ["t", "y", "x"]
    numpy.testing.assert_array_equal(array[:], values[:, band])
assert group["x"][0] == x0 + side / 2 and group["t"][1] == 1591185600
assert zarr.open_group(store, mode="r", zarr_format=2, use_consolidated=True)["B04"].shape == (2, height, width)
with rasterio.open(f'ZARR:"/vsizip/{path}":/B08') as dataset:
    numpy.testing.assert_array_equal(dataset.read(), values[:, 1])
    assert dataset.transform == rasterio.Affine(side, 0, x0, 0, -side, y0), dataset.transform
    assert dataset.crs.to_epsg() == 25832, dataset.crs
print("Zarr: zarr", zarr.__version__, "and GDAL", rasterio.__gdal_version__)

# Texts as coordinates.
lettered = {
    "cube": {"process_id": "cube_from_json", "arguments": {"data": {
        "type": "datacube", "order": ["season"],
        "dimensions": {"season": {"type": "other", "values": ["djf", "été"]}}, "data": [1, 2]}}},
}
group = zarr.open_group(zarr.storage.ZipStore(saved("Zarr", "zip", lettered), mode="r"), mode="r")
assert list(group["season"][:]) == ["djf", "été"], list(group["season"][:])
with scipy.io.netcdf_file(saved("NetCDF", "nc", lettered), mmap=False) as dataset:
    letters = [row.tobytes().rstrip(b"\0").decode() for row in dataset.variables["season"][:]]
    assert letters == ["djf", "été"], letters

# GeoTIFF and PNG by GDAL.
with rasterio.open(saved("GTiff", "tif", raster)) as dataset:
    numpy.testing.assert_array_equal(dataset.read(), values.reshape(4, height, width))
    assert dataset.crs.to_epsg() == 25832 and dataset.transform.c == x0
one = dict(raster)
one["first"] = {"process_id": "filter_temporal", "arguments": {
    "data": {"from_node": "cube"}, "extent": ["2020-06-01", "2020-06-02"]}}
one["one"] = {"process_id": "filter_bands", "arguments": {"data": {"from_node": "first"}, "bands": ["B08"]}}
with rasterio.open(saved("PNG", "png", one, "one")) as dataset:
    grey, opacity = dataset.read()
    assert opacity[5, 7] == 0 and (opacity == 255).sum() == width * height - 1
    assert grey[0, 0] == 255
print("GTiff, PNG: GDAL", rasterio.__gdal_version__)

# CSV by pandas.
table = pandas.read_csv(saved("CSV", "csv", one, "one"))
assert list(table.columns) == ["t", "y", "x", "B08"] and len(table) == width * height
assert numpy.isnan(table["B08"][5 * width + 7]) and table["B08"][1] == values[0, 1, 0, 1]
print("CSV: pandas", pandas.__version__)

# Vector cubes: GeoParquet and GeoJSON by geopandas.
triangle = [[7.0, 51.0], [8.0, 51.0], [7.5, 52.0], [7.0, 51.0]]
features = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"name": "a", "height_m": 1.5, "trees": 3},
     "geometry": {"type": "Polygon", "coordinates": [triangle]}},
    {"type": "Feature", "properties": {"name": "b", "height_m": None, "trees": 4},
     "geometry": {"type": "Point", "coordinates": [9.0, 50.0]}},
]}
vector = {"cube": {"process_id": "load_geojson", "arguments": {
    "data": features, "properties": ["height_m", "trees"]}}}
for options in [{}, {"compression": "none"}]:
    path = saved("GeoParquet", "parquet", vector, **options)
    geo = json.loads(pyarrow.parquet.read_schema(path).metadata[b"geo"])
    assert geo["version"] == "1.1.0" and geo["columns"]["geometry"]["geometry_types"] == ["Point", "Polygon"]
    frame = geopandas.read_parquet(path)
    assert frame.crs.to_string() == "OGC:CRS84", frame.crs
    assert list(frame["name"]) == ["a", "b"] and list(frame["trees"]) == [3, 4]
    assert frame["height_m"][0] == 1.5 and numpy.isnan(frame["height_m"][1])
    assert frame.geometry[0].exterior.coords[:] == [tuple(corner) for corner in triangle]
    assert frame.geometry[1].wkt == "POINT (9 50)"
    assert len(geopandas.read_parquet(path, bbox=(8.5, 49.5, 9.5, 50.5))) == 1
frame = geopandas.read_file(saved("GeoJSON", "geojson", vector))
assert list(frame["trees"]) == [3, 4] and frame.geometry[1].wkt == "POINT (9 50)"
print("GeoParquet, GeoJSON: geopandas", geopandas.__version__, "pyarrow", pyarrow.__version__)
print("ok")
