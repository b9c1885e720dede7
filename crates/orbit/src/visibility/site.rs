//! A place and a satellite: the geometry between them, with its rates and bounds, for event search.

use crate::earth::{self, Geodetic, dot, sub, unit};
use crate::event::Smooth;
use crate::frame::{EARTH_ROTATION_RAD_S, Itrf, State};
use crate::grid::Piece;
use crate::propagate::Trajectory;

/// A place prepared for searches.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    /// The place.
    pub place: Geodetic,
    /// Its position, metres in ITRF.
    pub r_m: [f64; 3],
    /// Its geodetic vertical.
    pub up: [f64; 3],
    /// Its direction from the Earth's centre.
    pub direction: [f64; 3],
}

impl Site {
    /// Prepares a place.
    pub fn new(place: &Geodetic) -> Self {
        let r_m = earth::from_geodetic(place).r_m;
        Self {
            place: *place,
            r_m,
            up: place.up(),
            direction: unit(r_m),
        }
    }

    /// Sine of the satellite's elevation, and its rate per second.
    pub fn sin_elevation(&self, state: &State<Itrf>) -> (f64, f64) {
        let sight = sub(state.r_m, self.r_m);
        let range = dot(sight, sight).sqrt().max(1.0);
        let sine = dot(sight, self.up) / range;
        let opening = dot(sight, state.v_m_s) / range;
        (sine, (dot(state.v_m_s, self.up) - sine * opening) / range)
    }

    /// Cosine of the angle at the satellite between the geodetic nadir and the place, and its rate per
    /// second.
    pub fn cos_off_nadir(&self, state: &State<Itrf>) -> (f64, f64) {
        let (down, down_rate) = earth::nadir_with_rate(state);
        let sight = sub(self.r_m, state.r_m);
        let range = dot(sight, sight).sqrt().max(1.0);
        let cosine = dot(sight, down) / range;
        let opening = -dot(sight, state.v_m_s) / range;
        let depth_rate = dot(sight, down_rate) - dot(state.v_m_s, down);
        (cosine, (depth_rate - cosine * opening) / range)
    }
}

/// Bounds of how a satellite moves in ITRF.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Motion {
    pub(super) speed_m_s: f64,
    acceleration_m_s2: f64,
    /// How fast the geodetic nadir turns, rad/s.
    turn_rad_s: f64,
    /// How fast that turning changes, rad/s^2.
    turn_rad_s2: f64,
    height_m: f64,
}

/// Gravitational parameter of the Earth, m^3/s^2, to three figures more than a bound needs.
const MU_M3_S2: f64 = 3.986e14;

impl Motion {
    pub(super) fn new(trajectory: &Trajectory) -> Self {
        let (perigee, apogee) = (trajectory.perigee_radius_m(), trajectory.apogee_radius_m());
        let a = trajectory.semi_major_axis_m();
        let inertial = 1.02 * (MU_M3_S2 * (2.0 / perigee - 1.0 / a).max(1.0 / apogee)).sqrt();
        let speed_m_s = inertial + EARTH_ROTATION_RAD_S * apogee;
        let acceleration_m_s2 = 1.02 * MU_M3_S2 / (perigee * perigee)
            + 2.0 * EARTH_ROTATION_RAD_S * inertial
            + EARTH_ROTATION_RAD_S * EARTH_ROTATION_RAD_S * apogee;
        // The radius of curvature of the ellipsoid is at least 0.993 of its radius.
        let turn_rad_s = 1.01 * speed_m_s / perigee;
        Self {
            speed_m_s,
            acceleration_m_s2,
            turn_rad_s,
            turn_rad_s2: 1.01 * acceleration_m_s2 / perigee + 3.0 * turn_rad_s * turn_rad_s,
            height_m: (perigee - earth::SEMI_MAJOR_M).max(50_000.0),
        }
    }

    /// Least and greatest range over an interval between two ranges.
    fn ranges(&self, start_m: f64, end_m: f64, length_s: f64) -> (f64, f64) {
        let room = 0.5 * (self.speed_m_s * length_s);
        let middle = 0.5 * (start_m + end_m);
        ((middle - room).max(self.height_m), middle + room)
    }

    /// Bound of the second derivative of the range at a least range.
    fn range_curvature(&self, least_m: f64) -> f64 {
        self.speed_m_s * self.speed_m_s / least_m + self.acceleration_m_s2
    }
}

