//! Cloud-optimised GeoTIFF: written, recognised, made from other files.

mod directory;
mod reduce;
mod write;

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use crate::RasterError;
use crate::band::{Band, BandData};
use crate::dataset::Dataset;
use crate::grid::Grid;
use crate::metadata::Metadata;
use crate::warp::Resampling;
use crate::window::Window;
use write::Appearance;

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
/// When bands differ in type or do not fill the grid, an option makes no
/// sense, the system of the grid cannot be written, or writing fails.
pub fn write(
    path: &Path,
    grid: &Grid,
    bands: &[BandData],
    options: &CogOptions,
) -> Result<(), RasterError> {
    let bands = to_bands(grid, bands, options)?;
    let appearance = Appearance::plain(bands.len());
    write_file(path, grid, bands, &appearance, options)
}

/// Writes a COG to any seekable writer, from its current start.
///
/// # Errors
/// As [`write()`].
pub fn write_to<W: Write + Seek>(
    mut writer: W,
    grid: &Grid,
    bands: &[BandData],
    options: &CogOptions,
) -> Result<(), RasterError> {
    let bands = to_bands(grid, bands, options)?;
    let appearance = Appearance::plain(bands.len());
    write::write(&mut writer, "cog", grid, bands, &appearance, options)
}

/// Writes a COG with the same pixels, place, nodata, mask, palette and
/// metadata as `source`, and overviews made anew.
///
/// Overviews of palettes are made by nearest, others by average. Samples of
/// 1, 2 and 4 bits become bytes, those of 16-bit floats 32-bit floats.
///
/// # Errors
/// As [`Dataset::read`] and [`write()`].
pub fn from_dataset(source: &Dataset, path: &Path) -> Result<(), RasterError> {
    let resampling = if source.palette().is_some() {
        Resampling::Nearest
    } else {
        Resampling::Average
    };
    let options = CogOptions {
        nodata: source.nodata(),
        resampling,
        metadata: source.metadata().clone(),
        ..CogOptions::default()
    };
    convert(source, path, &options)
}

/// Writes the pixels and place of `source` as a COG with own choices.
///
/// # Errors
/// As [`from_dataset`].
pub fn convert(source: &Dataset, path: &Path, options: &CogOptions) -> Result<(), RasterError> {
    let all: Vec<usize> = (0..source.bands()).collect();
    let window = Window::whole(source.grid().width, source.grid().height);
    let (appearance, has_mask) = {
        let image = source.main_image();
        let extra_samples = image.extra_samples.iter().map(|v| *v as u16).collect();
        let appearance = Appearance {
            photometric: image.photometric,
            extra_samples,
            palette: image.palette.clone(),
        };
        (appearance, source.has_mask())
    };
    let bands = source.read_bands(&all, window)?;
    let bands = bands
        .into_iter()
        .map(|band| {
            // Only a mask of the file is written as a mask; alpha is a band.
            let mask = has_mask
                .then(|| band.mask().map(<[bool]>::to_vec))
                .flatten();
            Band::new(
                window.width,
                window.height,
                band.into_data(),
                options.nodata,
                mask,
            )
        })
        .collect::<Result<Vec<_>, _>>()?;
    write_file(path, source.grid(), bands, &appearance, options)
}

/// Whether a dataset is laid out as a COG: tiled (or small), overviews present
/// where needed, directories from fine to coarse, pixels from coarse to fine.
#[must_use]
pub fn is_cog(dataset: &Dataset) -> bool {
    let images: Vec<_> = dataset.level_images().collect();
    let main = dataset.main_image();
    let small = main.width <= SMALL_SIDE_PX && main.height <= SMALL_SIDE_PX;
    if !small && (!main.tiled || dataset.overviews().is_empty()) {
        return false;
    }
    let first_block = |i: usize| images[i].offsets.iter().copied().filter(|o| *o != 0).min();
    let ordered = (1..images.len()).all(|i| {
        let directories = images[i - 1].directory_offset < images[i].directory_offset;
        let pixels = match (first_block(i - 1), first_block(i)) {
            (Some(finer), Some(coarser)) => coarser < finer,
            _ => true,
        };
        directories && pixels && (images[i].tiled || small)
    });
    let before_pixels = (0..images.len())
        .filter_map(first_block)
        .all(|o| images.iter().all(|i| i.directory_offset < o));
    ordered && before_pixels
}

/// Images up to this side need neither tiles nor overviews.
const SMALL_SIDE_PX: usize = 512;

fn to_bands(
    grid: &Grid,
    bands: &[BandData],
    options: &CogOptions,
) -> Result<Vec<Band>, RasterError> {
    bands
        .iter()
        .map(|data| Band::new(grid.width, grid.height, data.clone(), options.nodata, None))
        .collect()
}

fn write_file(
    path: &Path,
    grid: &Grid,
    bands: Vec<Band>,
    appearance: &Appearance,
    options: &CogOptions,
) -> Result<(), RasterError> {
    let name = path.display().to_string();
    let file = File::create(path).map_err(|e| RasterError::io("create", &name, e))?;
    write::write(
        &mut BufWriter::new(file),
        &name,
        grid,
        bands,
        appearance,
        options,
    )
}
