//! A small picture of a whole dataset, and the PNG both pictures and tiles are written as.

mod format;
mod jpeg;
pub mod npy;

use std::borrow::Cow;

use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::grid::{Crs, Grid};
use crate::style::{Painter, Style};
use crate::warp::{self, Resampling};
pub use format::{Format, Picture};

/// Longest side of a picture.
pub const PICTURE_SIDE_MAX: usize = 8192;

/// Draws the whole dataset in its own grid as PNG, the longer side at most `max_px`.
///
/// Small images are drawn at their own size, not enlarged.
///
/// # Errors
/// As [`Dataset::read`], or when the style does not fit the dataset.
pub fn render(dataset: &Dataset, style: &Style, max_px: usize) -> Result<Vec<u8>, RasterError> {
    if max_px == 0 || max_px > PICTURE_SIDE_MAX {
        return Err(RasterError::argument(
            "max_px",
            format!("{max_px} is not from 1 to {PICTURE_SIDE_MAX}"),
        ));
    }
    let painter = Painter::new(&[dataset], style)?;
    let mut bands = sample(dataset, &painter.bands, max_px, painter.resampling)?;
    if let Some(expression) = &painter.expression {
        bands = vec![expression.evaluate(&bands)?];
    }
    let (width, height) = (bands[0].width(), bands[0].height());
    let pixels = painter
        .paint(&bands)
        .unwrap_or_else(|| vec![0; width * height * 4]);
    encode(width, height, &pixels)
}

/// All of some bands, reduced so that the longer side is at most `max_px`.
pub(crate) fn sample(
    dataset: &Dataset,
    bands: &[usize],
    max_px: usize,
    resampling: Resampling,
) -> Result<Vec<Band>, RasterError> {
    let grid = dataset.grid();
    let factor = (grid.width.max(grid.height) as f64 / max_px as f64).max(1.0);
    let width = ((grid.width as f64 / factor).round() as usize).max(1);
    let height = ((grid.height as f64 / factor).round() as usize).max(1);
    // The finest level that is still reduced by less than two serves as source.
    let level = coarsest_level(dataset, factor);
    let mut source = dataset.level_grid(level);
    // Pixels move along their own rows and columns: any one system will do.
    source.crs = Crs::wgs84();
    source.transform = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0];
    let (fx, fy) = (
        source.width as f64 / width as f64,
        source.height as f64 / height as f64,
    );
    let target = Grid::new(
        source.crs.clone(),
        [0.0, fx, 0.0, 0.0, 0.0, -fy],
        width,
        height,
    );
    warp::warp_level_grid(dataset, level, &source, bands, &target, resampling)
}

/// The coarsest level that is not coarser than `factor` full-resolution pixels a pixel.
pub(crate) fn coarsest_level(dataset: &Dataset, factor: f64) -> usize {
    // A hundredth of slack: sizes of overviews are rounded up.
    dataset
        .overviews()
        .iter()
        .filter(|o| o.factor <= factor * 1.01)
        .count()
}

/// PNG of red, green, blue, opacity; without the channels that say nothing.
pub(crate) fn encode(width: usize, height: usize, pixels: &[u8]) -> Result<Vec<u8>, RasterError> {
    let fail = |e: png::EncodingError| RasterError::malformed("png", "picture", e.to_string());
    let whole = pixels.as_chunks::<4>().0;
    let opaque = whole.iter().all(|p| p[3] == 255);
    let grey = whole.iter().all(|p| p[0] == p[1] && p[1] == p[2]);
    let (color, bytes): (_, Cow<'_, [u8]>) = match (grey, opaque) {
        (true, true) => (
            png::ColorType::Grayscale,
            whole.iter().map(|p| p[0]).collect(),
        ),
        (true, false) => (
            png::ColorType::GrayscaleAlpha,
            Cow::Owned(kept(whole, |p| [p[0], p[3]])),
        ),
        (false, true) => (
            png::ColorType::Rgb,
            Cow::Owned(kept(whole, |p| [p[0], p[1], p[2]])),
        ),
        (false, false) => (png::ColorType::Rgba, Cow::Borrowed(pixels)),
    };
    let mut output = Vec::with_capacity(bytes.len() / 2);
    let mut encoder = png::Encoder::new(&mut output, width as u32, height as u32);
    encoder.set_color(color);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header().map_err(fail)?;
    writer.write_image_data(&bytes).map_err(fail)?;
    writer.finish().map_err(fail)?;
    Ok(output)
}

/// Some channels of all pixels.
fn kept<const N: usize>(pixels: &[[u8; 4]], channels: impl Fn(&[u8; 4]) -> [u8; N]) -> Vec<u8> {
    let mut bytes = vec![0; N * pixels.len()];
    for (out, pixel) in bytes.as_chunks_mut::<N>().0.iter_mut().zip(pixels) {
        *out = channels(pixel);
    }
    bytes
}
