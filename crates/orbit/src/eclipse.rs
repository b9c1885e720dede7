//! The Earth's shadow: umbra, where the Earth hides the whole Sun, and penumbra, where it hides a part.
//!
//! The Earth is the WGS 84 ellipsoid without air, the Sun a sphere. Stretched along its axis the ellipsoid
//! is a sphere, and sight lines stay straight, so that the two cones around the line from the Sun are those
//! of a sphere; the stretched Sun is 0.3 % off round, which moves an edge by less than 0.02 s in low
//! orbit. Refraction bends light into the shadow, real twilight is longer: by some 10 s in low orbit.

use crate::earth::{FLATTENING, SEMI_MAJOR_M, angle_between, dot, sub};
use crate::event::{Bounded, Search, find_windows};
use crate::frame::{Position, Teme};
use crate::propagate::{PropagateError, Trajectory};
use crate::sun;
use crate::time::Days;
use crate::window::WindowSet;
use jiff::Timestamp;
use std::f64::consts::PI;

/// How deep in the Earth's shadow something is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shadow {
    /// Distance inside the edge of the penumbra, metres, negative outside: below zero the whole Sun is
    /// seen.
    pub penumbra_m: f64,
    /// Distance inside the edge of the umbra, metres, negative outside: above zero nothing of the Sun is
    /// seen.
    pub umbra_m: f64,
}

/// A part of the shadow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Where a part of the Sun or the whole of it is hidden.
    Penumbra,
    /// Where the whole Sun is hidden.
    Umbra,
}

/// The shadow at a place, with the Sun at `sun`; both in a frame whose z axis is the Earth's, as TEME
/// and ITRF.
///
/// Neither distance changes faster than 1.01 times the speed of the place.
pub fn shadow<F>(place: &Position<F>, sun: &Position<F>) -> Shadow {
    let (r, s) = (stretched(place.r_m), stretched(sun.r_m));
    let distance_m = dot(s, s).sqrt().max(1.0);
    let axis = s.map(|x| -x / distance_m);
    let behind_m = dot(r, axis);
    let out_m = dot(r, r).sqrt();
    if behind_m <= 0.0 {
        // By day, as far from the Earth as it is; meets the cones where they begin.
        let value_m = SEMI_MAJOR_M - out_m;
        return Shadow {
            penumbra_m: value_m,
            umbra_m: value_m,
        };
    }
    let aside_m = (out_m * out_m - behind_m * behind_m).max(0.0).sqrt();
    let closing = (sun::RADIUS_M - SEMI_MAJOR_M) / distance_m;
    let opening = (sun::RADIUS_M + SEMI_MAJOR_M) / distance_m;
    // Distance to the side of a cone whose half angle has this sine.
    let inside = |sine: f64| SEMI_MAJOR_M - behind_m * sine - aside_m * (1.0 - sine * sine).sqrt();
    Shadow {
        penumbra_m: inside(-opening),
        umbra_m: inside(closing),
    }
}

/// Share of the Sun's disc that is seen from a place, 0 to 1, where nothing else stands before it.
pub fn lit_fraction<F>(place: &Position<F>, sun: &Position<F>) -> f64 {
    let (r, s) = (stretched(place.r_m), stretched(sun.r_m));
    let sight = sub(s, r);
    let asin = |x: f64| x.clamp(-1.0, 1.0).asin();
    let earth = asin(SEMI_MAJOR_M / dot(r, r).sqrt().max(1.0));
    let disc = asin(sun::RADIUS_M / dot(sight, sight).sqrt().max(1.0));
    let apart = angle_between(r.map(|x| -x), sight);
    if apart >= earth + disc {
        return 1.0;
    }
    if apart <= earth - disc {
        return 0.0;
    }
    // Two discs on the sky, small enough to be flat; the larger one's edge is nearly straight.
    let (a, b) = (disc, earth);
    if apart <= b - a || apart <= a - b {
        return (1.0 - (b / a) * (b / a)).max(0.0);
    }
    let along = (apart * apart + a * a - b * b) / (2.0 * apart);
    let part_a = (along / a).clamp(-1.0, 1.0).acos();
    let part_b = ((apart - along) / b).clamp(-1.0, 1.0).acos();
    let hidden = a * a * (part_a - part_a.sin() * part_a.cos())
        + b * b * (part_b - part_b.sin() * part_b.cos());
    (1.0 - hidden / (PI * a * a)).clamp(0.0, 1.0)
}

