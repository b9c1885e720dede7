//! Visibility: when a satellite passes a place, or sees it.
//!
//! A [`Flight`] is one satellite over a span; any number of [`Site`]s ask it for windows under
//! [`Limits`]. Its cost is that of its positions, which the sites share, and of the windows they find.

mod limits;
mod plane;
mod reach;
mod search;
mod site;

pub use limits::{LimitError, Limits};
pub use plane::Plane;
pub use reach::{reach_of_elevation_rad, reach_of_off_nadir_rad, reach_of_range_rad};
pub use search::{Flight, Seen};
pub use site::Site;

use crate::earth::{Geodetic, angle_between};
use crate::event::{Bounded, Search, Span, find_spans_in};
use crate::frame::EarthOrientation;
use crate::grid::Grids;
use crate::propagate::{PropagateError, Track, Trajectory};
use crate::window::{Window, WindowSet, offset};
use jiff::Timestamp;

/// Steps of the first search are at least this long, seconds; it looks wider to make up for it.
const COARSE_STEP_S: f64 = 10.0;

/// Passes and sights longer than this are never missed.
pub const MIN_WINDOW_S: f64 = 0.5;

/// Spans of `within` that hold every instant at which the satellite is within `reach_rad` of
/// `direction`, as seen from the Earth's centre; a little more than asked for.
///
/// # Errors
/// Where the trajectory has no state.
pub fn near(
    track: &Track<'_>,
    direction: [f64; 3],
    reach_rad: f64,
    within: Span,
) -> Result<Vec<Span>, PropagateError> {
    let rate_max = track.trajectory().turn_rate_max_rad_s();
    // An instant within reach lies in a span of at least one step within the wider reach.
    let wider = reach_rad + rate_max * COARSE_STEP_S * 0.51;
    if wider >= std::f64::consts::PI {
        return Ok(vec![within]);
    }
    let value = |t_s| -> Result<f64, PropagateError> {
        Ok(wider - angle_between(track.position_itrf(t_s)?.r_m, direction))
    };
    let search = Search {
        min_window_s: COARSE_STEP_S,
        tolerance_s: 1.0,
    };
    find_spans_in(&mut Bounded { value, rate_max }, within, search)
}

/// Every window in `[from, to)` in which the satellite stands at `mask_deg` or more above the
/// horizontal of `site`; geometric, without refraction. Edges to 1 ms.
///
/// # Errors
/// Where the trajectory has no state.
pub fn passes(
    trajectory: &Trajectory,
    site: &Geodetic,
    mask_deg: f64,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, PropagateError> {
    search(trajectory, site, &Limits::elevation(mask_deg), from, to)
}

/// Every window in `[from, to)` in which `target` is at most `max_off_nadir_deg` from the satellite's
/// geodetic nadir and the satellite above the target's horizon. Edges to 1 ms.
///
/// # Errors
/// Where the trajectory has no state.
pub fn sights(
    trajectory: &Trajectory,
    target: &Geodetic,
    max_off_nadir_deg: f64,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, PropagateError> {
    let limits = Limits::off_nadir(max_off_nadir_deg);
    search(trajectory, target, &limits, from, to)
}

fn search(
    trajectory: &Trajectory,
    place: &Geodetic,
    limits: &Limits,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, PropagateError> {
    let grids = Grids::new(from, to, EarthOrientation::shipped());
    let whole = Span {
        start_s: 0.0,
        end_s: grids.duration_s(),
    };
    let mut flight = Flight::new(trajectory, &grids);
    let mut found = Vec::new();
    flight.windows(&Site::new(place), limits, &[whole], &mut found);
    match flight.fault() {
        Some(fault) => Err(fault.clone()),
        None => Ok(found
            .iter()
            .filter_map(|seen| {
                let end = offset(from, seen.span.end_s).min(to);
                Window::new(offset(from, seen.span.start_s), end)
            })
            .collect()),
    }
}

/// Upper bound of how fast a direction between the satellite and the ground turns, rad/s.
pub fn sight_rate_max_rad_s(trajectory: &Trajectory) -> f64 {
    let radius_m = trajectory.perigee_radius_m();
    let height_m = (radius_m - 6_378_137.0).max(80_000.0);
    let turn = trajectory.turn_rate_max_rad_s();
    turn * (1.0 + radius_m / height_m)
}
