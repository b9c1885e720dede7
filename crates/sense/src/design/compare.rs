//! What planned satellites would change: figures of merit of a place with the satellites that fly, with
//! the planned ones, and with both.

use crate::access::{AccessError, Sensor, opportunities_of};
use crate::area::Area;
use crate::windows::{Conditions, Period, windows_of};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::{Window, WindowSet};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How often and how soon a place is seen in a span.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// Times in which it is seen; those of several satellites that overlap or touch count as one.
    pub accesses: usize,
    /// How long it is seen altogether, seconds.
    pub access_s: f64,
    /// Mean time from the end of one access to the start of the next, seconds; `None` below two.
    pub mean_gap_s: Option<f64>,
    /// Longest such time, seconds.
    pub max_gap_s: Option<f64>,
    /// Mean time from an instant, any between the start of the span and the end of the last access, to
    /// the access at or after it, seconds; `None` where there is none.
    pub mean_response_s: Option<f64>,
}

impl Figures {
    /// Of the windows in which a place is seen, in `[from, to)`.
    pub fn new(seen: &WindowSet, from: Timestamp, to: Timestamp) -> Self {
        let span = Window::new(from, to).map_or_else(WindowSet::empty, WindowSet::from);
        let seen = seen.and(&span);
        let windows = seen.windows();
        let seconds = |a: Timestamp, b: Timestamp| b.duration_since(a).as_secs_f64();
        let gaps_s: Vec<f64> = windows
            .windows(2)
            .map(|pair| seconds(pair[0].end, pair[1].start))
            .collect();
        let mean = |sum: f64| sum / gaps_s.len() as f64;
        let some = !gaps_s.is_empty();
        let response = windows.first().zip(windows.last()).map(|(first, last)| {
            // Who asks within a gap waits half of it on average.
            let waits = gaps_s.iter().map(|g| g * g / 2.0).sum::<f64>();
            let before_s = seconds(from, first.start);
            (waits + before_s * before_s / 2.0) / seconds(from, last.end)
        });
        Self {
            accesses: windows.len(),
            access_s: seen.duration_s(),
            mean_gap_s: some.then(|| mean(gaps_s.iter().sum())),
            max_gap_s: some.then(|| gaps_s.iter().copied().fold(0.0, f64::max)),
            mean_response_s: response,
        }
    }
}

/// One place with and without planned satellites.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// With those that fly.
    pub flying: Figures,
    /// With the planned ones alone.
    pub planned: Figures,
    /// With both.
    pub both: Figures,
}

/// Compares what satellites that fly and planned ones see of a place in `[from, to)`.
pub fn compare(
    flying: &WindowSet,
    planned: &WindowSet,
    from: Timestamp,
    to: Timestamp,
) -> Comparison {
    Comparison {
        flying: Figures::new(flying, from, to),
        planned: Figures::new(planned, from, to),
        both: Figures::new(&flying.or(planned), from, to),
    }
}

/// When places are seen.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// When any satellite sees each place, in the order of the places.
    pub windows: Vec<WindowSet>,
    /// Satellites or sensors, by their numbers, that could not be searched for all of the span, and why;
    /// the windows are those of the rest.
    pub faults: Vec<(usize, AccessError)>,
}

/// When any of the satellites sees each place under the same conditions.
///
/// # Errors
/// [`AccessError`]: a wrong span or condition.
pub fn seen_under(
    satellites: &[Trajectory],
    places: &[Geodetic],
    conditions: &Conditions,
    period: Period<'_>,
    threads: usize,
) -> Result<Seen, AccessError> {
    let mut windows: Vec<Vec<Window>> = vec![Vec::new(); places.len()];
    let mut faults = Vec::new();
    let found = windows_of(satellites, places, conditions, period, threads, &|_| {})?;
    for (number, satellite) in found.into_iter().enumerate() {
        if let Some(fault) = satellite.fault {
            faults.push((number, fault.into()));
        }
        for seen in satellite.windows {
            windows[seen.place].extend(Window::new(seen.start, seen.end));
        }
    }
    Ok(Seen {
        windows: windows.into_iter().map(WindowSet::from_iter).collect(),
        faults,
    })
}

/// When any of the sensors sees some of each area. A sensor with a fault over one area is left out there.
pub fn seen_by(
    sensors: &[Sensor<'_>],
    areas: &[Area],
    (from, to): (Timestamp, Timestamp),
    threads: usize,
) -> Seen {
    let mut all = Seen::default();
    for area in areas {
        let mut windows = Vec::new();
        let found = opportunities_of(sensors, area, from, to, threads);
        for (number, answer) in found.into_iter().enumerate() {
            match answer {
                Ok(list) => {
                    windows.extend(list.iter().filter_map(|o| Window::new(o.start, o.end)));
                }
                Err(fault) => all.faults.push((number, fault)),
            }
        }
        all.windows.push(WindowSet::from_iter(windows));
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_orbit::window::offset;

    fn set(spans: &[(f64, f64)]) -> WindowSet {
        let at = |s| offset(Timestamp::UNIX_EPOCH, s);
        spans
            .iter()
            .filter_map(|&(a, b)| Window::new(at(a), at(b)))
            .collect()
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "all sums are of whole seconds")]
    fn figures_by_hand() {
        let (from, to) = (Timestamp::UNIX_EPOCH, offset(Timestamp::UNIX_EPOCH, 1000.0));
        let flying = set(&[(100.0, 110.0), (510.0, 520.0)]);
        let planned = set(&[(105.0, 115.0), (315.0, 325.0), (1100.0, 1200.0)]);
        let Comparison {
            flying,
            planned,
            both,
        } = compare(&flying, &planned, from, to);
        assert_eq!(
            (flying.accesses, planned.accesses, both.accesses),
            (2, 2, 3)
        );
        assert_eq!(
            (flying.mean_gap_s, flying.max_gap_s),
            (Some(400.0), Some(400.0))
        );
        assert_eq!(
            (both.mean_gap_s, both.max_gap_s),
            (Some(192.5), Some(200.0))
        );
        assert_eq!(both.access_s, 35.0);
        // Before the first 100 s, then a gap of 400 s: (5000 + 80000) / 520.
        assert_eq!(flying.mean_response_s, Some(85_000.0 / 520.0));
        let never = Figures::new(&WindowSet::empty(), from, to);
        assert_eq!(
            (never.accesses, never.mean_response_s, never.max_gap_s),
            (0, None, None)
        );
    }
}
