"""Cubes that the reference cases start from, and how cubes are written as openEO JSON."""

import numpy as np
import pandas as pd
import xarray as xr

EPSG = 32633
WEST, NORTH, STEP_M = 500_000.0, 5_200_000.0, 10.0
rng = np.random.default_rng(20200601)


def raster(name, dims, shape, coords, gaps=0.1):
    """A cube of values with two decimals, a part of them missing."""
    values = np.round(rng.normal(50, 20, shape), 2)
    values[rng.random(shape) < gaps] = np.nan
    return xr.DataArray(values, dims=dims, coords=coords, name=name)


def centres(width, height, west=WEST, north=NORTH, step=STEP_M):
    return {
        "y": north - step * (np.arange(height) + 0.5),
        "x": west + step * (np.arange(width) + 0.5),
    }


DATES = [
    "2019-11-14T10:10:00Z", "2019-12-03T10:10:00Z", "2020-01-05T10:10:00Z", "2020-02-25T10:10:00Z",
    "2020-02-29T10:10:00Z", "2020-06-11T10:10:00Z", "2020-06-30T10:10:00Z", "2021-01-02T10:10:00Z",
]
MONTHS = [f"{year}-{month:02}-15" for year in (2018, 2019, 2020) for month in range(1, 13)]

CUBES = {
    cube.name: cube
    for cube in [
        raster("series", ("t", "bands", "y", "x"), (8, 2, 6, 7), {"t": DATES, "bands": ["red", "nir"], **centres(7, 6)}),
        raster("months", ("t", "y", "x"), (36, 2, 2), {"t": MONTHS, **centres(2, 2)}, gaps=0.05),
        raster("scene", ("y", "x"), (12, 14), centres(14, 12)),
        # Smooth and without gaps: for resampling.
        xr.DataArray(
            np.round(
                100 + 30 * np.sin(np.arange(24) / 3.0)[None, :] + 20 * np.cos(np.arange(20) / 4.0)[:, None], 3
            ),
            dims=("y", "x"), coords=centres(24, 20), name="smooth",
        ),
        raster("other_bands", ("t", "bands", "y", "x"), (8, 1, 6, 7), {"t": DATES, "bands": ["swir"], **centres(7, 6)}),
        raster("same_bands", ("t", "bands", "y", "x"), (8, 2, 6, 7), {"t": DATES, "bands": ["red", "nir"], **centres(7, 6)}, gaps=0),
        raster("later", ("t", "bands", "y", "x"), (3, 2, 6, 7), {
            "t": [DATES[7], "2020-09-01T10:10:00Z", "2022-01-01T00:00:00Z"], "bands": ["red", "nir"], **centres(7, 6)}, gaps=0),
        raster("plane", ("y", "x"), (6, 7), centres(7, 6), gaps=0),
        xr.DataArray(
            (rng.random((6, 7)) < 0.4).astype(float), dims=("y", "x"), coords=centres(7, 6), name="cloud"
        ),
    ]
}
# Classes of which one is the most frequent in each block of three by three.
classes = np.empty((9, 11))
for row, col in np.ndindex(3, 4):
    block = classes[3 * row:3 * row + 3, 3 * col:3 * col + 3]
    counts = np.array([1, 1])
    while (counts == counts.max()).sum() > 1:
        block[:] = rng.integers(1, 4, block.shape)
        counts = np.unique(block, return_counts=True)[1]
CUBES["classes"] = xr.DataArray(classes, dims=("y", "x"), coords=centres(11, 9), name="classes")
# Rows, columns and dates of no data at the ends, and one in the middle.
framed = CUBES["series"].copy()
framed[0] = framed[3] = np.nan
framed[..., :2, :] = np.nan
framed[..., 3] = framed[..., 6] = np.nan
framed[:, 1] = np.nan
CUBES["framed"] = framed.rename("framed")

KINDS = {"t": {"type": "temporal"}, "bands": {"type": "bands"}, "geometries": {"type": "geometry"}}


def cube_json(cube, epsg=EPSG):
    """The cube as openEO's JSON; NaN is null."""
    dimensions = {}
    for name in cube.dims:
        own = dict(KINDS.get(name, {"type": "other"}))
        if name in ("x", "y"):
            own = {"type": "spatial", "axis": name, "reference_system": epsg}
        own["values"] = [v.item() if hasattr(v, "item") else v for v in cube.coords[name].values]
        dimensions[name] = own
    values = cube.values.astype(object)
    # Eleven digits are a hundred times finer than what is compared.
    values = np.vectorize(lambda v: None if pd.isnull(v) else float(f"{v:.11g}"), otypes=[object])(values)
    return {"type": "datacube", "order": list(cube.dims), "dimensions": dimensions, "data": values.tolist()}


def callback(process, /, **arguments):
    """A callback of one process."""
    return {"process_graph": {"own": {"process_id": process, "arguments": arguments, "result": True}}}


def reducer(process, /, **arguments):
    return callback(process, data={"from_parameter": "data"}, **arguments)


def node(process, /, **arguments):
    return {"process_id": process, "arguments": arguments}


def given(name):
    return {"from_node": name}


def times(cube):
    """The cube with its labels of time as times."""
    return cube.assign_coords(t=pd.to_datetime(cube.t.values).tz_localize(None))
