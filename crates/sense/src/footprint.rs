//! Footprints: the strip of ground that an instrument takes in one pass over an area.
//!
//! The strip is `swath_km` wide, lies along the ground track as the turning Earth has it, and is placed
//! across it so that it runs as near the middle of the area as the instrument may look. It reaches
//! [`MARGIN_S`] before and after the window, so that a short window shows as a strip too. Widths are
//! arcs on a sphere of the Earth's mean radius, as in [`crate::access`], so that an edge may be some
//! kilometres off: enough to draw, and not to cut images by.

use crate::access::Sensor;
use crate::area::Area;
use crate::instrument::{Instrument, Look};
use corridor_orbit::earth::{self, cross, dot, unit};
use corridor_orbit::frame::{Itrf, Position, State};
use corridor_orbit::propagate::{PropagateError, Trajectory};
use jiff::Timestamp;

/// The strip reaches this far before and after the window, seconds.
pub const MARGIN_S: f64 = 20.0;

/// Points along each edge of a strip.
const EDGE_POINTS: usize = 24;

/// Mean radius of the Earth, metres.
const EARTH_RADIUS_M: f64 = 6_371_000.0;

/// The strip that `sensor` takes of `area` in the window from `start` to `end`: a closed ring of
/// longitude and latitude in degrees, counter-clockwise. Longitudes go on past ±180 where the strip
/// crosses the antimeridian, so that it stays in one piece.
///
/// # Errors
/// Where the trajectory has no state.
pub fn strip(
    sensor: &Sensor<'_>,
    (start, end): (Timestamp, Timestamp),
    area: &Area,
) -> Result<Vec<[f64; 2]>, PropagateError> {
    let track = sensor.trajectory.track(start);
    let length_s = end.duration_since(start).as_secs_f64();
    let at = |part: f64| -MARGIN_S + part * (length_s + 2.0 * MARGIN_S);
    let central = Across::new(&track.state_itrf(0.5 * length_s)?);
    let (from, to) = central.edges(sensor, central.arc_to(area.centre()));
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for k in 0..=EDGE_POINTS {
        let across = Across::new(&track.state_itrf(at(k as f64 / EDGE_POINTS as f64))?);
        left.push(across.ground(from));
        right.push(across.ground(to));
    }
    right.extend(left.into_iter().rev());
    let mut ring = right;
    ring.extend(ring.first().copied());
    unwrap(&mut ring);
    Ok(ring)
}

/// Angle from nadir to the edge of an instrument's swath when it looks straight down, degrees, at the
/// satellite's mean height.
pub fn swath_off_nadir_deg(trajectory: &Trajectory, instrument: &Instrument) -> f64 {
    let half = (0.5e3 * instrument.swath_km / EARTH_RADIUS_M).min(1.2);
    let height = trajectory.semi_major_axis_m() - EARTH_RADIUS_M * half.cos();
    (EARTH_RADIUS_M * half.sin()).atan2(height).to_degrees()
}

/// Least and greatest angle from nadir at which an instrument sees, degrees, at the satellite's mean
/// height and broadside; to either side where it looks to one.
pub fn off_nadir_range_deg(trajectory: &Trajectory, instrument: &Instrument) -> (f64, f64) {
    let view = &instrument.view;
    match instrument.look {
        Look::Nadir => (0.0, swath_off_nadir_deg(trajectory, instrument)),
        Look::Conical | Look::Rectangular => {
            let (tilt, half) = (view.tilt_rad(), view.half_widest_rad());
            (
                (tilt - half).max(0.0).to_degrees(),
                (tilt + half).to_degrees(),
            )
        }
        Look::Scan => {
            let (from, to) = view.scan_deg();
            let least = if from <= 0.0 && to >= 0.0 {
                0.0
            } else {
                from.abs().min(to.abs())
            };
            (least, from.abs().max(to.abs()))
        }
        _ => match (view.min_incidence_deg, view.max_incidence_deg) {
            (Some(least), Some(most)) => {
                let ratio = EARTH_RADIUS_M / trajectory.semi_major_axis_m();
                let angle = |deg: f64| {
                    (ratio * deg.to_radians().sin())
                        .min(1.0)
                        .asin()
                        .to_degrees()
                };
                (angle(least), angle(most))
            }
            _ => (instrument.min_off_nadir_deg, instrument.max_off_nadir_deg),
        },
    }
}

