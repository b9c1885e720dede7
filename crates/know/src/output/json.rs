//! JSON.

use super::{Asked, OutputFile};
use crate::error::GraphError;
use crate::value::Value;

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let json = result_json(asked.value)?;
    let bytes = serde_json::to_vec(&json).map_err(|error| asked.unsuitable(error))?;
    let times = match asked.value {
        Value::Cube(cube) => super::times(cube),
        _ => None,
    };
    Ok(vec![OutputFile {
        times,
        ..asked.file("", bytes)
    }])
}

/// Any result as JSON: single values bare, cubes as an object of dimensions and samples.
///
/// # Errors
/// `FormatUnsuitable` for cubes that are too large.
pub fn result_json(value: &Value) -> Result<serde_json::Value, GraphError> {
    match value {
        Value::Cube(cube) => cube.to_json(),
        Value::Graph(graph) => Ok(graph.to_json().clone()),
        other => other.to_json().ok_or_else(|| {
            GraphError::new(
                "FormatUnsuitable",
                format!("{} cannot be written as JSON", other.type_name()),
            )
        }),
    }
}
