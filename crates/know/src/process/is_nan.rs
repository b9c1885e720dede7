//! `is_nan`: value is not a number.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "is_nan",
    definition: official!("is_nan"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(Value::Boolean(
        matches!(arguments.get("x"), Some(Value::Number(x)) if x.is_nan()),
    ))
}
