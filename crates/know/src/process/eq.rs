//! `eq`: equal to comparison.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "eq",
    definition: official!("eq"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let x = arguments.value("x");
    let y = arguments.value("y");
    let delta = arguments.optional_number("delta")?;
    let case_sensitive = arguments.boolean_or("case_sensitive", true)?;
    Ok(equal(&x, &y, delta, case_sensitive).map_or(Value::Null, Value::Boolean))
}

/// Strict equality; `None` where either is no data.
pub(super) fn equal(
    x: &Value,
    y: &Value,
    delta: Option<f64>,
    case_sensitive: bool,
) -> Option<bool> {
    match (x, y) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Number(x), Value::Number(y)) => Some(match delta {
            Some(delta) => (x - y).abs() <= delta,
            None => x.partial_cmp(y) == Some(std::cmp::Ordering::Equal),
        }),
        (Value::Text(x), Value::Text(y)) if !case_sensitive => {
            Some(x.to_lowercase() == y.to_lowercase())
        }
        (Value::Text(x), Value::Text(y)) => Some(x == y),
        (Value::Boolean(x), Value::Boolean(y)) => Some(x == y),
        _ => Some(false),
    }
}
