//! Deep space: what Sun, Moon and resonance do to the elements. Spacetrack Report 3, section 10,
//! with Lyddane's change for small inclinations (1963) where the report has it.

use super::error::Sgp4Error;
use super::near::{Near, Tilt};
use super::resonance::{EARTH_RATE, Rates, Resonance};
use super::third_body::{self, Body, Orbit, Periodic};
use std::f64::consts::{PI, TAU};

/// Inclination, and distance from 180 degrees, below which the node has no secular change, rad.
const EQUATORIAL: f64 = 5.235_987_7e-2;
/// Inclination from which the periodic changes are added as they are, rad.
pub(super) const LYDDANE: f64 = 0.2;

/// What an element set of a deep-space orbit has besides [`Near`].
#[derive(Debug, Clone)]
pub(super) struct Deep {
    pub(super) sun: Body,
    pub(super) moon: Body,
    /// Secular rates by Sun and Moon, a minute.
    pub(super) eccentricity_rate: f64,
    pub(super) inclination_rate: f64,
    pub(super) anomaly_rate: f64,
    pub(super) perigee_rate: f64,
    pub(super) node_rate: f64,
    /// Sidereal time at the epoch, rad.
    pub(super) sidereal: f64,
    pub(super) resonance: Option<Resonance>,
}

/// Elements at a time, on their way through the theory.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Elements {
    pub(super) motion: f64,
    pub(super) eccentricity: f64,
    pub(super) inclination: f64,
    pub(super) node: f64,
    pub(super) perigee: f64,
    pub(super) anomaly: f64,
}

impl Deep {
    /// `days` is the epoch in days after 1949-12-31 00:00 UTC.
    pub(super) fn new(near: &Near, days: f64) -> Self {
        let (sin_i, cos_i) = (near.tilt.sin_i, near.tilt.cos_i);
        let orbit = Orbit {
            motion: near.motion,
            eccentricity: near.eccentricity,
            sin_i,
            cos_i,
            node: near.node,
            perigee: near.perigee,
        };
        let [(sun, by_sun), (moon, by_moon)] = third_body::bodies(&orbit, days);
        let i = near.inclination;
        let equatorial = !(EQUATORIAL..=PI - EQUATORIAL).contains(&i);
        let node = |h: f64| {
            if equatorial || sin_i == 0.0 {
                0.0
            } else {
                h / sin_i
            }
        };
        let (node_sun, node_moon) = (node(by_sun.h), node(by_moon.h));
        let rates = Rates {
            anomaly: by_sun.l + by_moon.l,
            perigee: by_sun.g - cos_i * node_sun + by_moon.g - cos_i * node_moon,
            node: node_sun + node_moon,
        };
        let sidereal = sidereal(days);
        Self {
            sun,
            moon,
            eccentricity_rate: by_sun.e + by_moon.e,
            inclination_rate: by_sun.i + by_moon.i,
            anomaly_rate: rates.anomaly,
            perigee_rate: rates.perigee,
            node_rate: rates.node,
            sidereal,
            resonance: Resonance::new(near, &rates, sidereal),
        }
    }

    /// Adds the secular changes and the resonance, `minutes` after the epoch.
    pub(super) fn secular(&self, x: &mut Elements, minutes: f64) {
        x.eccentricity += self.eccentricity_rate * minutes;
        x.inclination += self.inclination_rate * minutes;
        x.perigee += self.perigee_rate * minutes;
        x.node += self.node_rate * minutes;
        x.anomaly += self.anomaly_rate * minutes;
        let Some(resonance) = &self.resonance else {
            return;
        };
        let node = resonance.node(minutes);
        let (longitude, motion) = node.on(node.after(minutes));
        let theta = self.sidereal + minutes * EARTH_RATE;
        x.motion = motion;
        x.anomaly = if resonance.is_day() {
            longitude - x.node - x.perigee + theta
        } else {
            longitude - 2.0 * x.node + 2.0 * theta
        };
    }

    /// Adds the periodic changes by Sun and Moon, `minutes` after the epoch, and gives the terms that
    /// follow from the new inclination.
    pub(super) fn periodic(&self, x: &mut Elements, minutes: f64) -> Result<Tilt, Sgp4Error> {
        let (sun, moon) = (self.sun.periodic(minutes), self.moon.periodic(minutes));
        let p = Periodic {
            e: sun.e + moon.e,
            i: sun.i + moon.i,
            l: sun.l + moon.l,
            g: sun.g + moon.g,
            h: sun.h + moon.h,
        };
        x.inclination += p.i;
        x.eccentricity += p.e;
        let (sin_i, cos_i) = x.inclination.sin_cos();
        if x.inclination >= LYDDANE {
            let node = p.h / sin_i;
            x.perigee += p.g - cos_i * node;
            x.node += node;
            x.anomaly += p.l;
        } else {
            lyddane(x, &p, sin_i, cos_i);
        }
        let mut sin_i = sin_i;
        if x.inclination < 0.0 {
            x.inclination = -x.inclination;
            x.node += PI;
            x.perigee -= PI;
            sin_i = -sin_i;
        }
        if !(0.0..=1.0).contains(&x.eccentricity) {
            return Err(Sgp4Error::PerturbedEccentricity);
        }
        Ok(Tilt::new(sin_i, cos_i))
    }
}

/// The periodic changes for a small inclination, in which the node itself may turn fast.
fn lyddane(x: &mut Elements, p: &Periodic, sin_i: f64, cos_i: f64) {
    let (sin_node, cos_node) = x.node.sin_cos();
    let alpha = sin_i * sin_node + p.h * cos_node + p.i * cos_i * sin_node;
    let beta = sin_i * cos_node - p.h * sin_node + p.i * cos_i * cos_node;
    let before = x.node % TAU;
    let longitude = x.anomaly + x.perigee + p.l + p.g + (cos_i - p.i * sin_i) * before;
    let mut node = alpha.atan2(beta);
    if (before - node).abs() > PI {
        node += if node < before { TAU } else { -TAU };
    }
    x.node = node;
    x.anomaly += p.l;
    x.perigee = longitude - x.anomaly - cos_i * node;
}

/// Greenwich mean sidereal time (IAU 1982), rad, `days` after 1949-12-31 00:00; UTC stands for UT1.
fn sidereal(days: f64) -> f64 {
    let t = (days + 2_433_281.5 - 2_451_545.0) / 36_525.0;
    let seconds =
        67_310.548_41 + t * (876_600.0 * 3600.0 + 8_640_184.812_866 + t * (0.093_104 - 6.2e-6 * t));
    (seconds / 240.0).to_radians().rem_euclid(TAU)
}
