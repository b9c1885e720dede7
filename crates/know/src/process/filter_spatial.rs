//! `filter_spatial`: spatial filter raster data cubes using geometries.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::geometry;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "filter_spatial",
    definition: official!("filter_spatial"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let polygons = super::mask_polygon::in_cube_system(arguments, "geometries", cube)?;
    let Some(bounds) = geometry::bounds(&polygons) else {
        return Err(arguments.invalid("geometries", "all geometries are empty"));
    };
    let clipped = super::filter_bbox::clip(cube, bounds)?;
    super::mask_polygon::replace(&clipped, &polygons, f64::NAN, false).map(Value::cube)
}
