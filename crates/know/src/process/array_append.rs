//! `array_append`: append a value to an array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Label, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_append",
    definition: official!("array_append"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let mut values = data.values.clone();
    values.push(arguments.value("value"));
    let labels = match (&data.labels, arguments.optional_label("label")?) {
        (None, None) => None,
        (None, Some(_)) if data.values.is_empty() => {
            arguments.optional_label("label")?.map(|l| vec![l])
        }
        (None, Some(_)) => {
            return Err(GraphError::new(
                "ArrayNotLabeled",
                "the array has no labels",
            ));
        }
        (Some(labels), label) => {
            let label = label.unwrap_or(Label::Number(data.values.len() as f64));
            if labels.iter().any(|own| own.same(&label)) {
                return Err(GraphError::new(
                    "LabelExists",
                    format!("the array has an element with the label \"{label}\" already"),
                ));
            }
            Some([labels.as_slice(), &[label]].concat())
        }
    };
    Ok(Value::Array(Array {
        values,
        labels: labels.map(Arc::new),
    }))
}
