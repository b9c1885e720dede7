//! Kepler's equation of lanes: d = p cos d + q sin d, as the scalar path's `orbit` has it.

use super::trig::sin_cos;
use super::{QUARTERS, V};
use crate::sgp4::orbit::{
    HALLEY_E2, HALLEY_END, KEPLER_END, KEPLER_STEP_MAX, KEPLER_STEPS, SERIES_E2,
};
use fearless_simd::{Select, Simd, SimdBase, SimdFloat, SimdMask};

/// Sine and cosine of d.
#[inline(always)]
pub(super) fn solve<S: Simd>(simd: S, p: V<S>, q: V<S>, e2: V<S>) -> (V<S>, V<S>) {
    if e2.simd_lt(SERIES_E2).all_true() {
        series(simd, p, q)
    } else if e2.simd_lt(HALLEY_E2).all_true() {
        halley(simd, p, q)
    } else {
        newton(simd, p, q)
    }
}

/// For nearly round orbits: d to the third order, then one step of Newton.
#[inline(always)]
fn series<S: Simd>(simd: S, p: V<S>, q: V<S>) -> (V<S>, V<S>) {
    let d = p * (q.mul_add(q, q) + 1.0 - p * p * 0.5);
    let z = d * d;
    let sin = d * z.mul_add(z.mul_add(splat(simd, 1.0 / 120.0), -1.0 / 6.0), 1.0);
    let cos = z.mul_add(
        z.mul_add(z.mul_add(splat(simd, -1.0 / 720.0), 1.0 / 24.0), -0.5),
        1.0,
    );
    let miss = p.mul_add(cos, q * sin) - d;
    let w = q * cos - p * sin;
    let step = miss * w.mul_add(w + 1.0, 1.0);
    (step.mul_add(cos, sin), cos - step * sin)
}

/// For moderate eccentricities: Halley's rule from d = 0. The last step turns sine and cosine.
#[inline(always)]
fn halley<S: Simd>(simd: S, p: V<S>, q: V<S>) -> (V<S>, V<S>) {
    let mut d = splat(simd, 0.0);
    let (mut sin, mut cos) = (splat(simd, 0.0), splat(simd, 1.0));
    for _ in 0..KEPLER_STEPS {
        let bend = p.mul_add(cos, q * sin);
        let miss = bend - d;
        let slope = p * sin - q * cos + 1.0;
        let step = miss * slope / slope.mul_add(slope, bend * miss * 0.5);
        d += step;
        if step.abs().simd_lt(HALLEY_END).all_true() {
            let (s, c) = (sin, cos);
            let half = step * step * -0.5;
            sin = half.mul_add(s, step.mul_add(c, s));
            cos = half.mul_add(c, c - step * s);
            break;
        }
        (sin, cos) = sin_cos(simd, d * QUARTERS);
    }
    (sin, cos)
}

/// For great eccentricities: the steps of the scalar path, which are the published ones, whether
/// they converge or not.
#[inline(always)]
fn newton<S: Simd>(simd: S, p: V<S>, q: V<S>) -> (V<S>, V<S>) {
    let mut d = splat(simd, 0.0);
    let (mut sin, mut cos) = (splat(simd, 0.0), splat(simd, 1.0));
    let mut open = d.simd_eq(d);
    for _ in 0..KEPLER_STEPS {
        let (s, c) = sin_cos(simd, d * QUARTERS);
        sin = open.select(s, sin);
        cos = open.select(c, cos);
        let miss = p.mul_add(cos, q * sin) - d;
        let step = miss / (p * sin - q * cos + 1.0);
        open &= !step.abs().simd_lt(KEPLER_END);
        if open.all_false() {
            break;
        }
        d += step.min(KEPLER_STEP_MAX).max(-KEPLER_STEP_MAX);
    }
    (sin, cos)
}

#[inline(always)]
fn splat<S: Simd>(simd: S, x: f64) -> V<S> {
    V::<S>::splat(simd, x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sgp4::lanes::levels;
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    #[inline(always)]
    fn one<S: Simd>(simd: S, p: f64, q: f64) -> (f64, f64) {
        let (p, q) = (V::<S>::splat(simd, p), V::<S>::splat(simd, q));
        let (sin, cos) = solve(simd, p, q, p * p + q * q);
        (sin[0], cos[0])
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        /// The equation holds, and lanes agree with the scalar path, for eccentricities at which the
        /// published steps converge.
        #[test]
        fn holds(
            e in prop_oneof![0.0..0.01_f64, 0.0..0.95_f64, 0.79..0.81_f64],
            m in -4.0..4.0_f64,
        ) {
            let (p, q) = (e * m.sin(), e * m.cos());
            let (scalar_sin, scalar_cos) = crate::sgp4::orbit::kepler(p, q);
            for level in levels() {
                let (sin, cos) = dispatch!(level, simd => one(simd, p, q));
                let d = sin.atan2(cos);
                let miss = p * cos + q * sin - d;
                // The published steps, for the most eccentric, end below 1e-12.
                let end = if e * e < HALLEY_E2 { 2e-15 } else { 2.0 * KEPLER_END };
                prop_assert!(miss.abs() < end, "{level:?}: {miss}");
                prop_assert!((sin * sin + cos * cos - 1.0).abs() < 2e-15);
                prop_assert!((sin - scalar_sin).abs() < 2e-12 && (cos - scalar_cos).abs() < 2e-12);
            }
        }
    }
}
