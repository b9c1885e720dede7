//! `array_apply`: apply a process to each array element.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};

pub(super) static PROCESS: Process = Process {
    id: "array_apply",
    definition: official!("array_apply"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    let process = arguments.graph("process")?;
    let values = array
        .values
        .iter()
        .enumerate()
        .map(|(index, value)| {
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
            context.call(process, &parameters)
        })
        .collect::<Result<_, _>>()?;
    Ok(Value::Array(Array {
        values,
        labels: array.labels.clone(),
    }))
}
