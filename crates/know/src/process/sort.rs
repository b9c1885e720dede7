//! `sort`: sort data.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "sort",
    definition: official!("sort"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = &arguments.array("data")?.values;
    let ascending = arguments.boolean_or("asc", true)?;
    let missing_last = match arguments.get("nodata") {
        Some(Value::Boolean(last)) => Some(*last),
        _ => None,
    };
    let order = super::order::positions(data, ascending, missing_last);
    Ok(Value::array(
        order.into_iter().map(|i| data[i].clone()).collect(),
    ))
}
