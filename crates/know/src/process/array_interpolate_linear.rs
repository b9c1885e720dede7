//! `array_interpolate_linear`: one-dimensional linear interpolation for arrays.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Array, Value};

pub(super) static PROCESS: Process = Process {
    id: "array_interpolate_linear",
    definition: official!("array_interpolate_linear"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    let mut data = arguments.numbers("data")?;
    let known: Vec<usize> = (0..data.len()).filter(|i| !data[*i].is_nan()).collect();
    for pair in known.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        for i in from + 1..to {
            let part = (i - from) as f64 / (to - from) as f64;
            data[i] = data[from] * (1.0 - part) + data[to] * part;
        }
    }
    let values = data
        .into_iter()
        .zip(&array.values)
        .map(|(number, before)| match before {
            Value::Null if number.is_nan() => Value::Null,
            _ => Value::Number(number),
        })
        .collect();
    Ok(Value::Array(Array {
        values,
        labels: array.labels.clone(),
    }))
}
