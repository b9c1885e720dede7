//! Epochs as CCSDS messages write them, in the time systems they name.

use super::{Days, TT_MINUS_TAI_S, tai_minus_utc_s};
use jiff::{SignedDuration, Timestamp};

/// GPS time lags TAI by this, seconds (IS-GPS-200).
const TAI_MINUS_GPS_S: f64 = 19.0;

/// A time system of CCSDS messages (502.0-B-3, annex B) that converts to UTC without other data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeSystem {
    /// Coordinated universal time.
    Utc,
    /// International atomic time.
    Tai,
    /// Terrestrial time.
    Tt,
    /// Barycentric dynamical time; within 2 ms of TT.
    Tdb,
    /// GPS time.
    Gps,
}

impl TimeSystem {
    /// The time system of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "UTC" => Some(Self::Utc),
            "TAI" => Some(Self::Tai),
            "TT" | "TDT" => Some(Self::Tt),
            "TDB" => Some(Self::Tdb),
            "GPS" => Some(Self::Gps),
            _ => None,
        }
    }

    /// UTC of an epoch whose reading in this system is `reading`.
    pub fn to_utc(self, reading: Timestamp) -> Option<Timestamp> {
        let ahead_of_tai_s = match self {
            Self::Utc => return Some(reading),
            Self::Tai => 0.0,
            Self::Tt => TT_MINUS_TAI_S,
            Self::Tdb => TT_MINUS_TAI_S + tdb_minus_tt_s(reading),
            Self::Gps => -TAI_MINUS_GPS_S,
        };
        let minus = |seconds: f64| {
            reading
                .checked_sub(SignedDuration::try_from_secs_f64(seconds).ok()?)
                .ok()
        };
        // The offset of the day before and after differ where a leap second falls in between.
        let near = minus(ahead_of_tai_s + tai_minus_utc_s(Days::utc(reading)))?;
        minus(ahead_of_tai_s + tai_minus_utc_s(Days::utc(near)))
    }
}

/// TDB - TT at the Earth's centre to 30 microseconds (Astronomical Almanac, section B).
fn tdb_minus_tt_s(t: Timestamp) -> f64 {
    let anomaly = (357.53 + 0.985_600_28 * Days::utc(t).get()).to_radians();
    0.001_658 * anomaly.sin() + 0.000_014 * (2.0 * anomaly).sin()
}

