//! `resample_cube_spatial`: resample the spatial dimensions to match a target data cube.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Samples, coordinates};
use crate::error::GraphError;
use crate::value::Value;
use corridor_raster::band::{Band, BandData};
use corridor_raster::grid::Grid;
use corridor_raster::warp::{RESAMPLINGS, Resampling, warp};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "resample_cube_spatial",
    definition: official!("resample_cube_spatial"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let target = arguments.cube("target")?;
    let method = method(arguments)?;
    let grid = target.grid().ok_or_else(|| {
        arguments.invalid(
            "target",
            "it has no regular x and y in a known reference system",
        )
    })?;
    Ok(Value::cube(to_grid(cube, grid, method)?))
}

/// The cube on the pixels of `target` by nearest neighbour; itself where they are the same, or
/// where either has no pixels.
pub(super) fn onto(cube: &Arc<Cube>, target: &Cube) -> Result<Arc<Cube>, GraphError> {
    let same = |kind| match (cube.only(kind), target.only(kind)) {
        (Some(a), Some(b)) => cube.dimensions()[a].labels == target.dimensions()[b].labels,
        _ => true,
    };
    let same_crs = cube.crs() == target.crs() || cube.crs().is_none() || target.crs().is_none();
    if same_crs && same(DimensionKind::X) && same(DimensionKind::Y) {
        return Ok(cube.clone());
    }
    match (cube.grid(), target.grid()) {
        (Some(_), Some(grid)) => Ok(Arc::new(to_grid(cube, grid, Resampling::Nearest)?)),
        _ => Err(GraphError::new(
            "IncompatibleDataCubes",
            "the pixels of the cubes differ and at least one has no regular grid to resample on",
        )),
    }
}

/// Reads the parameter `method`.
pub(super) fn method(arguments: &Arguments) -> Result<Resampling, GraphError> {
    // The standard's names are GDAL's, which says `near`.
    let names = RESAMPLINGS.iter().map(|(name, method)| match *method {
        Resampling::Nearest => ("near", *method),
        _ => (*name, *method),
    });
    let asked = arguments.optional_text("method")?.unwrap_or("near");
    names
        .clone()
        .find(|(name, _)| *name == asked)
        .map(|(_, method)| method)
        .ok_or_else(|| {
            let names: Vec<&str> = names.map(|(name, _)| name).collect();
            arguments.invalid(
                "method",
                format!("{asked:?} is none of {}", names.join(", ")),
            )
        })
}

/// Warps each plane of pixels of a cube to another grid.
pub(super) fn to_grid(cube: &Cube, target: &Grid, method: Resampling) -> Result<Cube, GraphError> {
    let source = cube.grid().ok_or_else(|| {
        GraphError::new(
            "IncompatibleDataCubes",
            "the cube has no regular x and y in a known reference system",
        )
    })?;
    let spatial = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
    let kept: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .filter(|d| !spatial(d))
        .cloned()
        .collect();
    let (x, y) = coordinates(target);
    let order = |y: Dimension, x: Dimension| [kept.clone(), vec![y, x]].concat();
    let axis = |kind| cube.dimensions()[cube.only(kind).unwrap_or(0)].clone();
    let from = Offsets::new(&order(axis(DimensionKind::Y), axis(DimensionKind::X)), cube);
    let planes: usize = kept.iter().map(Dimension::len).product();
    let (pixels_in, pixels_out) = (source.width * source.height, target.width * target.height);
    let mut samples = Samples::like(cube.samples(), planes * pixels_out);
    for plane in 0..planes {
        let values: Vec<f64> = from
            .range(plane * pixels_in, pixels_in)
            .into_iter()
            .map(|index| index.map_or(f64::NAN, |index| cube.samples().get(index)))
            .collect();
        let warped = Band::new(
            source.width,
            source.height,
            BandData::F64(values),
            Some(f64::NAN),
            None,
        )
        .and_then(|band| warp(&band, source, target, method))
        .map_err(crate::geometry::projection)?;
        for (i, value) in warped.values_f64().into_iter().enumerate() {
            samples.set(plane * pixels_out + i, value);
        }
    }
    let named = |mut axis: Dimension, kind| {
        axis.name
            .clone_from(&cube.dimensions()[cube.only(kind).unwrap_or(0)].name);
        axis
    };
    let dimensions = order(named(y, DimensionKind::Y), named(x, DimensionKind::X));
    Ok(Cube::new(dimensions, samples, Some(target.crs.clone()))?.on_grid(target.clone()))
}
