//! `cube_from_json`: a small data cube written in the graph.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::Cube;
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "cube_from_json",
    definition: own!("cube_from_json"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let json = arguments.value("data").to_json().unwrap_or_default();
    let cube = Cube::from_json(&json).map_err(|reason| arguments.invalid("data", reason))?;
    context.allow_samples(cube.len())?;
    Ok(Value::cube(cube))
}
