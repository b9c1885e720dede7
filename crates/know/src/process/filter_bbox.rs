//! `filter_bbox`: spatial filter using a bounding box.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind};
use crate::error::GraphError;
use crate::extent::{SpatialExtent, spatial_extent};
use crate::geometry::bounds_in;
use crate::value::{Label, Value};
use corridor_raster::grid::Crs;

pub(super) static PROCESS: Process = Process {
    id: "filter_bbox",
    definition: official!("filter_bbox"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let extent = spatial_extent(&arguments.value("extent"))
        .map_err(|reason| arguments.invalid("extent", reason))?;
    let Some(SpatialExtent::Box {
        west,
        south,
        east,
        north,
        crs,
    }) = extent
    else {
        return Err(arguments.invalid("extent", "a box with west, south, east and north is needed"));
    };
    let own = cube.crs().cloned().unwrap_or_else(Crs::wgs84);
    let bounds = bounds_in([west, south, east, north], &crs, &own)?;
    Ok(Value::cube(clip(cube, bounds)?))
}

/// The pixels whose centre lies inside or on the edge of a box in the cube's own system.
pub(super) fn clip(cube: &Cube, bounds: [f64; 4]) -> Result<Cube, GraphError> {
    let mut clipped = cube.clone();
    for (kind, low, high) in [
        (DimensionKind::X, bounds[0], bounds[2]),
        (DimensionKind::Y, bounds[1], bounds[3]),
    ] {
        let missing = || {
            GraphError::new(
                "DimensionNotAvailable",
                "the cube has no pixels: x and y are needed",
            )
        };
        let along = clipped.only(kind).ok_or_else(missing)?;
        let labels = clipped.dimensions()[along].labels.clone();
        let inside = |step: &usize| matches!(labels[*step], Label::Number(centre) if low <= centre && centre <= high);
        let steps: Vec<usize> = (0..labels.len()).filter(inside).collect();
        clipped = clipped.select(along, &steps)?;
    }
    Ok(clipped)
}
