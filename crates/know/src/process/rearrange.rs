//! `rearrange`: sort an array based on a permutation.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "rearrange",
    definition: official!("rearrange"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = &arguments.array("data")?.values;
    let values = arguments
        .numbers("order")?
        .into_iter()
        .map(|place| {
            let known = place >= 0.0 && place.fract().abs() == 0.0 && place < data.len() as f64;
            if known {
                Ok(data[place as usize].clone())
            } else {
                Err(arguments.invalid("order", format!("the array has no element {place}")))
            }
        })
        .collect::<Result<_, _>>()?;
    Ok(Value::array(values))
}
