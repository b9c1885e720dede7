//! `bimodal_threshold`: threshold between two classes of pixels, where there are two.

use super::reduce_spatial::reduce_pixels;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind};
use crate::error::GraphError;
use crate::threshold::{Method, Sought, bimodal};
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "bimodal_threshold",
    definition: own!("bimodal_threshold"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let method = match arguments.optional_text("method")?.unwrap_or("otsu") {
        "minimum_error" => Some(Method::MinimumError),
        "fixed" => None,
        _ => Some(Method::Otsu),
    };
    let fixed = match arguments.get("value") {
        Some(Value::Array(_)) => arguments.numbers("value")?,
        _ => vec![arguments.number("value")?],
    };
    let sought: fn(f64) -> Sought = match arguments.optional_text("sought")? {
        Some("below") => Sought::Below,
        Some("above") => Sought::Above,
        _ => |_| Sought::Any,
    };
    let (width, height) = (axis(cube, DimensionKind::X)?, axis(cube, DimensionKind::Y)?);
    let mut group = 0;
    reduce_pixels(cube, |plane| {
        let value = fixed
            .get(group)
            .or(fixed.last())
            .copied()
            .unwrap_or(f64::NAN);
        group += 1;
        if plane.iter().all(|v| v.is_nan()) {
            return Ok(f64::NAN);
        }
        let found = method.and_then(|method| bimodal(plane, width, height, method, sought(value)));
        Ok(found.unwrap_or(value))
    })
    .map(Value::cube)
}

fn axis(cube: &Cube, kind: DimensionKind) -> Result<usize, GraphError> {
    let missing = || {
        GraphError::new(
            "DimensionNotAvailable",
            "the cube has no pixels: x and y are needed",
        )
    };
    cube.only(kind)
        .map(|index| cube.dimensions()[index].len())
        .ok_or_else(missing)
}
