//! `clip`: clip a value between a minimum and a maximum.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "clip",
    definition: official!("clip"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(x) = arguments.optional_number("x")? else {
        return Ok(Value::Null);
    };
    let (min, max) = (arguments.number("min")?, arguments.number("max")?);
    if min > max {
        return Err(GraphError::new(
            "MinMaxSwapped",
            format!("the minimum {min} should be lower than or equal to the maximum {max}"),
        ));
    }
    if x.is_nan() || min.is_nan() || max.is_nan() {
        return Ok(Value::Number(f64::NAN));
    }
    Ok(Value::Number(x.max(min).min(max)))
}
