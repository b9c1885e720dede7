//! `resample_spatial`: resample and warp the spatial dimensions.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::crs_of;
use crate::geometry::bounds_in;
use crate::value::Value;
use corridor_raster::grid::{Crs, Grid};

pub(super) static PROCESS: Process = Process {
    id: "resample_spatial",
    definition: official!("resample_spatial"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let source = cube.grid().ok_or_else(|| {
        arguments.invalid(
            "data",
            "it has no regular x and y in a known reference system",
        )
    })?;
    let crs = match arguments.get("projection") {
        None | Some(Value::Null) => source.crs.clone(),
        Some(value) => crs_of(value).map_err(|reason| arguments.invalid("projection", reason))?,
    };
    let (dx, dy) = resolution(arguments, source, &crs)?;
    let bounds = bounds_in(source.bounds(), &source.crs, &crs)?;
    let cells = |length: f64, step: f64| (length / step - 1e-6).ceil().max(1.0);
    let (width, height) = (
        cells(bounds[2] - bounds[0], dx),
        cells(bounds[3] - bounds[1], dy),
    );
    let (west, north) = match arguments.optional_text("align")?.unwrap_or("upper-left") {
        "lower-left" => (bounds[0], bounds[1] + height * dy),
        "upper-right" => (bounds[2] - width * dx, bounds[3]),
        "lower-right" => (bounds[2] - width * dx, bounds[1] + height * dy),
        _ => (bounds[0], bounds[3]),
    };
    if width * height > context.limits.max_samples as f64 {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the target would have {width} × {height} pixels; at most {} are allowed",
                context.limits.max_samples
            ),
        ));
    }
    let target = Grid::new(
        crs,
        [west, dx, 0.0, north, 0.0, -dy],
        width as usize,
        height as usize,
    );
    let method = super::resample_cube_spatial::method(arguments)?;
    super::resample_cube_spatial::to_grid(cube, &target, method).map(Value::cube)
}

/// Steps of the target in x and y; for 0 the source's own, carried over to the target's system.
fn resolution(arguments: &Arguments, source: &Grid, crs: &Crs) -> Result<(f64, f64), GraphError> {
    let (x, y) = match arguments.get("resolution") {
        Some(Value::Array(_)) => match arguments.numbers("resolution")?.as_slice() {
            [x, y] => (*x, *y),
            _ => return Err(arguments.invalid("resolution", "one number or two are needed")),
        },
        _ => {
            let both = arguments.number_or("resolution", 0.0)?;
            (both, both)
        }
    };
    if !(x >= 0.0 && y >= 0.0 && x.is_finite() && y.is_finite()) {
        return Err(arguments.invalid("resolution", "must be finite and not below zero"));
    }
    let own = if *crs == source.crs {
        (source.transform[1].abs(), source.transform[5].abs())
    } else {
        // As many pixels along the diagonal as the source has.
        let bounds = bounds_in(source.bounds(), &source.crs, crs)?;
        let diagonal = (bounds[2] - bounds[0]).hypot(bounds[3] - bounds[1]);
        let step = diagonal / (source.width as f64).hypot(source.height as f64);
        (step, step)
    };
    Ok((
        if x > 0.0 { x } else { own.0 },
        if y > 0.0 { y } else { own.1 },
    ))
}
