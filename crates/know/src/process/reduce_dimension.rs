//! `reduce_dimension`: reduce dimensions.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, reduce};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "reduce_dimension",
    definition: official!("reduce_dimension"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let all: Vec<usize> = (0..cube.dimensions()[along].len()).collect();
    let reducer = arguments.graph("reducer")?;
    let samples = reduce(
        cube,
        along,
        &[all],
        reducer,
        &arguments.value("context"),
        context,
    )?;
    let mut dimensions = cube.dimensions().to_vec();
    dimensions.remove(along);
    let reduced = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(reduced.keep_grid_of(cube)))
}
