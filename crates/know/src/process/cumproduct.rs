//! `cumproduct`: cumulative products.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "cumproduct",
    definition: official!("cumproduct"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    super::cumsum::cumulate(arguments, |total, number| total * number)
}