fn stretched([x, y, z]: [f64; 3]) -> [f64; 3] {
    [x, y, z / (1.0 - FLATTENING)]
}

/// Every window in `[from, to)` in which a satellite is in that part of the shadow. Edges to 1 ms of
/// what the model says.
///
/// # Errors
/// [`PropagateError`] where the satellite has no state.
pub fn windows(
    trajectory: &Trajectory,
    part: Part,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, PropagateError> {
    let start = Days::utc(from).get();
    // Steps of a second's fraction in the Sun's own motion do not matter: it moves by 30 km/s, seen from
    // the satellite's distance by less than a metre a second.
    let speed_max_m_s = trajectory.turn_rate_max_rad_s() * trajectory.perigee_radius_m();
    let mut condition = Bounded {
        value: |t_s: f64| {
            let at = crate::window::offset(from, t_s);
            let place: Position<Teme> = trajectory.state_teme(at)?.position();
            let sun = sun::position_teme(Days::since_j2000(start + t_s / 86_400.0));
            let shadow = shadow(&place, &sun);
            Ok(match part {
                Part::Penumbra => shadow.penumbra_m,
                Part::Umbra => shadow.umbra_m,
            })
        },
        rate_max: 1.01 * speed_max_m_s + 10.0,
    };
    let search = Search {
        min_window_s: 1.0,
        tolerance_s: 1e-3,
    };
    find_windows(&mut condition, from, to, search)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Itrf;
    use proptest::prelude::*;

    fn at(x: f64, y: f64, z: f64) -> Position<Itrf> {
        Position::new([x, y, z])
    }

    #[test]
    fn behind_beside_and_before_the_earth() {
        let sun = at(1.496e11, 0.0, 0.0);
        let behind = shadow(&at(-7e6, 0.0, 0.0), &sun);
        assert!(behind.umbra_m > 6.3e6 && behind.penumbra_m > behind.umbra_m);
        let before = shadow(&at(7e6, 0.0, 0.0), &sun);
        assert!(before.penumbra_m < -6e5 && before.umbra_m < -6e5);
        for (y, fraction) in [(0.0, 0.0), (6.5e6, 1.0)] {
            assert!((lit_fraction(&at(-7e6, y, 0.0), &sun) - fraction).abs() < 1e-12);
        }
        // Beyond the tip of the umbra, 1.38 million km behind: a ring is seen.
        let far = at(-2e9, 0.0, 0.0);
        assert!(shadow(&far, &sun).umbra_m < 0.0 && shadow(&far, &sun).penumbra_m > 0.0);
        let ring = lit_fraction(&far, &sun);
        assert!(ring > 0.5 && ring < 0.7, "{ring}");
        // Over a pole the Earth is 21 km smaller.
        let pole = shadow(&at(-1.0, 0.0, 6_370_000.0), &sun);
        assert!(pole.penumbra_m < 0.0);
    }

    proptest! {
        /// The share of the Sun and the two distances tell the same.
        #[test]
        fn the_two_views_agree(
            direction in prop::array::uniform3(-1.0_f64..1.0),
            radius in 6.6e6_f64..5e7,
            season in 0.0_f64..365.0,
        ) {
            prop_assume!(dot(direction, direction) > 1e-3);
            let place: Position<Teme> =
                Position::new(crate::earth::unit(direction).map(|x| x * radius));
            let sun = sun::position_teme(Days::since_j2000(9_000.0 + season));
            let (shadow, lit) = (shadow(&place, &sun), lit_fraction(&place, &sun));
            prop_assert!((0.0..=1.0).contains(&lit));
            // Within 100 m of an edge the flat discs and the cones may differ.
            if shadow.umbra_m.abs() > 100.0 {
                prop_assert_eq!(shadow.umbra_m > 0.0, lit <= 0.0, "{:?} {}", shadow, lit);
            }
            if shadow.penumbra_m.abs() > 100.0 {
                prop_assert_eq!(shadow.penumbra_m > 0.0, lit < 1.0, "{:?} {}", shadow, lit);
            }
        }
    }
}
