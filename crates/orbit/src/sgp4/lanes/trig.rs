//! Sines, cosines and arc tangents of lanes. Angles are quarter turns unless said otherwise.
//!
//! Polynomials interpolate the functions at Chebyshev nodes; coefficients were found with 60 digits
//! and rounded. Their error is below 1.1e-16, that of the whole functions below 4e-16.

use super::{QUARTER, V};
use fearless_simd::{Bytes, Select, Simd, SimdBase, SimdFloat};

/// Added and taken away again, leaves the nearest whole number, and its last bits in the sum.
const WHOLE: f64 = 1.5 * (1_u64 << 52) as f64;

/// sin(pi r / 2) / r in r^2, |r| <= 1/2.
const SIN_QUARTER: [f64; 7] = [
    QUARTER,
    -0.645_964_097_506_244_3,
    0.079_692_626_246_043_01,
    -0.004_681_754_132_340_976,
    0.000_160_441_150_742_190_9,
    -3.598_643_352_982_31e-6,
    5.633_933_781_537_854e-8,
];
/// cos(pi r / 2) in r^2, |r| <= 1/2.
const COS_QUARTER: [f64; 7] = [
    1.0,
    -1.233_700_550_136_151_3,
    0.253_669_507_899_864_75,
    -0.020_863_480_734_946_57,
    0.000_919_259_950_041_661,
    -2.520_013_526_428_479e-5,
    4.655_296_186_748_762_7e-7,
];
/// sin(pi r) / r in r^2, |r| <= 1/2.
const SIN_HALF: [f64; 9] = [
    std::f64::consts::PI,
    -5.167_712_780_049_969,
    2.550_164_039_877_300_7,
    -0.599_264_529_318_944_7,
    0.082_145_886_573_102_9,
    -0.007_370_430_505_916_944,
    0.000_466_299_816_189_839_4,
    -2.190_349_707_462_601_8e-5,
    7.697_826_768_224_191e-7,
];
/// atan(r) / r in r^2, |r| <= tan(pi / 8).
const ATAN: [f64; 12] = [
    1.0,
    -0.333_333_333_333_331_2,
    0.199_999_999_999_408_93,
    -0.142_857_142_792_502_45,
    0.111_111_107_449_196_58,
    -0.090_908_968_090_640_27,
    0.076_920_453_309_022_25,
    -0.066_629_518_136_291_91,
    0.058_468_782_973_308_72,
    -0.050_351_024_566_015_52,
    0.037_965_257_453_865_93,
    -0.017_805_397_205_419_446,
];
const TAN_PI_8: f64 = std::f64::consts::SQRT_2 - 1.0;

/// A polynomial by Horner's rule.
#[inline(always)]
pub(super) fn poly<S: Simd, const N: usize>(simd: S, x: V<S>, c: &[f64; N]) -> V<S> {
    let mut sum = V::<S>::splat(simd, c[N - 1]);
    for k in c[..N - 1].iter().rev() {
        sum = sum.mul_add(x, *k);
    }
    sum
}

/// Sine and cosine. No range limit short of 2^50; beyond, and of NaN, any number or NaN.
#[inline(always)]
pub(super) fn sin_cos<S: Simd>(simd: S, quarters: V<S>) -> (V<S>, V<S>) {
    let shifted = quarters + WHOLE;
    let r = quarters - (shifted - WHOLE);
    let z = r * r;
    let sin = r * poly(simd, z, &SIN_QUARTER);
    let cos = poly(simd, z, &COS_QUARTER);
    let quadrant: S::u64s = shifted.bitcast();
    let one = S::u64s::splat(simd, 1);
    let odd = (quadrant & one).simd_eq(one);
    let sin_sign = (quadrant & 2) << 62;
    let cos_sign = ((quadrant + one) & 2) << 62;
    (
        flip::<S>(odd.select(cos, sin), sin_sign),
        flip::<S>(odd.select(sin, cos), cos_sign),
    )
}

/// Changes the sign where `sign` has its top bit.
#[inline(always)]
fn flip<S: Simd>(x: V<S>, sign: S::u64s) -> V<S> {
    let bits: S::u64s = x.bitcast();
    (bits ^ sign).bitcast()
}

