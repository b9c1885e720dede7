//! `date_between`: between comparison for dates and times.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::Value;
use jiff::Timestamp;

pub(super) static PROCESS: Process = Process {
    id: "date_between",
    definition: official!("date_between"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let read = |name: &str| moment(arguments, name);
    let (x, min, max) = (read("x")?, read("min")?, read("max")?);
    let below = if arguments.boolean_or("exclude_max", false)? {
        x < max
    } else {
        x <= max
    };
    Ok(Value::Boolean(min <= x && below))
}

/// A date, a date and time, or a time of day (then on one day).
fn moment(arguments: &Arguments, name: &str) -> Result<Timestamp, GraphError> {
    let text = arguments.text(name)?;
    instant(text)
        .or_else(|| instant(&format!("2000-01-01T{text}")))
        .or_else(|| instant(&format!("2000-01-01T{text}Z")))
        .ok_or_else(|| arguments.invalid(name, format!("{text:?} is no date or time (RFC 3339)")))
}
