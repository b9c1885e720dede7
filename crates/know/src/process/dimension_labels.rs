//! `dimension_labels`: get the dimension labels.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "dimension_labels",
    definition: official!("dimension_labels"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let labels = cube.dimensions()[along].labels.iter();
    Ok(Value::array(labels.map(Label::to_value).collect()))
}
