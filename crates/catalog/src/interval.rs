//! The `datetime` parameter: an instant or an interval with open ends (RFC 3339, OGC 17-069r4 §7.15.3).

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Longest text read as an interval, bytes: two instants with nine decimals and offsets.
pub const INTERVAL_MAX_BYTES: usize = 96;

/// A closed interval of instants; `None` is an open end. An instant has both ends equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Interval {
    start: Option<Timestamp>,
    end: Option<Timestamp>,
}

/// Why a `datetime` is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum IntervalError {
    /// Not an RFC 3339 date and time.
    #[error("datetime: {text:?} is not an RFC 3339 date and time such as 2026-11-23T12:00:00Z")]
    Instant {
        /// The part at fault, cut to a readable length.
        text: String,
    },
    /// More than one solidus.
    #[error("datetime: {0} parts; give one instant or start/end")]
    Parts(usize),
    /// Neither end given.
    #[error("datetime: both ends are open; give at least one")]
    BothOpen,
    /// End before start.
    #[error("datetime: start {start} is after end {end}")]
    Backwards {
        /// Start given.
        start: Timestamp,
        /// End given.
        end: Timestamp,
    },
    /// Longer than [`INTERVAL_MAX_BYTES`].
    #[error("datetime has {0} bytes, more than {INTERVAL_MAX_BYTES}")]
    TooLong(usize),
}

impl Interval {
    /// From `start` to `end`, both within; `None` is an open end.
    pub fn new(start: Option<Timestamp>, end: Option<Timestamp>) -> Result<Self, IntervalError> {
        match (start, end) {
            (None, None) => Err(IntervalError::BothOpen),
            (Some(start), Some(end)) if start > end => Err(IntervalError::Backwards { start, end }),
            _ => Ok(Self { start, end }),
        }
    }

    /// One instant.
    pub fn at(instant: Timestamp) -> Self {
        Self {
            start: Some(instant),
            end: Some(instant),
        }
    }

    /// First instant; `None` is open.
    pub fn start(&self) -> Option<Timestamp> {
        self.start
    }

    /// Last instant; `None` is open.
    pub fn end(&self) -> Option<Timestamp> {
        self.end
    }

    /// True when the closed range from `first` to `last` shares an instant with the interval.
    pub fn meets(&self, first: Timestamp, last: Timestamp) -> bool {
        self.start.is_none_or(|start| last >= start) && self.end.is_none_or(|end| first <= end)
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        if text.len() > INTERVAL_MAX_BYTES {
            return Err(IntervalError::TooLong(text.len()));
        }
        let parts: Vec<&str> = text.split('/').collect();
        match parts[..] {
            [instant] => Ok(Self::at(parse_instant(instant)?)),
            [start, end] => Self::new(parse_end(start)?, parse_end(end)?),
            _ => Err(IntervalError::Parts(parts.len())),
        }
    }
}

/// `..` and the empty text are an open end.
fn parse_end(text: &str) -> Result<Option<Timestamp>, IntervalError> {
    match text {
        "" | ".." => Ok(None),
        instant => parse_instant(instant).map(Some),
    }
}

/// An RFC 3339 date and time: stricter than [`Timestamp`]'s own parser, which also takes other
/// ISO 8601 forms. Leap second 60 is read as the first instant of the next minute.
pub fn parse_instant(text: &str) -> Result<Timestamp, IntervalError> {
    let fault = || IntervalError::Instant {
        text: text.chars().take(40).collect(),
    };
    if !has_rfc3339_shape(text.as_bytes()) {
        return Err(fault());
    }
    text.parse().map_err(|_| fault())
}

/// `YYYY-MM-DDThh:mm:ss[.digits](Z|±hh:mm)`, RFC 3339 §5.6, with lower case `t` and `z` allowed.
fn has_rfc3339_shape(text: &[u8]) -> bool {
    const PATTERN: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let digit = |byte: &u8| byte.is_ascii_digit();
    let Some((head, mut rest)) = text.split_at_checked(PATTERN.len()) else {
        return false;
    };
    let head_fits = head
        .iter()
        .zip(PATTERN)
        .all(|(byte, pattern)| match pattern {
            b'd' => byte.is_ascii_digit(),
            b'T' => matches!(byte, b'T' | b't'),
            other => byte == other,
        });
    if let [b'.', fraction @ ..] = rest {
        let digits = fraction.iter().take_while(|byte| digit(byte)).count();
        if digits == 0 || digits > 9 {
            return false;
        }
        rest = &fraction[digits..];
    }
    let zone_fits = match rest {
        [b'Z' | b'z'] => true,
        [b'+' | b'-', h1, h2, b':', m1, m2] => [h1, h2, m1, m2].into_iter().all(digit),
        _ => false,
    };
    head_fits && zone_fits
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.start, self.end) {
            (Some(start), Some(end)) if start == end => write!(f, "{start}"),
            (start, end) => {
                let text = |t: Option<Timestamp>| t.map_or("..".to_owned(), |t| t.to_string());
                write!(f, "{}/{}", text(start), text(end))
            }
        }
    }
}

impl TryFrom<String> for Interval {
    type Error = IntervalError;

    fn try_from(text: String) -> Result<Self, IntervalError> {
        text.parse()
    }
}

impl From<Interval> for String {
    fn from(interval: Interval) -> Self {
        interval.to_string()
    }
}
