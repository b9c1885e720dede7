//! Satellite to satellite.

use super::profile::range;
use super::{Profile, SkyContact};
use crate::contact::ContactError;
use corridor_orbit::earth::{SEMI_MAJOR_M, SEMI_MINOR_M, dot, sub};
use corridor_orbit::event::{Bounded, Search, find_spans};
use corridor_orbit::frame::EARTH_ROTATION_RAD_S;
use corridor_orbit::propagate::{PropagateError, Track, Trajectory};
use corridor_orbit::window::offset;
use jiff::Timestamp;

/// When two satellites can send to one another, and how.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CrossLink {
    /// The line of sight passes the ellipsoid at least this high, m: below about 100 km air bends radio
    /// and swallows light.
    pub clearance_m: f64,
    /// Least distance, m.
    pub range_min_m: f64,
    /// Greatest distance, m.
    pub range_max_m: f64,
    /// Rate from the first to the second, bit/s.
    pub rate_bit_s: f64,
    /// Rate the other way, bit/s.
    pub back_rate_bit_s: f64,
    /// From sight until data flows, s.
    pub setup_s: f64,
}

impl Default for CrossLink {
    /// 100 km of clearance, any distance, no set-up, 100 Mbit/s both ways.
    fn default() -> Self {
        Self {
            clearance_m: 100_000.0,
            range_min_m: 0.0,
            range_max_m: f64::MAX,
            rate_bit_s: 1e8,
            back_rate_bit_s: 1e8,
            setup_s: 0.0,
        }
    }
}

/// Contacts of two satellites in `from..to`, in order of time; edges to 1 ms, none longer than 1 s missed.
///
/// # Errors
/// [`ContactError`] where a figure cannot be or a trajectory has no position.
pub fn cross(
    a: (&str, &Trajectory),
    b: (&str, &Trajectory),
    link: &CrossLink,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<SkyContact>, ContactError> {
    check(link)?;
    if to <= from {
        return Err(ContactError::Span { from, to });
    }
    let (track_a, track_b) = (a.1.track(from), b.1.track(from));
    let fault = |e: PropagateError| ContactError::Trajectory {
        satellite: format!("{} and {}", a.0, b.0),
        reason: e.to_string(),
    };
    let mut sight = Bounded {
        value: |t_s| {
            let (a, b) = (
                track_a.position_itrf(t_s)?.r_m,
                track_b.position_itrf(t_s)?.r_m,
            );
            let apart = sub(b, a);
            let range_m = dot(apart, apart).sqrt();
            let above_m = height_of_line_m(a, b) - link.clearance_m;
            let within_m = (link.range_max_m - range_m).min(range_m - link.range_min_m);
            Ok::<_, PropagateError>(above_m.min(within_m))
        },
        // The line's closest point moves no faster than the faster end, the range no faster than both.
        rate_max: 1.004 * (speed_max_m_s(a.1) + speed_max_m_s(b.1)),
    };
    let duration_s = to.duration_since(from).as_secs_f64();
    let spans = find_spans(&mut sight, duration_s, Search::default()).map_err(fault)?;
    let mut found = Vec::with_capacity(spans.len());
    for span in spans {
        if span.end_s - span.start_s <= link.setup_s {
            continue;
        }
        let profile = Profile::sample(span.start_s, span.end_s, |t_s| {
            Ok(range(state(&track_a, t_s)?, state(&track_b, t_s)?))
        })
        .map_err(fault)?;
        found.push(SkyContact {
            from: a.0.into(),
            to: b.0.into(),
            start: offset(from, span.start_s),
            end: offset(from, span.end_s).min(to),
            setup_s: link.setup_s,
            rate_bit_s: link.rate_bit_s,
            back_rate_bit_s: link.back_rate_bit_s,
            max_elevation_deg: None,
            owlt_s: profile.owlt_s(),
            profile: Some(profile),
        });
    }
    Ok(found)
}

fn check(link: &CrossLink) -> Result<(), ContactError> {
    let figures = [
        (
            "clearance_m",
            link.clearance_m,
            -50_000.0,
            1e8,
            "-5e4 to 1e8 m",
        ),
        (
            "range_min_m",
            link.range_min_m,
            0.0,
            f64::MAX,
            "0 m or more",
        ),
        (
            "range_max_m",
            link.range_max_m,
            link.range_min_m,
            f64::MAX,
            "range_min_m or more",
        ),
        ("rate_bit_s", link.rate_bit_s, 0.0, 1e13, "0 to 1e13 bit/s"),
        (
            "back_rate_bit_s",
            link.back_rate_bit_s,
            0.0,
            1e13,
            "0 to 1e13 bit/s",
        ),
        ("setup_s", link.setup_s, 0.0, 86_400.0, "0 to 86400 s"),
    ];
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

/// Least height of the straight line between two points over the ellipsoid, m: the Earth stretched along
/// its axis to a sphere, so that over the poles heights read up to 0.3 % of themselves too high.
fn height_of_line_m(a: [f64; 3], b: [f64; 3]) -> f64 {
    let stretch = SEMI_MAJOR_M / SEMI_MINOR_M;
    let (a, b) = ([a[0], a[1], a[2] * stretch], [b[0], b[1], b[2] * stretch]);
    let along = sub(b, a);
    let length2 = dot(along, along);
    let part = if length2 > 0.0 {
        (-dot(a, along) / length2).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let closest = [
        a[0] + part * along[0],
        a[1] + part * along[1],
        a[2] + part * along[2],
    ];
    dot(closest, closest).sqrt() - SEMI_MAJOR_M
}

fn speed_max_m_s(trajectory: &Trajectory) -> f64 {
    trajectory.turn_rate_max_rad_s() * trajectory.perigee_radius_m()
        + EARTH_ROTATION_RAD_S * trajectory.apogee_radius_m()
}

/// Position and velocity in ITRF. Of two ends the frame's rotation cancels along the line between them.
pub(super) fn state(track: &Track<'_>, t_s: f64) -> Result<([f64; 3], [f64; 3]), PropagateError> {
    let state = track.state_itrf(t_s)?;
    Ok((state.r_m, state.v_m_s))
}
