//! One element set made ready, and its state at a time.

use super::StateKm;
use super::deep::{Deep, Elements, LYDDANE};
use super::error::Sgp4Error;
use super::near::Near;
use super::orbit;
use crate::elements::ElementSet;
use crate::time::Days;

/// Farthest time from the epoch, minutes: 100 years. Elements say nothing for so long; the bound
/// keeps the half-day steps of resonant orbits few.
pub const MINUTES_MAX: f64 = 100.0 * 365.25 * 1440.0;

/// Largest angle, rad, that still says where a satellite is, to 0.1 m. What outgrows it has been
/// driven there by drag far from the epoch.
pub(super) const ANGLE_MAX: f64 = 1e8;
/// Smallest mean eccentricity after drag.
pub(super) const ECCENTRICITY_MIN: f64 = 1e-6;
/// Mean eccentricity below which there is no state.
pub(super) const ECCENTRICITY_LOWEST: f64 = -0.001;

/// An element set made ready.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub(super) near: Near,
    pub(super) deep: Option<Box<Deep>>,
}

impl Model {
    /// From elements that pass [`ElementSet::check`].
    pub(crate) fn new(set: &ElementSet) -> Self {
        let near = Near::new(set);
        let deep = near.is_deep().then(|| {
            // The epoch as one Julian date in an f64, to 20 microseconds, as in the programs that made
            // the published states: the Moon's longitude follows it, and a finer epoch would
            // put an orbit as high as WIND's 4 mm from them.
            let julian_date = Days::utc(set.epoch).get() + 2_451_545.0;
            Box::new(Deep::new(&near, julian_date - 2_433_281.5))
        });
        Self { near, deep }
    }

    /// Position and velocity, `minutes` after the epoch.
    pub(crate) fn state(&self, minutes: f64) -> Result<StateKm, Sgp4Error> {
        let t = minutes;
        if !(-MINUTES_MAX..=MINUTES_MAX).contains(&t) {
            return Err(Sgp4Error::Range);
        }
        let near = &self.near;
        let mut x = Elements {
            motion: near.motion,
            eccentricity: near.eccentricity,
            inclination: near.inclination,
            node: near.node + near.node_rate * t + near.node_drag * t * t,
            perigee: near.perigee + near.perigee_rate * t,
            anomaly: near.anomaly + near.anomaly_rate * t,
        };
        // Drag: on the square root of the axis, on the eccentricity, on the mean longitude.
        let mut shrink = 1.0 - near.c1 * t;
        let mut round = near.bc4 * t;
        let mut advance = near.t2cof * t * t;
        if !near.simple {
            let swing = near.omgcof * t
                + near.xmcof * ((1.0 + near.eta * x.anomaly.cos()).powi(3) - near.delmo);
            x.anomaly += swing;
            x.perigee -= swing;
            shrink -= t * t * (near.d2 + t * (near.d3 + t * near.d4));
            round += near.bc5 * (x.anomaly.sin() - near.sinmo);
            advance += t * t * t * (near.t3cof + t * (near.t4cof + t * near.t5cof));
        }
        let mut axis = near.axis;
        if let Some(deep) = &self.deep {
            deep.secular(&mut x, t);
            if x.motion <= 0.0 {
                return Err(Sgp4Error::MeanMotion);
            }
            if deep.resonance.is_some() {
                axis = orbit::axis_of(x.motion);
            }
        }
        axis *= shrink * shrink;
        x.eccentricity -= round;
        if x.eccentricity >= 1.0 || x.eccentricity < ECCENTRICITY_LOWEST {
            return Err(Sgp4Error::MeanEccentricity);
        }
        x.eccentricity = x.eccentricity.max(ECCENTRICITY_MIN);
        x.anomaly += near.motion * advance;
        match &self.deep {
            None => orbit::state(&x, &near.tilt, axis),
            Some(deep) => {
                let tilt = deep.periodic(&mut x, t)?;
                orbit::state(&x, &tilt, axis)
            }
        }
    }

    /// Satellites of equal numbers mostly take the same way through the theory.
    pub(super) fn path(&self) -> u8 {
        let e = self.near.eccentricity;
        let ways = [orbit::SERIES_E2, orbit::HALLEY_E2];
        let kepler = ways.iter().filter(|e2| e * e > 0.8 * **e2).count() as u8;
        let flat = self.deep.is_some() && self.near.inclination < LYDDANE + 0.05;
        2 * kepler + u8::from(flat)
    }
}
