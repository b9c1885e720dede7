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

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let level = arguments.optional_text("level")?.unwrap_or("info");
    let message = arguments.optional_text("message")?.unwrap_or_default();
    let code = arguments.optional_text("code")?.unwrap_or("User");
    let data = arguments.value("data");
    let text = match &data {
        Value::Cube(cube) => format!(
            "{:?}",
            cube.dimensions()
                .iter()
                .map(|d| (&d.name, d.len()))
                .collect::<Vec<_>>()
        ),
        other => other
            .to_json()
            .map_or_else(|| other.type_name().to_string(), |json| json.to_string()),
    };
    tracing::info!(level, code, message, data = text, "inspect");
    Ok(data)
}
