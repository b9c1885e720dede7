//! `e`: euler's number (e).

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "e",
    definition: official!("e"),
    run: Run::Single(run),
};

fn run(_arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(Value::Number(std::f64::consts::E))
}
