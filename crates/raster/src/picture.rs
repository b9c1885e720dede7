//! A small picture of a whole dataset.

use crate::RasterError;
use crate::dataset::Dataset;
use crate::style::Style;

/// Draws the whole dataset in its own grid as PNG, the longer side at most `max_px`.
///
/// # Errors
/// As [`Dataset::read`], or when the style does not fit the dataset.
pub fn render(dataset: &Dataset, style: &Style, max_px: usize) -> Result<Vec<u8>, RasterError> {
    let _ = (style, max_px);
    Err(RasterError::unsupported(dataset.name(), "picture"))
}
