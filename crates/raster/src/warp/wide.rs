//! One target pixel from many source pixels: the kernels of bilinear and cubic, widened by a
//! reduction; those of cubic spline and Lanczos at any scale.

use super::coordinates::Point;
use super::kernel::{Pixels, WEIGHT_MIN};
use crate::band::Sample;

/// Below this scale a reduction widens the kernel; above, 2 x 2 or 4 x 4 pixels are used.
const FULL_SCALE_MIN: f64 = 0.95;
/// Most weights that are kept at once.
const WEIGHTS_MAX: usize = 1 << 14;
/// No pixel of the source.
const NONE: usize = usize::MAX;

/// Kernel of a wide filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Triangle,
    Cubic,
    Spline,
    Lanczos,
}

impl Shape {
    /// Pixels from the middle to where the kernel ends, at full scale.
    const fn radius(self) -> f64 {
        match self {
            Self::Triangle => 1.0,
            Self::Cubic | Self::Spline => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    #[inline]
    fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        match self {
            Self::Triangle => (1.0 - x).max(0.0),
            Self::Cubic if x <= 1.0 => x * x * (1.5 * x - 2.5) + 1.0,
            Self::Cubic if x <= 2.0 => x * (x * (-0.5 * x + 2.5) - 4.0) + 2.0,
            Self::Cubic => 0.0,
            Self::Spline if x <= 1.0 => (x * x * (3.0 * x - 6.0) + 4.0) / 6.0,
            Self::Spline if x <= 2.0 => (2.0 - x).powi(3) / 6.0,
            Self::Spline => 0.0,
            Self::Lanczos if x == 0.0 => 1.0,
            Self::Lanczos if x <= 3.0 => {
                let turned = std::f64::consts::PI * x;
                3.0 * turned.sin() * (turned / 3.0).sin() / (turned * turned)
            }
            Self::Lanczos => 0.0,
        }
    }
}

/// A kernel widened along one axis.
#[derive(Debug, Clone, Copy)]
struct Axis {
    shape: Shape,
    scale: f64,
    /// Pixels from the middle to where the kernel ends.
    reach: f64,
    /// Most pixels within it.
    taps: usize,
}

impl Axis {
    fn new(shape: Shape, scale: f64, size: usize) -> Self {
        let scale = scale.min(1.0);
        let reach = shape.radius() / scale;
        Self {
            shape,
            scale,
            reach,
            taps: ((2.0 * reach).ceil() as usize).min(size),
        }
    }

    /// Writes the weights of the pixels around `at`; gives the first of them and how many are
    /// inside. `TAPS` is their number where that is known when compiling, else 0.
    #[inline(always)]
    fn span<const TAPS: usize>(&self, at: f64, size: usize, weights: &mut [f64]) -> (usize, usize) {
        let taps = if TAPS == 0 { self.taps } else { TAPS };
        // Below the first pixel the cast gives 0.
        let first = (floor(at - self.reach) + 1.0) as usize;
        // Fewer pixels may be within the reach: the weights of the others are 0.
        let from = first as f64 - at;
        for (i, weight) in weights[..taps].iter_mut().enumerate() {
            *weight = self.shape.weight((i as f64 + from) * self.scale);
        }
        (first, taps.min(size.saturating_sub(first)))
    }
}

/// Where the kernel of one target pixel lies on the source.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// The pixel that holds the position.
    nearest: usize,
    /// The first pixel within the kernel.
    start: usize,
    cols: usize,
    rows: usize,
    /// Sum of all weights.
    total: f64,
}

impl Place {
    const NONE: Self = Self {
        nearest: NONE,
        start: 0,
        cols: 0,
        rows: 0,
        total: 0.0,
    };
}

/// A kernel widened by a reduction, with its weights at some positions. They are found once for
/// all bands that lie on one another.
#[derive(Debug)]
pub(super) struct Filter {
    x: Axis,
    y: Axis,
    places: Vec<Place>,
    /// Of each place those across, then those down.
    weights: Vec<f64>,
}

impl Filter {
    /// For a source of such a size; `None` when the scale is near or above 1, so that the plain
    /// kernel is right.
    pub(super) fn new(
        shape: Shape,
        (x_scale, y_scale): (f64, f64),
        (width, height): (usize, usize),
    ) -> Option<Self> {
        if x_scale >= FULL_SCALE_MIN && y_scale >= FULL_SCALE_MIN {
            return None;
        }
        Some(Self::wide(shape, (x_scale, y_scale), (width, height)))
    }

