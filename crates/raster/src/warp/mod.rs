//! Pixels from one grid to another.

use serde::{Deserialize, Serialize};

use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::grid::Grid;

/// How a pixel of the target is made from pixels of the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Resampling {
    /// The pixel that the centre falls into.
    #[default]
    Nearest,
    /// Linear in 2 x 2 pixels (a wider triangle when reducing).
    Bilinear,
    /// Cubic convolution (a = -0.5) in 4 x 4 pixels (wider when reducing).
    Cubic,
    /// Mean of the pixels covered, weighted by the part covered.
    Average,
    /// Most frequent value of the pixels covered.
    Mode,
    /// Least value of the pixels covered.
    Min,
    /// Greatest value of the pixels covered.
    Max,
}

/// Moves a band from its grid to `target`; the result has the source's type and nodata.
///
/// Pixels without a source are nodata (and not valid in the mask when the source has no nodata value).
///
/// # Errors
/// When the sizes of `source` and `source_grid` differ, the target is too
/// large, or there is no way between the coordinate reference systems.
pub fn warp(
    source: &Band,
    source_grid: &Grid,
    target: &Grid,
    resampling: Resampling,
) -> Result<Band, RasterError> {
    let _ = (source, source_grid, target, resampling);
    Err(RasterError::unsupported("warp", "resampling"))
}

/// Moves a band (counted from 0) of a dataset to `target`, reading only the part needed.
///
/// # Errors
/// As [`warp`] and [`Dataset::read`].
pub fn warp_dataset(
    source: &Dataset,
    band: usize,
    target: &Grid,
    resampling: Resampling,
) -> Result<Band, RasterError> {
    let _ = (source, band, target, resampling);
    Err(RasterError::unsupported("warp", "resampling"))
}
