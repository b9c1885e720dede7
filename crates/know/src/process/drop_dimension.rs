//! `drop_dimension`: remove a dimension.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "drop_dimension",
    definition: official!("drop_dimension"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("name")?)?;
    Ok(Value::cube(cube.drop_dimension(along)?))
}
