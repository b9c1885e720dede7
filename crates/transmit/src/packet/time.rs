//! Time codes of CCSDS 301.0-B-4: day segmented (CDS) and unsegmented (CUC).

use corridor_orbit::time::TimeSystem;
use jiff::{SignedDuration, Timestamp};

/// Days from 1958-01-01 to 1970-01-01.
const DAYS_1958_TO_1970: i64 = 4383;

/// Nanoseconds of a day.
const DAY_NS: i128 = 86_400_000_000_000;

/// How the bytes of a time are laid out, where no preamble (P-field) says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// Day segmented: days since 1958, milliseconds of the day, fractions of them.
    Cds {
        /// Bytes of the day number, 2 or 3.
        day_len: usize,
        /// Bytes below the millisecond: 0, 2 (microseconds) or 4 (picoseconds).
        fraction_len: usize,
    },
    /// Unsegmented: seconds since the epoch, and binary fractions of them.
    Cuc {
        /// Bytes of whole seconds, 1 to 7.
        coarse_len: usize,
        /// Bytes of the fraction, 0 to 10.
        fine_len: usize,
        /// Where seconds start.
        epoch: Epoch,
    },
}

/// Where the seconds of an unsegmented time start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Epoch {
    /// 1958-01-01 TAI (level 1).
    Tai1958,
    /// An instant of the mission's own; seconds run on without leap seconds from it (level 2).
    Agency(Timestamp),
}

/// The eight bytes that packets of Suomi NPP, the JPSS satellites, Terra and others start their data with:
/// day, milliseconds, microseconds.
pub const CDS_8: Layout = Layout::Cds {
    day_len: 2,
    fraction_len: 2,
};

/// Why bytes are no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// Too few bytes.
    #[error("{have} bytes of a time code of {need}")]
    Short {
        /// Bytes there are.
        have: usize,
        /// Bytes needed.
        need: usize,
    },
    /// A P-field of a code that is not read here.
    #[error("preamble {0:#04x} is neither CUC (level 1 or 2) nor CDS")]
    Preamble(u8),
    /// A level-2 code needs the mission's epoch.
    #[error("the preamble says an epoch of the mission's own, and none was given")]
    Epoch,
    /// More milliseconds than a day has.
    #[error("{0} milliseconds in a day of 86400000 (86401000 with a leap second)")]
    Milliseconds(u32),
    /// Past what a timestamp holds.
    #[error("a time out of range")]
    Range,
}

impl Layout {
    /// Bytes of such a time, without a preamble.
    pub fn len(&self) -> usize {
        match self {
            Self::Cds {
                day_len,
                fraction_len,
            } => day_len + 4 + fraction_len,
            Self::Cuc {
                coarse_len,
                fine_len,
                ..
            } => coarse_len + fine_len,
        }
    }

    /// Never: a time has bytes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads a preamble: the layout it says and the bytes it takes. `epoch` is that of a level-2 code.
    pub fn from_preamble(
        bytes: &[u8],
        epoch: Option<Timestamp>,
    ) -> Result<(Self, usize), TimeFault> {
        let first = *bytes.first().ok_or(TimeFault::Short { have: 0, need: 1 })?;
        let more = first & 0x80 != 0;
        let second = match (more, bytes.get(1)) {
            (false, _) => 0,
            (true, Some(second)) => *second,
            (true, None) => return Err(TimeFault::Short { have: 1, need: 2 }),
        };
        let used = 1 + usize::from(more);
        let agency = || epoch.map(Epoch::Agency).ok_or(TimeFault::Epoch);
        match first >> 4 & 7 {
            code @ (1 | 2) => Ok((
                Self::Cuc {
                    coarse_len: usize::from(first >> 2 & 3) + 1 + usize::from(second >> 5 & 3),
                    fine_len: usize::from(first & 3) + usize::from(second >> 2 & 7),
                    epoch: if code == 1 { Epoch::Tai1958 } else { agency()? },
                },
                used,
            )),
            4 if first & 8 == 0 => Ok((
                Self::Cds {
                    day_len: if first & 4 == 0 { 2 } else { 3 },
                    fraction_len: match first & 3 {
                        0 => 0,
                        1 => 2,
                        2 => 4,
                        _ => return Err(TimeFault::Preamble(first)),
                    },
                },
                used,
            )),
            4 => Err(TimeFault::Epoch),
            _ => Err(TimeFault::Preamble(first)),
        }
    }

