//! Results on standard output: a table for people, JSON or CSV for programs.

pub(crate) mod help;
mod table;

use jiff::Timestamp;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use table::table;

/// How a listing is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document, complete.
    Json,
    /// Comma-separated values with a header line.
    Csv,
}

/// How a listing that has places is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum MapFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document, complete.
    Json,
    /// Comma-separated values with a header line.
    Csv,
    /// GeoJSON features.
    Geojson,
}

impl MapFormat {
    /// As the format of a listing; `None` for GeoJSON.
    pub(crate) fn listing(self) -> Option<Format> {
        match self {
            Self::Table => Some(Format::Table),
            Self::Json => Some(Format::Json),
            Self::Csv => Some(Format::Csv),
            Self::Geojson => None,
        }
    }
}

/// A listing: the columns people see, and the records programs get.
pub(crate) struct Listing<'a, T> {
    /// Column names.
    pub(crate) columns: &'a [&'a str],
    /// One row a record, cells in column order.
    pub(crate) rows: Vec<Vec<String>>,
    /// The records, whole.
    pub(crate) records: &'a T,
    /// Said in place of an empty table.
    pub(crate) empty: &'a str,
}

/// Prints a listing. A closed pipe is no error: the reader has seen enough.
pub(crate) fn listing<T: Serialize>(format: Format, listing: &Listing<'_, T>) -> io::Result<()> {
    let text = match format {
        Format::Json => {
            serde_json::to_string_pretty(listing.records).map_err(io::Error::other)? + "\n"
        }
        Format::Csv => csv(listing.columns, &listing.rows),
        Format::Table if listing.rows.is_empty() => format!("{}\n", listing.empty),
        Format::Table => table(listing.columns, &listing.rows),
    };
    say(&text)
}

/// Whether somebody reads standard output on a terminal.
fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Writes text to standard output.
pub(crate) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

fn csv(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    let header: Vec<String> = columns.iter().map(|c| cell(c)).collect();
    text.push_str(&(header.join(",") + "\n"));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| cell(c)).collect();
        text.push_str(&(cells.join(",") + "\n"));
    }
    text
}

/// `1 scene`, `3 scenes`: a number and what is counted.
pub(crate) fn counted<N: Copy + Into<Count>>(number: N, one: &str, many: &str) -> String {
    match number.into() {
        Count(1) => format!("1 {one}"),
        Count(number) => format!("{number} {many}"),
    }
}

/// A number of things, of whatever width it was counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count(u64);

impl From<usize> for Count {
    fn from(number: usize) -> Self {
        Self(number as u64)
    }
}

impl From<u64> for Count {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

impl From<u32> for Count {
    fn from(number: u32) -> Self {
        Self(number.into())
    }
}

impl From<u8> for Count {
    fn from(number: u8) -> Self {
        Self(number.into())
    }
}

/// A cell of a CSV line, in quotes where it needs them.
pub(crate) fn cell(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

/// `2026-08-22 05:31:08`, UTC, for tables.
pub(crate) fn time(t: Timestamp) -> String {
    t.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// `2026-08-22T05:31:08.042Z`, to the millisecond.
pub(crate) fn milliseconds(t: Timestamp) -> String {
    let rounded = t.round(jiff::Unit::Millisecond).unwrap_or(t);
    rounded.strftime("%Y-%m-%dT%H:%M:%S.%3fZ").to_string()
}

/// An angle, degrees, to four places.
pub(crate) fn degrees(angle_deg: f64) -> String {
    format!("{angle_deg:.4}")
}

/// `3 h 05 min`, `41 s`: a duration for people.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.abs().round() as u64;
    let sign = if seconds < 0.0 && whole > 0 { "-" } else { "" };
    match whole {
        0..60 => format!("{sign}{whole} s"),
        60..3600 => format!("{sign}{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{sign}{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// `0.4 s`, `41 s`, `3 h 05 min`: an uncertainty, tenths below ten seconds.
pub(crate) fn duration_within(seconds: f64) -> String {
    match seconds.abs() < 9.95 {
        true => format!("{seconds:.1} s"),
        false => duration(seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_three_decimals() {
        let t: Timestamp = "2026-08-22T23:59:59.9996Z".parse().unwrap();
        assert_eq!(milliseconds(t), "2026-08-23T00:00:00.000Z");
    }

    #[test]
    fn one_is_no_plural() {
        assert_eq!(counted(1_u32, "day", "days"), "1 day");
        assert_eq!(counted(0_usize, "scene", "scenes"), "0 scenes");
        assert_eq!(counted(2_u64, "pass", "passes"), "2 passes");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(duration(41.4), "41 s");
        assert_eq!(duration(-61.0), "-1 min 01 s");
        assert_eq!(duration(11_100.0), "3 h 05 min");
    }

    #[test]
    fn csv_quotes_what_needs_it() {
        let text = csv(&["a", "b"], &[vec!["x,y".into(), "say \"hi\"".into()]]);
        assert_eq!(text, "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n");
    }
}
