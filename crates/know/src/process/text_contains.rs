//! `text_contains`: text contains another text.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "text_contains",
    definition: official!("text_contains"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(data) = arguments.optional_text("data")? else {
        return Ok(Value::Null);
    };
    let pattern = arguments.text("pattern")?;
    let found = if arguments.boolean_or("case_sensitive", true)? {
        data.contains(pattern)
    } else {
        data.to_lowercase().contains(&pattern.to_lowercase())
    };
    Ok(Value::Boolean(found))
}
