//! `mask_polygon`: apply a polygon mask.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind};
use crate::error::GraphError;
use crate::geometry::{covered, polygons_of_value, to_crs};
use crate::value::Value;
use geo::MultiPolygon;

pub(super) static PROCESS: Process = Process {
    id: "mask_polygon",
    definition: official!("mask_polygon"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let replacement = match arguments.get("replacement") {
        None | Some(Value::Null) => f64::NAN,
        Some(Value::Boolean(truth)) => f64::from(u8::from(*truth)),
        Some(_) => arguments.number("replacement")?,
    };
    let polygons = in_cube_system(arguments, "mask", cube)?;
    let inside = arguments.boolean_or("inside", false)?;
    replace(cube, &polygons, replacement, inside).map(Value::cube)
}

/// Polygons of an argument in the cube's reference system.
pub(super) fn in_cube_system(
    arguments: &Arguments,
    name: &str,
    cube: &Cube,
) -> Result<Vec<MultiPolygon<f64>>, GraphError> {
    let polygons = polygons_of_value(arguments.process(), name, &arguments.value(name))?;
    match cube.crs() {
        Some(crs) => polygons.iter().map(|p| to_crs(p, crs)).collect(),
        None => Ok(polygons),
    }
}

/// Replaces pixels whose centre lies outside (or inside) of the polygons; no data stays.
pub(super) fn replace(
    cube: &Cube,
    polygons: &[MultiPolygon<f64>],
    replacement: f64,
    inside: bool,
) -> Result<Cube, GraphError> {
    if cube.is_empty() {
        return Ok(cube.clone());
    }
    let grid = cube.grid().ok_or_else(|| {
        GraphError::new(
            "DimensionNotAvailable",
            "the cube has no regular x and y in a known reference system",
        )
    })?;
    let covered = covered(polygons, grid);
    let axis = |kind| {
        let index = cube.only(kind).unwrap_or(0);
        let (_, length, stride) = cube.split(index);
        (length, stride)
    };
    let ((width, x_stride), (height, y_stride)) = (axis(DimensionKind::X), axis(DimensionKind::Y));
    let mut samples = cube.samples().clone();
    for index in 0..cube.len() {
        let (col, row) = ((index / x_stride) % width, (index / y_stride) % height);
        if covered[row * width + col] == inside && !samples.get(index).is_nan() {
            samples.set(index, replacement);
        }
    }
    cube.with_samples(samples)
}
