//! `inspect`: add information to the logs.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "inspect",
    definition: official!("inspect"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let level = arguments.optional_text("level")?.unwrap_or("info");
    let message = arguments.optional_text("message")?.unwrap_or_default();
    let code = arguments.optional_text("code")?.unwrap_or("User");
    let data = arguments.value("data");
    let shown = match &data {
        Value::Cube(cube) => {
            let lengths = cube
                .dimensions()
                .iter()
                .map(|d| (d.name.clone(), d.len().into()));
            serde_json::Value::Object(lengths.collect())
        }
        other => other.to_json().unwrap_or_else(|| other.type_name().into()),
    };
    tracing::info!(level, code, message, data = shown.to_string(), "inspect");
    if let Some(observer) = context.observer() {
        observer.inspected(level, code, message, &shown);
    }
    Ok(data)
}
