//! `is_valid`: value is valid data.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "is_valid",
    definition: official!("is_valid"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(Value::Boolean(valid(&arguments.value("x"))))
}

/// Neither no data, nor NaN, nor infinite.
pub(super) fn valid(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Number(number) => number.is_finite(),
        _ => true,
    }
}
