//! `text_find`: first position of a text in another text.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "text_find",
    definition: official!("text_find"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let Some(data) = arguments.optional_text("data")? else {
        return Ok(Value::Null);
    };
    let pattern = arguments.text("pattern")?;
    let (data, pattern) = if arguments.boolean_or("case_sensitive", true)? {
        (data.to_string(), pattern.to_string())
    } else {
        (data.to_lowercase(), pattern.to_lowercase())
    };
    let reverse = arguments.boolean_or("reverse", false)?;
    let byte = if reverse {
        data.rfind(&pattern)
    } else {
        data.find(&pattern)
    };
    Ok(byte.map_or(Value::Null, |byte| {
        Value::Number(data[..byte].chars().count() as f64)
    }))
}
