//! `linear_scale_range`: linear transformation between two ranges.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "linear_scale_range",
    definition: official!("linear_scale_range"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(x) = arguments.optional_number("x")? else {
        return Ok(Value::Null);
    };
    let (input_min, input_max) = (arguments.number("inputMin")?, arguments.number("inputMax")?);
    let output_min = arguments.number_or("outputMin", 0.0)?;
    let output_max = arguments.number_or("outputMax", 1.0)?;
    let (low, high) = (input_min.min(input_max), input_min.max(input_max));
    let clipped = if x.is_nan() { x } else { x.max(low).min(high) };
    let part = (clipped - input_min) / (input_max - input_min);
    Ok(Value::Number(part * (output_max - output_min) + output_min))
}
