//! JPEG (compression 7, TIFF Technical Note 2), by zune-jpeg.
//!
//! The standard leaves the last bits of the inverse transform, and the way chroma is enlarged, to
//! the decoder. Values are those of libjpeg-turbo, at colour edges to a few steps.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::BlockShape;

/// What a frame header says.
struct Frame {
    precision: u8,
    height: usize,
    width: usize,
    components: usize,
}

/// Decodes a block of 8-bit samples, pixel by pixel.
pub(super) fn decode(input: &[u8], shape: &BlockShape<'_>) -> Result<Vec<u8>, String> {
    let frame = frame(input)?;
    if frame.precision != 8 {
        return Err(format!("JPEG: samples of {} bits", frame.precision));
    }
    if frame.components != shape.samples || !matches!(frame.components, 1 | 3 | 4) {
        return Err(format!(
            "JPEG: {} components instead of {}",
            frame.components, shape.samples
        ));
    }
    if frame.width != shape.width || frame.height < shape.rows {
        return Err(format!(
            "JPEG: {} x {} pixels instead of {} x {}",
            frame.width, frame.height, shape.width, shape.rows
        ));
    }
    let whole = frame.width * frame.height * frame.components;
    if frame.height > 2 * shape.rows.max(64) {
        return Err(format!(
            "JPEG: {} rows instead of {}",
            frame.height, shape.rows
        ));
    }
    // The tables stand once for all blocks: they go between the start marker and the rest.
    let stream = match shape.tables {
        Some(tables) if tables.len() > 4 => {
            let end = tables.len() - 2;
            if tables[..2] != [0xff, 0xd8] || tables[end..] != [0xff, 0xd9] {
                return Err("JPEG: the tables are no abbreviated stream".to_owned());
            }
            [&tables[..end], &input[2..]].concat()
        }
        _ => input.to_vec(),
    };
    let fail = |e: zune_jpeg::errors::DecodeErrors| format!("JPEG: {e:?}");
    let options = DecoderOptions::default()
        .set_max_width(frame.width)
        .set_max_height(frame.height)
        .set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(stream.as_slice()), options);
    decoder.decode_headers().map_err(fail)?;
    let stored = decoder.input_colorspace().ok_or("JPEG: no colours")?;
    let wanted = match (shape.ycbcr, stored) {
        (true, ColorSpace::YCbCr) => ColorSpace::RGB,
        (true, other) => return Err(format!("JPEG: {other:?} where the file says YCbCr")),
        // As stored: what the samples mean is the file's own affair.
        (false, stored) => stored,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let mut samples = decoder.decode().map_err(fail)?;
    if samples.len() != whole {
        return Err(format!(
            "JPEG: {} samples instead of {whole}",
            samples.len()
        ));
    }
    samples.truncate(shape.len());
    Ok(samples)
}

/// Finds the frame header, so that nothing is decoded that does not fit.
fn frame(input: &[u8]) -> Result<Frame, String> {
    let cut = || "JPEG: no frame header".to_owned();
    if input.get(..2) != Some(&[0xff, 0xd8]) {
        return Err("JPEG: no start marker".to_owned());
    }
    let mut at = 2;
    loop {
        let head = input.get(at..at + 4).ok_or_else(cut)?;
        if head[0] != 0xff {
            return Err(cut());
        }
        if head[1] == 0xff {
            at += 1;
            continue;
        }
        let length = usize::from(u16::from_be_bytes([head[2], head[3]]));
        match head[1] {
            // Baseline, extended, progressive with Huffman codes.
            0xc0..=0xc2 => {
                let body = input.get(at + 4..at + 10).ok_or_else(cut)?;
                let number = |i: usize| usize::from(u16::from_be_bytes([body[i], body[i + 1]]));
                return Ok(Frame {
                    precision: body[0],
                    height: number(1),
                    width: number(3),
                    components: usize::from(body[5]),
                });
            }
            0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                return Err(format!(
                    "JPEG: process {} (lossless or arithmetic)",
                    head[1] - 0xc0
                ));
            }
            0xda | 0xd9 => return Err(cut()),
            _ => at += 2 + length.max(2),
        }
    }
}
