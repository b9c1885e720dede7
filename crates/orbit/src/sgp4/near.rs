//! What of an element set does not change with time: recovered mean motion, secular rates by J2 and
//! J4, drag. Spacetrack Report 3, section 6.

use super::gravity::{J2, J3_BY_J2, J4, KE, RADIUS_KM, long_period};
use crate::elements::ElementSet;
use std::f64::consts::TAU;

/// Period from which an orbit is deep space, minutes.
const DEEP_PERIOD_MIN: f64 = 225.0;
/// Perigee below which drag keeps only its first terms, km.
const SIMPLE_PERIGEE_KM: f64 = 220.0;
/// Upper end of the atmosphere model, km.
const DENSITY_TOP_KM: f64 = 120.0;
/// Height of its parameter s, km.
const DENSITY_S_KM: f64 = 78.0;
/// Eccentricity below which the drag terms that divide by it are left out.
const ROUND: f64 = 1e-4;

/// Terms that follow from the inclination alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Tilt {
    pub(super) sin_i: f64,
    pub(super) cos_i: f64,
    /// 3 cos^2 i - 1.
    pub(super) con41: f64,
    /// 1 - cos^2 i.
    pub(super) x1mth2: f64,
    /// 7 cos^2 i - 1.
    pub(super) x7thm1: f64,
    /// Long-period coefficients by J3.
    pub(super) aycof: f64,
    pub(super) xlcof: f64,
}

impl Tilt {
    pub(super) fn new(sin_i: f64, cos_i: f64) -> Self {
        let cos2 = cos_i * cos_i;
        let (aycof, xlcof) = long_period(sin_i, cos_i);
        Self {
            sin_i,
            cos_i,
            con41: 3.0 * cos2 - 1.0,
            x1mth2: 1.0 - cos2,
            x7thm1: 7.0 * cos2 - 1.0,
            aycof,
            xlcof,
        }
    }
}

/// An element set made ready, as far as every orbit needs it. Names of coefficients are those of
/// Spacetrack Report 3.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Near {
    /// Recovered mean motion, rad/min.
    pub(super) motion: f64,
    /// Semi-major axis, Earth radii.
    pub(super) axis: f64,
    pub(super) eccentricity: f64,
    pub(super) inclination: f64,
    pub(super) node: f64,
    pub(super) perigee: f64,
    pub(super) anomaly: f64,
    /// Secular rates, rad/min.
    pub(super) node_rate: f64,
    pub(super) perigee_rate: f64,
    pub(super) anomaly_rate: f64,
    /// Of the node by drag, rad/min^2.
    pub(super) node_drag: f64,
    pub(super) tilt: Tilt,
    pub(super) c1: f64,
    /// B* C4 and B* C5.
    pub(super) bc4: f64,
    pub(super) bc5: f64,
    pub(super) d2: f64,
    pub(super) d3: f64,
    pub(super) d4: f64,
    pub(super) t2cof: f64,
    pub(super) t3cof: f64,
    pub(super) t4cof: f64,
    pub(super) t5cof: f64,
    pub(super) eta: f64,
    pub(super) omgcof: f64,
    pub(super) xmcof: f64,
    /// (1 + eta cos M)^3 and sin M at the epoch.
    pub(super) delmo: f64,
    pub(super) sinmo: f64,
    /// Whether drag keeps its first terms only; the coefficients of the others are zero.
    pub(super) simple: bool,
}

/// The mean motion and semi-major axis without Kozai's part of J2.
fn recover(kozai: f64, eccentricity: f64, cos_i: f64) -> (f64, f64) {
    let beta2 = 1.0 - eccentricity * eccentricity;
    let d1 = 0.75 * J2 * (3.0 * cos_i * cos_i - 1.0) / (beta2.sqrt() * beta2);
    let a1 = (KE / kozai).powf(2.0 / 3.0);
    let delta1 = d1 / (a1 * a1);
    let a0 = a1 * (1.0 - delta1 * delta1 - delta1 * (1.0 / 3.0 + 134.0 * delta1 * delta1 / 81.0));
    let motion = kozai / (1.0 + d1 / (a0 * a0));
    (motion, (KE / motion).powf(2.0 / 3.0))
}

/// Parameters s and (q0 - s)^4 of the density function for a perigee height, Earth radii.
fn density(perigee_km: f64) -> (f64, f64) {
    let s_km = if perigee_km < 98.0 {
        20.0
    } else if perigee_km < 156.0 {
        perigee_km - DENSITY_S_KM
    } else {
        DENSITY_S_KM
    };
    let q = (DENSITY_TOP_KM - s_km) / RADIUS_KM;
    (s_km / RADIUS_KM + 1.0, q * q * q * q)
}

