//! Circular orbits whose ground track repeats, Sun-synchronous or at a given inclination.
//!
//! The orbit turns with the secular rates of J2, as designed orbits are propagated here: the track of a
//! design repeats in every computation made with it. A real mission flies a little beside such a design,
//! where further harmonics, the Sun and the Moon act: against published figures the altitude is within
//! 1 km and the inclination within 0.08 degrees (test `published_orbits`).

use corridor_orbit::elements::designed::{DesignedOrbit, J2, RADIUS_KM, SecularRates};
use corridor_orbit::frame::EARTH_ROTATION_RAD_S;
use corridor_orbit::time::{Days, Utc};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Longest repeat cycle, days.
pub const DAYS_MAX: u32 = 400;

/// Most satellites of one design.
pub const SATELLITES_MAX: u32 = 1_000;

/// Time in which the Sun moves once through the mean longitudes of the year: the tropical year, days.
const YEAR_DAYS: f64 = 365.242_19;

/// Lowest and highest semi-major axis looked at, km.
const SIZES_KM: (f64, f64) = (RADIUS_KM + 120.0, 45_000.0);

/// How many revolutions the ground track takes to repeat, and in how many days: solar ones for a
/// Sun-synchronous orbit, otherwise turns of the Earth below the orbit's plane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cycle {
    /// Revolutions from node to node.
    pub revolutions: u32,
    /// Days.
    pub days: u32,
}

/// How the plane of the orbit lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Plane {
    /// Turning with the mean Sun; mean local solar time at the ascending node, hours.
    SunSynchronous {
        /// Mean local solar time of the ascending node, hours in [0, 24).
        ascending_node_h: f64,
    },
    /// At an inclination.
    Inclined {
        /// Inclination, degrees.
        inclination_deg: f64,
        /// Right ascension of the ascending node at the epoch, degrees.
        raan_deg: f64,
    },
}

/// A design that is no orbit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RepeatError {
    /// The cycle is empty, too long, or a shorter one run several times.
    #[error(
        "{revolutions} revolutions in {days} days; should be at least one each, at most \
         {DAYS_MAX} days, without a common divisor"
    )]
    Cycle {
        /// Revolutions asked for.
        revolutions: u32,
        /// Days asked for.
        days: u32,
    },
    /// No orbit above the ground has this cycle.
    #[error(
        "no orbit from 120 km up to 38,600 km repeats after {revolutions} revolutions in {days} days \
         {plane}"
    )]
    None {
        /// Revolutions asked for.
        revolutions: u32,
        /// Days asked for.
        days: u32,
        /// In which plane.
        plane: String,
    },
    /// A figure is out of its range.
    #[error("{field} is {value}; should be {right}")]
    Field {
        /// Which figure.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
}

/// A circular orbit whose ground track repeats.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RepeatOrbit {
    /// The cycle.
    pub cycle: Cycle,
    /// Mean semi-major axis, km.
    pub semi_major_axis_km: f64,
    /// Mean semi-major axis over the equatorial radius, km: the altitude that ESA publishes.
    pub altitude_km: f64,
    /// True height over the equator, km: J2 holds a satellite above its mean semi-major axis there. The
    /// altitude that USGS publishes.
    pub equator_altitude_km: f64,
    /// Inclination, degrees.
    pub inclination_deg: f64,
    /// Time from ascending node to ascending node, seconds.
    pub nodal_period_s: f64,
    /// Distance between neighbouring tracks of the cycle at the equator, km.
    pub track_spacing_km: f64,
}

/// Finds the orbit of a cycle.
///
/// # Errors
/// [`RepeatError`] says which figure is wrong.
pub fn repeat_orbit(cycle: Cycle, plane: Plane) -> Result<RepeatOrbit, RepeatError> {
    let Cycle { revolutions, days } = cycle;
    if revolutions == 0 || days == 0 || days > DAYS_MAX || divisor(revolutions, days) != 1 {
        return Err(RepeatError::Cycle { revolutions, days });
    }
    check_plane(plane)?;
    let none = || RepeatError::None {
        revolutions,
        days,
        plane: match plane {
            Plane::SunSynchronous { .. } => "Sun-synchronously".into(),
            Plane::Inclined {
                inclination_deg, ..
            } => format!("at {inclination_deg} degrees"),
        },
    };
    // How many revolutions more than asked for; falls as the orbit grows.
    let surplus = |a_km: f64| -> Option<f64> {
        let inclination_deg = inclination_of(plane, a_km)?;
        let rates = SecularRates::new(a_km, 0.0, inclination_deg);
        let day_s = match plane {
            Plane::SunSynchronous { .. } => 86_400.0,
            Plane::Inclined { .. } => TAU / (EARTH_ROTATION_RAD_S - rates.node_rad_s),
        };
        let turn_rad_s = rates.anomaly_rad_s + rates.perigee_rad_s;
        Some(turn_rad_s * day_s * f64::from(days) / TAU - f64::from(revolutions))
    };
    let (mut low, mut high) = SIZES_KM;
    if let Plane::SunSynchronous { .. } = plane {
        high = high.min(largest_sun_synchronous_km());
    }
    if surplus(low).is_none_or(|s| s < 0.0) || surplus(high).is_none_or(|s| s > 0.0) {
        return Err(none());
    }
    // 60 halvings of 40,000 km leave less than a nanometre.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if surplus(middle).ok_or_else(none)? > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    let a_km = f64::midpoint(low, high);
    let inclination_deg = inclination_of(plane, a_km).ok_or_else(none)?;
    let rates = SecularRates::new(a_km, 0.0, inclination_deg);
    Ok(RepeatOrbit {
        cycle,
        semi_major_axis_km: a_km,
        altitude_km: a_km - RADIUS_KM,
        equator_altitude_km: equator_radius_km(a_km, inclination_deg) - RADIUS_KM,
        inclination_deg,
        nodal_period_s: TAU / (rates.anomaly_rad_s + rates.perigee_rad_s),
        track_spacing_km: TAU * RADIUS_KM / f64::from(revolutions),
    })
}

