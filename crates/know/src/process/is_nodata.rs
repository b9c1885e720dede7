//! `is_nodata`: value is a no-data value.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "is_nodata",
    definition: official!("is_nodata"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(Value::Boolean(matches!(arguments.value("x"), Value::Null)))
}
