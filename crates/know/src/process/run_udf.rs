//! `run_udf`: run a user-defined function. No runtime is offered here, and the call says so.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "run_udf",
    definition: official!("run_udf"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Err(GraphError::new(
        "InvalidRuntime",
        format!(
            "the UDF runtime {:?} is not supported: this back-end runs no user-defined functions",
            arguments.optional_text("runtime")?.unwrap_or_default()
        ),
    ))
}
