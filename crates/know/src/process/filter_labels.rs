//! `filter_labels`: filter dimension labels based on a condition.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "filter_labels",
    definition: official!("filter_labels"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let condition = arguments.graph("condition")?;
    let mut steps = Vec::new();
    for (step, label) in cube.dimensions()[along].labels.iter().enumerate() {
        let parameters = [
            ("value", label.to_value()),
            ("context", arguments.value("context")),
        ];
        if context.call(condition, &parameters)?.truth() == Some(true) {
            steps.push(step);
        }
    }
    Ok(Value::cube(cube.select(along, &steps)?))
}
