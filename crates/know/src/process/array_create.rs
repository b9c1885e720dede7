//! `array_create`: create an array.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_create",
    definition: official!("array_create"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    /// Longest array that is made.
    const LENGTH_MAX: usize = 1_000_000;
    let data = match arguments.get("data") {
        None => Vec::new(),
        Some(Value::Array(array)) => array.values.clone(),
        Some(single) => vec![single.clone()],
    };
    let repeat = arguments.optional_integer("repeat")?.unwrap_or(1);
    let repeat = usize::try_from(repeat)
        .ok()
        .filter(|repeat| *repeat > 0)
        .ok_or_else(|| arguments.invalid("repeat", "at least 1 needed"))?;
    let length = data.len().checked_mul(repeat).filter(|n| *n <= LENGTH_MAX);
    let length = length
        .ok_or_else(|| arguments.invalid("repeat", format!("more than {LENGTH_MAX} elements")))?;
    Ok(Value::array(
        data.into_iter().cycle().take(length).collect(),
    ))
}
