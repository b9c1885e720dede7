//! Earth orientation: UT1 - UTC and polar motion, day by day.

use crate::time::{Days, LeapSeconds, Utc};
use std::io::Read;
use std::sync::OnceLock;

/// What ships with the program: IERS finals2000A of 2026-11-02, 2004-01-01 to 2027-10-29.
const SHIPPED: &str = include_str!("earth_orientation.txt");

/// Days a table may hold: 300 years. Bounds the memory that a file can ask for.
pub const DAYS_MAX: usize = 110_000;

/// Largest file, unpacked, bytes: some twenty times the whole of finals2000A.
pub const FILE_MAX_BYTES: u64 = 64 << 20;

/// Accuracy that is worth no word, metres: what is asked of positions on the ground.
pub const REMARK_M: f64 = 1.0;

/// Metres that a second of UT1 is worth on the equator.
const EQUATOR_M_S: f64 = 465.1;

/// Metres that an arc second of polar motion is worth on the ground.
const ARCSEC_M: f64 = 30.9;

/// Bound of |UT1 - UTC|, seconds, by the definition of UTC.
const UT1_MINUS_UTC_MAX_S: f64 = 0.9;

/// Polar motion has stayed inside this since 1900, arc seconds.
const POLAR_MOTION_MAX_ARCSEC: f64 = 0.6;

/// A table that does not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrientationError {
    /// A field is not a number.
    #[error("{file}:{line}: {field} reads {text:?}; should be a number (finals2000A format)")]
    Field {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Which field.
        field: &'static str,
        /// What stands there.
        text: String,
    },
    /// Days do not follow one another.
    #[error("{file}:{line}: day {mjd} does not follow day {previous}")]
    Order {
        /// File name.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Modified Julian date found.
        mjd: i64,
        /// The one before.
        previous: i64,
    },
    /// Nothing in it.
    #[error("{file}: holds no day with UT1-UTC and polar motion (finals2000A format)")]
    Empty {
        /// File name.
        file: String,
    },
    /// More bytes than [`FILE_MAX_BYTES`], or no readable text.
    #[error("{file}: {reason}")]
    Unreadable {
        /// File name.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// More days than [`DAYS_MAX`].
    #[error("{file}: holds more than {DAYS_MAX} days")]
    TooLong {
        /// File name.
        file: String,
    },
}

/// How well the orientation is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// From measurements.
    Measured,
    /// From the prediction in the table.
    Predicted,
    /// Outside the table: the nearest value held, or zero more than a year away.
    Unknown,
}

/// Earth orientation at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Orientation {
    /// UT1 - UTC, seconds.
    pub ut1_minus_utc_s: f64,
    /// Pole x, arc seconds.
    pub xp_arcsec: f64,
    /// Pole y, arc seconds.
    pub yp_arcsec: f64,
    /// How far a point on the ground may be off, metres, one sigma where measured or predicted
    /// (IERS Bulletin A's own formulas), a bound where unknown.
    pub accuracy_m: f64,
    /// Where the figures come from.
    pub quality: Quality,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Day {
    ut1_minus_tai_s: f64,
    xp_arcsec: f64,
    yp_arcsec: f64,
}

/// A table of daily values, linear in between (UT1 - TAI, so that leap seconds do not matter).
#[derive(Debug, Clone, PartialEq)]
pub struct EarthOrientation {
    first_mjd: i64,
    measured_until_mjd: i64,
    days: Vec<Day>,
    leap: LeapSeconds,
}

