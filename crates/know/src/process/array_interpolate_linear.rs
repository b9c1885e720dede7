//! `array_interpolate_linear`: one-dimensional linear interpolation for arrays.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Array, Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "array_interpolate_linear",
    definition: official!("array_interpolate_linear"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let array = arguments.array("data")?;
    let mut data = arguments.numbers("data")?;
    let known: Vec<usize> = (0..data.len()).filter(|i| !data[*i].is_nan()).collect();
    let places = places(array);
    for pair in known.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        for i in from + 1..to {
            let part = (places[i] - places[from]) / (places[to] - places[from]);
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

/// Where the elements lie: at their labels where all are numbers or dates that rise or fall, else
/// at their indices.
fn places(array: &Array) -> Vec<f64> {
    let indices = || (0..array.values.len()).map(|i| i as f64).collect();
    let Some(labels) = &array.labels else {
        return indices();
    };
    let place = |label: &Label| match label {
        Label::Number(number) => Some(*number),
        Label::Text(text) => Some(instant(text)?.as_millisecond() as f64),
    };
    let places: Option<Vec<f64>> = labels.iter().map(place).collect();
    places
        .filter(|places| {
            let rising = places.windows(2).all(|pair| pair[0] < pair[1]);
            rising || places.windows(2).all(|pair| pair[0] > pair[1])
        })
        .unwrap_or_else(indices)
}
