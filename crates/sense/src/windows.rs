//! Windows of many satellites over many places.
//!
//! **Cost.** Each satellite's positions are computed once for all places and shared: one to four
//! propagations for every quarter of an hour in a low orbit, fewer where its plane is far from all
//! places. Each pair of satellite and place then costs about a nanosecond for each position, and about
//! a microsecond for each window. Time therefore grows with satellites x days for the positions,
//! with satellites x places x days (a small constant) for the sieve, and with the number of windows for
//! their edges. `benches/access.rs` prints all three.

use crate::access::{AccessError, check_span};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::event::Span;
use corridor_orbit::frame::EarthOrientation;
use corridor_orbit::grid::Grids;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use corridor_orbit::sun;
use corridor_orbit::visibility::{Flight, Limits, Site};
use corridor_orbit::window::offset;
use jiff::Timestamp;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What has to hold at once for a window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Conditions {
    /// Between satellite and place.
    pub limits: Limits,
    /// Least elevation of the Sun's centre at the place, degrees; no refraction.
    pub min_sun_elevation_deg: Option<f64>,
    /// Greatest elevation of the Sun's centre at the place, degrees.
    pub max_sun_elevation_deg: Option<f64>,
}

impl Conditions {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`AccessError::Angle`] names the first that is wrong.
    pub fn check(&self) -> Result<(), AccessError> {
        self.limits.check()?;
        for (field, value) in [
            ("min_sun_elevation_deg", self.min_sun_elevation_deg),
            ("max_sun_elevation_deg", self.max_sun_elevation_deg),
        ] {
            if let Some(value) = value.filter(|x| !(-90.0..=90.0).contains(x)) {
                let right = "should be from -90 to 90 degrees";
                return Err(AccessError::Angle {
                    field,
                    value,
                    right,
                });
            }
        }
        Ok(())
    }
}

/// A window of one satellite over one place.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaceWindow {
    /// The place, by its number in the list.
    pub place: usize,
    /// First instant inside.
    pub start: Timestamp,
    /// First instant after.
    pub end: Timestamp,
    /// Greatest elevation of the satellite at the place, degrees.
    pub max_elevation_deg: f64,
    /// Least angle at the satellite between the geodetic nadir and the place, degrees.
    pub min_off_nadir_deg: f64,
}

/// What was found for one satellite.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SatelliteWindows {
    /// In order of place and start.
    pub windows: Vec<PlaceWindow>,
    /// Why some of the span could not be searched; windows are those of the rest.
    pub fault: Option<PropagateError>,
}

/// A span of time with the Earth orientation to turn by.
#[derive(Debug, Clone, Copy)]
pub struct Period<'a> {
    /// First instant.
    pub from: Timestamp,
    /// First instant after.
    pub to: Timestamp,
    /// Earth orientation.
    pub earth: &'a EarthOrientation,
}

impl Period<'static> {
    /// With the Earth orientation that ships with the program.
    pub fn new(from: Timestamp, to: Timestamp) -> Self {
        Self {
            from,
            to,
            earth: EarthOrientation::shipped(),
        }
    }
}

/// Every window of each satellite over each place, on `threads` threads; the answers stand in the
/// order of the satellites. `progress` hears how many satellites are done.
///
/// # Errors
/// [`AccessError`]: a wrong span or figure. What is wrong with one satellite is told in its answer.
pub fn windows_of(
    satellites: &[Trajectory],
    places: &[Geodetic],
    conditions: &Conditions,
    period: Period<'_>,
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<SatelliteWindows>, AccessError> {
    check_span(period.from, period.to)?;
    conditions.check()?;
    let grids = Grids::new(period.from, period.to, period.earth);
    let targets: Vec<Target> = places
        .iter()
        .map(|place| Target::new(place, conditions, period))
        .collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut part = Vec::new();
        let mut found = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(trajectory) = satellites.get(index) else {
                break part;
            };
            let mut flight = Flight::new(trajectory, &grids);
            let mut answer = SatelliteWindows::default();
            for (place, target) in targets.iter().enumerate() {
                found.clear();
                flight.windows(&target.site, &conditions.limits, &target.lit, &mut found);
                answer.windows.extend(found.iter().map(|seen| PlaceWindow {
                    place,
                    start: offset(period.from, seen.span.start_s),
                    end: offset(period.from, seen.span.end_s).min(period.to),
                    max_elevation_deg: seen.max_elevation_deg,
                    min_off_nadir_deg: seen.min_off_nadir_deg,
                }));
            }
            answer.fault = flight.fault().cloned();
            part.push((index, answer));
            progress(index + 1);
        }
    };
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads = threads.clamp(1, satellites.len().max(1));
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for handle in others {
            // A thread that panicked passes its panic on: nothing is left out silently.
            all.extend(
                handle
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    Ok(all.into_iter().map(|(_, answer)| answer).collect())
}

/// A place with the spans in which the Sun stands as asked.
struct Target {
    site: Site,
    lit: Vec<Span>,
}

impl Target {
    fn new(place: &Geodetic, conditions: &Conditions, period: Period<'_>) -> Self {
        let (from, to) = (period.from, period.to);
        let whole = corridor_orbit::window::Window {
            start: from,
            end: to,
        };
        let mut lit = corridor_orbit::window::WindowSet::from(whole);
        if let Some(least) = conditions.min_sun_elevation_deg {
            lit = sun::daylight(place, least, from, to);
        }
        if let Some(most) = conditions.max_sun_elevation_deg {
            lit = lit.minus(&sun::daylight(place, most, from, to));
        }
        let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
        Self {
            site: Site::new(place),
            lit: lit
                .windows()
                .iter()
                .map(|w| Span {
                    start_s: seconds(w.start),
                    end_s: seconds(w.end),
                })
                .collect(),
        }
    }
}
