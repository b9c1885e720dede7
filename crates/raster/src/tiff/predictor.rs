//! Predictors (tag 317; TIFF 6.0 section 14 and Technical Note 3), both ways.

use super::image::Coding;
use crate::band::{BandData, DataType};

/// What was done to samples before compression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Predictor {
    /// Nothing.
    None,
    /// Each sample is the difference to the same one of the pixel at its left.
    Horizontal,
    /// Bytes of floats sorted by significance, then differences of bytes.
    Float,
}

impl Predictor {
    /// Predictor of a tag value that fits the coding, or the name of what is not supported.
    pub(crate) fn from_tag(value: u64, coding: Coding) -> Result<Self, String> {
        match (value, coding) {
            (1, _) => Ok(Self::None),
            (2, Coding::Whole(_)) => Ok(Self::Horizontal),
            (3, Coding::Whole(DataType::F32 | DataType::F64) | Coding::Half) => Ok(Self::Float),
            (2 | 3, _) => Err(format!(
                "predictor {value} with samples of {} bits",
                coding.bits()
            )),
            _ => Err(format!("predictor {value}")),
        }
    }
}

/// Undoes differences of typed samples in place; `stride` samples make a pixel.
pub(crate) fn undo_horizontal(data: &mut BandData, row_samples: usize, stride: usize) {
    macro_rules! integers {
        ($v:expr) => {
            sum_up_rows($v, row_samples, stride, |a, b| a.wrapping_add(b))
        };
    }
    macro_rules! floats {
        ($v:expr, $float:ty) => {
            sum_up_rows($v, row_samples, stride, |a, b| {
                <$float>::from_bits(a.to_bits().wrapping_add(b.to_bits()))
            })
        };
    }
    match data {
        BandData::U8(v) => integers!(v),
        BandData::I8(v) => integers!(v),
        BandData::U16(v) => integers!(v),
        BandData::I16(v) => integers!(v),
        BandData::U32(v) => integers!(v),
        BandData::I32(v) => integers!(v),
        BandData::U64(v) => integers!(v),
        BandData::I64(v) => integers!(v),
        BandData::F32(v) => floats!(v, f32),
        BandData::F64(v) => floats!(v, f64),
    }
}

/// Makes each pixel of each row the sum of all of the row up to it.
fn sum_up_rows<T: Copy + Default>(
    data: &mut [T],
    row_samples: usize,
    stride: usize,
    add: impl Fn(T, T) -> T + Copy,
) {
    for rows in data.chunks_mut(4 * row_samples) {
        if stride == 1 && rows.len() == 4 * row_samples {
            sum_up_four(rows, row_samples, add);
        } else {
            for row in rows.chunks_exact_mut(row_samples) {
                sum_up(row, stride, add);
            }
        }
    }
}

/// The same of four rows of one sample a pixel: each sum waits for the one before it, but not for
/// those of other rows.
fn sum_up_four<T: Copy + Default>(rows: &mut [T], row_samples: usize, add: impl Fn(T, T) -> T) {
    let (upper, lower) = rows.split_at_mut(2 * row_samples);
    let (a, b) = upper.split_at_mut(row_samples);
    let (c, d) = lower.split_at_mut(row_samples);
    let mut sums = [T::default(); 4];
    for (((a, b), c), d) in a.iter_mut().zip(b).zip(c).zip(d) {
        for (sum, sample) in sums.iter_mut().zip([a, b, c, d]) {
            *sum = add(*sample, *sum);
            *sample = *sum;
        }
    }
}

/// Makes each pixel of a row the sum of all up to it.
fn sum_up<T: Copy + Default>(row: &mut [T], stride: usize, add: impl Fn(T, T) -> T) {
    match stride {
        1 => sum_up_by::<T, 1>(row, add),
        2 => sum_up_by::<T, 2>(row, add),
        3 => sum_up_by::<T, 3>(row, add),
        4 => sum_up_by::<T, 4>(row, add),
        _ => {
            for i in stride..row.len() {
                row[i] = add(row[i], row[i - stride]);
            }
        }
    }
}

/// The same with the sums of the usual numbers of samples in registers.
fn sum_up_by<T: Copy + Default, const N: usize>(row: &mut [T], add: impl Fn(T, T) -> T) {
    let mut sums = [T::default(); N];
    for pixel in row.as_chunks_mut::<N>().0 {
        for (sum, sample) in sums.iter_mut().zip(&mut *pixel) {
            *sum = add(*sample, *sum);
            *sample = *sum;
        }
    }
}

/// Undoes the floating-point predictor of one row; the result has the most
/// significant byte of each sample first, whatever the byte order of the file.
pub(crate) fn undo_float(row: &mut [u8], scratch: &mut Vec<u8>, size: usize, stride: usize) {
    for i in stride..row.len() {
        row[i] = row[i].wrapping_add(row[i - stride]);
    }
    scratch.clear();
    scratch.extend_from_slice(row);
    let samples = row.len() / size;
    for (i, sample) in row.chunks_exact_mut(size).enumerate() {
        for (byte, out) in sample.iter_mut().enumerate() {
            *out = scratch[byte * samples + i];
        }
    }
}

/// Does what [`undo_float`] undoes, to one row of samples with the most significant byte first.
pub(crate) fn apply_float(row: &mut [u8], scratch: &mut Vec<u8>, size: usize, stride: usize) {
    scratch.clear();
    scratch.resize(row.len(), 0);
    let samples = row.len() / size;
    for (i, sample) in row.chunks_exact(size).enumerate() {
        for (byte, value) in sample.iter().enumerate() {
            scratch[byte * samples + i] = *value;
        }
    }
    row.copy_from_slice(scratch);
    for i in (stride..row.len()).rev() {
        row[i] = row[i].wrapping_sub(row[i - stride]);
    }
}

/// Does what [`undo_horizontal`] undoes, to integers.
pub(crate) fn apply_horizontal(data: &mut BandData, row_samples: usize, stride: usize) {
    macro_rules! integers {
        ($v:expr) => {
            for row in $v.chunks_exact_mut(row_samples) {
                for i in (stride..row.len()).rev() {
                    row[i] = row[i].wrapping_sub(row[i - stride]);
                }
            }
        };
    }
    match data {
        BandData::U8(v) => integers!(v),
        BandData::I8(v) => integers!(v),
        BandData::U16(v) => integers!(v),
        BandData::I16(v) => integers!(v),
        BandData::U32(v) => integers!(v),
        BandData::I32(v) => integers!(v),
        BandData::U64(v) => integers!(v),
        BandData::I64(v) => integers!(v),
        BandData::F32(_) | BandData::F64(_) => {}
    }
}
