//! Cloud-optimised GeoTIFF: written, recognised, made from other files.

mod directory;
mod pyramid;
mod reduce;
mod write;

use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::Path;

use crate::RasterError;
use crate::band::{Band, BandData, DataType};
use crate::dataset::Dataset;
use crate::grid::Grid;
use crate::metadata::Metadata;
use crate::warp::{Resampling, Warper};
use crate::window::Window;
use write::{Appearance, Shape};

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
    /// Encoded tiles of an image wait in memory up to this many bytes, above them on disk.
    pub waiting_bytes_max: usize,
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
            waiting_bytes_max: 32 << 20,
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
    let shape = shape_of(grid, bands)?;
    let appearance = Appearance::plain(bands.len());
    write_file(path, grid, shape, &appearance, options, |window| {
        rows_of(bands, window, options)
    })
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
    let shape = shape_of(grid, bands)?;
    let appearance = Appearance::plain(bands.len());
    write::write(
        &mut writer,
        "cog",
        grid,
        shape,
        &appearance,
        options,
        |window| rows_of(bands, window, options),
    )
}

/// Writes a COG whose pixels are made as they are needed: `rows` is asked for windows of whole
/// rows, [`CogOptions::block_size`] of them at a time from the top down, and gives each of `bands`
/// bands of `dtype`. Memory does not grow with the height of the grid.
///
/// # Errors
/// Those of `rows`, and as [`write()`].
pub fn write_rows<W: Write>(
    mut writer: W,
    grid: &Grid,
    (bands, dtype): (usize, DataType),
    options: &CogOptions,
    mut rows: impl FnMut(Window) -> Result<Vec<BandData>, RasterError>,
) -> Result<(), RasterError> {
    let shape = Shape {
        bands,
        dtype,
        masked: false,
    };
    let appearance = Appearance::plain(bands);
    write::write(
        &mut writer,
        "cog",
        grid,
        shape,
        &appearance,
        options,
        |window| {
            let own = |data| Band::new(window.width, window.height, data, options.nodata, None);
            rows(window)?.into_iter().map(own).collect()
        },
    )
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
    let appearance = source.appearance();
    let shape = Shape {
        bands: source.bands(),
        dtype: source.dtype(),
        masked: source.has_mask(),
    };
    write_file(path, source.grid(), shape, &appearance, options, |window| {
        let bands = source.read_bands(&all, window)?;
        // Only a mask of the file is written as a mask; alpha is a band.
        let own = |band: Band| {
            let mask = band.mask().map(<[bool]>::to_vec).filter(|_| shape.masked);
            let data = band.into_data();
            Band::new(window.width, window.height, data, options.nodata, mask)
        };
        bands.into_iter().map(own).collect()
    })
}

/// Warps all bands of `source` to `target` and writes them as a COG, a band of rows at a time,
/// so that memory does not grow with the height of either.
///
/// Where the result has neither a nodata value nor an alpha band, pixels without a source are
/// marked by a mask. Overviews are made by nearest where `method` is nearest or mode, else by
/// average. `progress` is told how many rows of how many are done.
///
/// # Errors
/// As [`warp_bands`](crate::warp::warp_bands) and [`write()`], and for means of palette indices.
pub fn warp_to(
    source: &Dataset,
    target: &Grid,
    method: Resampling,
    path: &Path,
    options: &CogOptions,
    progress: &dyn Fn(u64, u64),
) -> Result<(), RasterError> {
    let picks = matches!(method, Resampling::Nearest | Resampling::Mode);
    if source.palette().is_some() && !picks {
        return Err(RasterError::argument(
            "method",
            "indices into a palette cannot be averaged: nearest or mode is needed",
        ));
    }
    let mut options = options.clone();
    options.resampling = if picks {
        Resampling::Nearest
    } else {
        Resampling::Average
    };
    // Statistics of the source are none of the result.
    let kept = |name: &str| !name.starts_with("STATISTICS_");
    options.metadata.items.retain(|name, _| kept(name));
    for band in &mut options.metadata.bands {
        band.items.retain(|name, _| kept(name));
    }
    let all: Vec<usize> = (0..source.bands()).collect();
    let shape = Shape {
        bands: all.len(),
        dtype: source.dtype(),
        masked: options.nodata.is_none() && source.alpha_band().is_none(),
    };
    let warper = Warper::new(source, target, method)?;
    write_file(
        path,
        target,
        shape,
        &source.appearance(),
        &options,
        |window| {
            let bands = warper.rows(&all, window.row, window.height)?;
            progress((window.row + window.height) as u64, target.height as u64);
            let own = |band: Band| {
                let mask = band.mask().map(<[bool]>::to_vec).filter(|_| shape.masked);
                let data = band.into_data();
                Band::new(window.width, window.height, data, options.nodata, mask)
            };
            bands.into_iter().map(own).collect()
        },
    )
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

/// Type and number of bands that fill the grid.
fn shape_of(grid: &Grid, bands: &[BandData]) -> Result<Shape, RasterError> {
    let Some(first) = bands.first() else {
        return Err(RasterError::argument("bands", "there is none"));
    };
    let expected = grid.width.checked_mul(grid.height);
    if let Some(band) = bands.iter().position(|b| Some(b.len()) != expected) {
        return Err(RasterError::argument(
            "bands",
            format!(
                "{} samples of band {band} do not fill {} x {} pixels",
                bands[band].len(),
                grid.width,
                grid.height
            ),
        ));
    }
    Ok(Shape {
        bands: bands.len(),
        dtype: first.dtype(),
        masked: false,
    })
}

/// Whole rows of bands that fill the grid.
fn rows_of(
    bands: &[BandData],
    window: Window,
    options: &CogOptions,
) -> Result<Vec<Band>, RasterError> {
    let range = window.row * window.width..(window.row + window.height) * window.width;
    let (width, height) = (window.width, window.height);
    bands
        .iter()
        .map(|data| {
            Band::new(
                width,
                height,
                data.slice(range.clone()),
                options.nodata,
                None,
            )
        })
        .collect()
}

fn write_file(
    path: &Path,
    grid: &Grid,
    shape: Shape,
    appearance: &Appearance,
    options: &CogOptions,
    rows: impl FnMut(Window) -> Result<Vec<Band>, RasterError>,
) -> Result<(), RasterError> {
    let name = path.display().to_string();
    let file = File::create(path).map_err(|e| RasterError::io("create", &name, e))?;
    let mut writer = BufWriter::new(file);
    write::write(&mut writer, &name, grid, shape, appearance, options, rows)
}

impl Dataset {
    /// How its colours are meant.
    fn appearance(&self) -> Appearance {
        let image = self.main_image();
        Appearance {
            photometric: image.photometric,
            extra_samples: image.extra_samples.iter().map(|v| *v as u16).collect(),
            palette: image.palette.clone(),
        }
    }
}
