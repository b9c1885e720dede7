//! `text_concat`: concatenate elements to a single text.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "text_concat",
    definition: official!("text_concat"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let separator = text_of(
        &arguments
            .get("separator")
            .cloned()
            .unwrap_or(Value::Text(String::new())),
    );
    let texts: Vec<String> = arguments
        .array("data")?
        .values
        .iter()
        .map(text_of)
        .collect();
    Ok(Value::Text(texts.join(&separator)))
}

fn text_of(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        _ => "null".to_string(),
    }
}