/// Reads `YYYY-MM-DDThh:mm:ss[.d...][Z]` or `YYYY-DDDThh:mm:ss[.d...][Z]` (CCSDS 301.0, time codes A
/// and B) as the instant that reads so in UTC. Digits past the nanosecond are cut. A leap second is
/// the first second of the next day, as in POSIX time.
pub fn parse_epoch(text: &str) -> Option<Timestamp> {
    let b = text.as_bytes();
    let b = b.strip_suffix(b"Z").unwrap_or(b);
    let at = b.iter().position(|c| *c == b'T' || *c == b't')?;
    let (date, time) = (&b[..at], &b[at + 1..]);
    let (year, day) = match date {
        [y @ .., b'-', m1, m2, b'-', d1, d2] if y.len() == 4 => {
            let (year, month) = (digits(y)?, digits(&[*m1, *m2])?);
            (year, day_of_year(year, month, digits(&[*d1, *d2])?)?)
        }
        [y @ .., b'-', d1, d2, d3] if y.len() == 4 => {
            let (year, day) = (digits(y)?, digits(&[*d1, *d2, *d3])?);
            if !(1..=365 + i64::from(is_leap(year))).contains(&day) {
                return None;
            }
            (year, day)
        }
        _ => return None,
    };
    let (hms, fraction) = match time.iter().position(|c| *c == b'.') {
        Some(point) => (&time[..point], &time[point + 1..]),
        None => (time, &b""[..]),
    };
    let [h1, h2, b':', m1, m2, b':', s1, s2] = *hms else {
        return None;
    };
    let (hour, minute, second) = (digits(&[h1, h2])?, digits(&[m1, m2])?, digits(&[s1, s2])?);
    let leap_second = (hour, minute, second) == (23, 59, 60);
    if hour > 23 || minute > 59 || (second > 59 && !leap_second) {
        return None;
    }
    if !fraction.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let kept = &fraction[..fraction.len().min(9)];
    let nanosecond = digits(kept).unwrap_or(0) * 10_i64.pow(9 - kept.len() as u32);
    let before = year - 1;
    let days = 365 * (year - 1970) + before.div_euclid(4) - before.div_euclid(100)
        + before.div_euclid(400)
        - 477;
    let second = ((days + day - 1) * 24 + hour) * 3600 + minute * 60 + second;
    Timestamp::new(second, nanosecond as i32).ok()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn day_of_year(year: i64, month: i64, day: i64) -> Option<i64> {
    const LENGTHS: [i64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month).ok()?.checked_sub(1)?;
    let leap = i64::from(is_leap(year));
    let length = LENGTHS.get(index)? + if month == 2 { leap } else { 0 };
    let before: i64 = LENGTHS[..index].iter().sum();
    (1..=length)
        .contains(&day)
        .then_some(before + if month > 2 { leap } else { 0 } + day)
}

/// A number of decimal digits, at least one.
fn digits(text: &[u8]) -> Option<i64> {
    let plain = !text.is_empty() && text.len() <= 9 && text.iter().all(u8::is_ascii_digit);
    plain.then(|| text.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn utc(text: &str) -> Option<String> {
        parse_epoch(text).map(|t| t.to_string())
    }

    #[test]
    fn both_forms_of_the_standard() {
        for (text, means) in [
            ("2000-064T10:34:41.4264", "2000-03-04T10:34:41.4264Z"),
            ("1996-12-18T12:00:00.331Z", "1996-12-18T12:00:00.331Z"),
            ("2024-366T00:00:00", "2024-12-31T00:00:00Z"),
            (
                "2000-02-29T23:59:59.9999999999",
                "2000-02-29T23:59:59.999999999Z",
            ),
            ("2016-12-31T23:59:60.5", "2017-01-01T00:00:00.5Z"),
        ] {
            assert_eq!(utc(text).as_deref(), Some(means), "{text}");
        }
        for text in [
            "",
            "T",
            "2023-366T00:00:00",
            "2023-02-29T00:00:00",
            "2023-13-01T00:00:00",
            "2023-00-01T00:00:00",
            "2023-01-01T24:00:00",
            "2023-01-01T00:00:60",
            "2023-01-01T00:00:0x",
            "2023-01-01 00:00:00",
            "2023-01-01T00:00:00.x",
            "+023-01-01T00:00:00",
        ] {
            assert_eq!(utc(text), None, "{text}");
        }
    }

    #[test]
    fn systems_differ_by_the_published_amounts() {
        let reading = parse_epoch("2026-08-22T00:00:00").unwrap();
        for (name, means) in [
            ("UTC", "2026-08-22T00:00:00Z"),
            ("TAI", "2026-08-21T23:59:23Z"),
            ("TT", "2026-08-21T23:58:50.816Z"),
            ("GPS", "2026-08-21T23:59:42Z"),
        ] {
            let system = TimeSystem::from_name(name).unwrap();
            assert_eq!(system.to_utc(reading).unwrap().to_string(), means);
        }
        // Half a second after the leap second of 2016 began, 2017-01-01 00:00:36.5 in TAI.
        let tai = parse_epoch("2017-01-01T00:00:35.5").unwrap();
        let utc = TimeSystem::Tai.to_utc(tai).unwrap();
        assert_eq!(utc.to_string(), "2016-12-31T23:59:59.5Z");
        assert_eq!(TimeSystem::from_name("UT1"), None);
    }

    proptest! {
        #[test]
        fn as_the_calendar_says(s in -60_000_000_000_i64..200_000_000_000, n in 0..1_000_000_000) {
            let t = Timestamp::new(s, n).unwrap();
            prop_assert_eq!(parse_epoch(&t.to_string()), Some(t));
        }

        #[test]
        fn nothing_panics(text in "[0-9TZ:.-]{0,40}") {
            let _ = parse_epoch(&text);
        }
    }
}
