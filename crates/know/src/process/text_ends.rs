//! `text_ends`: text ends with another text.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "text_ends",
    definition: official!("text_ends"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(data) = arguments.optional_text("data")? else {
        return Ok(Value::Null);
    };
    let pattern = arguments.text("pattern")?;
    let found = if arguments.boolean_or("case_sensitive", true)? {
        data.ends_with(pattern)
    } else {
        data.to_lowercase().ends_with(&pattern.to_lowercase())
    };
    Ok(Value::Boolean(found))
}