impl EarthOrientation {
    /// The table that ships with the program.
    pub fn shipped() -> &'static Self {
        static TABLE: OnceLock<EarthOrientation> = OnceLock::new();
        TABLE.get_or_init(|| Self::from_shipped(SHIPPED))
    }

    /// The shipped text: checked by a test to read whole.
    fn from_shipped(text: &str) -> Self {
        let mut lines = text.lines().filter(|l| !l.starts_with('#')).map(|l| {
            let mut n = l.split(' ').map(|s| s.parse::<i32>().unwrap_or(0));
            [
                n.next().unwrap_or(0),
                n.next().unwrap_or(0),
                n.next().unwrap_or(0),
            ]
        });
        let [first, measured, _] = lines.next().unwrap_or([0; 3]);
        let leap = LeapSeconds::shipped();
        let days = (i64::from(first)..)
            .zip(lines)
            .map(|(mjd, [ut1, x, y])| {
                day(
                    leap,
                    mjd,
                    f64::from(ut1) * 1e-5,
                    f64::from(x) * 1e-4,
                    f64::from(y) * 1e-4,
                )
            })
            .collect();
        Self {
            first_mjd: first.into(),
            measured_until_mjd: measured.into(),
            days,
            leap: leap.clone(),
        }
    }

    /// Reads the bytes of an IERS `finals2000A` file, packed with gzip or not.
    ///
    /// # Errors
    /// [`OrientationError`] names what does not read.
    pub fn read(file: &str, bytes: &[u8]) -> Result<Self, OrientationError> {
        let unreadable = |reason: String| OrientationError::Unreadable {
            file: file.into(),
            reason,
        };
        let mut unpacked = Vec::new();
        let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(bytes)
                .take(FILE_MAX_BYTES + 1)
                .read_to_end(&mut unpacked)
                .map_err(|e| unreadable(format!("unpacking: {e}")))?;
            &unpacked[..]
        } else {
            bytes
        };
        if bytes.len() as u64 > FILE_MAX_BYTES {
            let reason = format!("holds more than {FILE_MAX_BYTES} bytes");
            return Err(unreadable(reason));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|e| unreadable(format!("should be text (finals2000A format): {e}")))?;
        Self::from_finals2000a(text, file)
    }

    /// Reads the text of an IERS `finals2000A` file; rows without values (the far future) are skipped.
    ///
    /// A jump of UT1 - UTC by a second is a leap second: those that the shipped list does not have yet
    /// are taken from there.
    ///
    /// # Errors
    /// [`OrientationError`] names the line and field that does not read.
    pub fn from_finals2000a(text: &str, file: &str) -> Result<Self, OrientationError> {
        Self::from_finals2000a_with(text, file, LeapSeconds::shipped())
    }

    /// [`Self::from_finals2000a`] with another list of leap seconds.
    ///
    /// # Errors
    /// [`OrientationError`] names the line and field that does not read.
    pub fn from_finals2000a_with(
        text: &str,
        file: &str,
        leap: &LeapSeconds,
    ) -> Result<Self, OrientationError> {
        let mut table = Self {
            leap: leap.clone(),
            first_mjd: 0,
            measured_until_mjd: i64::MIN,
            days: Vec::new(),
        };
        for (line, row) in (1..).zip(text.lines()) {
            let field = |from: usize, to: usize, field: &'static str| {
                let text = row.get(from..to.min(row.len())).unwrap_or("").trim();
                text.parse::<f64>()
                    .ok()
                    .filter(|x| x.abs() < 1e6)
                    .ok_or_else(|| OrientationError::Field {
                        file: file.into(),
                        line,
                        field,
                        text: text.into(),
                    })
            };
            if row.get(58..68).is_none_or(|s| s.trim().is_empty()) {
                continue;
            }
            let mjd = field(7, 15, "MJD")? as i64;
            if table.days.is_empty() {
                table.first_mjd = mjd;
            }
            let previous = table.first_mjd + table.days.len() as i64 - 1;
            if mjd != previous + 1 {
                return Err(OrientationError::Order {
                    file: file.into(),
                    line,
                    mjd,
                    previous,
                });
            }
            if table.days.len() == DAYS_MAX {
                return Err(OrientationError::TooLong { file: file.into() });
            }
            let ut1 = field(58, 68, "UT1-UTC")?;
            let (x, y) = (field(18, 27, "PM-x")?, field(37, 46, "PM-y")?);
            let mut read = day(&table.leap, mjd, ut1, x, y);
            let before_s = table.days.last().map(|d: &Day| d.ut1_minus_tai_s);
            let step_s = before_s.map_or(0.0, |s| (read.ut1_minus_tai_s - s).round());
            if (step_s.abs() - 1.0).abs() < 0.5 && table.leap.ends_before(mjd) {
                table.leap.add(mjd, step_s);
                read = day(&table.leap, mjd, ut1, x, y);
            }
            table.days.push(read);
            if row.get(57..58) == Some("I") {
                table.measured_until_mjd = mjd;
            }
        }
        if table.days.is_empty() {
            return Err(OrientationError::Empty { file: file.into() });
        }
        Ok(table)
    }

    /// First and last modified Julian date with a value, and the last measured one.
    pub fn span_mjd(&self) -> (i64, i64, i64) {
        (
            self.first_mjd,
            self.first_mjd + self.days.len() as i64 - 1,
            self.measured_until_mjd,
        )
    }

    /// What to tell a user who computes from `from` to `to`: how far places may be off, where that is more
    /// than [`REMARK_M`] because the table is predicted there or does not reach.
    pub fn remark(&self, from: Days<Utc>, to: Days<Utc>) -> Option<String> {
        let worst = [self.at(from), self.at(to)]
            .into_iter()
            .max_by(|a, b| a.accuracy_m.total_cmp(&b.accuracy_m))
            .filter(|o| o.accuracy_m > REMARK_M)?;
        let (first, last, measured) = self.span_mjd();
        let day = |mjd: i64| {
            jiff::civil::Date::constant(1858, 11, 17)
                .checked_add(jiff::Span::new().try_days(mjd).ok()?)
                .ok()
        };
        let days = [first, measured, last].map(|mjd| day(mjd).unwrap_or_default());
        Some(format!(
            "Earth orientation is {} (table from {}, measured until {}, predicted until {}): places may be \
             off by {:.0} m",
            match worst.quality {
                Quality::Measured => "measured",
                Quality::Predicted => "predicted",
                Quality::Unknown => "not known",
            },
            days[0],
            days[1],
            days[2],
            worst.accuracy_m
        ))
    }

    /// The orientation at `t`. Always answers: [`Orientation::accuracy_m`] says how well.
    pub fn at(&self, t: Days<Utc>) -> Orientation {
        let mjd = t.mjd();
        let place = mjd - self.first_mjd as f64;
        let last = self.days.len().saturating_sub(1);
        if place < 0.0 || place > last as f64 || self.days.is_empty() {
            return self.outside(t, place, last);
        }
        let index = (place as usize).min(last.saturating_sub(1));
        let (a, b) = (self.days[index], self.days[(index + 1).min(last)]);
        let part = place - index as f64;
        let mix = |a: f64, b: f64| a + (b - a) * part;
        let ahead_days = mjd - self.measured_until_mjd as f64;
        let (accuracy_m, quality) = if ahead_days <= 0.0 {
            (0.05, Quality::Measured)
        } else {
            (0.05 + predicted_m(ahead_days), Quality::Predicted)
        };
        Orientation {
            ut1_minus_utc_s: mix(a.ut1_minus_tai_s, b.ut1_minus_tai_s)
                + self.leap.tai_minus_utc_s(t),
            xp_arcsec: mix(a.xp_arcsec, b.xp_arcsec),
            yp_arcsec: mix(a.yp_arcsec, b.yp_arcsec),
            accuracy_m,
            quality,
        }
    }

    fn outside(&self, t: Days<Utc>, place: f64, last: usize) -> Orientation {
        let away_days = if place < 0.0 {
            -place
        } else {
            place - last as f64
        };
        let nearest = if place < 0.0 {
            self.days.first()
        } else {
            self.days.last()
        };
        let bound_m = UT1_MINUS_UTC_MAX_S * EQUATOR_M_S + POLAR_MOTION_MAX_ARCSEC * ARCSEC_M;
        match nearest.filter(|_| away_days < 365.0) {
            Some(day) => {
                let held_s = day.ut1_minus_tai_s + self.leap.tai_minus_utc_s(t);
                // Length of day has stayed within 4 ms of 86,400 s since 1962.
                let drift_m = 0.004 * away_days * EQUATOR_M_S + 0.01 * away_days * ARCSEC_M;
                Orientation {
                    ut1_minus_utc_s: held_s.clamp(-UT1_MINUS_UTC_MAX_S, UT1_MINUS_UTC_MAX_S),
                    xp_arcsec: day.xp_arcsec,
                    yp_arcsec: day.yp_arcsec,
                    accuracy_m: (20.0 + drift_m).min(2.0 * bound_m),
                    quality: Quality::Unknown,
                }
            }
            None => Orientation {
                ut1_minus_utc_s: 0.0,
                xp_arcsec: 0.0,
                yp_arcsec: 0.0,
                accuracy_m: bound_m,
                quality: Quality::Unknown,
            },
        }
    }
}