    /// The same at any scale.
    pub(super) fn wide(
        shape: Shape,
        (x_scale, y_scale): (f64, f64),
        (width, height): (usize, usize),
    ) -> Self {
        Self {
            x: Axis::new(shape, x_scale, width),
            y: Axis::new(shape, y_scale, height),
            places: Vec::new(),
            weights: Vec::new(),
        }
    }

    /// How many positions may be prepared at once.
    pub(super) fn positions_max(&self) -> usize {
        (WEIGHTS_MAX / (self.x.taps + self.y.taps).max(1)).max(1)
    }

    /// Finds the weights of some positions.
    pub(super) fn prepare<T: Sample>(&mut self, pixels: &Pixels<'_, T>, points: &[Point]) {
        // The sizes of reductions by less than two, which are most where there are overviews.
        match (self.x.taps, self.y.taps) {
            (3, 3) => self.prepare_by::<T, 3, 3>(pixels, points),
            (4, 4) => self.prepare_by::<T, 4, 4>(pixels, points),
            _ => self.prepare_by::<T, 0, 0>(pixels, points),
        }
    }

    fn prepare_by<T: Sample, const W: usize, const H: usize>(
        &mut self,
        pixels: &Pixels<'_, T>,
        points: &[Point],
    ) {
        let stride = self.x.taps + self.y.taps;
        self.weights.resize(stride * points.len(), 0.0);
        self.places.clear();
        let places = points.iter().zip(self.weights.chunks_exact_mut(stride));
        for (point, weights) in places {
            let Some(nearest) = pixels.holding(point.0, point.1) else {
                self.places.push(Place::NONE);
                continue;
            };
            let (across, down) = weights.split_at_mut(self.x.taps);
            let (x, y) = (point.0 - pixels.col - 0.5, point.1 - pixels.row - 0.5);
            let (col, cols) = self.x.span::<W>(x, pixels.width, across);
            let (row, rows) = self.y.span::<H>(y, pixels.height, down);
            self.places.push(Place {
                nearest,
                start: row * pixels.width + col,
                cols,
                rows,
                total: across[..cols].iter().sum::<f64>() * down[..rows].iter().sum::<f64>(),
            });
        }
    }

    /// Weighted mean around the position prepared at `index`, of the pixels that are measurements.
    #[inline]
    pub(super) fn value<T: Sample>(&self, pixels: &Pixels<'_, T>, index: usize) -> Option<f64> {
        let place = self.places[index];
        if place.nearest == NONE || pixels.valid.is_some_and(|v| !v[place.nearest]) {
            return None;
        }
        let stride = self.x.taps + self.y.taps;
        let weights = &self.weights[index * stride..(index + 1) * stride];
        let (across, down) = weights.split_at(self.x.taps);
        let (across, down) = (&across[..place.cols], &down[..place.rows]);
        let start = place.start;
        let sum = match (place.cols, place.rows) {
            (3, 3) => fixed::<T, 3, 3>(pixels, start, across, down),
            (3, 4) => fixed::<T, 3, 4>(pixels, start, across, down),
            (4, 3) => fixed::<T, 4, 3>(pixels, start, across, down),
            (4, 4) => fixed::<T, 4, 4>(pixels, start, across, down),
            _ => whole(pixels, start, across, down),
        };
        match sum {
            Some(sum) => (place.total >= WEIGHT_MIN).then(|| sum / place.total),
            None => mean(pixels, start, across, down),
        }
    }
}

/// Weighted sum of W x H pixels; `None` when one is no measurement.
#[inline]
fn fixed<T: Sample, const W: usize, const H: usize>(
    pixels: &Pixels<'_, T>,
    start: usize,
    across: &[f64],
    down: &[f64],
) -> Option<f64> {
    let across: &[f64; W] = across.first_chunk()?;
    let down: &[f64; H] = down.first_chunk()?;
    let mut sum = 0.0;
    for (j, weight) in down.iter().enumerate() {
        let at = start + j * pixels.width;
        if let Some(valid) = pixels.valid {
            let valid: &[bool; W] = valid.get(at..)?.first_chunk()?;
            if valid.contains(&false) {
                return None;
            }
        }
        let line: &[T; W] = pixels.data.get(at..)?.first_chunk()?;
        let mut line_sum = 0.0;
        for (value, weight) in line.iter().zip(across) {
            line_sum += value.to_f64() * weight;
        }
        sum += line_sum * weight;
    }
    Some(sum)
}

