//! How far windows may be off because elements age.
//!
//! Mean elements are a fit to the past. What they leave out, drag that changes with the Sun's activity
//! and manoeuvres above all, shows along the track: the satellite comes early or late. The bound here is
//! the 90 % quantile of that error on the element history of 100 Earth-observation satellites from
//! 2026-07-24 to 2026-08-22 (309 to 827 km, ages to 30 days, manoeuvres in), each older set against
//! each newer one at the newer's epoch. It grows with age and with how strongly drag acts, which the
//! elements themselves say by their height and their mean motion's rate:
//!
//! ```text
//! bound = e^a age^b e^(c (height - 600 km) / 100 km) |rate|^d
//! ```
//!
//! with the age in days (at least half a day: fewer are not in the history), the height of the perigee
//! held within 300 and 850 km, and half the first derivative of mean motion in rev/day^2, held within
//! 1e-6 and 0.01. `tests/reference/fit_ageing.py` fits the constants on every second satellite and
//! `tests/suite/ageing.rs` checks them on the others: 88 % of 1,050 held-back pairs are inside in timing,
//! 92 % across the track. Past 30 days the bound is the same law carried on.

use corridor_orbit::propagate::Trajectory;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Elements older than this, days before or after their epoch, are stale.
pub const STALE_DAYS: f64 = 14.0;

/// Windows that may be off by more than this are stale whatever the age, seconds: a tenth of a pass.
pub const STALE_TIMING_S: f64 = 60.0;

/// Least age that the law is taken at, days.
const AGE_MIN_DAYS: f64 = 0.5;

/// Perigee heights of the history, km.
const HEIGHT_KM: (f64, f64) = (300.0, 850.0);

/// Rates of mean motion in the history, rev/day^2.
const RATE_REV_DAY2: (f64, f64) = (1e-6, 1e-2);

/// Orbits slower than this are not in the history and drag is not what ages them, seconds.
const PERIOD_MAX_S: f64 = 225.0 * 60.0;

/// Equatorial radius, km.
const RADIUS_KM: f64 = 6_378.137;

/// The constants a, b, c and d of a law.
type Law = [f64; 4];

/// Timing error, seconds.
const TIMING: Law = [3.585, 1.680, -0.662, 0.417];

/// Cross-track error, km.
const CROSS_TRACK: Law = [1.656, 0.968, 0.116, 0.330];

/// How far a window may be off: in nine of ten cases less than this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Uncertainty {
    /// Early or late, seconds.
    pub timing_s: f64,
    /// Track to the side, km on the orbit.
    pub cross_track_km: f64,
}

/// How well elements are known to predict at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ageing {
    /// Days from the epoch of the elements, negative before it; zero for designed orbits and ephemerides.
    pub element_age_days: f64,
    /// The 90 % bound; `None` for designed orbits and ephemerides, which are no fit to the past, and for
    /// orbits slower than 225 minutes, which the history does not hold.
    pub uncertainty: Option<Uncertainty>,
    /// Whether the elements are too old to rely on the window: [`STALE_DAYS`], [`STALE_TIMING_S`].
    pub stale: bool,
}

impl Ageing {
    /// At an instant.
    pub fn at(trajectory: &Trajectory, t: Timestamp) -> Self {
        let age_days = trajectory.age_days(t);
        let fitted = !trajectory.is_designed() && trajectory.covers().is_none();
        let known = fitted && trajectory.period_s() < PERIOD_MAX_S;
        let uncertainty = known.then(|| {
            let perigee_m = trajectory.semi_major_axis_m() * (1.0 - trajectory.eccentricity());
            let height_km = perigee_m / 1e3 - RADIUS_KM;
            let rate = trajectory.mean_motion_dot();
            Uncertainty {
                timing_s: bound(TIMING, age_days, height_km, rate),
                cross_track_km: bound(CROSS_TRACK, age_days, height_km, rate),
            }
        });
        let late = uncertainty.is_some_and(|u| u.timing_s > STALE_TIMING_S);
        Self {
            element_age_days: age_days,
            uncertainty,
            stale: fitted && (age_days.abs() > STALE_DAYS || late),
        }
    }
}

fn bound([a, b, c, d]: Law, age_days: f64, height_km: f64, rate: f64) -> f64 {
    let age = age_days.abs().max(AGE_MIN_DAYS);
    let height = (height_km.clamp(HEIGHT_KM.0, HEIGHT_KM.1) - 600.0) / 100.0;
    let rate = rate.abs().clamp(RATE_REV_DAY2.0, RATE_REV_DAY2.1);
    (a + b * age.ln() + c * height + d * rate.ln()).exp()
}

#[cfg(test)]
mod tests {
    use super::*;
    use corridor_orbit::elements::ElementSet;
    use corridor_orbit::window::offset;

    fn set(mean_motion_rev_day: f64) -> ElementSet {
        ElementSet {
            inclination_deg: 97.8,
            mean_motion_rev_day,
            mean_motion_dot: 2e-5,
            ..ElementSet::default()
        }
    }

    #[test]
    fn grows_with_age_on_either_side_and_turns_stale() {
        let trajectory = Trajectory::from_elements(&set(15.0)).unwrap();
        let at = |days: f64| Ageing::at(&trajectory, offset(trajectory.epoch(), days * 86_400.0));
        let timing = |days: f64| at(days).uncertainty.unwrap().timing_s;
        assert!(timing(0.0) < timing(1.0) && timing(1.0) < timing(5.0));
        assert!((timing(3.0) - timing(-3.0)).abs() < 1e-9);
        assert!(!at(1.0).stale && at(20.0).stale && at(-20.0).stale);
    }

    #[test]
    fn what_is_not_known_is_not_stated() {
        let geostationary = Trajectory::from_elements(&set(1.0027)).unwrap();
        let ageing = Ageing::at(&geostationary, offset(geostationary.epoch(), 3e6));
        assert_eq!(ageing.uncertainty, None);
        assert!(ageing.stale);
    }
}
