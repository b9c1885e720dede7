//! Designed orbits: Keplerian elements with J2 secular rates, for satellites that are planned, and
//! patterns of them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most satellites that one pattern may ask for.
pub const PATTERN_MAX: u32 = 100_000;

/// Equatorial radius of the gravity model, km (EGM96, WGS 84).
pub const RADIUS_KM: f64 = 6_378.137;

/// Gravitational parameter, km^3/s^2 (EGM96, WGS 84).
pub const MU_KM3_S2: f64 = 398_600.441_8;

/// Second zonal harmonic (EGM96).
pub const J2: f64 = 1.082_626_68e-3;

/// How fast a designed orbit turns, radians a second: secular rates of J2 to first order (Brouwer 1959;
/// Vallado 2013, section 9.6).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SecularRates {
    /// Of the ascending node.
    pub node_rad_s: f64,
    /// Of the perigee, from the node.
    pub perigee_rad_s: f64,
    /// Of the mean anomaly.
    pub anomaly_rad_s: f64,
}

impl SecularRates {
    /// Of an orbit of this size, shape and inclination.
    pub fn new(semi_major_axis_km: f64, eccentricity: f64, inclination_deg: f64) -> Self {
        let n = (MU_KM3_S2 / semi_major_axis_km.powi(3)).sqrt();
        let shape = 1.0 - eccentricity * eccentricity;
        let k = 1.5 * J2 * (RADIUS_KM / (semi_major_axis_km * shape)).powi(2) * n;
        let cos = inclination_deg.to_radians().cos();
        Self {
            node_rad_s: -k * cos,
            perigee_rad_s: k * (2.0 - 2.5 * (1.0 - cos * cos)),
            anomaly_rad_s: n + k * shape.sqrt() * (1.5 * cos * cos - 0.5),
        }
    }
}

/// A Keplerian orbit at an epoch, in TEME.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DesignedOrbit {
    /// Name of the satellite.
    pub name: String,
    /// The instant the elements refer to (UTC).
    pub epoch: Timestamp,
    /// Semi-major axis, km.
    pub semi_major_axis_km: f64,
    /// Eccentricity, in [0, 1).
    pub eccentricity: f64,
    /// Inclination, degrees.
    pub inclination_deg: f64,
    /// Right ascension of the ascending node, degrees.
    pub raan_deg: f64,
    /// Argument of perigee, degrees.
    pub argument_of_perigee_deg: f64,
    /// Mean anomaly, degrees.
    pub mean_anomaly_deg: f64,
}

/// A design that is no orbit.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum DesignError {
    /// A figure is out of its range.
    #[error("{field} is {value}; {right}")]
    Field {
        /// Which figure.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// The planes do not divide the satellites.
    #[error("{total} satellites do not share evenly among {planes} planes")]
    Planes {
        /// Satellites asked for.
        total: u32,
        /// Planes asked for.
        planes: u32,
    },
    /// More satellites than [`PATTERN_MAX`], or none.
    #[error("{total} satellites; a pattern has 1 to {PATTERN_MAX}")]
    Total {
        /// Satellites asked for.
        total: u32,
    },
}

/// How far the planes of a pattern spread in right ascension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WalkerPattern {
    /// Over 360 degrees.
    Delta,
    /// Over 180 degrees.
    Star,
}

impl DesignedOrbit {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`DesignError::Field`] names the first that is wrong.
    pub fn check(&self) -> Result<(), DesignError> {
        let wrong = |field, value, right| {
            Err(DesignError::Field {
                field,
                value,
                right,
            })
        };
        let (a, e) = (self.semi_major_axis_km, self.eccentricity);
        if !(0.0..1.0).contains(&e) {
            return wrong("eccentricity", e, "should be in [0, 1)");
        }
        if !(a.is_finite() && a * (1.0 - e) > RADIUS_KM && a < 1e6) {
            return wrong(
                "semi_major_axis_km",
                a,
                "perigee should be above the ground",
            );
        }
        if !(0.0..=180.0).contains(&self.inclination_deg) {
            return wrong(
                "inclination_deg",
                self.inclination_deg,
                "should be 0 to 180",
            );
        }
        for (field, value) in [
            ("raan_deg", self.raan_deg),
            ("argument_of_perigee_deg", self.argument_of_perigee_deg),
            ("mean_anomaly_deg", self.mean_anomaly_deg),
        ] {
            if !value.is_finite() {
                return wrong(field, value, "should be an angle in degrees");
            }
        }
        Ok(())
    }
}

