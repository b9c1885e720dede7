//! What a number must be able to do to be one sample, and which samples are no measurement.

use super::DataType;

/// Whether `value`, read from samples of type `dtype`, is no measurement.
#[allow(clippy::float_cmp, clippy::cast_possible_truncation)]
fn is_nodata(value: f64, nodata: Option<f64>, dtype: DataType) -> bool {
    if value.is_nan() {
        return true;
    }
    match (nodata, dtype) {
        (None, _) => false,
        (Some(n), DataType::F32) => value as f32 == n as f32,
        (Some(n), _) => value == n,
    }
}

/// Clears the entries of samples that are no measurement.
#[allow(clippy::float_cmp)]
pub(super) fn clear_nodata<T: Sample>(
    samples: &[T],
    nodata: Option<f64>,
    dtype: DataType,
    valid: &mut [bool],
) {
    let entries = valid.iter_mut().zip(samples);
    if dtype.is_float() {
        for (ok, x) in entries {
            *ok = *ok && !is_nodata(x.to_f64(), nodata, dtype);
        }
        return;
    }
    // Of these types one value at most is equal to nodata.
    let marker = nodata.map(|n| (n, T::from_f64(n)));
    if let Some((_, marker)) = marker.filter(|(n, marker)| marker.to_f64() == *n) {
        for (ok, x) in entries {
            *ok &= *x != marker;
        }
    }
}

/// A number that can be one sample.
pub(crate) trait Sample:
    Copy + PartialEq + PartialOrd + Default + Send + Sync + 'static
{
    /// The nearest value of the type: rounded half away from zero and held in its range.
    fn from_f64(value: f64) -> Self;
    /// The value as `f64` (64-bit integers are rounded).
    fn to_f64(self) -> f64;
    /// The value as `f32`, rounded to the nearest.
    fn to_f32(self) -> f32;
    /// A value as near as possible, but another: one less, or one more for the least.
    fn beside(self) -> Self;
}

macro_rules! sample {
    (integers: $($number:ty, $from:expr;)*) => {
        sample!($($number: $from, |value: $number| {
            if value == <$number>::MIN { value + 1 } else { value - 1 }
        };)*);
    };
    ($($number:ty: $from:expr, $beside:expr;)*) => {$(
        impl Sample for $number {
            #[inline]
            #[allow(clippy::unnecessary_cast)]
            fn from_f64(value: f64) -> Self {
                // `as` holds the value in range and makes NaN 0 where it must be an integer.
                ($from)(value) as Self
            }
            #[allow(clippy::cast_lossless, clippy::unnecessary_cast)]
            fn to_f64(self) -> f64 {
                self as f64
            }
            #[allow(clippy::cast_lossless, clippy::unnecessary_cast)]
            fn to_f32(self) -> f32 {
                self as f32
            }
            fn beside(self) -> Self {
                ($beside)(self)
            }
        }
    )*};
}

/// Makes truncation round: faster than `f64::round`, and exact up to 52 bits.
#[inline]
fn half_away(value: f64) -> f64 {
    value + 0.5_f64.copysign(value)
}

sample!(integers: u8, half_away; i8, half_away; u16, half_away; i16, half_away; u32, half_away; i32, half_away; u64, f64::round; i64, f64::round;);
sample!(f32: std::convert::identity, f32::next_down; f64: std::convert::identity, f64::next_down;);
