//! `array_labels`: get the labels for an array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "array_labels",
    definition: official!("array_labels"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    Ok(match &array.labels {
        Some(labels) => Value::array(labels.iter().map(Label::to_value).collect()),
        None => Value::numbers((0..array.values.len()).map(|i| i as f64)),
    })
}
