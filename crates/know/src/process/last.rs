//! `last`: last element.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "last",
    definition: official!("last"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    Ok(data
        .values
        .iter()
        .rev()
        .find(|value| !ignore_nodata || !matches!(value, Value::Null))
        .cloned()
        .unwrap_or(Value::Null))
}
