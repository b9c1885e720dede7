//! `neq`: not equal to comparison.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "neq",
    definition: official!("neq"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let x = arguments.value("x");
    let y = arguments.value("y");
    let delta = arguments.optional_number("delta")?;
    let case_sensitive = arguments.boolean_or("case_sensitive", true)?;
    Ok(super::eq::equal(&x, &y, delta, case_sensitive)
        .map_or(Value::Null, |equal| Value::Boolean(!equal)))
}
