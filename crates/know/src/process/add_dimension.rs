//! `add_dimension`: add a new dimension.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Dimension, DimensionKind};
use crate::error::GraphError;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "add_dimension",
    definition: official!("add_dimension"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let name = arguments.text("name")?;
    let exists = || {
        GraphError::new(
            "DimensionExists",
            format!("a dimension {name:?} (or all axes) exists already"),
        )
    };
    if cube.dimension_index(name).is_some() {
        return Err(exists());
    }
    let label = arguments
        .optional_label("label")?
        .unwrap_or(Label::Number(0.0));
    let kind = match arguments.optional_text("type")?.unwrap_or("other") {
        "bands" => DimensionKind::Bands,
        "temporal" => DimensionKind::Time,
        "geometry" => DimensionKind::Geometry,
        "spatial" => [DimensionKind::X, DimensionKind::Y, DimensionKind::Z]
            .into_iter()
            .find(|kind| cube.all(*kind).next().is_none())
            .ok_or_else(exists)?,
        _ => DimensionKind::Other,
    };
    let mut dimensions = vec![Dimension::new(name, kind, vec![label])];
    dimensions.extend(cube.dimensions().iter().cloned());
    Ok(Value::cube(cube.with_dimensions(dimensions)?))
}
