//! `cumsum`: cumulative sums.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "cumsum",
    definition: official!("cumsum"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    cumulate(arguments, |total, number| total + number)
}

/// The running results of an array. No data stays no data; after it the result goes on where
/// no data is ignored, and is no data to the end where not.
pub(super) fn cumulate(
    arguments: &Arguments,
    step: impl Fn(f64, f64) -> f64,
) -> Result<Value, GraphError> {
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    let mut total: Option<f64> = None;
    let mut ended = false;
    let values = arguments
        .array("data")?
        .values
        .iter()
        .map(|value| match value {
            Value::Number(number) if !ended => {
                let next = total.map_or(*number, |total| step(total, *number));
                total = Some(next);
                Value::Number(next)
            }
            _ => {
                ended |= !ignore_nodata;
                Value::Null
            }
        })
        .collect();
    Ok(Value::array(values))
}