/// A Walker delta pattern i: t/p/f of circular orbits (Walker 1984): `total` satellites in
/// `planes` planes over 360 degrees of right ascension from `raan0_deg`, neighbours in adjacent planes
/// `phasing` times 360/total degrees apart. Names are the prefix, plane and place, both from 1.
///
/// # Errors
/// [`DesignError`] says which figure is wrong.
#[allow(
    clippy::too_many_arguments,
    reason = "the eight figures that name a Walker pattern"
)]
pub fn walker_delta(
    total: u32,
    planes: u32,
    phasing: u32,
    altitude_km: f64,
    inclination_deg: f64,
    raan0_deg: f64,
    epoch: Timestamp,
    name_prefix: &str,
) -> Result<Vec<DesignedOrbit>, DesignError> {
    let pattern = WalkerPattern::Delta;
    walker(
        pattern,
        total,
        planes,
        phasing,
        altitude_km,
        inclination_deg,
        raan0_deg,
        epoch,
        name_prefix,
    )
}

/// A Walker star pattern: as [`walker_delta`], the planes over 180 degrees.
///
/// # Errors
/// [`DesignError`] says which figure is wrong.
#[allow(
    clippy::too_many_arguments,
    reason = "the eight figures that name a Walker pattern"
)]
pub fn walker_star(
    total: u32,
    planes: u32,
    phasing: u32,
    altitude_km: f64,
    inclination_deg: f64,
    raan0_deg: f64,
    epoch: Timestamp,
    name_prefix: &str,
) -> Result<Vec<DesignedOrbit>, DesignError> {
    let pattern = WalkerPattern::Star;
    walker(
        pattern,
        total,
        planes,
        phasing,
        altitude_km,
        inclination_deg,
        raan0_deg,
        epoch,
        name_prefix,
    )
}

/// A Walker pattern, delta or star; altitude above the equatorial radius of 6,378.137 km.
///
/// # Errors
/// [`DesignError`] says which figure is wrong.
#[allow(
    clippy::too_many_arguments,
    reason = "the nine figures that name a Walker pattern"
)]
pub fn walker(
    pattern: WalkerPattern,
    total: u32,
    planes: u32,
    phasing: u32,
    altitude_km: f64,
    inclination_deg: f64,
    raan0_deg: f64,
    epoch: Timestamp,
    name_prefix: &str,
) -> Result<Vec<DesignedOrbit>, DesignError> {
    if total == 0 || total > PATTERN_MAX {
        return Err(DesignError::Total { total });
    }
    if planes == 0 || !total.is_multiple_of(planes) {
        return Err(DesignError::Planes { total, planes });
    }
    let spread_deg = match pattern {
        WalkerPattern::Delta => 360.0,
        WalkerPattern::Star => 180.0,
    };
    let in_plane = total / planes;
    let mut orbits = Vec::with_capacity(total as usize);
    for plane in 0..planes {
        for place in 0..in_plane {
            let along = 360.0 * f64::from(place) / f64::from(in_plane);
            let shift = 360.0 * f64::from(phasing) * f64::from(plane) / f64::from(total);
            let orbit = DesignedOrbit {
                name: format!("{name_prefix}{}-{}", plane + 1, place + 1),
                epoch,
                semi_major_axis_km: RADIUS_KM + altitude_km,
                eccentricity: 0.0,
                inclination_deg,
                raan_deg: (raan0_deg + spread_deg * f64::from(plane) / f64::from(planes))
                    .rem_euclid(360.0),
                argument_of_perigee_deg: 0.0,
                mean_anomaly_deg: (along + shift).rem_euclid(360.0),
            };
            orbit.check()?;
            orbits.push(orbit);
        }
    }
    Ok(orbits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn galileo_pattern() {
        let epoch = Timestamp::UNIX_EPOCH;
        let orbits = walker_delta(24, 3, 1, 23_222.0, 56.0, 10.0, epoch, "G").unwrap();
        assert_eq!(orbits.len(), 24);
        let nodes: Vec<f64> = orbits.iter().step_by(8).map(|o| o.raan_deg).collect();
        assert!((nodes[1] - 130.0).abs() < 1e-9 && (nodes[2] - 250.0).abs() < 1e-9);
        assert!((orbits[8].mean_anomaly_deg - 15.0).abs() < 1e-9);
        assert_eq!(orbits[23].name, "G3-8");
        let star = walker_star(24, 3, 1, 780.0, 86.4, 0.0, epoch, "S").unwrap();
        assert!((star[8].raan_deg - 60.0).abs() < 1e-9);
    }

    #[test]
    fn wrong_designs_are_named() {
        let make = |t, p, h, i| walker_delta(t, p, 0, h, i, 0.0, Timestamp::UNIX_EPOCH, "X");
        assert_eq!(
            make(10, 3, 500.0, 97.0),
            Err(DesignError::Planes {
                total: 10,
                planes: 3
            })
        );
        assert_eq!(
            make(10, 0, 500.0, 97.0),
            Err(DesignError::Planes {
                total: 10,
                planes: 0
            })
        );
        assert_eq!(
            make(0, 1, 500.0, 97.0),
            Err(DesignError::Total { total: 0 })
        );
        assert!(make(2, 1, -1.0, 97.0).is_err() && make(2, 1, f64::NAN, 97.0).is_err());
        let message = make(2, 1, 500.0, 197.0).unwrap_err().to_string();
        assert_eq!(message, "inclination_deg is 197; should be 0 to 180");
    }
}