/// Sine of half turns.
#[inline(always)]
pub(super) fn sin_half<S: Simd>(simd: S, halves: V<S>) -> V<S> {
    let shifted = halves + WHOLE;
    let r = halves - (shifted - WHOLE);
    let sin = r * poly(simd, r * r, &SIN_HALF);
    let whole: S::u64s = shifted.bitcast();
    flip::<S>(sin, whole << 63)
}

/// Angle of the point (x, y), rad, in [-pi, pi]; 0 of the origin.
#[inline(always)]
pub(super) fn atan2<S: Simd>(simd: S, y: V<S>, x: V<S>) -> V<S> {
    let zero = V::<S>::splat(simd, 0.0);
    let (ax, ay) = (x.abs(), y.abs());
    let (high, low) = (ax.max(ay), ax.min(ay));
    let wide = low.simd_gt(high * TAN_PI_8);
    let over = wide.select(low - high, low);
    let under = wide.select(low + high, high);
    let under = under.simd_eq(zero).select(V::<S>::splat(simd, 1.0), under);
    let r = over / under;
    let base = wide.select(V::<S>::splat(simd, 0.5 * QUARTER), zero);
    let a = base + r * poly(simd, r * r, &ATAN);
    let a = ay.simd_gt(ax).select(-a + QUARTER, a);
    let a = x.simd_lt(zero).select(-a + 2.0 * QUARTER, a);
    a.copysign(y)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sgp4::lanes::{QUARTERS, levels};
    use fearless_simd::dispatch;
    use proptest::prelude::*;

    #[inline(always)]
    fn all<S: Simd>(simd: S, x: f64, y: f64) -> [f64; 4] {
        let (vx, vy) = (V::<S>::splat(simd, x), V::<S>::splat(simd, y));
        let (sin, cos) = sin_cos(simd, vx);
        let last = V::<S>::LEN - 1;
        [
            sin[last],
            cos[last],
            sin_half(simd, vx)[last],
            atan2(simd, vy, vx)[last],
        ]
    }

    /// Quarter turns reduce without error in integers, so the standard library sees the rest only.
    fn reference(quarters: f64) -> (f64, f64) {
        (quarters % 4.0 * QUARTER).sin_cos()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(20_000))]

        #[test]
        fn as_the_standard_library(
            x in prop_oneof![-8.0..8.0_f64, -1e9..1e9_f64, -1e-9..1e-9_f64],
            y in prop_oneof![-8.0..8.0_f64, -1e-9..1e-9_f64, Just(0.0)],
        ) {
            for level in levels() {
                let [sin, cos, half, atan] = dispatch!(level, simd => all(simd, x, y));
                let (sin_ok, cos_ok) = reference(x);
                // The rounding of the reference's own argument is up to 4.4e-16.
                prop_assert!((sin - sin_ok).abs() < 8e-16, "{level:?} sin {x}: {sin} {sin_ok}");
                prop_assert!((cos - cos_ok).abs() < 8e-16, "{level:?} cos {x}: {cos} {cos_ok}");
                prop_assert!((half - reference(2.0 * x).0).abs() < 8e-16);
                prop_assert!((atan - y.atan2(x)).abs() <= 6e-16, "{level:?} atan2 {y} {x}");
            }
        }
    }

    #[test]
    fn corners() {
        for level in levels() {
            let [sin, cos, half, atan] = dispatch!(level, simd => all(simd, 0.0, 0.0));
            assert!(sin == 0.0 && half == 0.0 && atan == 0.0);
            assert!((cos - 1.0).abs() < 1e-16);
            for x in [f64::NAN, f64::INFINITY] {
                let [sin, cos, half, _] = dispatch!(level, simd => all(simd, x, 1.0));
                assert!(sin.is_nan() && cos.is_nan() && half.is_nan());
            }
            let thirty_deg =
                dispatch!(level, simd => all(simd, QUARTERS * 30_f64.to_radians(), 0.0));
            assert!((thirty_deg[0] - 0.5).abs() < 2e-16);
        }
    }
}
