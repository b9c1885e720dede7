//! Kepler's motion with the secular rates of J2 (Vallado 2013, section 9.6; Brouwer 1959, first order).

use crate::elements::designed::{DesignedOrbit, SecularRates};
use crate::frame::{State, Teme};
use std::f64::consts::TAU;

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kepler {
    a_km: f64,
    e: f64,
    inclination: f64,
    node: f64,
    perigee: f64,
    anomaly: f64,
    node_rate: f64,
    perigee_rate: f64,
    anomaly_rate: f64,
}

impl Kepler {
    pub(super) fn new(orbit: &DesignedOrbit) -> Self {
        let (a_km, e) = (orbit.semi_major_axis_km, orbit.eccentricity);
        let rates = SecularRates::new(a_km, e, orbit.inclination_deg);
        Self {
            a_km,
            e,
            inclination: orbit.inclination_deg.to_radians(),
            node: orbit.raan_deg.to_radians(),
            perigee: orbit.argument_of_perigee_deg.to_radians(),
            anomaly: orbit.mean_anomaly_deg.to_radians(),
            node_rate: rates.node_rad_s,
            perigee_rate: rates.perigee_rad_s,
            anomaly_rate: rates.anomaly_rad_s,
        }
    }

    /// Anomalistic period, seconds.
    pub(super) fn period_s(&self) -> f64 {
        TAU / self.anomaly_rate
    }

    pub(super) fn state(&self, seconds: f64) -> State<Teme> {
        let m = (self.anomaly + self.anomaly_rate * seconds).rem_euclid(TAU);
        let eccentric = eccentric_anomaly(m, self.e);
        let (sin_e, cos_e) = eccentric.sin_cos();
        let root = (1.0 - self.e * self.e).sqrt();
        let (x, y) = (self.a_km * (cos_e - self.e), self.a_km * root * sin_e);
        let rate = self.a_km * self.anomaly_rate / (1.0 - self.e * cos_e);
        let (vx, vy) = (-rate * sin_e, rate * root * cos_e);
        let (sin_w, cos_w) = (self.perigee + self.perigee_rate * seconds).sin_cos();
        let (sin_o, cos_o) = (self.node + self.node_rate * seconds).sin_cos();
        let (sin_i, cos_i) = self.inclination.sin_cos();
        let turn = |x: f64, y: f64| {
            let (u, v) = (cos_w * x - sin_w * y, sin_w * x + cos_w * y);
            [
                1e3 * (cos_o * u - sin_o * cos_i * v),
                1e3 * (sin_o * u + cos_o * cos_i * v),
                1e3 * sin_i * v,
            ]
        };
        State::new(turn(x, y), turn(vx, vy))
    }
}

/// Kepler's equation by Newton from Danby's start; converges for every e in [0, 1).
fn eccentric_anomaly(m: f64, e: f64) -> f64 {
    let mut x = m + 0.85 * e * m.sin().signum();
    for _ in 0..30 {
        let step = (x - e * x.sin() - m) / (1.0 - e * x.cos());
        x -= step.clamp(-1.0, 1.0);
        if step.abs() < 1e-14 {
            break;
        }
    }
    x
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn kepler_equation_holds(m in 0.0_f64..TAU, e in 0.0_f64..0.999) {
            let x = eccentric_anomaly(m, e);
            prop_assert!((x - e * x.sin() - m).abs() < 1e-11);
        }
    }

    /// Landsat's sun-synchronous orbit: 705 km, 98.2 degrees, node +0.9856 degrees a day.
    #[test]
    fn sun_synchronous_node_rate() {
        let orbit = DesignedOrbit {
            name: String::new(),
            epoch: jiff::Timestamp::UNIX_EPOCH,
            semi_major_axis_km: 7_077.7,
            eccentricity: 0.0001,
            inclination_deg: 98.21,
            raan_deg: 0.0,
            argument_of_perigee_deg: 0.0,
            mean_anomaly_deg: 0.0,
        };
        let kepler = Kepler::new(&orbit);
        let per_day = kepler.node_rate.to_degrees() * 86_400.0;
        assert!((per_day - 0.9856).abs() < 0.005, "{per_day}");
        assert!((kepler.period_s() / 60.0 - 98.8).abs() < 0.2);
    }
}
