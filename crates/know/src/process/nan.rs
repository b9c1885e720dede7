//! `nan`: not a Number (NaN).

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "nan",
    definition: official!("nan"),
    run: Run::Single(run),
};

fn run(_arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    Ok(Value::Number(f64::NAN))
}
