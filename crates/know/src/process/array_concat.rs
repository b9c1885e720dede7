//! `array_concat`: merge two arrays.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_concat",
    definition: official!("array_concat"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let first = arguments.array("array1")?;
    let second = arguments.array("array2")?;
    let labels = match (&first.labels, &second.labels) {
        (Some(a), Some(b)) => {
            if let Some(label) = b.iter().find(|label| a.iter().any(|own| own.same(label))) {
                return Err(GraphError::new(
                    "ArrayLabelConflict",
                    format!("both arrays have the label \"{label}\""),
                ));
            }
            Some(Arc::new([a.as_slice(), b.as_slice()].concat()))
        }
        _ => None,
    };
    Ok(Value::Array(Array {
        values: [first.values.as_slice(), second.values.as_slice()].concat(),
        labels,
    }))
}
