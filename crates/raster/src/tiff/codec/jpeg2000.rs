//! JPEG 2000 codestreams (ISO/IEC 15444-1), by hayro-jpeg2000.

use hayro_jpeg2000::{DecodeSettings, DecoderContext, Image};

use super::BlockShape;
use crate::band::{BandData, DataType};

/// Most bits of a sample: above, the decoder's 32-bit floats would lose some.
pub(crate) const BITS_MAX: u8 = 16;

/// Decodes a codestream of `full` columns and rows whose components are the samples, at
/// `reduction` halvings, to `shape`.
///
/// `signed` says that samples are two's complement (the decoder shifts them all).
pub(crate) fn decode(
    input: &[u8],
    shape: &BlockShape<'_>,
    full: (usize, usize),
    reduction: u8,
    signed: bool,
) -> Result<BandData, String> {
    let fail = |e: hayro_jpeg2000::DecodeError| format!("JPEG 2000: {e}");
    let settings = DecodeSettings {
        resolve_palette_indices: false,
        // A stream that is cut off would otherwise give values in silence.
        strict: true,
        // The decoder halves while the size stays above this.
        target_resolution: (reduction > 0)
            .then_some(((full.0 >> reduction) as u32, (full.1 >> reduction) as u32)),
    };
    let image = Image::new(input, &settings).map_err(fail)?;
    let size = (image.width() as usize, image.height() as usize);
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).map_err(fail)?;
    let components = decoded.components();
    if components.len() != shape.samples {
        return Err(format!(
            "JPEG 2000: {} components instead of {}",
            components.len(),
            shape.samples
        ));
    }
    let pixels = shape.width * shape.rows;
    if let Some(odd) = components.iter().find(|c| c.samples().len() != pixels) {
        return Err(format!(
            "JPEG 2000: {} samples of {size:?} pixels instead of {} x {}",
            odd.samples().len(),
            shape.width,
            shape.rows
        ));
    }
    let mut output = BandData::zeros(shape.dtype, shape.len());
    macro_rules! store {
        ($to:expr, $number:ty) => {
            for (index, component) in components.iter().enumerate() {
                let bits = component.bit_depth();
                if bits == 0 || bits > BITS_MAX {
                    return Err(format!("JPEG 2000: samples of {bits} bits"));
                }
                let shift = if signed {
                    (1_i32 << (bits - 1)) as f32
                } else {
                    0.0
                };
                let low = -shift;
                let high = ((1_i32 << bits) - 1) as f32 - shift;
                let places = $to.iter_mut().skip(index).step_by(shape.samples);
                for (value, out) in component.samples().iter().zip(places) {
                    *out = (value - shift).round_ties_even().clamp(low, high) as $number;
                }
            }
        };
    }
    match &mut output {
        BandData::U8(to) => store!(to, u8),
        BandData::I8(to) => store!(to, i8),
        BandData::U16(to) => store!(to, u16),
        BandData::I16(to) => store!(to, i16),
        _ => return Err(format!("JPEG 2000: samples of {}", shape.dtype.name())),
    }
    Ok(output)
}

/// As [`decode`]; a panic of the decoder is an error too.
pub(crate) fn contained(
    input: &[u8],
    shape: &BlockShape<'_>,
    full: (usize, usize),
    reduction: u8,
    signed: bool,
) -> Result<BandData, String> {
    super::contained("jpeg2000", || decode(input, shape, full, reduction, signed))
}

/// Type of samples of so many bits.
pub(crate) const fn dtype_of(bits: u8, signed: bool) -> Option<DataType> {
    match (bits, signed) {
        (1..=8, false) => Some(DataType::U8),
        (1..=8, true) => Some(DataType::I8),
        (9..=16, false) => Some(DataType::U16),
        (9..=16, true) => Some(DataType::I16),
        _ => None,
    }
}
