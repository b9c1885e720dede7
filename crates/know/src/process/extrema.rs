//! `extrema`: minimum and maximum values.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "extrema",
    definition: official!("extrema"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    let mut extrema: Option<(f64, f64)> = None;
    for value in &data.values {
        let number = match value {
            Value::Number(number) => *number,
            Value::Null if ignore_nodata => continue,
            _ => return Ok(Value::array(vec![Value::Null, Value::Null])),
        };
        let (least, greatest) = extrema.unwrap_or((number, number));
        extrema = Some(if number.is_nan() || least.is_nan() {
            (f64::NAN, f64::NAN)
        } else {
            (least.min(number), greatest.max(number))
        });
    }
    Ok(match extrema {
        Some((least, greatest)) => Value::numbers([least, greatest]),
        None => Value::array(vec![Value::Null, Value::Null]),
    })
}