/// The same of any number of pixels.
fn whole<T: Sample>(
    pixels: &Pixels<'_, T>,
    start: usize,
    across: &[f64],
    down: &[f64],
) -> Option<f64> {
    let mut sum = 0.0;
    for (j, weight) in down.iter().enumerate() {
        let at = start + j * pixels.width;
        let range = at..at + across.len();
        if pixels
            .valid
            .is_some_and(|v| v[range.clone()].contains(&false))
        {
            return None;
        }
        let cells = pixels.data[range].iter().zip(across);
        let line_sum: f64 = cells.map(|(value, weight)| value.to_f64() * weight).sum();
        sum += line_sum * weight;
    }
    Some(sum)
}

/// Weighted mean of the pixels that are measurements.
fn mean<T: Sample>(
    pixels: &Pixels<'_, T>,
    start: usize,
    across: &[f64],
    down: &[f64],
) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    for (j, wy) in down.iter().enumerate() {
        let at = start + j * pixels.width;
        let range = at..at + across.len();
        let line = &pixels.data[range.clone()];
        let (mut line_sum, mut line_weights) = (0.0, 0.0);
        match pixels.valid {
            None => {
                for (value, wx) in line.iter().zip(across) {
                    line_sum += value.to_f64() * wx;
                    line_weights += wx;
                }
            }
            Some(valid) => {
                let cells = line.iter().zip(across).zip(&valid[range]);
                for ((value, wx), ok) in cells {
                    if *ok {
                        line_sum += value.to_f64() * wx;
                        line_weights += wx;
                    }
                }
            }
        }
        sum += line_sum * wy;
        weights += line_weights * wy;
    }
    (weights >= WEIGHT_MIN).then(|| sum / weights)
}

/// The whole number below, without a call into the C library; for positions of pixels.
#[inline]
fn floor(position: f64) -> f64 {
    let cut = position as i64 as f64;
    if cut > position { cut - 1.0 } else { cut }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean by its definition: every pixel of the source weighs by its distance.
    fn by_definition(pixels: &Pixels<'_, u16>, shape: Shape, scale: f64, at: Point) -> Option<f64> {
        let (mut sum, mut weights) = (0.0, 0.0);
        for row in 0..pixels.height {
            for col in 0..pixels.width {
                let index = row * pixels.width + col;
                if pixels.valid.is_some_and(|v| !v[index]) {
                    continue;
                }
                let wx = shape.weight((col as f64 + 0.5 - at.0) * scale);
                let wy = shape.weight((row as f64 + 0.5 - at.1) * scale);
                sum += f64::from(pixels.data[index]) * wx * wy;
                weights += wx * wy;
            }
        }
        (weights >= WEIGHT_MIN).then(|| sum / weights)
    }

    #[test]
    fn every_size_has_the_mean_of_the_definition() {
        let (width, height) = (23, 19);
        let data: Vec<u16> = (0..width * height)
            .map(|i| (i * 7919 % 4001) as u16)
            .collect();
        let lacking: Vec<bool> = (0..width * height).map(|i| i % 11 != 3).collect();
        for valid in [None, Some(lacking.as_slice())] {
            let pixels = Pixels {
                data: &data,
                valid,
                width,
                height,
                col: 0.0,
                row: 0.0,
            };
            let points: Vec<Point> = (0..200)
                .map(|i| (f64::from(i) * 0.1149 + 0.01, f64::from(i) * 0.0947 + 0.01))
                .collect();
            for shape in [Shape::Triangle, Shape::Cubic, Shape::Spline, Shape::Lanczos] {
                for scale in [0.9, 0.62, 0.5, 0.31, 0.07, 0.01] {
                    let mut filter = Filter::new(shape, (scale, scale), (width, height)).unwrap();
                    filter.prepare(&pixels, &points);
                    for (i, at) in points.iter().enumerate() {
                        let measured = pixels.nearest(at.0, at.1).is_some();
                        let expected = by_definition(&pixels, shape, scale, *at);
                        match (filter.value(&pixels, i), expected.filter(|_| measured)) {
                            (None, None) => {}
                            (Some(own), Some(other)) => assert!(
                                (own - other).abs() < 1e-6,
                                "{shape:?} {scale} {at:?}: {own} {other}"
                            ),
                            other => panic!("{shape:?} {scale} {at:?}: {other:?}"),
                        }
                    }
                }
            }
        }
        assert!(Filter::new(Shape::Cubic, (0.96, 1.2), (width, height)).is_none());
    }
}
