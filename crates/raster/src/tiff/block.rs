//! One block (tile or strip) of an image, read and decoded.

use super::codec::Compression;
use super::directory::ByteOrder;
use super::image::{Coding, Image};
use super::predictor::{self, Predictor};
use crate::RasterError;
use crate::band::{BandData, DataType};
use crate::source::ByteSource;

/// Reads block `index`, in block row `block_row`; `None` when it is sparse (never written).
pub(crate) fn read(
    source: &dyn ByteSource,
    image: &Image,
    index: usize,
    block_row: usize,
) -> Result<Option<BandData>, RasterError> {
    let rows = image.block_rows(block_row);
    read_rows(source, image, index, 0, rows)
}

/// Reads `rows` rows from `first_row` of a block; for compressed blocks only whole ones.
pub(crate) fn read_rows(
    source: &dyn ByteSource,
    image: &Image,
    index: usize,
    first_row: usize,
    rows: usize,
) -> Result<Option<BandData>, RasterError> {
    if let Some(codestream) = &image.codestream {
        return codestream.tile(source, image, index).map(Some);
    }
    let (offset, length) = (image.offsets[index], image.lengths[index]);
    if offset == 0 || length == 0 {
        return Ok(None);
    }
    let field = || {
        format!(
            "block {index} of the directory at {}",
            image.directory_offset
        )
    };
    let malformed = |reason: String| RasterError::malformed(source.name(), field(), reason);
    let row_bytes = image.row_bytes(image.block_width);
    let decoded_len = row_bytes * rows;
    let skipped = (row_bytes * first_row) as u64;
    let (offset, length) = if image.compression == Compression::None {
        let left = length.saturating_sub(skipped);
        (offset.saturating_add(skipped), left.min(decoded_len as u64))
    } else {
        (offset, length)
    };
    if offset
        .checked_add(length)
        .is_none_or(|end| end > source.len_bytes())
    {
        return Err(malformed(format!(
            "{length} bytes at {offset} are outside the file of {} bytes",
            source.len_bytes()
        )));
    }
    if !image.compression.can_grow_to(length, decoded_len as u64) {
        return Err(malformed(format!(
            "{length} bytes cannot decode to the {decoded_len} of the block"
        )));
    }
    let mut raw = source.read_at(offset, length as usize)?;
    if image.reversed_bits {
        raw = raw
            .iter()
            .map(|b| b.reverse_bits())
            .collect::<Vec<_>>()
            .into();
    }
    if image.compression.gives_samples() {
        let shape = image.block_shape(image.block_width, rows);
        let mut samples = image
            .compression
            .decode_samples(&raw, &shape)
            .map_err(malformed)?;
        if matches!(image.compression, Compression::Lerc(_)) && image.byte_order == ByteOrder::Big {
            // libtiff hands LERC the samples in the order of the file, and turns them afterwards.
            samples = swapped(samples);
        }
        return Ok(Some(samples));
    }
    let fax = image.compression.decode_fax(&raw, image.block_width, rows);
    let bytes = fax
        .unwrap_or_else(|| image.compression.decode(&raw, decoded_len))
        .map_err(malformed)?;
    if bytes.len() < decoded_len {
        return Err(malformed(format!(
            "decodes to {} bytes instead of {decoded_len}",
            bytes.len()
        )));
    }
    Ok(Some(samples(image, bytes, row_bytes)))
}

/// Samples with their bytes in the other order.
fn swapped(samples: BandData) -> BandData {
    macro_rules! swap {
        ($variant:ident, $v:expr) => {
            BandData::$variant($v.into_iter().map(|x| x.swap_bytes()).collect())
        };
    }
    match samples {
        BandData::U16(v) => swap!(U16, v),
        BandData::I16(v) => swap!(I16, v),
        BandData::U32(v) => swap!(U32, v),
        BandData::I32(v) => swap!(I32, v),
        BandData::F32(v) => BandData::F32(
            v.into_iter()
                .map(|x| f32::from_bits(x.to_bits().swap_bytes()))
                .collect(),
        ),
        BandData::F64(v) => BandData::F64(
            v.into_iter()
                .map(|x| f64::from_bits(x.to_bits().swap_bytes()))
                .collect(),
        ),
        other => other,
    }
}

/// Typed samples of decoded bytes, byte order and predictor undone.
fn samples(image: &Image, mut bytes: Vec<u8>, row_bytes: usize) -> BandData {
    let stride = image.block_samples();
    let row_samples = image.block_width * stride;
    match image.coding {
        Coding::Bits(bits) => {
            let unpacked = unpack_bits(&bytes, row_bytes, row_samples, bits);
            match image.coding.dtype() {
                DataType::U8 => BandData::U8(unpacked.map(|v| v as u8).collect()),
                DataType::U16 => BandData::U16(unpacked.map(|v| v as u16).collect()),
                _ => BandData::U32(unpacked.collect()),
            }
        }
        Coding::Half => {
            let order = float_order(image, &mut bytes, row_bytes, 2, stride);
            let halves = bytes.chunks_exact(2).map(|c| match order {
                ByteOrder::Little => u16::from_le_bytes([c[0], c[1]]),
                ByteOrder::Big => u16::from_be_bytes([c[0], c[1]]),
            });
            BandData::F32(halves.map(half_to_f32).collect())
        }
        Coding::Whole(dtype) => {
            let order = match image.predictor {
                Predictor::Float => {
                    float_order(image, &mut bytes, row_bytes, dtype.size_bytes(), stride)
                }
                Predictor::None | Predictor::Horizontal => image.byte_order,
            };
            let mut data = match dtype {
                DataType::U8 => BandData::U8(bytes),
                other => typed(&bytes, other, order),
            };
            if image.predictor == Predictor::Horizontal {
                predictor::undo_horizontal(&mut data, row_samples, stride);
            }
            data
        }
    }
}

