//! `array_contains`: check whether the array contains a given value.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_contains",
    definition: official!("array_contains"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let value = arguments.value("value");
    Ok(Value::Boolean(arguments.array("data")?.values.iter().any(
        |own| super::eq::equal(own, &value, None, true) == Some(true),
    )))
}
