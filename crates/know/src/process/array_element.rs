//! `array_element`: get an element from an array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_element",
    definition: official!("array_element"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    let index = match (
        arguments.optional_integer("index")?,
        arguments.optional_label("label")?,
    ) {
        (Some(_), Some(_)) => {
            return Err(GraphError::new(
                "ArrayElementParameterConflict",
                "only one of \"index\" and \"label\" may be given",
            ));
        }
        (None, None) => {
            return Err(GraphError::new(
                "ArrayElementParameterMissing",
                "either \"index\" or \"label\" must be given",
            ));
        }
        (Some(index), None) => usize::try_from(index).ok(),
        (None, Some(label)) => {
            let labels = array
                .labels
                .as_ref()
                .ok_or_else(|| GraphError::new("ArrayNotLabeled", "the array has no labels"))?;
            labels.iter().position(|own| own.same(&label))
        }
    };
    match index.and_then(|index| array.values.get(index)) {
        Some(value) => Ok(value.clone()),
        None if arguments.boolean_or("return_nodata", false)? => Ok(Value::Null),
        None => Err(GraphError::new(
            "ArrayElementNotAvailable",
            "the array has no element with this index or label",
        )),
    }
}
