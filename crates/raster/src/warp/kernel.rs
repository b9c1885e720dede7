//! One target pixel from the source pixels around a point: nearest, bilinear, cubic.

use crate::band::Sample;

/// Least sum of weights that makes a value.
pub(super) const WEIGHT_MIN: f64 = 1e-5;
/// Positions this little beyond the last pixel still belong to it.
const POSITION_TOLERANCE: f64 = 1e-10;

/// Pixels of the source, a part of a larger raster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pixels<'a, T> {
    pub(super) data: &'a [T],
    /// One entry a pixel; `None` when all are measurements.
    pub(super) valid: Option<&'a [bool]>,
    pub(super) width: usize,
    pub(super) height: usize,
    /// Position of the first pixel in the raster.
    pub(super) col: f64,
    pub(super) row: f64,
}

impl<T: Sample> Pixels<'_, T> {
    /// Index of the pixel that holds a position of the raster.
    #[inline]
    pub(super) fn holding(&self, x: f64, y: f64) -> Option<usize> {
        let (x, y) = (x - self.col, y - self.row);
        let inside = x >= 0.0
            && y >= 0.0
            && x + POSITION_TOLERANCE <= self.width as f64
            && y + POSITION_TOLERANCE <= self.height as f64;
        if !inside {
            // Also where the position is NaN.
            return None;
        }
        let col = ((x + POSITION_TOLERANCE) as usize).min(self.width - 1);
        let row = ((y + POSITION_TOLERANCE) as usize).min(self.height - 1);
        Some(row * self.width + col)
    }

    /// Index of the pixel that holds a position of the raster, when it is a measurement.
    #[inline]
    pub(super) fn nearest(&self, x: f64, y: f64) -> Option<usize> {
        let index = self.holding(x, y)?;
        match self.valid {
            Some(valid) if !valid[index] => None,
            _ => Some(index),
        }
    }

    /// Mean of the 2 x 2 pixels around a position, those that are measurements.
    #[inline]
    pub(super) fn bilinear(&self, x: f64, y: f64) -> Option<f64> {
        self.nearest(x, y)?;
        let (x, y) = (x - self.col - 0.5, y - self.row - 0.5);
        let (col, row) = (floor(x), floor(y));
        let (fx, fy) = (x - col, y - row);
        let inside = col >= 0.0
            && row >= 0.0
            && col + 1.0 < self.width as f64
            && row + 1.0 < self.height as f64;
        let i = row as usize * self.width + col as usize;
        let all_valid = |v: &[bool]| v[i] && v[i + 1] && v[i + self.width] && v[i + self.width + 1];
        if inside && self.valid.is_none_or(all_valid) {
            let upper = &self.data[i..i + 2];
            let lower = &self.data[i + self.width..i + self.width + 2];
            let top = upper[0].to_f64() * (1.0 - fx) + upper[1].to_f64() * fx;
            let bottom = lower[0].to_f64() * (1.0 - fx) + lower[1].to_f64() * fx;
            return Some(top * (1.0 - fy) + bottom * fy);
        }
        let mut sum = 0.0;
        let mut weights = 0.0;
        for (dy, wy) in [(0.0, 1.0 - fy), (1.0, fy)] {
            for (dx, wx) in [(0.0, 1.0 - fx), (1.0, fx)] {
                if let Some(value) = self.at(col + dx, row + dy) {
                    sum += value * wx * wy;
                    weights += wx * wy;
                }
            }
        }
        (weights >= WEIGHT_MIN).then(|| sum / weights)
    }

    /// Cubic convolution of 4 x 4 pixels; bilinear at edges and beside nodata.
    #[inline]
    pub(super) fn cubic(&self, x: f64, y: f64) -> Option<f64> {
        self.nearest(x, y)?;
        let (px, py) = (x - self.col - 0.5, y - self.row - 0.5);
        let (col, row) = (floor(px), floor(py));
        let inside = col >= 1.0
            && row >= 1.0
            && col + 2.0 < self.width as f64
            && row + 2.0 < self.height as f64;
        if !inside {
            return self.bilinear(x, y);
        }
        let start = (row as usize - 1) * self.width + col as usize - 1;
        let (wx, wy) = (cubic_weights(px - col), cubic_weights(py - row));
        let mut sum = 0.0;
        for (j, weight) in wy.iter().enumerate() {
            let i = start + j * self.width;
            if let Some(valid) = self.valid
                && !valid[i..i + 4].iter().all(|v| *v)
            {
                return self.bilinear(x, y);
            }
            let p = &self.data[i..i + 4];
            let line = p[0].to_f64() * wx[0]
                + p[1].to_f64() * wx[1]
                + p[2].to_f64() * wx[2]
                + p[3].to_f64() * wx[3];
            sum += line * weight;
        }
        Some(sum)
    }

    /// Value at a whole position of this part, when it is a measurement.
    #[inline]
    fn at(&self, col: f64, row: f64) -> Option<f64> {
        if col < 0.0 || row < 0.0 || col >= self.width as f64 || row >= self.height as f64 {
            return None;
        }
        let index = row as usize * self.width + col as usize;
        if self.valid.is_some_and(|v| !v[index]) {
            return None;
        }
        Some(self.data[index].to_f64())
    }
}

/// The whole number below a position of at least -1, without a call into the C library.
#[inline]
fn floor(position: f64) -> f64 {
    (position + 1.0) as i64 as f64 - 1.0
}

/// Weights of four neighbours at a distance of 0 to 1 after the second (a = -0.5).
#[inline]
fn cubic_weights(f: f64) -> [f64; 4] {
    let (f2, f3) = (f * f, f * f * f);
    [
        -0.5 * f3 + f2 - 0.5 * f,
        1.5 * f3 - 2.5 * f2 + 1.0,
        -1.5 * f3 + 2.0 * f2 + 0.5 * f,
        0.5 * f3 - 0.5 * f2,
    ]
}
