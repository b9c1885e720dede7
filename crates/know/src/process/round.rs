//! `round`: round to a specified precision.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "round",
    definition: official!("round"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(x) = arguments.optional_number("x")? else {
        return Ok(Value::Null);
    };
    let places = arguments
        .optional_integer("p")?
        .unwrap_or(0)
        .clamp(-308, 308) as i32;
    if !x.is_finite() {
        return Ok(Value::Number(x));
    }
    let rounded = if places >= 0 {
        let scale = 10_f64.powi(places);
        (x * scale).round_ties_even() / scale
    } else {
        let scale = 10_f64.powi(-places);
        (x / scale).round_ties_even() * scale
    };
    // Numbers too large to have such a place are round already.
    Ok(Value::Number(if rounded.is_finite() { rounded } else { x }))
}
