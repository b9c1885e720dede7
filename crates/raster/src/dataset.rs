//! A raster file, opened.

mod cache;
mod open;
mod read;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::{Band, DataType};
use crate::grid::Grid;
use crate::metadata::Metadata;
use crate::source::{ByteSource, FileSource, MemorySource};
use crate::tiff::image::Image;
pub use crate::window::Window;
pub use cache::BlockPool;
pub(crate) use open::place_of;

/// A GeoTIFF or JPEG 2000 file whose directories have been read and checked; pixels are read on demand.
///
/// Decoded blocks are kept in a cache of bounded size, so that neighbouring
/// windows do not decode them again. All methods may be called from several threads.
#[derive(Debug)]
pub struct Dataset {
    source: Arc<dyn ByteSource>,
    /// The full image first, then its overviews from fine to coarse.
    levels: Vec<Level>,
    grid: Grid,
    nodata: Option<f64>,
    metadata: Metadata,
    overviews: Vec<Overview>,
    pages: usize,
    cache: cache::BlockCache,
    layout: Layout,
    /// Ranges for drawing, by band, once they have been found.
    ranges: Mutex<BTreeMap<usize, (f64, f64)>>,
}

/// An image and the validity mask that belongs to it.
#[derive(Debug)]
struct Level {
    image: Image,
    mask: Option<Image>,
}

/// A reduced copy inside the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Overview {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// How many full-resolution columns one column stands for.
    pub factor: f64,
}

/// How a file is laid out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layout {
    /// Whether the full image is tiled (else in strips).
    pub tiled: bool,
    /// Columns of a block.
    pub block_width: usize,
    /// Rows of a block.
    pub block_height: usize,
    /// Name of the compression, lower case.
    pub compression: String,
    /// Whether bands lie in planes of their own (else pixel by pixel).
    pub planar: bool,
    /// Whether offsets have 64 bits.
    pub big_tiff: bool,
}

impl Dataset {
    /// Opens a file on a local disk.
    ///
    /// # Errors
    /// When it cannot be read, is neither TIFF nor JPEG 2000, is malformed or uses an unsupported feature.
    pub fn open(path: &Path) -> Result<Self, RasterError> {
        Self::from_source(Arc::new(FileSource::open(path)?))
    }