/// Undoes the floating-point predictor where it was used; gives the byte order of the result.
fn float_order(
    image: &Image,
    bytes: &mut [u8],
    row_bytes: usize,
    size: usize,
    stride: usize,
) -> ByteOrder {
    if image.predictor != Predictor::Float {
        return image.byte_order;
    }
    let mut scratch = Vec::with_capacity(row_bytes);
    for row in bytes.chunks_exact_mut(row_bytes) {
        predictor::undo_float(row, &mut scratch, size, stride);
    }
    ByteOrder::Big
}

/// Bytes as numbers.
pub(crate) fn typed(bytes: &[u8], dtype: DataType, order: ByteOrder) -> BandData {
    macro_rules! numbers {
        ($variant:ident, $number:ty, $size:literal) => {{
            let arrays = bytes.as_chunks::<$size>().0.iter();
            BandData::$variant(match order {
                ByteOrder::Little => arrays.map(|c| <$number>::from_le_bytes(*c)).collect(),
                ByteOrder::Big => arrays.map(|c| <$number>::from_be_bytes(*c)).collect(),
            })
        }};
    }
    match dtype {
        DataType::U8 => BandData::U8(bytes.to_vec()),
        DataType::I8 => numbers!(I8, i8, 1),
        DataType::U16 => numbers!(U16, u16, 2),
        DataType::I16 => numbers!(I16, i16, 2),
        DataType::U32 => numbers!(U32, u32, 4),
        DataType::I32 => numbers!(I32, i32, 4),
        DataType::U64 => numbers!(U64, u64, 8),
        DataType::I64 => numbers!(I64, i64, 8),
        DataType::F32 => numbers!(F32, f32, 4),
        DataType::F64 => numbers!(F64, f64, 8),
    }
}

/// Widens packed numbers; rows start on a byte.
fn unpack_bits(
    bytes: &[u8],
    row_bytes: usize,
    row_samples: usize,
    bits: u8,
) -> impl Iterator<Item = u32> {
    let width = usize::from(bits);
    bytes.chunks_exact(row_bytes).flat_map(move |row| {
        (0..row_samples).map(move |i| {
            let (first, end) = (i * width, (i + 1) * width);
            // At most 31 bits, in at most 5 bytes.
            let touched = &row[first / 8..end.div_ceil(8)];
            let all = touched.iter().fold(0_u64, |n, b| (n << 8) | u64::from(*b));
            let low = all >> (end.div_ceil(8) * 8 - end);
            (low & ((1 << width) - 1)) as u32
        })
    })
}

/// IEEE 754 half precision, widened exactly.
fn half_to_f32(half: u16) -> f32 {
    let sign = if half & 0x8000 == 0 { 1.0 } else { -1.0 };
    let exponent = i32::from((half >> 10) & 0x1f);
    let fraction = f32::from(half & 0x3ff);
    match exponent {
        0 => sign * fraction * 2f32.powi(-24),
        31 if half & 0x3ff == 0 => sign * f32::INFINITY,
        31 => f32::NAN,
        _ => sign * (1.0 + fraction / 1024.0) * 2f32.powi(exponent - 15),
    }
}

#[cfg(test)]
mod tests {
    use super::{half_to_f32, unpack_bits};

    #[test]
    fn widens_halves_exactly() {
        for (half, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0xc000, -2.0),
            (0x7bff, 65504.0),
            (0x0001, 5.960_464_5e-8),
            (0x3555, 0.333_251_95),
        ] {
            assert!((half_to_f32(half) - value).abs() <= f32::EPSILON * value.abs());
        }
        assert!(half_to_f32(0x7e00).is_nan());
        assert!(half_to_f32(0xfc00).is_infinite());
    }

    #[test]
    fn unpacks_from_the_high_bits() {
        let unpack = |bytes: &[u8], row_bytes, row_samples, bits| -> Vec<u32> {
            unpack_bits(bytes, row_bytes, row_samples, bits).collect()
        };
        assert_eq!(unpack(&[0b1010_0000, 0xff], 1, 3, 1), [1, 0, 1, 1, 1, 1]);
        assert_eq!(unpack(&[0b1101_1000], 1, 3, 2), [3, 1, 2]);
        assert_eq!(unpack(&[0x5a], 1, 2, 4), [5, 10]);
        assert_eq!(unpack(&[0x12, 0x3a, 0xbc], 3, 2, 12), [0x123, 0xabc]);
        assert_eq!(unpack(&[0xff, 0xff, 0xff, 0xfe], 4, 1, 31), [0x7fff_ffff]);
    }
}
