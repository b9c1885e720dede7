//! `if`: if-Then-Else conditional.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "if",
    definition: official!("if"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    if let Some(Value::Plane(_)) = arguments.get("value") {
        return crate::call::each(arguments, choose);
    }
    choose(arguments)
}

/// `accept` where the condition is true, else `reject`; no data is not true.
fn choose(arguments: &Arguments) -> Result<Value, GraphError> {
    Ok(arguments.value(if arguments.truth("value")? == Some(true) {
        "accept"
    } else {
        "reject"
    }))
}
