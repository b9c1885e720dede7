//! `rename_dimension`: rename a dimension.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "rename_dimension",
    definition: official!("rename_dimension"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("source")?)?;
    let target = arguments.text("target")?;
    if cube.dimension_index(target).is_some() {
        return Err(GraphError::new(
            "DimensionExists",
            format!("a dimension {target:?} exists already"),
        ));
    }
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along].name = target.to_string();
    Ok(Value::cube(cube.with_dimensions(dimensions)?))
}
