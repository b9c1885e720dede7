//! The theory once more, for as many states at a time as the processor has lanes.
//!
//! The same formulas as the scalar path, arranged for throughput: angles count in quarter turns, so
//! that a range is reduced by taking a whole number away; Kepler's equation is solved for the small
//! angle between mean and eccentric longitude; short-period terms turn the vectors by their small
//! angles in place of new sines. What differs is rounding.

mod deep;
mod kepler;
mod near;
mod orbit;
mod row;
mod trig;

pub(super) use deep::{DeepLanes, DeepRow, ResonanceLanes, ResonanceRow, deep};
pub(super) use near::{NearLanes, NearRow, near};
pub(super) use orbit::Found;
pub(super) use row::BLOCK;

use fearless_simd::{Simd, SimdBase};

/// As many `f64` as the processor takes at once.
type V<S> = <S as Simd>::f64s;
/// Truth of each lane.
type M<S> = <V<S> as SimdBase<S>>::Mask;

/// Quarter turns in a radian.
const QUARTERS: f64 = std::f64::consts::FRAC_2_PI;
/// Radians in a quarter turn.
const QUARTER: f64 = std::f64::consts::FRAC_PI_2;

/// The instruction sets this machine has, of those that code is made for.
#[cfg(test)]
pub(super) fn levels() -> Vec<fearless_simd::Level> {
    use fearless_simd::Level;
    let level = Level::new();
    #[cfg(target_arch = "x86_64")]
    let narrower = [
        level.as_avx2().map(Level::Avx2),
        level.as_sse4_2().map(Level::Sse4_2),
        level.as_sse2().map(Level::Sse2),
    ];
    #[cfg(not(target_arch = "x86_64"))]
    let narrower = [None];
    std::iter::once(level)
        .chain(narrower.into_iter().flatten())
        .collect()
}
