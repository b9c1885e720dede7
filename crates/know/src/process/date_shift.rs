//! `date_shift`: manipulates dates and times by addition or subtraction.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;
use jiff::Span;
use jiff::civil::DateTime;

pub(super) static PROCESS: Process = Process {
    id: "date_shift",
    definition: official!("date_shift"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let text = arguments.text("date")?;
    let value = arguments.optional_integer("value")?.unwrap_or(0);
    let (civil, offset) = text.split_at(offset_start(text));
    let read = || civil.parse::<DateTime>().ok();
    let given = read()
        .ok_or_else(|| arguments.invalid("date", format!("{text:?} is no date (RFC 3339)")))?;
    let outside = |_| arguments.invalid("value", format!("{value} leads out of the calendar"));
    let span = Span::new();
    let span = match arguments.text("unit")? {
        "millisecond" => span.try_milliseconds(value),
        "second" => span.try_seconds(value),
        "minute" => span.try_minutes(value),
        "hour" => span.try_hours(value),
        "day" => span.try_days(value),
        "week" => span.try_weeks(value),
        "month" => span.try_months(value),
        "year" => span.try_years(value),
        other => return Err(arguments.invalid("unit", format!("{other:?} is not known"))),
    }
    .map_err(outside)?;
    let shifted = given.checked_add(span).map_err(outside)?;
    Ok(Value::Text(if civil.len() == 10 {
        shifted.date().to_string()
    } else {
        format!("{shifted}{offset}")
    }))
}

/// Where the time zone of a date and time begins; the length for a bare date.
fn offset_start(text: &str) -> usize {
    match text.get(10..) {
        Some(time) => time
            .find(['Z', 'z', '+', '-'])
            .map_or(text.len(), |at| at + 10),
        None => text.len(),
    }
}