impl Near {
    pub(super) fn new(set: &ElementSet) -> Self {
        let e = set.eccentricity;
        let inclination = set.inclination_deg.to_radians();
        let perigee = set.argument_of_perigee_deg.to_radians();
        let anomaly = set.mean_anomaly_deg.to_radians();
        let (sin_i, cos_i) = inclination.sin_cos();
        let tilt = Tilt::new(sin_i, cos_i);
        let (motion, axis) = recover(set.mean_motion_rev_day * TAU / 1440.0, e, cos_i);

        let cos2 = cos_i * cos_i;
        let cos4 = cos2 * cos2;
        let beta2 = 1.0 - e * e;
        let beta = beta2.sqrt();
        let p2 = (axis * beta2).powi(2);
        let k1 = 1.5 * J2 / p2 * motion;
        let k2 = 0.5 * k1 * J2 / p2;
        let k3 = -0.46875 * J4 / (p2 * p2) * motion;
        let node_rate1 = -k1 * cos_i;

        let perigee_radius = axis * (1.0 - e);
        let (s, q4) = density((perigee_radius - 1.0) * RADIUS_KM);
        let xi = 1.0 / (axis - s);
        let eta = axis * e * xi;
        let eta2 = eta * eta;
        let e_eta = e * eta;
        let psi2 = (1.0 - eta2).abs();
        let coef = q4 * xi.powi(4);
        let coef1 = coef / psi2.powf(3.5);
        let c2 = coef1
            * motion
            * (axis * (1.0 + 1.5 * eta2 + e_eta * (4.0 + eta2))
                + 0.375 * J2 * xi / psi2 * tilt.con41 * (8.0 + 3.0 * eta2 * (8.0 + eta2)));
        let c1 = set.bstar * c2;
        let c4 = 2.0
            * motion
            * coef1
            * axis
            * beta2
            * (eta * (2.0 + 0.5 * eta2) + e * (0.5 + 2.0 * eta2)
                - J2 * xi / (axis * psi2)
                    * (-3.0 * tilt.con41 * (1.0 - 2.0 * e_eta + eta2 * (1.5 - 0.5 * e_eta))
                        + 0.75
                            * tilt.x1mth2
                            * (2.0 * eta2 - e_eta * (1.0 + eta2))
                            * (2.0 * perigee).cos()));

        let mut near = Self {
            motion,
            axis,
            eccentricity: e,
            inclination,
            node: set.raan_deg.to_radians(),
            perigee,
            anomaly,
            node_rate: node_rate1
                + (0.5 * k2 * (4.0 - 19.0 * cos2) + 2.0 * k3 * (3.0 - 7.0 * cos2)) * cos_i,
            perigee_rate: -0.5 * k1 * (1.0 - 5.0 * cos2)
                + 0.0625 * k2 * (7.0 - 114.0 * cos2 + 395.0 * cos4)
                + k3 * (3.0 - 36.0 * cos2 + 49.0 * cos4),
            anomaly_rate: motion
                + 0.5 * k1 * beta * tilt.con41
                + 0.0625 * k2 * beta * (13.0 - 78.0 * cos2 + 137.0 * cos4),
            node_drag: 3.5 * beta2 * node_rate1 * c1,
            tilt,
            c1,
            bc4: set.bstar * c4,
            bc5: 0.0,
            d2: 0.0,
            d3: 0.0,
            d4: 0.0,
            t2cof: 1.5 * c1,
            t3cof: 0.0,
            t4cof: 0.0,
            t5cof: 0.0,
            eta,
            omgcof: 0.0,
            xmcof: 0.0,
            delmo: (1.0 + eta * anomaly.cos()).powi(3),
            sinmo: anomaly.sin(),
            simple: true,
        };
        let low = perigee_radius < SIMPLE_PERIGEE_KM / RADIUS_KM + 1.0;
        if low || near.is_deep() {
            return near;
        }
        near.simple = false;
        let c5 = 2.0 * coef1 * axis * beta2 * (1.0 + 2.75 * (eta2 + e_eta) + e_eta * eta2);
        near.bc5 = set.bstar * c5;
        if e > ROUND {
            let c3 = -2.0 * coef * xi * J3_BY_J2 * motion * sin_i / e;
            near.omgcof = set.bstar * c3 * perigee.cos();
            near.xmcof = -2.0 / 3.0 * coef * set.bstar / e_eta;
        }
        near.grow_drag(s, xi);
        near
    }

    /// The terms of drag in higher powers of time.
    fn grow_drag(&mut self, s: f64, xi: f64) {
        let (axis, c1) = (self.axis, self.c1);
        let c1_2 = c1 * c1;
        self.d2 = 4.0 * axis * xi * c1_2;
        let k = self.d2 * xi * c1 / 3.0;
        self.d3 = (17.0 * axis + s) * k;
        self.d4 = 0.5 * k * axis * xi * (221.0 * axis + 31.0 * s) * c1;
        self.t3cof = self.d2 + 2.0 * c1_2;
        self.t4cof = 0.25 * (3.0 * self.d3 + c1 * (12.0 * self.d2 + 10.0 * c1_2));
        self.t5cof = 0.2
            * (3.0 * self.d4
                + 12.0 * c1 * self.d3
                + 6.0 * self.d2 * self.d2
                + 15.0 * c1_2 * (2.0 * self.d2 + c1_2));
    }

    /// Whether Sun, Moon and resonance count.
    pub(super) fn is_deep(&self) -> bool {
        TAU / self.motion >= DEEP_PERIOD_MIN
    }
}
