//! `apply_dimension`: apply a process to all values along a dimension.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, transform};
use crate::error::GraphError;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "apply_dimension",
    definition: official!("apply_dimension"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let process = arguments.graph("process")?;
    let (steps, samples) = transform(cube, along, process, &arguments.value("context"), context)?;
    let source = &cube.dimensions()[along];
    let counted = || (0..steps).map(|i| Label::Number(i as f64)).collect();
    let mut dimensions = cube.dimensions().to_vec();
    match arguments.optional_text("target_dimension")? {
        Some(target) if target != source.name => {
            if let Some(existing) = cube.dimension_index(target) {
                return existing_target(cube, along, existing);
            }
            dimensions[along] = Dimension::new(target, DimensionKind::Other, counted());
        }
        _ if steps != source.len() => dimensions[along] = source.with_labels(counted()),
        _ => {}
    }
    let result = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(result.keep_grid_of(cube)))
}

fn existing_target(cube: &Cube, along: usize, target: usize) -> Result<Value, GraphError> {
    Err(GraphError::new(
        "FeatureUnsupported",
        format!(
            "writing the results of dimension {:?} to the existing dimension {:?} is not supported",
            cube.dimensions()[along].name,
            cube.dimensions()[target].name
        ),
    ))
}
