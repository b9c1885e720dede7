//! `order`: get the order of array elements.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::Value;
use std::cmp::Ordering;

pub(super) static PROCESS: Process = Process {
    id: "order",
    definition: official!("order"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = &arguments.array("data")?.values;
    let ascending = arguments.boolean_or("asc", true)?;
    let missing_last = match arguments.get("nodata") {
        Some(Value::Boolean(last)) => Some(*last),
        _ => None,
    };
    Ok(Value::numbers(
        positions(data, ascending, missing_last)
            .into_iter()
            .map(|i| i as f64),
    ))
}

/// Positions of the elements in rising or falling order; elements without data last, first, or
/// (`None`) left out. Ties keep their order.
pub(super) fn positions(data: &[Value], ascending: bool, missing_last: Option<bool>) -> Vec<usize> {
    let (mut missing, mut present): (Vec<usize>, Vec<usize>) =
        (0..data.len()).partition(|i| data[*i].is_nodata());
    present.sort_by(|a, b| {
        let order = compare(&data[*a], &data[*b]);
        if ascending { order } else { order.reverse() }
    });
    match missing_last {
        None => present,
        Some(true) => {
            present.append(&mut missing);
            present
        }
        Some(false) => {
            missing.append(&mut present);
            missing
        }
    }
}

fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => a.total_cmp(b),
        (Value::Text(a), Value::Text(b)) => match (instant(a), instant(b)) {
            (Some(a), Some(b)) => a.cmp(&b),
            _ => a.cmp(b),
        },
        _ => Ordering::Equal,
    }
}
