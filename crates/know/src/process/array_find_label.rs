//! `array_find_label`: get the index for a label in a labeled array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_find_label",
    definition: official!("array_find_label"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let label = arguments.optional_label("label")?;
    let labels = &arguments.array("data")?.labels;
    let found = match (labels, label) {
        (Some(labels), Some(label)) => labels.iter().position(|own| own.same(&label)),
        _ => None,
    };
    Ok(found.map_or(Value::Null, |index| Value::Number(index as f64)))
}
