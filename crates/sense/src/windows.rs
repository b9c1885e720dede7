//! Windows of many satellites over many places.
//!
//! **Cost.** Each satellite's positions are computed once for all places and shared: one to four
//! propagations for every quarter of an hour in a low orbit, fewer where its plane is far from all
//! places. Each pair of satellite and place then costs about a nanosecond for each position, and about
//! a microsecond for each window. Time therefore grows with satellites x days for the positions,
//! with satellites x places x days (a small constant) for the sieve, and with the number of windows for
//! their edges. `benches/access.rs` prints all three.

use crate::access::{
    AccessError, Sensor, check_span, max_elevation_deg, shared_out, target_opportunities,
};
use crate::instrument::Instrument;
use crate::target::Target;
use corridor_orbit::earth::Geodetic;
use corridor_orbit::eclipse;
use corridor_orbit::event::{Bounded, Search, Span, find_spans_in};
use corridor_orbit::frame::{EarthOrientation, Itrf, Position};
use corridor_orbit::grid::Grids;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use corridor_orbit::sun;
use corridor_orbit::time::Days;
use corridor_orbit::visibility::{Flight, Limits, MIN_WINDOW_S, Seen, Site};
use corridor_orbit::window::offset;
use jiff::Timestamp;
use std::convert::Infallible;
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
    /// Whether the satellite is in sunlight.
    pub light: Option<Light>,
}

/// The light that falls on a satellite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Light {
    /// The whole Sun is seen from it.
    Sunlit,
    /// Nothing of the Sun is seen from it.
    Umbra,
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
    let targets: Vec<LitSite> = places
        .iter()
        .map(|place| LitSite::new(place, conditions, period))
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
                if let Some(light) = conditions.light {
                    found = in_light(&flight, &target.site, light, period, &found);
                }
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

/// What [`windows_of_targets`] found for one satellite: its windows, by place and start, and why some places
/// could not be searched.
pub type Looked = (Vec<PlaceWindow>, Vec<AccessError>);

/// Every window in which `instrument`, on each of the satellites, sees some of each target, on `threads`
/// threads; the answers stand in the order of the satellites. `progress` hears how many are done. The
/// elevation is that at the middle of the target.
pub fn windows_of_targets(
    satellites: &[Trajectory],
    instrument: &Instrument,
    targets: &[Target],
    (from, to): (Timestamp, Timestamp),
    threads: usize,
    progress: &(dyn Fn(usize) + Sync),
) -> Vec<Looked> {
    let done = AtomicUsize::new(0);
    shared_out(satellites.len(), threads, &|number| {
        let sensor = Sensor {
            satellite: "",
            norad_id: None,
            planned: false,
            trajectory: &satellites[number],
            instrument,
        };
        let mut answer = Looked::default();
        for (place, target) in targets.iter().enumerate() {
            match place_windows(&sensor, place, target, from, to) {
                Ok(windows) => answer.0.extend(windows),
                Err(fault) => answer.1.push(fault),
            }
        }
        progress(done.fetch_add(1, Ordering::Relaxed) + 1);
        answer
    })
}

fn place_windows(
    sensor: &Sensor<'_>,
    place: usize,
    target: &Target,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<PlaceWindow>, AccessError> {
    let middle = target.middle();
    target_opportunities(sensor, target, from, to)?
        .into_iter()
        .map(|o| {
            let window = corridor_orbit::window::Window {
                start: o.start,
                end: o.end,
            };
            Ok(PlaceWindow {
                place,
                start: o.start,
                end: o.end,
                max_elevation_deg: max_elevation_deg(sensor.trajectory, &middle, window)?,
                min_off_nadir_deg: o.min_off_nadir_deg,
            })
        })
        .collect()
}

/// The parts of windows in which the satellite is in the light asked for.
fn in_light(
    flight: &Flight<'_>,
    site: &Site,
    light: Light,
    period: Period<'_>,
    found: &[Seen],
) -> Vec<Seen> {
    let start = Days::utc(period.from).get();
    let value = |t_s: f64| -> Result<f64, Infallible> {
        let days = Days::since_j2000(start + t_s / 86_400.0);
        let sun =
            Position::<Itrf>::new(sun::direction_at(days).map(|x| x * sun::ASTRONOMICAL_UNIT_M));
        let Some(state) = flight.state(t_s) else {
            return Ok(-1.0);
        };
        let shadow = eclipse::shadow(&state.position(), &sun);
        Ok(match light {
            Light::Sunlit => -shadow.penumbra_m,
            Light::Umbra => shadow.umbra_m,
        })
    };
    let search = Search {
        min_window_s: MIN_WINDOW_S,
        tolerance_s: 1e-3,
    };
    // The Sun itself moves the shadow by less than a hundredth of the satellite's speed.
    let rate_max = 1.05 * flight.speed_max_m_s();
    let mut lit = Vec::new();
    for seen in found {
        let mut condition = Bounded { value, rate_max };
        let spans = match find_spans_in(&mut condition, seen.span, search) {
            Ok(spans) => spans,
            Err(never) => match never {},
        };
        lit.extend(spans.into_iter().map(|span| flight.best(site, span)));
    }
    lit
}

/// A place with the spans in which the Sun stands as asked.
struct LitSite {
    site: Site,
    lit: Vec<Span>,
}

impl LitSite {
    fn new(place: &Geodetic, conditions: &Conditions, period: Period<'_>) -> Self {
        Self {
            site: Site::new(place),
            lit: lit(place, conditions, period),
        }
    }
}

/// The spans in which the Sun stands as asked at a place, in seconds from the start of the period.
pub(crate) fn lit(place: &Geodetic, conditions: &Conditions, period: Period<'_>) -> Vec<Span> {
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
    lit.windows()
        .iter()
        .map(|w| Span {
            start_s: seconds(w.start),
            end_s: seconds(w.end),
        })
        .collect()
}

/// Adds the spans of the windows alone, within those in which the Sun stands as asked.
pub(crate) fn spans_in(
    lit: &[Span],
    flight: &mut Flight<'_>,
    site: &Site,
    conditions: &Conditions,
    period: Period<'_>,
    spans: &mut Vec<Span>,
) {
    let Some(light) = conditions.light else {
        return flight.spans(site, &conditions.limits, lit, spans);
    };
    let mut found = Vec::new();
    flight.windows(site, &conditions.limits, lit, &mut found);
    let found = in_light(flight, site, light, period, &found);
    spans.extend(found.iter().map(|seen| seen.span));
}