    /// Opens bytes in memory; `name` stands in messages.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn from_bytes(bytes: Bytes, name: impl Into<String>) -> Result<Self, RasterError> {
        Self::from_source(Arc::new(MemorySource::new(bytes, name)))
    }

    /// Opens any source of bytes.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn from_source(source: Arc<dyn ByteSource>) -> Result<Self, RasterError> {
        open::open(source)
    }

    /// A dataset of images from full to coarse that lie on one grid, without nodata and masks.
    pub(crate) fn of_images(
        source: Arc<dyn ByteSource>,
        images: Vec<Image>,
        grid: Grid,
        metadata: Metadata,
        layout: Layout,
    ) -> Self {
        let overviews = images[1..]
            .iter()
            .map(|image| Overview {
                width: image.width,
                height: image.height,
                factor: grid.width as f64 / image.width as f64,
            })
            .collect();
        let levels = images.into_iter().map(|image| Level { image, mask: None });
        Self {
            source,
            levels: levels.collect(),
            grid,
            nodata: None,
            metadata,
            overviews,
            pages: 1,
            cache: cache::BlockCache::default(),
            layout,
            ranges: Mutex::default(),
        }
    }

    /// Opens a file by its path or, with the feature `remote`, an object by its address
    /// (`https://`, `s3://`, `gs://`, `az://`); `options` configure the store, see
    /// `source::remote::ObjectSource::open`.
    ///
    /// # Errors
    /// As [`Dataset::open`].
    pub fn open_at(place: &str, options: &[(String, String)]) -> Result<Self, RasterError> {
        #[cfg(feature = "remote")]
        if crate::source::remote::is_address(place) {
            let source = crate::source::remote::ObjectSource::open(place, options)?;
            return Self::from_source(Arc::new(source));
        }
        // Paths need none.
        let _ = options;
        Self::open(Path::new(place))
    }

    /// The same dataset with its decoded blocks in a room that others share, for those who hold
    /// many open.
    #[must_use]
    pub fn with_blocks_in(mut self, pool: &BlockPool) -> Self {
        self.cache = cache::BlockCache::within(pool);
        self
    }

    /// Sets how many bytes of decoded blocks are kept (by all that share the room).
    pub fn keep_bytes(&self, bytes_max: usize) {
        self.cache.set_bytes_max(bytes_max);
    }

    /// The range for drawing a band, found at the first call. Two callers at once may both find
    /// it, and find the same.
    pub(crate) fn range_of(
        &self,
        band: usize,
        find: impl FnOnce() -> Result<(f64, f64), RasterError>,
    ) -> Result<(f64, f64), RasterError> {
        let known = || self.ranges.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(range) = known().get(&band) {
            return Ok(*range);
        }
        let range = find()?;
        known().insert(band, range);
        Ok(range)
    }

    /// Name of the file, for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        self.source.name()
    }

    /// Place and size.
    #[must_use]
    pub const fn grid(&self) -> &Grid {
        &self.grid
    }

    /// Number of bands.
    #[must_use]
    pub fn bands(&self) -> usize {
        self.main().samples
    }

    /// Type of the samples, the same for all bands.
    #[must_use]
    pub fn dtype(&self) -> DataType {
        self.main().coding.dtype()
    }

    /// Value that stands for "no measurement".
    #[must_use]
    pub const fn nodata(&self) -> Option<f64> {
        self.nodata
    }

    /// What the file says about itself.
    #[must_use]
    pub const fn metadata(&self) -> &Metadata {
        &self.metadata
    }

    /// Reduced copies, the finest first.
    #[must_use]
    pub fn overviews(&self) -> &[Overview] {
        &self.overviews
    }

    /// How the file is laid out.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Number of full images in the file; only the first is read, as in GDAL.
    #[must_use]
    pub const fn pages(&self) -> usize {
        self.pages
    }

    /// Whether the file carries a validity mask beside its bands.
    #[must_use]
    pub fn has_mask(&self) -> bool {
        self.levels[0].mask.is_some()
    }

    /// Index of the band that holds opacity, when there is one.
    #[must_use]
    pub fn alpha_band(&self) -> Option<usize> {
        self.main().alpha_sample()
    }

    /// Red, green, blue of each value, for a file whose single band is an index into a palette.
    #[must_use]
    pub fn palette(&self) -> Option<Vec<[u8; 3]>> {
        // GDAL keeps the high byte of the 16 bits.
        let palette = self.main().palette.as_ref()?;
        Some(palette.iter().map(|c| c.map(|v| (v >> 8) as u8)).collect())
    }

    /// Reads a window of a band (counted from 0) at full resolution.
    ///
    /// # Errors
    /// When there is no such band or window, or the pixels are malformed or unsupported.
    pub fn read(&self, band: usize, window: Window) -> Result<Band, RasterError> {
        self.read_level(0, &[band], window)
            .map(|mut bands| bands.remove(0))
    }

    /// Reads a window of several bands at once, decoding each block once.
    ///
    /// # Errors
    /// As [`Dataset::read`].
    pub fn read_bands(&self, bands: &[usize], window: Window) -> Result<Vec<Band>, RasterError> {
        self.read_level(0, bands, window)
    }

    /// Reads a whole band (counted from 0) at full resolution.
    ///
    /// # Errors
    /// As [`Dataset::read`].
    pub fn read_band(&self, band: usize) -> Result<Band, RasterError> {
        self.read(band, Window::whole(self.grid.width, self.grid.height))
    }

    /// Reads a window, in its own pixels, of the overview at `level` (0 = the finest).
    ///
    /// # Errors
    /// As [`Dataset::read`], or when there is no such overview.
    pub fn read_overview(
        &self,
        level: usize,
        band: usize,
        window: Window,
    ) -> Result<Band, RasterError> {
        if level >= self.overviews.len() {
            return Err(RasterError::argument(
                "level",
                format!(
                    "{level}: {} has {} overviews",
                    self.name(),
                    self.overviews.len()
                ),
            ));
        }
        self.read_level(level + 1, &[band], window)
            .map(|mut bands| bands.remove(0))
    }

    /// Grid of the full image (level 0) or of an overview (level 1 and on).
    pub(crate) fn level_grid(&self, level: usize) -> Grid {
        let image = &self.levels[level].image;
        let fx = self.grid.width as f64 / image.width as f64;
        let fy = self.grid.height as f64 / image.height as f64;
        let t = self.grid.transform;
        Grid::new(
            self.grid.crs.clone(),
            [t[0], t[1] * fx, t[2] * fy, t[3], t[4] * fx, t[5] * fy],
            image.width,
            image.height,
        )
    }

    /// Columns and rows of the full image (level 0) or of an overview.
    pub(crate) fn level_size(&self, level: usize) -> (usize, usize) {
        let image = &self.levels[level].image;
        (image.width, image.height)
    }

    /// The full image and its overviews, from fine to coarse.
    pub(crate) fn level_images(&self) -> impl Iterator<Item = &Image> {
        self.levels.iter().map(|l| &l.image)
    }

    /// The full image.
    pub(crate) fn main_image(&self) -> &Image {
        self.main()
    }

    fn main(&self) -> &Image {
        &self.levels[0].image
    }
}
