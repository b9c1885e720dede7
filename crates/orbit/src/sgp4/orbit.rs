//! From mean elements at a time to position and velocity: long-period terms by J3, Kepler's equation,
//! short-period terms by J2. Spacetrack Report 3, section 6.

use super::StateKm;
use super::deep::Elements;
use super::error::Sgp4Error;
use super::gravity::{J2, KE, RADIUS_KM, SPEED_KM_S};
use super::model::ANGLE_MAX;
use super::near::Tilt;

/// Square of the eccentricity up to which a series and one step solve Kepler's equation: 0.007.
pub(super) const SERIES_E2: f64 = 5e-5;
/// Square of the eccentricity up to which steps of Halley's rule converge: 0.8.
pub(super) const HALLEY_E2: f64 = 0.64;
/// Longest last step of Halley's rule, rad: its error is of the third order.
pub(super) const HALLEY_END: f64 = 4e-6;
/// Published rule: steps at most, the step at which they end, the longest step, rad.
pub(super) const KEPLER_STEPS: usize = 10;
pub(super) const KEPLER_END: f64 = 1e-12;
pub(super) const KEPLER_STEP_MAX: f64 = 0.95;

/// Short-period angles up to here turn by a short series, rad; its error is below 3e-16.
pub(super) const SHORT: f64 = 2e-3;

/// Kepler's equation. With u the mean longitude, F the eccentric longitude, d = F - u, and the
/// eccentricity vector turned by u into `p` = ax sin u - ay cos u, `q` = ax cos u + ay sin u, it is
/// d = p cos d + q sin d: no sine of F or u is needed to solve it, and d is small. Gives sine and
/// cosine of d.
pub(super) fn kepler(p: f64, q: f64) -> (f64, f64) {
    let e2 = p * p + q * q;
    if e2 < SERIES_E2 {
        // d to the third order, then one step of Newton.
        let d = p * (1.0 + q * (1.0 + q) - 0.5 * p * p);
        let z = d * d;
        let sin = d * (1.0 - z * (1.0 / 6.0 - z * (1.0 / 120.0)));
        let cos = 1.0 - z * (0.5 - z * (1.0 / 24.0 - z * (1.0 / 720.0)));
        let w = q * cos - p * sin;
        let step = (p * cos + q * sin - d) * (1.0 + w * (1.0 + w));
        return (sin + step * cos, cos - step * sin);
    }
    let (mut d, mut sin, mut cos) = (0.0_f64, 0.0_f64, 1.0_f64);
    for _ in 0..KEPLER_STEPS {
        let bend = p * cos + q * sin;
        let miss = bend - d;
        let slope = 1.0 - (q * cos - p * sin);
        if e2 < HALLEY_E2 {
            let step = miss * slope / (slope * slope + 0.5 * bend * miss);
            d += step;
            if step.abs() < HALLEY_END {
                let half = 0.5 * step * step;
                return (sin + step * cos - half * sin, cos - step * sin - half * cos);
            }
        } else {
            // The published steps. Very eccentric orbits may not have converged after the last; what
            // then follows is as published.
            let step = miss / slope;
            if step.abs() < KEPLER_END {
                break;
            }
            d += step.clamp(-KEPLER_STEP_MAX, KEPLER_STEP_MAX);
        }
        (sin, cos) = d.sin_cos();
    }
    (sin, cos)
}

/// Sine and cosine of an angle that is mostly small, rad.
fn small_sin_cos(x: f64) -> (f64, f64) {
    if x.abs() < SHORT {
        let z = x * x;
        (
            x * (1.0 - z * (1.0 / 6.0)),
            1.0 - z * (0.5 - z * (1.0 / 24.0)),
        )
    } else {
        x.sin_cos()
    }
}

/// Sine and cosine of the sum of two angles.
fn turn((sin_a, cos_a): (f64, f64), (sin_b, cos_b): (f64, f64)) -> (f64, f64) {
    (sin_a * cos_b + cos_a * sin_b, cos_a * cos_b - sin_a * sin_b)
}

/// The state of elements `x` whose semi-major axis is `axis` Earth radii.
pub(super) fn state(x: &Elements, tilt: &Tilt, axis: f64) -> Result<StateKm, Sgp4Error> {
    let e = x.eccentricity;
    let (sin_w, cos_w) = x.perigee.sin_cos();
    let p_inverse = 1.0 / (axis * (1.0 - e * e));
    let ax = e * cos_w;
    let ay = e * sin_w + p_inverse * tilt.aycof;
    let longitude = x.anomaly + x.perigee + p_inverse * tilt.xlcof * ax;
    let (sin_m, cos_m) = longitude.sin_cos();
    let (p, q) = (ax * sin_m - ay * cos_m, ax * cos_m + ay * sin_m);
    let (sin_d, cos_d) = kepler(p, q);
    let (sin_f, cos_f) = turn((sin_m, cos_m), (sin_d, cos_d));

    let e_cos = q * cos_d - p * sin_d;
    let e_sin = p * cos_d + q * sin_d;
    let e2 = ax * ax + ay * ay;
    let beta2 = 1.0 - e2;
    if beta2 < 0.0 {
        return Err(Sgp4Error::SemiLatusRectum);
    }
    let r = axis * (1.0 - e_cos);
    let a_by_r = 1.0 / (1.0 - e_cos);
    let root = axis.sqrt();
    let beta = beta2.sqrt();
    let rate = a_by_r / root;
    let k = e_sin / (1.0 + beta);
    let sin_u = a_by_r * (sin_f - ay - ax * k);
    let cos_u = a_by_r * (cos_f - ax + ay * k);
    let sin_2u = 2.0 * cos_u * sin_u;
    let cos_2u = 1.0 - 2.0 * sin_u * sin_u;

    let p_inverse = 1.0 / (axis * beta2);
    let k1 = 0.5 * J2 * p_inverse;
    let k2 = k1 * p_inverse;
    let nk1 = k1 / (axis * root);
    let radius = r * (1.0 - 1.5 * k2 * beta * tilt.con41) + 0.5 * k1 * tilt.x1mth2 * cos_2u;
    if radius < 1.0 {
        return Err(Sgp4Error::Decayed);
    }
    let node = x.node + 1.5 * k2 * tilt.cos_i * sin_2u;
    let radial = e_sin * rate - nk1 * tilt.x1mth2 * sin_2u;
    let across = beta * rate + nk1 * (tilt.x1mth2 * cos_2u + 1.5 * tilt.con41);

    let turn_u = small_sin_cos(-0.25 * k2 * tilt.x7thm1 * sin_2u);
    let turn_i = small_sin_cos(1.5 * k2 * tilt.cos_i * tilt.sin_i * cos_2u);
    let (sin_l, cos_l) = turn((sin_u, cos_u), turn_u);
    let (sin_i, cos_i) = turn((tilt.sin_i, tilt.cos_i), turn_i);
    let (sin_n, cos_n) = node.sin_cos();
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
    let angles = longitude.abs().max(x.perigee.abs()).max(x.node.abs());
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
