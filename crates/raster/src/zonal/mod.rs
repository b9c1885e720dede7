//! Statistics of the pixels under polygons, each weighted by the part of it that is covered.
//!
//! Parts are exact: the area of polygon and pixel in common over that of the pixel. Pixels
//! are read in bands of rows, so that memory does not grow with the polygon.

mod coverage;
mod tally;

pub use coverage::{CORNERS_MAX, Ring, Rows, Zone};
pub use tally::{Tally, VALUES_MAX};

use crate::RasterError;
use crate::band::Band;
use crate::dataset::Dataset;
use crate::window::Window;

/// Pixels of all bands read at once.
const CHUNK_PIXELS: usize = 1 << 21;

/// Figures of bands (counted from 0) of a dataset over a zone of its grid, one tally a band.
///
/// Values are physical: scale and offset of the file are applied. `values` says whether
/// quantiles and histograms will be asked for. Without a zone the tallies are empty.
///
/// # Errors
/// As [`Dataset::read`], and as [`Tally::add`].
pub fn statistics(
    dataset: &Dataset,
    bands: &[usize],
    zone: Option<&Zone>,
    values: bool,
) -> Result<Vec<Tally>, RasterError> {
    let whole = |band: &usize| {
        let about = dataset.metadata().bands.get(*band);
        let scaled = about.is_some_and(|b| b.scale.is_some() || b.offset.is_some());
        !dataset.dtype().is_float() && !scaled
    };
    let mut tallies: Vec<Tally> = bands
        .iter()
        .map(|b| Tally::new(values).of_whole_numbers(whole(b)))
        .collect();
    let Some(zone) = zone else {
        return Ok(tallies);
    };
    let window = zone.window();
    let end = window.row + window.height;
    let block_height = dataset.layout().block_height;
    let fitting = (CHUNK_PIXELS / (window.width * bands.len()).max(1)).max(1);
    let mut rows = zone.rows();
    let mut row = window.row;
    while row < end {
        // Up to the end of a row of blocks where that fits, so that few are decoded twice.
        let whole_blocks = (row + fitting) / block_height * block_height;
        let next = if whole_blocks > row {
            whole_blocks
        } else {
            row + fitting
        };
        let part = Window::new(window.col, row, window.width, next.min(end) - row);
        let read = dataset.read_bands(bands, part)?;
        let read: Vec<Vec<f64>> = bands
            .iter()
            .zip(&read)
            .map(|(index, band)| physical(dataset, *index, band))
            .collect();
        for line in 0..part.height {
            let Some(parts) = rows.next_row() else {
                break;
            };
            let range = line * part.width..(line + 1) * part.width;
            for (tally, values) in tallies.iter_mut().zip(&read) {
                tally.add(&values[range.clone()], parts)?;
            }
        }
        row += part.height;
    }
    Ok(tallies)
}

/// Measurements as `stored x scale + offset`, NaN where there is none.
fn physical(dataset: &Dataset, index: usize, band: &Band) -> Vec<f64> {
    let mut values = band.values_f64();
    let about = &dataset.metadata().bands[index];
    if about.scale.is_some() || about.offset.is_some() {
        let (scale, offset) = (about.scale.unwrap_or(1.0), about.offset.unwrap_or(0.0));
        for value in &mut values {
            *value = *value * scale + offset;
        }
    }
    values
}
