//! A rectangle of pixels.

use serde::{Deserialize, Serialize};

use crate::RasterError;

/// A rectangle of pixels inside a raster, from its top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Window {
    /// First column, counted from 0 at the left.
    pub col: usize,
    /// First row, counted from 0 at the top.
    pub row: usize,
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Window {
    /// A window at (`col`, `row`) of `width` x `height` pixels.
    #[must_use]
    pub const fn new(col: usize, row: usize, width: usize, height: usize) -> Self {
        Self {
            col,
            row,
            width,
            height,
        }
    }

    /// The window of a whole raster.
    #[must_use]
    pub const fn whole(width: usize, height: usize) -> Self {
        Self::new(0, 0, width, height)
    }

    /// Number of pixels, saturating.
    #[must_use]
    pub const fn pixels(&self) -> usize {
        self.width.saturating_mul(self.height)
    }

    /// The part common to both, or `None` when they do not touch.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let col = self.col.max(other.col);
        let row = self.row.max(other.row);
        let col_end = self
            .col
            .saturating_add(self.width)
            .min(other.col.saturating_add(other.width));
        let row_end = self
            .row
            .saturating_add(self.height)
            .min(other.row.saturating_add(other.height));
        (col < col_end && row < row_end).then(|| Self::new(col, row, col_end - col, row_end - row))
    }

    /// Checks that the window is not empty and lies inside `width` x `height`.
    pub(crate) fn check_inside(&self, width: usize, height: usize) -> Result<(), RasterError> {
        let inside = self.col.checked_add(self.width).is_some_and(|e| e <= width)
            && self
                .row
                .checked_add(self.height)
                .is_some_and(|e| e <= height);
        if self.width == 0 || self.height == 0 || !inside {
            return Err(RasterError::argument(
                "window",
                format!(
                    "{} x {} at column {}, row {} is not a part of the {width} x {height} raster",
                    self.width, self.height, self.col, self.row
                ),
            ));
        }
        Ok(())
    }
}
