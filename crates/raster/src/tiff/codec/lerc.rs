//! LERC (compression 34887), by lerc-reader, alone or within deflate or Zstandard (tag 50674).

use lerc_core::PixelData;
use lerc_reader::DecodedBandSet;

use super::{BlockShape, deflate, zstandard};
use crate::band::{BandData, DataType};

/// What is around a LERC blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LercWrap {
    None,
    Deflate,
    Zstd,
}

/// Decodes a block; pixels that are no measurement become NaN in floats, 0 in integers.
pub(super) fn decode(
    input: &[u8],
    shape: &BlockShape<'_>,
    wrap: LercWrap,
) -> Result<BandData, String> {
    // A blob is hardly longer than its samples: a header, and a mask of a bit a pixel.
    let longest = shape.len() * shape.dtype.size_bytes() * 2 + 4096;
    let unwrapped = match wrap {
        LercWrap::None => None,
        LercWrap::Deflate => Some(deflate::decode(input, longest)?),
        LercWrap::Zstd => Some(zstandard::decode(input, longest)?),
    };
    let blob = unwrapped.as_deref().unwrap_or(input);
    let fail = |e: lerc_core::Error| format!("LERC: {e}");
    let head = lerc_reader::inspect_first(blob).map_err(fail)?;
    let (width, height) = (head.width as usize, head.height as usize);
    if width != shape.width || height < shape.rows || height > 2 * shape.rows.max(64) {
        return Err(format!(
            "LERC: {width} x {height} pixels instead of {} x {}",
            shape.width, shape.rows
        ));
    }
    if head.depth as usize > shape.samples {
        return Err(format!(
            "LERC: {} values a pixel, not {}",
            head.depth, shape.samples
        ));
    }
    let set = lerc_reader::decode_band_set(blob).map_err(fail)?;
    place(&set, head.depth as usize, shape)
}

/// Puts the bands of a blob side by side.
fn place(set: &DecodedBandSet, depth: usize, shape: &BlockShape<'_>) -> Result<BandData, String> {
    let pixels = shape.width * shape.rows;
    let found = set.bands().len() * depth;
    // A mask may stand for the last sample, when that is opacity.
    let mask_is_alpha =
        found + 1 == shape.samples && shape.alpha && shape.dtype == DataType::U8 && depth == found;
    if found != shape.samples && !mask_is_alpha {
        return Err(format!(
            "LERC: {found} values a pixel, not {}",
            shape.samples
        ));
    }
    let mut output = BandData::zeros(shape.dtype, shape.len());
    for (index, (band, mask)) in set.bands().iter().zip(set.band_masks()).enumerate() {
        let valid = |pixel: usize| mask.as_ref().is_none_or(|m| m.get(pixel) != Some(&0));
        macro_rules! copy {
            ($from:expr, $to:expr, $nothing:expr) => {{
                if $from.len() < pixels * depth {
                    return Err("LERC: fewer values than pixels".to_owned());
                }
                for pixel in 0..pixels {
                    let to = pixel * shape.samples + index * depth;
                    if valid(pixel) {
                        let from = pixel * depth;
                        $to[to..to + depth].copy_from_slice(&$from[from..from + depth]);
                    } else {
                        $to[to..to + depth].fill($nothing);
                    }
                }
            }};
        }
        match (band, &mut output) {
            (PixelData::U8(a), BandData::U8(b)) => {
                copy!(a, b, 0);
                if mask_is_alpha {
                    for pixel in 0..pixels {
                        b[(pixel + 1) * shape.samples - 1] = if valid(pixel) { 255 } else { 0 };
                    }
                }
            }
            (PixelData::I8(a), BandData::I8(b)) => copy!(a, b, 0),
            (PixelData::U16(a), BandData::U16(b)) => copy!(a, b, 0),
            (PixelData::I16(a), BandData::I16(b)) => copy!(a, b, 0),
            (PixelData::U32(a), BandData::U32(b)) => copy!(a, b, 0),
            (PixelData::I32(a), BandData::I32(b)) => copy!(a, b, 0),
            (PixelData::F32(a), BandData::F32(b)) => copy!(a, b, f32::NAN),
            (PixelData::F64(a), BandData::F64(b)) => copy!(a, b, f64::NAN),
            _ => return Err(format!("LERC: samples that are not {}", shape.dtype.name())),
        }
    }
    Ok(output)
}
