//! `array_filter`: filter an array based on a condition.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_filter",
    definition: official!("array_filter"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    let condition = arguments.graph("condition")?;
    let mut kept = Vec::new();
    for (index, value) in array.values.iter().enumerate() {
        let parameters = [
            ("x", value.clone()),
            ("index", Value::Number(index as f64)),
            (
                "label",
                array
                    .labels
                    .as_ref()
                    .map_or(Value::Null, |labels| labels[index].to_value()),
            ),
            ("context", arguments.value("context")),
        ];
        if context.call(condition, &parameters)?.truth() == Some(true) {
            kept.push(index);
        }
    }
    Ok(Value::Array(Array {
        values: kept.iter().map(|i| array.values[*i].clone()).collect(),
        labels: array
            .labels
            .as_ref()
            .map(|labels| Arc::new(kept.iter().map(|i| labels[*i].clone()).collect())),
    }))
}
