//! `count`: count the number of elements.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "count",
    definition: official!("count"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let everything = matches!(arguments.get("condition"), Some(Value::Boolean(true)));
    if everything {
        return Ok(Value::Number(data.values.len() as f64));
    }
    let condition = match arguments.get("condition") {
        Some(Value::Graph(graph)) => Some(graph),
        _ => None,
    };
    let mut count = 0.0;
    for value in &data.values {
        let counts = match condition {
            None => super::is_valid::valid(value),
            Some(graph) => {
                let parameters = [
                    ("x", value.clone()),
                    ("context", arguments.value("context")),
                ];
                context.call(graph, &parameters)?.truth() == Some(true)
            }
        };
        count += f64::from(u8::from(counts));
    }
    Ok(Value::Number(count))
}
