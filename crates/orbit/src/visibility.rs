//! Visibility: when a satellite passes a place.
//!
//! Each search first finds, by the angle at the Earth's centre alone, the spans in which the satellite
//! is near enough at all. That angle changes no faster than the satellite turns, so a few evaluations
//! a revolution suffice; the exact condition is evaluated inside those spans only.

use crate::earth::{self, Geodetic, angle_between, dot, sub};
use crate::event::{Bounded, Search, Span, find_spans_in};
use crate::propagate::{PropagateError, Track, Trajectory};
use crate::window::{Window, WindowSet, offset};
use jiff::Timestamp;

/// No point of the Earth's surface is nearer to its centre, metres.
const EARTH_RADIUS_MIN_M: f64 = 6_350_000.0;

/// More than the geodetic vertical ever leans from the geocentric one, radians (0.1924 degrees).
const LEAN_MAX_RAD: f64 = 0.0034;

/// Steps of the first search are at least this long, seconds; it looks wider to make up for it.
const COARSE_STEP_S: f64 = 10.0;

/// Passes and sights longer than this are never missed.
pub const MIN_WINDOW_S: f64 = 0.5;

/// Angle at the Earth's centre within which a satellite no higher than `radius_m` can stand at
/// `elevation_deg` or more, radians.
pub fn reach_of_elevation_rad(radius_m: f64, elevation_deg: f64) -> f64 {
    let elevation = elevation_deg.to_radians() - LEAN_MAX_RAD;
    let ratio = (EARTH_RADIUS_MIN_M / radius_m).min(1.0);
    ((ratio * elevation.cos()).clamp(-1.0, 1.0).acos() - elevation).max(0.0)
}

/// Angle at the Earth's centre within which a satellite no higher than `radius_m` sees the ground at
/// `off_nadir_deg` or less, radians.
pub fn reach_of_off_nadir_rad(radius_m: f64, off_nadir_deg: f64) -> f64 {
    let angle = (off_nadir_deg.to_radians() + LEAN_MAX_RAD).min(std::f64::consts::FRAC_PI_2);
    let ratio = radius_m / EARTH_RADIUS_MIN_M * angle.sin();
    let horizon = (EARTH_RADIUS_MIN_M / radius_m).min(1.0).acos() + LEAN_MAX_RAD;
    if ratio >= 1.0 {
        horizon
    } else {
        (ratio.asin() - angle).min(horizon)
    }
}

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
    let place = earth::from_geodetic(site).r_m;
    let up = site.up();
    let mask = mask_deg.to_radians();
    let reach = reach_of_elevation_rad(trajectory.apogee_radius_m(), mask_deg);
    search(trajectory, place, reach, from, to, |position| {
        let sight = sub(position, place);
        let height = dot(sight, up);
        let range = dot(sight, sight).sqrt();
        (height / range.max(1.0)).clamp(-1.0, 1.0).asin() - mask
    })
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
    let place = earth::from_geodetic(target).r_m;
    let up = target.up();
    let limit = max_off_nadir_deg.to_radians();
    let reach = reach_of_off_nadir_rad(trajectory.apogee_radius_m(), max_off_nadir_deg);
    search(trajectory, place, reach, from, to, |position| {
        let sight = sub(place, position);
        let range = dot(sight, sight).sqrt();
        let elevation = (-dot(sight, up) / range.max(1.0)).clamp(-1.0, 1.0).asin();
        let down = earth::nadir(&crate::frame::Position::new(position));
        (limit - angle_between(down, sight)).min(elevation)
    })
}

/// Upper bound of how fast a direction between the satellite and the ground turns, rad/s.
pub fn sight_rate_max_rad_s(trajectory: &Trajectory) -> f64 {
    let radius_m = trajectory.perigee_radius_m();
    let height_m = (radius_m - 6_378_137.0).max(80_000.0);
    let turn = trajectory.turn_rate_max_rad_s();
    turn * (1.0 + radius_m / height_m)
}

fn search(
    trajectory: &Trajectory,
    place: [f64; 3],
    reach_rad: f64,
    from: Timestamp,
    to: Timestamp,
    value: impl Fn([f64; 3]) -> f64,
) -> Result<WindowSet, PropagateError> {
    let track = trajectory.track(from);
    let whole = Span {
        start_s: 0.0,
        end_s: to.duration_since(from).as_secs_f64(),
    };
    let mut condition = Bounded {
        value: |t_s| -> Result<f64, PropagateError> { Ok(value(track.position_itrf(t_s)?.r_m)) },
        rate_max: sight_rate_max_rad_s(trajectory),
    };
    let fine = Search {
        min_window_s: MIN_WINDOW_S,
        tolerance_s: 1e-3,
    };
    let mut found = Vec::new();
    for span in near(&track, place, reach_rad, whole)? {
        for s in find_spans_in(&mut condition, span, fine)? {
            let end = offset(from, s.end_s).min(to);
            found.extend(Window::new(offset(from, s.start_s), end));
        }
    }
    Ok(found.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reaches_agree_with_plain_geometry() {
        // A satellite at 700 km on the horizon: acos(R / r) is 25.7 degrees for the mean radius.
        let horizon = reach_of_elevation_rad(6_371e3 + 700e3, 0.0).to_degrees();
        assert!(horizon > 25.7 && horizon < 26.5, "{horizon}");
        // 35 degrees off nadir from 700 km: asin(1.1099 sin 35) - 35 is 4.5 degrees.
        let sight = reach_of_off_nadir_rad(6_371e3 + 700e3, 35.0).to_degrees();
        assert!(sight > 4.5 && sight < 4.9, "{sight}");
        assert!((reach_of_off_nadir_rad(7.071e6, 89.0).to_degrees() - horizon).abs() < 0.4);
    }
}