/// What a smooth condition compares, as lengths in metres: all of them are positive where it holds.
#[derive(Debug, Clone, Copy)]
pub(super) enum Quantity {
    /// Height over the tilted horizon: `(r - p) up - sin(mask) range`.
    Above { sin_mask: f64 },
    /// Depth inside the cone about nadir: `(p - r) down - cos(limit) range`.
    Within { cos_limit: f64 },
    /// `limit - range`.
    Nearer { range_m: f64 },
}

/// One quantity over one piece of the motion.
pub(super) struct Sight<'a> {
    pub(super) site: &'a Site,
    pub(super) piece: &'a Piece,
    pub(super) motion: &'a Motion,
    pub(super) quantity: Quantity,
}

impl Quantity {
    /// Value and rate at one state, and the range.
    pub(super) fn at(self, site: &Site, state: &State<Itrf>) -> (f64, f64, f64) {
        let sight = sub(state.r_m, site.r_m);
        let range = dot(sight, sight).sqrt().max(1.0);
        let opening = dot(sight, state.v_m_s) / range;
        let (value, rate) = match self {
            Self::Above { sin_mask } => (
                dot(sight, site.up) - sin_mask * range,
                dot(state.v_m_s, site.up) - sin_mask * opening,
            ),
            Self::Within { cos_limit } => {
                let (down, down_rate) = earth::nadir_with_rate(state);
                (
                    -dot(sight, down) - cos_limit * range,
                    -dot(sight, down_rate) - dot(state.v_m_s, down) - cos_limit * opening,
                )
            }
            Self::Nearer { range_m } => (range_m - range, -opening),
        };
        (value, rate, range)
    }
}

impl Smooth for Sight<'_> {
    type Extra = f64;

    fn at(&self, t_s: f64) -> (f64, f64, f64) {
        self.quantity.at(self.site, &self.piece.state(t_s))
    }

    fn curvature_max(&self, start_m: f64, end_m: f64, length_s: f64) -> f64 {
        let motion = self.motion;
        let (least, most) = motion.ranges(start_m, end_m, length_s);
        match self.quantity {
            Quantity::Above { sin_mask } => {
                motion.acceleration_m_s2 + sin_mask.abs() * motion.range_curvature(least)
            }
            Quantity::Within { cos_limit } => {
                motion.turn_rad_s2 * most
                    + 2.0 * motion.turn_rad_s * motion.speed_m_s
                    + motion.acceleration_m_s2
                    + cos_limit.abs() * motion.range_curvature(least)
            }
            Quantity::Nearer { .. } => motion.range_curvature(least),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn state_at(t_s: f64) -> State<Itrf> {
        let (sin, cos) = (1.1e-3 * t_s).sin_cos();
        let r = 7.0e6;
        let tilt = 1.3_f64;
        let v = 1.1e-3 * r;
        State::new(
            [r * cos, r * sin * tilt.cos(), r * sin * tilt.sin()],
            [-v * sin, v * cos * tilt.cos(), v * cos * tilt.sin()],
        )
    }

    proptest! {
        /// Rates are the slopes of their values.
        #[test]
        fn rates_are_slopes(lon in -40.0_f64..40.0, lat in -60.0_f64..60.0, t in -700.0_f64..700.0) {
            let site = Site::new(&Geodetic::on_ground(lon, lat));
            let slope = |f: &dyn Fn(&State<Itrf>) -> f64| {
                (f(&state_at(t + 0.01)) - f(&state_at(t - 0.01))) / 0.02
            };
            let state = state_at(t);
            let rate = site.sin_elevation(&state).1;
            prop_assert!((rate - slope(&|s| site.sin_elevation(s).0)).abs() < 1e-8);
            let rate = site.cos_off_nadir(&state).1;
            prop_assert!((rate - slope(&|s| site.cos_off_nadir(s).0)).abs() < 1e-8);
            for quantity in [
                Quantity::Above { sin_mask: 0.3 },
                Quantity::Within { cos_limit: 0.8 },
                Quantity::Nearer { range_m: 1e6 },
            ] {
                let rate = quantity.at(&site, &state).1;
                prop_assert!((rate - slope(&|s| quantity.at(&site, s).0)).abs() < 1e-2);
            }
        }
    }
}
