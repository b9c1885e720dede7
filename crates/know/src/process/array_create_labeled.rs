//! `array_create_labeled`: create a labeled array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_create_labeled",
    definition: official!("array_create_labeled"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let labels = arguments.labels("labels")?;
    if labels.len() != data.values.len() {
        return Err(GraphError::new(
            "ArrayLengthMismatch",
            format!(
                "{} values and {} labels; as many are needed",
                data.values.len(),
                labels.len()
            ),
        ));
    }
    Ok(Value::Array(Array {
        values: data.values.clone(),
        labels: Some(Arc::new(labels)),
    }))
}
