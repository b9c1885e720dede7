//! Place to place on the ground: lines that are always on, or by daily hours, and that fail at times.

use super::SkyContact;
use crate::contact::ContactError;
use corridor_orbit::window::{Window, WindowSet, offset};
use jiff::{SignedDuration, Timestamp};

/// Most outages drawn for one line: bounds the work where outages are set to follow at once.
const OUTAGES_MAX: usize = 100_000;

/// A line between two places.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// One end.
    pub from: String,
    /// The other.
    pub to: String,
    /// Rate either way, bit/s.
    pub rate_bit_s: f64,
    /// Delay either way, s.
    pub delay_s: f64,
    /// When it is there.
    pub hours: Hours,
    /// Random outages; `None` where it never fails.
    pub outages: Option<Outages>,
}

/// When a line is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Hours {
    /// Always.
    Always,
    /// Each day from one second of the UTC day to another; over midnight where the end is not later.
    Daily {
        /// From, s of the day.
        start_s: f64,
        /// To, s of the day.
        end_s: f64,
    },
}

/// Outages at random: times between them and their lengths are exponential.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Outages {
    /// Mean time from the end of one to the start of the next, s.
    pub mean_up_s: f64,
    /// Mean length, s.
    pub mean_down_s: f64,
    /// The same seed gives the same outages.
    pub seed: u64,
}

/// Times in `from..to` in which the line does not work; from `from` on as drawn, so that the same span and
/// seed give the same times.
pub fn outages(outages: &Outages, from: Timestamp, to: Timestamp) -> WindowSet {
    let mut state = outages.seed;
    let mut draw = |mean_s: f64| -mean_s * (1.0 - uniform(&mut state)).ln();
    let mut found = Vec::new();
    let mut at = from;
    for _ in 0..OUTAGES_MAX {
        let start = offset(at, draw(outages.mean_up_s));
        if start >= to {
            break;
        }
        at = offset(start, draw(outages.mean_down_s));
        found.extend(Window::new(start, at.min(to)));
    }
    found.into()
}

/// splitmix64 (Steele, Lea and Flood 2014), as a number in [0, 1).
fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ z >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ z >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ z >> 31) >> 11) as f64 / (1_u64 << 53) as f64
}

/// Contacts of a line in `from..to`, in order of time.
///
/// # Errors
/// [`ContactError`] where a figure cannot be.
pub fn contacts(
    line: &Line,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<SkyContact>, ContactError> {
    check(line)?;
    if to <= from {
        return Err(ContactError::Span { from, to });
    }
    let mut windows = match line.hours {
        Hours::Always => WindowSet::from(Window {
            start: from,
            end: to,
        }),
        Hours::Daily { start_s, end_s } => daily(start_s, end_s, from, to),
    };
    if let Some(random) = &line.outages {
        let down = outages(random, from, to);
        windows = windows.minus(&down);
    }
    let windows: Vec<Window> = windows.into();
    let contact = |window: Window| SkyContact {
        from: line.from.clone(),
        to: line.to.clone(),
        start: window.start,
        end: window.end,
        setup_s: 0.0,
        rate_bit_s: line.rate_bit_s,
        back_rate_bit_s: line.rate_bit_s,
        max_elevation_deg: None,
        profile: None,
        owlt_s: line.delay_s,
    };
    Ok(windows.into_iter().map(contact).collect())
}

fn daily(start_s: f64, end_s: f64, from: Timestamp, to: Timestamp) -> WindowSet {
    let length_s = (end_s - start_s).rem_euclid(86_400.0);
    let length_s = if length_s > 0.0 { length_s } else { 86_400.0 };
    // The UTC day before `from` may reach into it.
    let day = from.as_second().div_euclid(86_400) - 1;
    let midnight = Timestamp::from_second(day * 86_400).unwrap_or(from);
    let days = to.duration_since(midnight).as_hours() / 24 + 1;
    (0..=days)
        .filter_map(|k| {
            let midnight = midnight
                .checked_add(SignedDuration::from_hours(24 * k))
                .ok()?;
            let start = offset(midnight, start_s);
            Window::new(start.max(from), offset(start, length_s).min(to))
        })
        .collect()
}

fn check(line: &Line) -> Result<(), ContactError> {
    let mut figures = vec![
        ("rate_bit_s", line.rate_bit_s, 0.0, 1e15, "0 to 1e15 bit/s"),
        ("delay_s", line.delay_s, 0.0, 86_400.0, "0 to 86400 s"),
    ];
    if let Hours::Daily { start_s, end_s } = line.hours {
        figures.push(("start_s", start_s, 0.0, 86_400.0, "0 to 86400 s of the day"));
        figures.push(("end_s", end_s, 0.0, 86_400.0, "0 to 86400 s of the day"));
    }
    if let Some(outages) = &line.outages {
        figures.push(("mean_up_s", outages.mean_up_s, 1.0, 1e12, "1 to 1e12 s"));
        figures.push(("mean_down_s", outages.mean_down_s, 0.0, 1e12, "0 to 1e12 s"));
    }
    for (field, value, low, high, expected) in figures {
        if !(low..=high).contains(&value) {
            return Err(ContactError::OutOfRange {
                field,
                value,
                expected,
            });
        }
    }
    Ok(())
}