/// `count` satellites evenly around one such orbit, the first at the ascending node at the epoch. Names
/// are the prefix and the place, from 1.
///
/// # Errors
/// [`RepeatError`] says which figure is wrong.
pub fn repeat_satellites(
    cycle: Cycle,
    plane: Plane,
    count: u32,
    epoch: Timestamp,
    name_prefix: &str,
) -> Result<Vec<DesignedOrbit>, RepeatError> {
    if count == 0 || count > SATELLITES_MAX {
        return Err(RepeatError::Field {
            field: "satellites",
            value: f64::from(count),
            right: "1 to 1000",
        });
    }
    let orbit = repeat_orbit(cycle, plane)?;
    let raan_deg = match plane {
        Plane::SunSynchronous { ascending_node_h } => {
            raan_of_local_time_deg(ascending_node_h, epoch)
        }
        Plane::Inclined { raan_deg, .. } => raan_deg.rem_euclid(360.0),
    };
    let of = |place: u32| DesignedOrbit {
        name: format!("{name_prefix}{}", place + 1),
        epoch,
        semi_major_axis_km: orbit.semi_major_axis_km,
        eccentricity: 0.0,
        inclination_deg: orbit.inclination_deg,
        raan_deg,
        argument_of_perigee_deg: 0.0,
        mean_anomaly_deg: 360.0 * f64::from(place) / f64::from(count),
    };
    Ok((0..count).map(of).collect())
}

/// Right ascension of a node that the mean Sun is `hours` short of noon at, degrees in TEME: the mean
/// Sun's longitude (Meeus 1998, chapter 25; within 0.01 degrees from 1900 to 2100) and 15 degrees an
/// hour from noon.
pub fn raan_of_local_time_deg(hours: f64, epoch: Timestamp) -> f64 {
    let centuries = Days::<Utc>::utc(epoch).centuries();
    let sun_deg = 280.466_46 + 36_000.769_83 * centuries;
    (sun_deg + 15.0 * (hours - 12.0)).rem_euclid(360.0)
}

fn check_plane(plane: Plane) -> Result<(), RepeatError> {
    let wrong = |field, value, right| {
        Err(RepeatError::Field {
            field,
            value,
            right,
        })
    };
    match plane {
        Plane::SunSynchronous {
            ascending_node_h: h,
        } if !(0.0..24.0).contains(&h) => wrong(
            "local time of the ascending node",
            h,
            "from 0 to less than 24 hours",
        ),
        Plane::Inclined {
            inclination_deg: i, ..
        } if !(0.0..=180.0).contains(&i) => wrong("inclination", i, "from 0 to 180 degrees"),
        Plane::Inclined { raan_deg, .. } if !raan_deg.is_finite() => wrong(
            "right ascension of the node",
            raan_deg,
            "an angle in degrees",
        ),
        _ => Ok(()),
    }
}

/// The mean Sun's motion along the equator, radians a second.
fn sun_rad_s() -> f64 {
    TAU / (YEAR_DAYS * 86_400.0)
}

/// Inclination of an orbit of that size in the plane; `None` where no plane turns with the Sun.
fn inclination_of(plane: Plane, a_km: f64) -> Option<f64> {
    match plane {
        Plane::Inclined {
            inclination_deg, ..
        } => Some(inclination_deg),
        Plane::SunSynchronous { .. } => {
            // At inclination 0 the node turns back at its fastest.
            let fastest = -SecularRates::new(a_km, 0.0, 0.0).node_rad_s;
            let cos = -sun_rad_s() / fastest;
            (cos >= -1.0).then(|| cos.acos().to_degrees())
        }
    }
}

/// The node's rate falls as a^-3.5: the size at which even a retrograde equatorial orbit just keeps up
/// with the Sun.
fn largest_sun_synchronous_km() -> f64 {
    let at_km = 10_000.0;
    let fastest = -SecularRates::new(at_km, 0.0, 0.0).node_rad_s;
    at_km * (fastest / sun_rad_s()).powf(1.0 / 3.5) * (1.0 - 1e-12)
}

/// Distance from the Earth's centre over the equator, km: the mean semi-major axis with the periodic
/// terms of J2 (Brouwer 1959, first order, circular; as in SGP4's short-period terms).
fn equator_radius_km(a_km: f64, inclination_deg: f64) -> f64 {
    let k_km = J2 * RADIUS_KM * RADIUS_KM / a_km;
    let cos2 = inclination_deg.to_radians().cos().powi(2);
    a_km - 0.75 * k_km * (3.0 * cos2 - 1.0) + 0.25 * k_km * (1.0 - cos2)
}

fn divisor(mut a: u32, mut b: u32) -> u32 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
