//! From mean elements of lanes at a time to position and velocity; the scalar path's `orbit`.

use super::kepler;
use super::trig::sin_cos;
use super::{M, QUARTERS, V};
use crate::sgp4::error::Sgp4Error;
use crate::sgp4::gravity::{J2, RADIUS_KM, SPEED_KM_S};
use crate::sgp4::model::{ANGLE_MAX, ECCENTRICITY_LOWEST};
use crate::sgp4::orbit::SHORT;
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask};

const RADIUS_M: f64 = RADIUS_KM * 1e3;
const SPEED_M_S: f64 = SPEED_KM_S * 1e3;

/// [`crate::sgp4::near::Tilt`] of lanes; `xlcof` in quarter turns.
pub(super) struct TiltLanes<S: Simd> {
    pub(super) sin_i: V<S>,
    pub(super) cos_i: V<S>,
    pub(super) con41: V<S>,
    pub(super) x1mth2: V<S>,
    pub(super) x7thm1: V<S>,
    pub(super) aycof: V<S>,
    pub(super) xlcof: V<S>,
}

/// Mean elements at a time. Angles are quarter turns.
pub(super) struct MeanLanes<S: Simd> {
    /// Square root of the semi-major axis, and its inverse.
    pub(super) root: V<S>,
    pub(super) eccentricity: V<S>,
    pub(super) node: V<S>,
    pub(super) perigee: V<S>,
    pub(super) anomaly: V<S>,
    pub(super) tilt: TiltLanes<S>,
}

/// Checks that came before. A lane is true where it has passed.
pub(super) struct Checks<S: Simd> {
    /// Time within range.
    pub(super) time: M<S>,
    /// Mean motion positive.
    pub(super) motion: M<S>,
    /// Mean eccentricity, as it was before it was bounded.
    pub(super) mean_eccentricity: V<S>,
    /// Eccentricity after Sun and Moon; a number in [0, 1] where they do not count.
    pub(super) eccentricity: V<S>,
}

/// States of lanes: m and m/s; error codes, 0 where there is a state. A lane with an error has NaN.
pub(in crate::sgp4) struct Found<S: Simd> {
    pub(in crate::sgp4) r_m: [V<S>; 3],
    pub(in crate::sgp4) v_m_s: [V<S>; 3],
    /// `None` where all lanes have a state.
    pub(in crate::sgp4) codes: Option<V<S>>,
}

/// Sine and cosine of a small angle, rad, whatever its size.
#[inline(always)]
fn small_sin_cos<S: Simd>(simd: S, x: V<S>, all_short: bool) -> (V<S>, V<S>) {
    if all_short {
        let z = x * x;
        let sin = x * (z * (-1.0 / 6.0) + 1.0);
        let cos = z.mul_add(z * (1.0 / 24.0) - 0.5, 1.0);
        (sin, cos)
    } else {
        sin_cos(simd, x * QUARTERS)
    }
}

