//! Leap seconds.
//!
//! Facts from IERS `Leap_Second.dat` (Bulletin C): no leap second has been announced after
//! 2017-01-01.

use super::{Days, Utc};

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

/// The last day the table is known to be right for: 2027-06-28, the expiry date in the IERS file.
pub const LEAP_SECONDS_UNTIL: &str = "2027-06-28";

/// TAI - UTC, seconds.
///
/// Before 1972, when UTC had no whole leap seconds, the value of 1972 (10 s) is given; after
/// [`LEAP_SECONDS_UNTIL`] the last one known.
pub fn tai_minus_utc_s(t: Days<Utc>) -> f64 {
    let mjd = t.mjd();
    let after = TABLE.partition_point(|(from, _)| f64::from(*from) <= mjd);
    TABLE[after.saturating_sub(1)].1
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
}
