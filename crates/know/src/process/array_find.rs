//! `array_find`: get the index for a value in an array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_find",
    definition: official!("array_find"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let value = arguments.value("value");
    let data = arguments.array("data")?;
    let matches =
        |index: &usize| super::eq::equal(&data.values[*index], &value, None, true) == Some(true);
    let mut indices = 0..data.values.len();
    let found = if arguments.boolean_or("reverse", false)? {
        indices.rev().find(matches)
    } else {
        indices.find(matches)
    };
    Ok(found.map_or(Value::Null, |index| Value::Number(index as f64)))
}
