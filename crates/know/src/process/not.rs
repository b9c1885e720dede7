//! `not`: inverting a boolean.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "not",
    definition: official!("not"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(arguments
        .truth("x")?
        .map_or(Value::Null, |truth| Value::Boolean(!truth)))
}
