//! `between`: between comparison.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "between",
    definition: official!("between"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let x = match arguments.value("x") {
        Value::Null => return Ok(Value::Null),
        Value::Number(x) => x,
        _ => return Ok(Value::Boolean(false)),
    };
    let (min, max) = (arguments.number("min")?, arguments.number("max")?);
    let below = if arguments.boolean_or("exclude_max", false)? {
        x < max
    } else {
        x <= max
    };
    Ok(Value::Boolean(min <= x && below))
}