    /// Reads a time.
    pub fn read(&self, bytes: &[u8]) -> Result<Timestamp, TimeFault> {
        let need = self.len();
        let field = bytes.get(..need).ok_or(TimeFault::Short {
            have: bytes.len(),
            need,
        })?;
        let number = |bytes: &[u8]| bytes.iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        match *self {
            Self::Cds { day_len, .. } => {
                let (day, rest) = field.split_at(day_len);
                let (ms, fraction) = rest.split_at(4);
                let ms = number(ms);
                if ms >= 86_401_000 {
                    return Err(TimeFault::Milliseconds(ms as u32));
                }
                let below_ns = match fraction.len() {
                    2 => number(fraction) * 1000,
                    4 => number(fraction) / 1000,
                    _ => 0,
                };
                let days = number(day) as i64 - DAYS_1958_TO_1970;
                let ns =
                    i128::from(days) * DAY_NS + i128::from(ms) * 1_000_000 + i128::from(below_ns);
                Timestamp::from_nanosecond(ns).map_err(|_| TimeFault::Range)
            }
            Self::Cuc {
                coarse_len, epoch, ..
            } => {
                let (coarse, fine) = field.split_at(coarse_len.min(need));
                let seconds = i64::try_from(number(coarse)).map_err(|_| TimeFault::Range)?;
                // Past eight bytes a fraction says nothing a nanosecond could show.
                let fine = &fine[..fine.len().min(8)];
                let ns = (u128::from(number(fine)) * 1_000_000_000) >> (8 * fine.len());
                let since = SignedDuration::new(seconds, ns as i32);
                match epoch {
                    Epoch::Agency(epoch) => epoch.checked_add(since).map_err(|_| TimeFault::Range),
                    Epoch::Tai1958 => from_tai(since),
                }
            }
        }
    }
}

/// UTC of a reading of TAI since 1958.
fn from_tai(since: SignedDuration) -> Result<Timestamp, TimeFault> {
    let epoch =
        Timestamp::from_second(-DAYS_1958_TO_1970 * 86_400).map_err(|_| TimeFault::Range)?;
    let reading = epoch.checked_add(since).map_err(|_| TimeFault::Range)?;
    TimeSystem::Tai.to_utc(reading).ok_or(TimeFault::Range)
}

/// Microseconds since 1958 of a [`CDS_8`] time, by which copies of a pass are ordered; `None` where the
/// bytes cannot be one.
pub fn cds_8_us(bytes: &[u8]) -> Option<u64> {
    let [d0, d1, m0, m1, m2, m3, u0, u1] = *bytes.first_chunk::<8>()?;
    let ms = u32::from_be_bytes([m0, m1, m2, m3]);
    let us = u16::from_be_bytes([u0, u1]);
    if ms >= 86_401_000 || us >= 1000 {
        return None;
    }
    let day = u64::from(u16::from_be_bytes([d0, d1]));
    Some(day * 86_400_000_000 + u64::from(ms) * 1000 + u64::from(us))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_segmented_times() {
        // Day 22098 is 2018-07-03.
        let bytes = [0x56, 0x52, 0, 0, 0, 1, 0, 2];
        assert_eq!(
            CDS_8.read(&bytes).unwrap().to_string(),
            "2018-07-03T00:00:00.001002Z"
        );
        assert_eq!(cds_8_us(&bytes), Some(22_098 * 86_400_000_000 + 1002));
        assert_eq!(Layout::from_preamble(&[0x41], None).unwrap(), (CDS_8, 1));
        assert_eq!(
            CDS_8.read(&bytes[..7]),
            Err(TimeFault::Short { have: 7, need: 8 })
        );
        let late = [0x56, 0x52, 0xff, 0, 0, 0, 0, 0];
        assert!(matches!(CDS_8.read(&late), Err(TimeFault::Milliseconds(_))));
        let picoseconds = Layout::from_preamble(&[0x42], None).unwrap().0;
        let bytes = [0x56, 0x52, 0, 0, 0, 0, 0, 0, 0x03, 0xe8];
        assert_eq!(picoseconds.read(&bytes).unwrap().subsec_nanosecond(), 1);
    }

    #[test]
    fn unsegmented_times() {
        // 2017-01-01T00:00:00Z is TAI 00:00:37: 21550 days and 37 seconds after 1958.
        let (tai, used) = Layout::from_preamble(&[0x1e], None).unwrap();
        assert_eq!((tai.len(), used), (6, 1));
        let seconds = (21_550_u32 * 86_400 + 37).to_be_bytes();
        let mut bytes = seconds.to_vec();
        bytes.extend([0x80, 0]);
        assert_eq!(
            tai.read(&bytes).unwrap().to_string(),
            "2017-01-01T00:00:00.5Z"
        );
        assert_eq!(Layout::from_preamble(&[0x2e], None), Err(TimeFault::Epoch));
        let epoch: Timestamp = "2000-01-01T12:00:00Z".parse().unwrap();
        let (own, _) = Layout::from_preamble(&[0x2e], Some(epoch)).unwrap();
        assert_eq!(
            own.read(&[0, 0, 0, 10, 0x40, 0]).unwrap().to_string(),
            "2000-01-01T12:00:10.25Z"
        );
        // An extended preamble adds a byte to each part.
        let (wide, used) = Layout::from_preamble(&[0x9e, 0x24], None).unwrap();
        assert_eq!((wide.len(), used), (8, 2));
        assert!(Layout::from_preamble(&[0x70], None).is_err());
    }
}