#[inline(always)]
pub(super) fn state<S: Simd>(simd: S, x: &MeanLanes<S>, checks: &Checks<S>) -> Found<S> {
    let one = V::<S>::splat(simd, 1.0);
    let (root, e, tilt) = (x.root, x.eccentricity, &x.tilt);
    let (sin_w, cos_w) = sin_cos(simd, x.perigee);
    // 1 / root and 1 / (axis (1 - e^2)) by one division.
    let round = one - e * e;
    let both = one / (root * round);
    let root_inverse = both * round;
    let p_inverse = both * root_inverse;
    let ax = e * cos_w;
    let ay = e.mul_add(sin_w, p_inverse * tilt.aycof);
    let u = (p_inverse * tilt.xlcof).mul_add(ax, x.anomaly + x.perigee);
    let (sin_m, cos_m) = sin_cos(simd, u);

    let e2 = ax.mul_add(ax, ay * ay);
    let p = ax * sin_m - ay * cos_m;
    let q = ax.mul_add(cos_m, ay * sin_m);
    let (sin_d, cos_d) = kepler::solve(simd, p, q, e2);
    let sin_f = sin_m.mul_add(cos_d, cos_m * sin_d);
    let cos_f = cos_m * cos_d - sin_m * sin_d;
    let e_sin = p.mul_add(cos_d, q * sin_d);
    // r / a, and the inverses of it, of 1 + beta and of beta^2, by one division.
    let r_by_a = one - (q * cos_d - p * sin_d);
    let beta2 = one - e2;
    let beta = beta2.sqrt();
    let beta_1 = beta + 1.0;
    let rb = r_by_a * beta_1;
    let all = one / (rb * beta2);
    let rb_inverse = all * beta2;
    let beta2_inverse = all * rb;
    let a_by_r = rb_inverse * beta_1;
    let k = e_sin * (rb_inverse * r_by_a);
    let sin_u = (sin_f - ay - ax * k) * a_by_r;
    let cos_u = (cos_f - ax + ay * k) * a_by_r;
    let sin_2u = (cos_u + cos_u) * sin_u;
    let cos_2u = one - (sin_u + sin_u) * sin_u;

    let rate = a_by_r * root_inverse;
    let axis_inverse = root_inverse * root_inverse;
    let k1 = axis_inverse * beta2_inverse * (0.5 * J2);
    let k2 = k1 * (axis_inverse * beta2_inverse);
    let k2_15 = k2 * 1.5;
    let nk1 = axis_inverse * root_inverse * k1;
    let r = root * root * r_by_a;
    let radius = (one - k2_15 * beta * tilt.con41).mul_add(r, k1 * 0.5 * tilt.x1mth2 * cos_2u);
    let turn_u = k2 * tilt.x7thm1 * sin_2u * -0.25;
    let turn_i = k2_15 * tilt.cos_i;
    let node = (turn_i * sin_2u).mul_add(QUARTERS, x.node);
    let turn_i = turn_i * tilt.sin_i * cos_2u;
    let radial = e_sin * rate - nk1 * tilt.x1mth2 * sin_2u;
    let across = beta.mul_add(rate, nk1 * (tilt.x1mth2 * cos_2u + tilt.con41 * 1.5));

    let all_short = turn_u.abs().max(turn_i.abs()).simd_lt(SHORT).all_true();
    let (sin_t, cos_t) = small_sin_cos(simd, turn_u, all_short);
    let sin_l = sin_u.mul_add(cos_t, cos_u * sin_t);
    let cos_l = cos_u * cos_t - sin_u * sin_t;
    let (sin_t, cos_t) = small_sin_cos(simd, turn_i, all_short);
    let sin_i = tilt.sin_i.mul_add(cos_t, tilt.cos_i * sin_t);
    let cos_i = tilt.cos_i * cos_t - tilt.sin_i * sin_t;
    let (sin_n, cos_n) = sin_cos(simd, node);
    let mx = -(sin_n * cos_i);
    let my = cos_n * cos_i;
    let to = [
        mx.mul_add(sin_l, cos_n * cos_l),
        my.mul_add(sin_l, sin_n * cos_l),
        sin_i * sin_l,
    ];
    let along = [
        mx * cos_l - cos_n * sin_l,
        my * cos_l - sin_n * sin_l,
        sin_i * cos_l,
    ];
    let radius_m = radius * RADIUS_M;
    let (radial, across) = (radial * SPEED_M_S, across * SPEED_M_S);
    let mut found = Found {
        r_m: [to[0] * radius_m, to[1] * radius_m, to[2] * radius_m],
        v_m_s: [
            radial.mul_add(to[0], across * along[0]),
            radial.mul_add(to[1], across * along[1]),
            radial.mul_add(to[2], across * along[2]),
        ],
        codes: None,
    };

    // Each is false of NaN.
    let angles = u.abs().max(x.node.abs()).max(x.perigee.abs());
    let mean = checks.mean_eccentricity;
    let eccentric = mean.simd_lt(1.0) & mean.simd_ge(ECCENTRICITY_LOWEST);
    let perturbed = checks.eccentricity.simd_ge(0.0) & checks.eccentricity.simd_le(1.0);
    let closed = e2.simd_le(1.0);
    let above = radius.simd_ge(1.0);
    let finite =
        angles.simd_lt(ANGLE_MAX * QUARTERS) & radius.simd_le(f64::MAX) & across.simd_le(f64::MAX);
    let good = checks.time & checks.motion & eccentric & perturbed & closed & above & finite;
    if !good.all_true() {
        // From the last check to the first, so that the first to fail names the error.
        let mut codes = V::<S>::splat(simd, 0.0);
        for (passed, error) in [
            (finite, Sgp4Error::Range),
            (above, Sgp4Error::Decayed),
            (closed, Sgp4Error::SemiLatusRectum),
            (perturbed, Sgp4Error::PerturbedEccentricity),
            (eccentric, Sgp4Error::MeanEccentricity),
            (checks.motion, Sgp4Error::MeanMotion),
            (checks.time, Sgp4Error::Range),
        ] {
            let code = V::<S>::splat(simd, f64::from(error.code()));
            codes = passed.select(codes, code);
        }
        let nan = V::<S>::splat(simd, f64::NAN);
        for k in 0..3 {
            found.r_m[k] = good.select(found.r_m[k], nan);
            found.v_m_s[k] = good.select(found.v_m_s[k], nan);
        }
        found.codes = Some(codes);
    }
    found
}
