//! `all`: are all of the values true?.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "all",
    definition: official!("all"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    let mut unknown = false;
    for value in &data.values {
        match value {
            Value::Boolean(false) => return Ok(Value::Boolean(false)),
            Value::Number(number) if number.is_nan() => unknown = true,
            Value::Number(number) if number.abs() <= 0.0 => {
                return Ok(Value::Boolean(false));
            }
            Value::Null => unknown = true,
            _ => {}
        }
    }
    if unknown && !ignore_nodata {
        return Ok(Value::Null);
    }
    Ok(Value::Boolean(true))
}
