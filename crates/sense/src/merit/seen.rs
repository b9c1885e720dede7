//! When places are seen by many satellites together.

use crate::access::{AccessError, Sensor, opportunities_of};
use crate::area::Area;
use crate::windows::{Conditions, Period, windows_of};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::propagate::Trajectory;
use corridor_orbit::window::{Window, WindowSet};
use jiff::Timestamp;

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
