//! A raster file, opened.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::{Band, DataType};
use crate::grid::Grid;
use crate::metadata::Metadata;
use crate::source::{ByteSource, FileSource, MemorySource};
pub use crate::window::Window;

/// A GeoTIFF whose directories have been read and checked; pixels are read on demand.
#[derive(Debug)]
pub struct Dataset {
    source: Arc<dyn ByteSource>,
    grid: Grid,
    bands: usize,
    dtype: DataType,
    nodata: Option<f64>,
    metadata: Metadata,
    overviews: Vec<Overview>,
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

impl Dataset {
    /// Opens a file on a local disk.
    ///
    /// # Errors
    /// When it cannot be read, is no TIFF, is malformed or uses an unsupported feature.
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
        Err(RasterError::unsupported(source.name(), "file"))
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
    pub const fn bands(&self) -> usize {
        self.bands
    }

    /// Type of the samples, the same for all bands.
    #[must_use]
    pub const fn dtype(&self) -> DataType {
        self.dtype
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

    /// Reads a window of a band (counted from 0) at full resolution.
    ///
    /// # Errors
    /// When there is no such band or window, or the pixels are malformed or unsupported.
    pub fn read(&self, band: usize, window: Window) -> Result<Band, RasterError> {
        let _ = (band, window);
        Err(RasterError::unsupported(self.name(), "file"))
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
        let _ = (level, band, window);
        Err(RasterError::unsupported(self.name(), "file"))
    }
}
