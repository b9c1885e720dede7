//! WebP (compression 50001 and 34927), by image-webp.

use std::io::Cursor;

use image_webp::WebPDecoder;

use super::BlockShape;

/// Decodes a block of red, green, blue (and alpha) of 8 bits.
pub(super) fn decode(input: &[u8], shape: &BlockShape<'_>) -> Result<Vec<u8>, String> {
    let fail = |e: image_webp::DecodingError| format!("WebP: {e}");
    if !matches!(shape.samples, 3 | 4) {
        return Err(format!("WebP: {} samples a pixel", shape.samples));
    }
    let mut decoder = WebPDecoder::new(Cursor::new(input)).map_err(fail)?;
    let (width, height) = decoder.dimensions();
    let fits = width as usize == shape.width
        && (shape.rows..=2 * shape.rows.max(64)).contains(&(height as usize));
    if !fits || decoder.is_animated() {
        return Err(format!(
            "WebP: {width} x {height} pixels instead of {} x {}",
            shape.width, shape.rows
        ));
    }
    let stored = if decoder.has_alpha() { 4 } else { 3 };
    let mut pixels = vec![0; width as usize * height as usize * stored];
    decoder.read_image(&mut pixels).map_err(fail)?;
    pixels.truncate(shape.width * shape.rows * stored);
    Ok(match (stored, shape.samples) {
        // An opaque block may leave its alpha out.
        (3, 4) => pixels
            .chunks_exact(3)
            .flat_map(|p| [p[0], p[1], p[2], 255])
            .collect(),
        (4, 3) => pixels
            .chunks_exact(4)
            .flat_map(|p| [p[0], p[1], p[2]])
            .collect(),
        _ => pixels,
    })
}