/// Longitudes that do not jump.
fn unwrap(ring: &mut [[f64; 2]]) {
    for k in 1..ring.len() {
        let step = ring[k][0] - ring[k - 1][0];
        ring[k][0] -= 360.0 * (step / 360.0).round();
    }
}

/// The great circle across the ground track.
struct Across {
    below: [f64; 3],
    right: [f64; 3],
    radius_m: f64,
}

impl Across {
    fn new(state: &State<Itrf>) -> Self {
        let below = unit(state.r_m);
        Self {
            below,
            right: unit(cross(state.v_m_s, state.r_m)),
            radius_m: dot(state.r_m, state.r_m).sqrt(),
        }
    }

    /// Angle at the Earth's centre across the track to a direction, positive to the right, radians.
    fn arc_to(&self, direction: [f64; 3]) -> f64 {
        dot(direction, self.right).atan2(dot(direction, self.below))
    }

    /// Angle at the Earth's centre of what is seen at an angle from nadir, radians; the horizon's where
    /// the line of sight misses the Earth.
    fn arc_of(&self, off_nadir_rad: f64) -> f64 {
        let ratio = self.radius_m / EARTH_RADIUS_M * off_nadir_rad.sin();
        if ratio >= 1.0 {
            (EARTH_RADIUS_M / self.radius_m).min(1.0).acos()
        } else {
            ratio.asin() - off_nadir_rad
        }
    }

    /// Angle at the Earth's centre of what is seen at an incidence angle, radians.
    fn arc_of_incidence(&self, incidence_rad: f64) -> f64 {
        let sine = EARTH_RADIUS_M / self.radius_m * incidence_rad.sin();
        incidence_rad - sine.clamp(-1.0, 1.0).asin()
    }

    /// Where the strip begins and ends, its middle as near as may be to `wanted`: arcs to the right.
    fn edges(&self, sensor: &Sensor<'_>, wanted: f64) -> (f64, f64) {
        let (instrument, view) = (sensor.instrument, &sensor.instrument.view);
        let signed = |angle_rad: f64| angle_rad.signum() * self.arc_of(angle_rad.abs());
        let half = (0.5e3 * instrument.swath_km / EARTH_RADIUS_M).min(1.2);
        let (least, most) = match (view.min_incidence_deg, view.max_incidence_deg) {
            (Some(least), Some(most)) => (
                self.arc_of_incidence(least.to_radians()),
                self.arc_of_incidence(most.to_radians()),
            ),
            _ => (
                self.arc_of(instrument.min_off_nadir_deg.to_radians()),
                self.arc_of(instrument.max_off_nadir_deg.to_radians()),
            ),
        };
        // A swath as wide as the field of regard lies in its middle.
        let (near, far) = match least + half <= most - half {
            true => (least + half, most - half),
            false => (0.5 * (least + most), 0.5 * (least + most)),
        };
        let centre = match instrument.look {
            Look::Scan => {
                let (from, to) = view.scan_deg();
                return (signed(from.to_radians()), signed(to.to_radians()));
            }
            Look::Conical | Look::Rectangular => {
                let (roll, _) = view.roll_pitch_rad();
                let across = view.half_tangents()[1].atan();
                return (signed(roll - across), signed(roll + across));
            }
            Look::Nadir => 0.0,
            Look::Agile => wanted.clamp(-far.max(0.0), far.max(0.0)),
            Look::Right => wanted.clamp(near, far),
            Look::Left => wanted.clamp(-far, -near),
            Look::Both if wanted < 0.0 => wanted.clamp(-far, -near),
            Look::Both => wanted.clamp(near, far),
        };
        (centre - half, centre + half)
    }

    /// Longitude and latitude of the ground at an arc to the right, degrees.
    fn ground(&self, arc_rad: f64) -> [f64; 2] {
        let (sin, cos) = arc_rad.sin_cos();
        let direction: [f64; 3] =
            std::array::from_fn(|k| cos * self.below[k] + sin * self.right[k]);
        let ground = Position::<Itrf>::new(direction.map(|x| x * EARTH_RADIUS_M));
        let place = earth::to_geodetic(&ground);
        [place.lon_deg, place.lat_deg]
    }
}
