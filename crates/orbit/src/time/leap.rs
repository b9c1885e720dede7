//! Leap seconds.
//!
//! Facts from IERS `Leap_Second.dat` (Bulletin C): no leap second has been announced after
//! 2017-01-01.

use super::{Days, Utc};
use jiff::civil::Date;
use std::sync::OnceLock;

/// First modified Julian date (UTC) of each value of TAI - UTC, seconds.
const TABLE: [(u32, f64); 28] = [
    (41_317, 10.0), // 1972-01-01
    (41_499, 11.0), // 1972-07-01
    (41_683, 12.0), // 1973-01-01
    (42_048, 13.0), // 1974-01-01
    (42_413, 14.0), // 1975-01-01
    (42_778, 15.0), // 1976-01-01
    (43_144, 16.0), // 1977-01-01
    (43_509, 17.0), // 1978-01-01
    (43_874, 18.0), // 1979-01-01
    (44_239, 19.0), // 1980-01-01
    (44_786, 20.0), // 1981-07-01
    (45_151, 21.0), // 1982-07-01
    (45_516, 22.0), // 1983-07-01
    (46_247, 23.0), // 1985-07-01
    (47_161, 24.0), // 1988-01-01
    (47_892, 25.0), // 1990-01-01
    (48_257, 26.0), // 1991-01-01
    (48_804, 27.0), // 1992-07-01
    (49_169, 28.0), // 1993-07-01
    (49_534, 29.0), // 1994-07-01
    (50_083, 30.0), // 1996-01-01
    (50_630, 31.0), // 1997-07-01
    (51_179, 32.0), // 1999-01-01
    (53_736, 33.0), // 2006-01-01
    (54_832, 34.0), // 2009-01-01
    (56_109, 35.0), // 2012-07-01
    (57_204, 36.0), // 2015-07-01
    (57_754, 37.0), // 2017-01-01
];

/// The last day the shipped table is known to be right for: 2027-06-28, the expiry date in the IERS
/// file.
pub const LEAP_SECONDS_UNTIL: &str = "2027-06-28";

/// Most rows of a list: one every half year for 300 years.
const ROWS_MAX: usize = 600;

/// A list that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LeapSecondError {
    /// A row is not what it should be.
    #[error(
        "{file}:{line}: reads {text:?}; should be MJD, day, month, year and TAI-UTC in whole seconds"
    )]
    Row {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// Rows do not follow one another by at most one second.
    #[error(
        "{file}:{line}: {tai_minus_utc_s} s at day {mjd} does not follow the row before by one second"
    )]
    Order {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Modified Julian date found.
        mjd: i64,
        /// TAI - UTC found, seconds.
        tai_minus_utc_s: i64,
    },
    /// Nothing in it.
    #[error("{file}: holds no leap second (IERS Leap_Second.dat format)")]
    Empty {
        /// File name.
        file: String,
    },
}

/// TAI - UTC day by day.
#[derive(Debug, Clone, PartialEq)]
pub struct LeapSeconds {
    /// First modified Julian date (UTC) of each value, and the value in seconds.
    rows: Vec<(i64, f64)>,
    until: Option<Date>,
}

impl LeapSeconds {
    /// The list that ships with the program.
    pub fn shipped() -> &'static Self {
        static LIST: OnceLock<LeapSeconds> = OnceLock::new();
        LIST.get_or_init(|| Self {
            rows: TABLE.map(|(mjd, s)| (i64::from(mjd), s)).to_vec(),
            until: LEAP_SECONDS_UNTIL.parse().ok(),
        })
    }

    /// Reads an IERS `Leap_Second.dat`.
    ///
    /// # Errors
    /// [`LeapSecondError`] names the line that does not read.
    pub fn from_iers(text: &str, file: &str) -> Result<Self, LeapSecondError> {
        let mut list = Self {
            rows: Vec::new(),
            until: None,
        };
        for (line, row) in (1..).zip(text.lines()) {
            if let Some(comment) = row.trim_start().strip_prefix('#') {
                list.until = list.until.or_else(|| expiry(comment));
                continue;
            }
            if row.trim().is_empty() {
                continue;
            }
            let (mjd, seconds) = read_row(row).ok_or_else(|| LeapSecondError::Row {
                file: file.into(),
                line,
                text: row.chars().take(80).collect(),
            })?;
            let follows = list.rows.last().is_none_or(|(before, s)| {
                let step = seconds as f64 - s;
                *before < mjd && (step.abs() - 1.0).abs() < 1e-9
            });
            if !follows || list.rows.len() == ROWS_MAX {
                return Err(LeapSecondError::Order {
                    file: file.into(),
                    line,
                    mjd,
                    tai_minus_utc_s: seconds,
                });
            }
            list.rows.push((mjd, seconds as f64));
        }
        if list.rows.is_empty() {
            return Err(LeapSecondError::Empty { file: file.into() });
        }
        Ok(list)
    }

    /// The last day the list is known to be right for, where it says so.
    pub fn until(&self) -> Option<Date> {
        self.until
    }

    /// TAI - UTC, seconds. Before the first row its value, after the last row the last one known.
    pub fn tai_minus_utc_s(&self, t: Days<Utc>) -> f64 {
        let mjd = t.mjd();
        let after = self.rows.partition_point(|(from, _)| *from as f64 <= mjd);
        self.rows[after.saturating_sub(1)].1
    }

    /// Whether no row is of this day or a later one.
    pub(crate) fn ends_before(&self, mjd: i64) -> bool {
        self.rows.last().is_none_or(|(last, _)| *last < mjd)
    }

    /// Adds a leap second that was seen elsewhere, after all rows.
    pub(crate) fn add(&mut self, mjd: i64, step_s: f64) {
        let last_s = self.rows.last().map_or(0.0, |(_, s)| *s);
        self.rows.push((mjd, last_s + step_s));
    }
}

