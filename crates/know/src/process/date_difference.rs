//! `date_difference`: computes the difference between two time instants.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::Value;
use jiff::Timestamp;

pub(super) static PROCESS: Process = Process {
    id: "date_difference",
    definition: official!("date_difference"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let (from, to) = (moment(arguments, "date1")?, moment(arguments, "date2")?);
    let seconds = to.duration_since(from).as_secs_f64();
    Ok(Value::Number(
        match arguments.optional_text("unit")?.unwrap_or("second") {
            "millisecond" => seconds * 1_000.0,
            "minute" => seconds / 60.0,
            "hour" => seconds / 3_600.0,
            "day" => seconds / 86_400.0,
            "week" => seconds / 604_800.0,
            "month" => months(from, to),
            "year" => months(from, to) / 12.0,
            _ => seconds,
        },
    ))
}

fn moment(arguments: &Arguments, name: &str) -> Result<Timestamp, GraphError> {
    let text = arguments.text(name)?;
    instant(text).ok_or_else(|| arguments.invalid(name, format!("{text:?} is no date (RFC 3339)")))
}

/// Calendar months between two instants; days are parts of a month of 31.
fn months(from: Timestamp, to: Timestamp) -> f64 {
    let place = |time: Timestamp| {
        let date = jiff::tz::Offset::UTC.to_datetime(time);
        let midnight = jiff::tz::Offset::UTC
            .to_timestamp(date.date().at(0, 0, 0, 0))
            .unwrap_or(time);
        let day =
            f64::from(date.day() - 1) + time.duration_since(midnight).as_secs_f64() / 86_400.0;
        f64::from(date.year()) * 12.0 + f64::from(date.month()) + day / 31.0
    };
    place(to) - place(from)
}
