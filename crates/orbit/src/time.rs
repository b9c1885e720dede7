//! Time scales: civil UTC at the edges, UT1 for the Earth's rotation, TT for the Sun.
//!
//! Civil time is [`jiff::Timestamp`], which like POSIX time has no leap seconds. A [`Days`] is the
//! uniform count the formulas take; its scale is a type, so that one scale is never taken for
//! another.

mod epoch;
mod leap;

pub use epoch::{TimeSystem, parse_epoch};
pub use leap::{LEAP_SECONDS_UNTIL, LeapSecondError, LeapSeconds, tai_minus_utc_s};

use jiff::Timestamp;
use std::marker::PhantomData;

/// Unix time of 2000-01-01 12:00:00 UTC.
const J2000_UNIX_S: i64 = 946_728_000;

/// TT - TAI, seconds (IAU 1991).
pub const TT_MINUS_TAI_S: f64 = 32.184;

/// Coordinated universal time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Utc;
/// Universal time UT1: the Earth's rotation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ut1;
/// Terrestrial time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tt;

/// Days of 86,400 s since JD 2451545.0 (2000-01-01 12:00) in the scale `S`.
///
/// As one `f64`: resolves 0.2 microseconds within 30 years of 2000.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Days<S> {
    days: f64,
    scale: PhantomData<S>,
}

impl<S> Days<S> {
    /// From a number of days since JD 2451545.0 in this scale.
    pub const fn since_j2000(days: f64) -> Self {
        Self {
            days,
            scale: PhantomData,
        }
    }

    /// Days since JD 2451545.0 in this scale.
    pub const fn get(self) -> f64 {
        self.days
    }

    /// Julian centuries of 36,525 days since JD 2451545.0.
    pub fn centuries(self) -> f64 {
        self.days / 36_525.0
    }
}

impl Days<Utc> {
    /// Civil time as a count of days.
    pub fn utc(t: Timestamp) -> Self {
        let whole = t.as_second() - J2000_UNIX_S;
        let seconds = whole as f64 + f64::from(t.subsec_nanosecond()) * 1e-9;
        Self::since_j2000(seconds / 86_400.0)
    }

    /// The same instant in UT1, given UT1 - UTC in seconds.
    pub fn ut1(self, ut1_minus_utc_s: f64) -> Days<Ut1> {
        Days::since_j2000(self.days + ut1_minus_utc_s / 86_400.0)
    }

    /// The same instant in terrestrial time, by the leap-second table.
    pub fn tt(self) -> Days<Tt> {
        let offset_s = tai_minus_utc_s(self) + TT_MINUS_TAI_S;
        Days::since_j2000(self.days + offset_s / 86_400.0)
    }

    /// Modified Julian date.
    pub fn mjd(self) -> f64 {
        self.days + 51_544.5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn j2000_is_noon_of_2000_01_01() {
        let t: Timestamp = "2000-01-01T12:00:00Z".parse().unwrap();
        assert_eq!(Days::utc(t).get().to_bits(), 0.0_f64.to_bits());
        let t: Timestamp = "2026-08-22T00:00:00Z".parse().unwrap();
        // MJD 61274 is printed beside 2026-08-22 in IERS Bulletin A's table.
        assert!((Days::utc(t).mjd() - 61_274.0).abs() < 1e-12);
    }

    #[test]
    fn tt_runs_ahead_by_the_published_amount() {
        let t: Timestamp = "2026-08-22T00:00:00Z".parse().unwrap();
        let ahead_s = (Days::utc(t).tt().get() - Days::utc(t).get()) * 86_400.0;
        assert!((ahead_s - 69.184).abs() < 1e-6);
    }
}
