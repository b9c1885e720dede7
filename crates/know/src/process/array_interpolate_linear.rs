//! `array_interpolate_linear`: one-dimensional linear interpolation for arrays.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "array_interpolate_linear",
    definition: official!("array_interpolate_linear"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let mut data = arguments.numbers("data")?;
    let known: Vec<usize> = (0..data.len()).filter(|i| !data[*i].is_nan()).collect();
    for pair in known.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        for i in from + 1..to {
            let part = (i - from) as f64 / (to - from) as f64;
            data[i] = data[from] + (data[to] - data[from]) * part;
        }
    }
    let values = data
        .into_iter()
        .map(|number| {
            if number.is_nan() {
                Value::Null
            } else {
                Value::Number(number)
            }
        })
        .collect();
    Ok(Value::array(values))
}
