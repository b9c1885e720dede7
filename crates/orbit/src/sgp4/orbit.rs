//! From mean elements at a time to position and velocity: long-period terms by J3, Kepler's equation,
//! short-period terms by J2. Spacetrack Report 3, section 6.

use super::StateKm;
use super::deep::Elements;
use super::error::Sgp4Error;
use super::gravity::{J2, KE, RADIUS_KM, SPEED_KM_S};
use super::model::ANGLE_MAX;
use super::near::Tilt;
use std::f64::consts::TAU;

/// Kepler's equation: steps at most, and the step at which they end, rad.
pub(super) const KEPLER_STEPS: usize = 10;
pub(super) const KEPLER_END: f64 = 1e-12;
/// Longest step, rad.
pub(super) const KEPLER_STEP_MAX: f64 = 0.95;

/// Sine and cosine of the eccentric longitude F: F = u + ax sin F - ay cos F. Very eccentric orbits
/// may not have converged after the last step; what then follows is as published.
fn kepler(u: f64, ax: f64, ay: f64) -> (f64, f64) {
    let mut f = u;
    let (mut sin_f, mut cos_f) = f.sin_cos();
    for _ in 0..KEPLER_STEPS {
        (sin_f, cos_f) = f.sin_cos();
        let slope = 1.0 - cos_f * ax - sin_f * ay;
        let step = (u - ay * cos_f + ax * sin_f - f) / slope;
        if step.abs() < KEPLER_END {
            break;
        }
        f += step.clamp(-KEPLER_STEP_MAX, KEPLER_STEP_MAX);
    }
    (sin_f, cos_f)
}

/// The state of elements `x` whose semi-major axis is `axis` Earth radii.
pub(super) fn state(x: &Elements, tilt: &Tilt, axis: f64) -> Result<StateKm, Sgp4Error> {
    let e = x.eccentricity;
    let (sin_w, cos_w) = x.perigee.sin_cos();
    let p_inverse = 1.0 / (axis * (1.0 - e * e));
    let ax = e * cos_w;
    let ay = e * sin_w + p_inverse * tilt.aycof;
    let u = (x.anomaly + x.perigee + p_inverse * tilt.xlcof * ax) % TAU;
    let (sin_f, cos_f) = kepler(u, ax, ay);

    let e_cos = ax * cos_f + ay * sin_f;
    let e_sin = ax * sin_f - ay * cos_f;
    let e2 = ax * ax + ay * ay;
    let p = axis * (1.0 - e2);
    if p < 0.0 {
        return Err(Sgp4Error::SemiLatusRectum);
    }
    let r = axis * (1.0 - e_cos);
    let r_rate = axis.sqrt() * e_sin / r;
    let across_rate = p.sqrt() / r;
    let beta = (1.0 - e2).sqrt();
    let k = e_sin / (1.0 + beta);
    let sin_u = axis / r * (sin_f - ay - ax * k);
    let cos_u = axis / r * (cos_f - ax + ay * k);
    let sin_2u = 2.0 * cos_u * sin_u;
    let cos_2u = 1.0 - 2.0 * sin_u * sin_u;

    let k1 = 0.5 * J2 / p;
    let k2 = k1 / p;
    let motion = 1.0 / (axis * axis.sqrt());
    let radius = r * (1.0 - 1.5 * k2 * beta * tilt.con41) + 0.5 * k1 * tilt.x1mth2 * cos_2u;
    let latitude = sin_u.atan2(cos_u) - 0.25 * k2 * tilt.x7thm1 * sin_2u;
    let node = x.node + 1.5 * k2 * tilt.cos_i * sin_2u;
    let inclination = x.inclination + 1.5 * k2 * tilt.cos_i * tilt.sin_i * cos_2u;
    let radial = r_rate - motion * k1 * tilt.x1mth2 * sin_2u;
    let across = across_rate + motion * k1 * (tilt.x1mth2 * cos_2u + 1.5 * tilt.con41);
    if radius < 1.0 {
        return Err(Sgp4Error::Decayed);
    }

    let (sin_l, cos_l) = latitude.sin_cos();
    let (sin_n, cos_n) = node.sin_cos();
    let (sin_i, cos_i) = inclination.sin_cos();
    let (mx, my) = (-sin_n * cos_i, cos_n * cos_i);
    let to = [
        mx * sin_l + cos_n * cos_l,
        my * sin_l + sin_n * cos_l,
        sin_i * sin_l,
    ];
    let along = [
        mx * cos_l - cos_n * sin_l,
        my * cos_l - sin_n * sin_l,
        sin_i * cos_l,
    ];
    let position = to.map(|x| x * (radius * RADIUS_KM));
    let velocity = [0, 1, 2].map(|k| (radial * to[k] + across * along[k]) * SPEED_KM_S);
    // NaN passes every comparison above.
    let whole = position.iter().chain(&velocity).all(|x| x.is_finite());
    let angles = (x.anomaly + x.perigee)
        .abs()
        .max(x.perigee.abs())
        .max(x.node.abs());
    if whole && angles < ANGLE_MAX {
        Ok((position, velocity))
    } else {
        Err(Sgp4Error::Range)
    }
}

/// The semi-major axis, Earth radii, of a mean motion in rad/min, before drag.
pub(super) fn axis_of(motion: f64) -> f64 {
    (KE / motion).powf(2.0 / 3.0)
}