/// IERS Bulletin A: prediction errors grow as 0.00025 s D^0.75 and 0.00068 arc seconds D^0.80.
fn predicted_m(ahead_days: f64) -> f64 {
    let ut1_m = 0.000_25 * ahead_days.powf(0.75) * EQUATOR_M_S;
    let pole_m = 0.000_68 * ahead_days.powf(0.80) * ARCSEC_M;
    ut1_m.hypot(pole_m)
}

fn day(leap: &LeapSeconds, mjd: i64, ut1_minus_utc_s: f64, xp_arcsec: f64, yp_arcsec: f64) -> Day {
    let tai = leap.tai_minus_utc_s(Days::since_j2000(mjd as f64 - 51_544.5));
    Day {
        ut1_minus_tai_s: ut1_minus_utc_s - tai,
        xp_arcsec,
        yp_arcsec,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(t: &str) -> Orientation {
        EarthOrientation::shipped().at(Days::utc(t.parse().unwrap()))
    }

    #[test]
    fn shipped_table_reads_whole() {
        let numbers = SHIPPED
            .lines()
            .filter(|l| !l.starts_with('#'))
            .flat_map(|l| l.split(' '));
        assert!(numbers.clone().all(|s| s.parse::<i32>().is_ok()));
        let (first, last, measured) = EarthOrientation::shipped().span_mjd();
        assert_eq!((first, last, measured), (53_005, 61_707, 61_335));
    }

    #[test]
    fn published_values() {
        // Vallado et al. 2006, appendix C, take -0.4399619 s, -0.140682", 0.333309" for the day.
        let o = at("2004-04-06T00:00:00Z");
        assert!((o.ut1_minus_utc_s + 0.439_961_9).abs() < 5e-5, "{o:?}");
        assert!((o.xp_arcsec + 0.140_682).abs() < 5e-4 && (o.yp_arcsec - 0.333_309).abs() < 5e-4);
        // Leap second of 2017: UT1-UTC jumped from -0.408 to +0.592.
        assert!((at("2016-12-31T23:59:59Z").ut1_minus_utc_s + 0.408).abs() < 1e-3);
        assert!((at("2017-01-01T00:00:00Z").ut1_minus_utc_s - 0.592).abs() < 1e-3);
    }

    #[test]
    fn outside_it_answers_and_says_how_well() {
        assert_eq!(at("2026-08-22T00:00:00Z").quality, Quality::Measured);
        let predicted = at("2027-06-01T00:00:00Z");
        assert_eq!(predicted.quality, Quality::Predicted);
        assert!(predicted.accuracy_m > 3.0 && predicted.accuracy_m < 30.0);
        for t in [
            "1970-01-01T00:00:00Z",
            "2027-12-24T00:00:00Z",
            "2090-01-01T00:00:00Z",
        ] {
            let o = at(t);
            assert_eq!(o.quality, Quality::Unknown);
            assert!(o.accuracy_m >= 20.0 && o.ut1_minus_utc_s.abs() <= 0.9);
        }
    }

    #[test]
    fn what_is_worth_a_word() {
        let remark = |from: &str, to: &str| {
            let days = |t: &str| Days::utc(t.parse().unwrap());
            EarthOrientation::shipped().remark(days(from), days(to))
        };
        assert_eq!(remark("2026-08-22T00:00:00Z", "2026-08-29T00:00:00Z"), None);
        let predicted = remark("2026-08-22T00:00:00Z", "2027-08-22T00:00:00Z").unwrap();
        assert!(predicted.contains("is predicted"), "{predicted}");
        assert!(
            predicted.contains("measured until 2026-10-22, predicted until 2027-10-29"),
            "{predicted}"
        );
        let unknown = remark("2090-08-22T00:00:00Z", "2090-08-23T00:00:00Z").unwrap();
        assert!(
            unknown.contains("is not known") && unknown.contains("437 m"),
            "{unknown}"
        );
    }

    #[test]
    fn broken_files_are_named() {
        let read = |text: &str| EarthOrientation::from_finals2000a(text, "f").unwrap_err();
        assert_eq!(read(""), OrientationError::Empty { file: "f".into() });
        let row = "73 1 2 41684.00 I  0.120733 0.009786  0.136966 0.015902  I 0.8084178 0.0002710";
        let good = EarthOrientation::from_finals2000a(row, "f").unwrap();
        assert_eq!(good.span_mjd(), (41_684, 41_684, 41_684));
        let text = row.replace("0.136966", "0.1x6966");
        assert!(matches!(
            read(&text),
            OrientationError::Field {
                line: 1,
                field: "PM-y",
                ..
            }
        ));
        let text = format!("{row}\n{row}");
        assert!(matches!(
            read(&text),
            OrientationError::Order {
                line: 2,
                mjd: 41_684,
                ..
            }
        ));
        for cut in 0..row.len() {
            let _ = EarthOrientation::from_finals2000a(&row[..cut], "f");
        }
    }
}
