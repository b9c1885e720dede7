//! Access: when an instrument can see an area, from how far off nadir, and how much of it.
//!
//! **What counts as seeing.** An agile instrument sees the area while any part of it is within the
//! greatest angle from the geodetic nadir, ahead, behind or to the side, and on the near side of the
//! horizon. A nadir swath or a radar sees what is broadside: on the line across the ground track,
//! within half the swath of it, between the radar's least and greatest angle (from nadir, or of
//! incidence on the ground) to the left, to the right or on either side, or between the ends of a scan.
//! A conical or rectangular instrument sees what lies within its fixed field of view. The window is from the first part of the area seen to the last. The line
//! lies across the velocity relative to the turning ground, as yaw steering makes it. Satellites slower
//! than two revolutions a day do not scan: all their instruments but those of a fixed field of view are
//! taken as agile.
//!
//! **Coverage** is the share of the area that one strip, `swath_km` wide and laid along the track at the
//! best place within the field of regard, takes in one pass; of a scan and a fixed field of view the
//! share that passes through it in the window. Lines count by length; a point is seen or not.
//!
//! **Daylight** is the Sun's elevation at the middle of the area.
//!
//! Where the span or the daylight cuts a window, a scanning instrument's coverage counts what is left;
//! an agile one's counts the whole pass, since it can look ahead and behind.

mod field;
mod frame;
mod ground;
mod scan;
mod search;
mod seen;

pub use ground::{Ground, footprint};
pub use seen::{Seen, Taken, reached_in, seen_in};

use crate::area::Area;
use crate::instrument::Instrument;
use crate::opportunity::Opportunity;
use crate::target::{Outline, Target};
use corridor_orbit::earth::Geodetic;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use corridor_orbit::visibility::LimitError;
use corridor_orbit::window::{Window, WindowSet};
use corridor_orbit::{sun, visibility};
use jiff::Timestamp;
use search::TargetSearch;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Longest span that is searched, days.
pub const SPAN_MAX_DAYS: i64 = 400;

/// Agile windows longer than this are never missed, seconds; broadside ones are never missed at all.
pub const MIN_WINDOW_S: f64 = 0.5;

/// A revolution slower than this stares and does not scan, seconds.
const SLOW_PERIOD_S: f64 = 43_000.0;

/// Mean radius of the Earth, km: what a swath's width is measured on.
const EARTH_RADIUS_KM: f64 = 6_371.0;

/// A satellite with one of its instruments.
#[derive(Debug, Clone, Copy)]
pub struct Sensor<'a> {
    /// Name of the satellite.
    pub satellite: &'a str,
    /// Catalogue number; `None` where the satellite is planned.
    pub norad_id: Option<u32>,
    /// Whether the satellite does not fly yet.
    pub planned: bool,
    /// Where it is when.
    pub trajectory: &'a Trajectory,
    /// What looks.
    pub instrument: &'a Instrument,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccessError {
    /// The span ends before it starts.
    #[error("span ends at {to}, before its start at {from}")]
    Span {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The span is longer than [`SPAN_MAX_DAYS`].
    #[error("span from {from} to {to} is longer than {SPAN_MAX_DAYS} days")]
    Long {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// An angle cannot be.
    #[error("{field} is {value}; {right}")]
    Angle {
        /// Which angle.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// A limit cannot be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The trajectory has no state at some instant of the span.
    #[error(transparent)]
    Propagate(#[from] PropagateError),
}

/// Every opportunity of `sensor` to see some of `area` in `[from, to)`, in order.
///
/// Edges are within 1 ms of the geometry described above and, for fresh elements, within
/// milliseconds of other tools (`tests/reference`); what the elements' age adds is not in them.
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn opportunities(
    sensor: &Sensor<'_>,
    area: &Area,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Opportunity>, AccessError> {
    check_span(from, to)?;
    TargetSearch::new(sensor, &Outline::of_area(area), from, to).opportunities()
}

/// [`opportunities`] to see a point, lines or polygons.
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn target_opportunities(
    sensor: &Sensor<'_>,
    target: &Target,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Opportunity>, AccessError> {
    check_span(from, to)?;
    TargetSearch::new(sensor, &target.outline(), from, to).opportunities()
}

/// Greatest elevation of the satellite at a place within a window, degrees.
///
/// # Errors
/// Where the trajectory has no state.
pub fn max_elevation_deg(
    trajectory: &Trajectory,
    place: &Geodetic,
    window: Window,
) -> Result<f64, PropagateError> {
    let track = trajectory.track(window.start);
    let below = |t_s: f64| -> Result<f64, PropagateError> {
        let state = track.state_itrf(t_s)?;
        Ok(-corridor_orbit::earth::look_angles(place, &state.position()).elevation_deg)
    };
    let span = corridor_orbit::event::Span {
        start_s: 0.0,
        end_s: window.duration_s(),
    };
    Ok(-search::least_in(span, &below)?)
}

/// [`opportunities`] of many sensors at once, on `threads` threads; the answers stand in the order
/// of the sensors.
pub fn opportunities_of(
    sensors: &[Sensor<'_>],
    area: &Area,
    from: Timestamp,
    to: Timestamp,
    threads: usize,
) -> Vec<Result<Vec<Opportunity>, AccessError>> {
    shared_out(sensors.len(), threads, &|number| {
        opportunities(&sensors[number], area, from, to)
    })
}

/// The answers to the questions 0 to `count`, in order, worked out on `threads` threads.
pub fn shared_out<T: Send>(
    count: usize,
    threads: usize,
    answer: &(dyn Fn(usize) -> T + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut part = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                break part;
            }
            part.push((index, answer(index)));
        }
    };
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads = threads.clamp(1, count.max(1));
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
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// Every window in `[from, to)` in which one place is within `max_off_nadir_deg` of the satellite's
/// geodetic nadir, the satellite above its horizon and, where asked for, the Sun at
/// `min_sun_elevation_deg` or more.
///
/// # Errors
/// [`AccessError`]: a wrong span or angle, or a trajectory without a state.
pub fn point_windows(
    trajectory: &Trajectory,
    place: &Geodetic,
    max_off_nadir_deg: f64,
    min_sun_elevation_deg: Option<f64>,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, AccessError> {
    check_span(from, to)?;
    if !(max_off_nadir_deg > 0.0 && max_off_nadir_deg <= 90.0) {
        return Err(AccessError::Angle {
            field: "max_off_nadir_deg",
            value: max_off_nadir_deg,
            right: "should be more than 0 and at most 90 degrees",
        });
    }
    let seen = visibility::sights(trajectory, place, max_off_nadir_deg, from, to)?;
    Ok(match min_sun_elevation_deg {
        Some(least) if !seen.is_empty() => seen.and(&sun::daylight(place, least, from, to)),
        _ => seen,
    })
}

/// Checks a span as every search does.
///
/// # Errors
/// [`AccessError::Span`] and [`AccessError::Long`].
pub fn check_span(from: Timestamp, to: Timestamp) -> Result<(), AccessError> {
    if to < from {
        return Err(AccessError::Span { from, to });
    }
    if to.duration_since(from).as_hours() > SPAN_MAX_DAYS * 24 {
        return Err(AccessError::Long { from, to });
    }
    Ok(())
}

/// Half the swath as an angle at the Earth's centre, radians.
fn half_swath_rad(instrument: &Instrument) -> f64 {
    (0.5 * instrument.swath_km / EARTH_RADIUS_KM).min(std::f64::consts::FRAC_PI_2)
}
