//! `array_modify`: change the content of an array (remove, insert, update).

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_modify",
    definition: official!("array_modify"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let values = arguments.array("values")?;
    let length = data.values.len();
    let index = usize::try_from(arguments.number("index")? as i64)
        .map_err(|_| arguments.invalid("index", "below 0"))?;
    let take = arguments.optional_integer("length")?.unwrap_or(0).max(0) as usize;
    if index > length {
        return Err(GraphError::new(
            "ArrayElementNotAvailable",
            format!("the array has {length} elements, none at {index}"),
        ));
    }
    let end = index.saturating_add(take).min(length);
    let labels = match (&data.labels, &values.labels) {
        (Some(own), Some(new)) => {
            let kept = [&own[..index], &own[end..]].concat();
            if let Some(label) = new.iter().find(|label| kept.iter().any(|k| k.same(label))) {
                return Err(GraphError::new(
                    "ArrayLabelConflict",
                    format!("the label \"{label}\" would stand twice"),
                ));
            }
            Some(Arc::new(
                [&own[..index], new.as_slice(), &own[end..]].concat(),
            ))
        }
        (Some(own), None) if values.values.is_empty() => {
            Some(Arc::new([&own[..index], &own[end..]].concat()))
        }
        _ => None,
    };
    Ok(Value::Array(Array {
        values: [
            &data.values[..index],
            values.values.as_slice(),
            &data.values[end..],
        ]
        .concat(),
        labels,
    }))
}