/// MJD and TAI - UTC of a row, whose date must be that of the MJD.
fn read_row(row: &str) -> Option<(i64, i64)> {
    let mut words = row.split_ascii_whitespace();
    let mjd: f64 = words.next()?.parse().ok()?;
    let mut whole = || words.next()?.parse::<i64>().ok();
    let (day, month, year, seconds) = (whole()?, whole()?, whole()?, whole()?);
    let date = Date::new(
        i16::try_from(year).ok()?,
        i8::try_from(month).ok()?,
        i8::try_from(day).ok()?,
    )
    .ok()?;
    let epoch = Date::constant(1858, 11, 17);
    let days = date.duration_since(epoch).as_hours() / 24;
    let right =
        words.next().is_none() && (days as f64 - mjd).abs() < 1e-6 && (0..1000).contains(&seconds);
    right.then_some((days, seconds))
}

/// `File expires on 28 June 2027`.
fn expiry(comment: &str) -> Option<Date> {
    let date = comment.trim().strip_prefix("File expires on")?;
    Date::strptime("%d %B %Y", date.trim()).ok()
}

/// TAI - UTC by the shipped list, seconds.
///
/// Before 1972, when UTC had no whole leap seconds, the value of 1972 (10 s) is given; after
/// [`LEAP_SECONDS_UNTIL`] the last one known.
pub fn tai_minus_utc_s(t: Days<Utc>) -> f64 {
    LeapSeconds::shipped().tai_minus_utc_s(t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        for (t, seconds) in [
            ("1965-01-01T00:00:00Z", 10.0),
            ("1972-01-01T00:00:00Z", 10.0),
            ("1998-12-31T23:59:59Z", 31.0),
            ("1999-01-01T00:00:00Z", 32.0),
            ("2016-12-31T23:59:59Z", 36.0),
            ("2017-01-01T00:00:00Z", 37.0),
            ("2026-08-22T00:00:00Z", 37.0),
        ] {
            let t = Days::utc(t.parse().unwrap());
            assert!((tai_minus_utc_s(t) - seconds).abs() < 1e-12);
        }
    }

    const LIST: &str = "# File expires on 28 June 2027
  41317.0    1  1 1972       10
  41499.0    1  7 1972       11
";

    #[test]
    fn a_list_is_read() {
        let list = LeapSeconds::from_iers(LIST, "f").unwrap();
        assert_eq!(list.until().unwrap().to_string(), "2027-06-28");
        let at = |t: &str| list.tai_minus_utc_s(Days::utc(t.parse().unwrap()));
        assert!((at("1972-06-30T23:59:59Z") - 10.0).abs() < 1e-12);
        assert!((at("2030-01-01T00:00:00Z") - 11.0).abs() < 1e-12);
        let shipped = LeapSeconds::shipped().until().unwrap();
        assert_eq!(shipped.to_string(), LEAP_SECONDS_UNTIL);
    }

    #[test]
    fn broken_lists_are_named() {
        let read = |text: &str| LeapSeconds::from_iers(text, "f").unwrap_err().to_string();
        assert!(read("# nothing\n").contains("f: holds no leap second"));
        assert!(read(&LIST.replace("1  7 1972", "2  7 1972")).contains("f:3: reads"));
        assert!(read(&LIST.replace("       11", "       13")).contains("f:3: 13 s at day 41499"));
        assert!(read(&LIST.replace("       11", "")).contains("f:3: reads"));
    }
}
