//! Target pixel to source pixel: exactly, or along a row within a stated error.
//!
//! Rows are interpolated as GDAL's approximating transformer does it: the two
//! ends and the middle of a run are computed exactly; where the middle lies
//! within [`ERROR_MAX_PX`] of the straight line the run is taken as linear,
//! else it is halved. This keeps nearest-neighbour results equal to GDAL's.

use std::sync::{Arc, Mutex, PoisonError};

use crate::RasterError;
use crate::grid::{Grid, Transformer};

/// Greatest |dx| + |dy|, in source pixels, by which the middle of a run may
/// lie off the line through its ends (GDAL's and rasterio's default).
pub(super) const ERROR_MAX_PX: f64 = 0.125;
/// Runs of so few points are computed exactly.
const RUN_EXACT_MAX: usize = 5;

/// Positions in pixels of the source; NaN where there is none.
pub(super) type Point = (f64, f64);

pub(super) const NOWHERE: Point = (f64::NAN, f64::NAN);

/// Most coordinates of one row that are remembered.
const REMEMBERED_MAX: usize = 24;

/// Coordinates of positions of one target in one system, as far as they were computed: scenes of a
/// mosaic ask for the same ones.
#[derive(Debug)]
pub(super) struct Remembered {
    /// By row: position and coordinate.
    rows: Mutex<Vec<Vec<(Point, Point)>>>,
}

impl Remembered {
    /// Room for the rows of a target.
    pub(super) fn of(target: &Grid) -> Self {
        Self {
            rows: Mutex::new(vec![Vec::new(); target.height + 2]),
        }
    }

    /// The coordinate at a position, computed when it is asked for first.
    fn at(&self, position: Point, compute: impl FnOnce() -> Point) -> Point {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(row) = rows.get_mut(position.1 as usize) else {
            return compute();
        };
        let bits = |p: Point| (p.0.to_bits(), p.1.to_bits());
        let known = row.iter().find(|(at, _)| bits(*at) == bits(position));
        if let Some((_, coordinate)) = known {
            return *coordinate;
        }
        let coordinate = compute();
        if row.len() < REMEMBERED_MAX {
            row.push((position, coordinate));
        }
        coordinate
    }
}

/// Computes the source position of target positions.
#[derive(Debug, Clone)]
pub(super) struct Mapper {
    target: [f64; 6],
    /// Row of the target that counts as 0; added before the transform, so that parts of a target
    /// are equal to the whole to the last bit.
    first_row: f64,
    source_inverse: [f64; 6],
    transformer: Arc<Transformer>,
    /// Middle longitude of a geographic source, to bring longitudes near it.
    center_lon: Option<f64>,
    /// What is known of the target in the system of the source.
    remembered: Option<Arc<Remembered>>,
}

impl Mapper {
    pub(super) fn new(source: &Grid, target: &Grid) -> Result<Self, RasterError> {
        let transformer = Transformer::new(&target.crs, &source.crs)?;
        Self::by(Arc::new(transformer), source, target, None)
    }

    /// The same with the way from the target's system to that of the source known already, and
    /// with a place to remember coordinates.
    pub(super) fn by(
        transformer: Arc<Transformer>,
        source: &Grid,
        target: &Grid,
        remembered: Option<Arc<Remembered>>,
    ) -> Result<Self, RasterError> {
        let source_inverse = source.inverse().ok_or_else(|| {
            RasterError::argument(
                "grid",
                format!("the transform {:?} cannot be inverted", source.transform),
            )
        })?;
        let geographic = source.crs.is_geographic();
        let center_lon = geographic.then(|| {
            let b = source.bounds();
            0.5 * (b[0] + b[2])
        });
        Ok(Self {
            target: target.transform,
            first_row: 0.0,
            source_inverse,
            transformer,
            center_lon,
            remembered,
        })
    }

    /// The mapper of the part of the target that starts at `row`.
    pub(super) fn below_row(&self, row: usize) -> Self {
        Self {
            first_row: row as f64,
            remembered: None,
            ..self.clone()
        }
    }

    /// The mapper to a source whose pixels are so many times as many, across and down.
    pub(super) fn scaled(&self, fx: f64, fy: f64) -> Self {
        let s = &self.source_inverse;
        Self {
            source_inverse: [
                s[0] * fx,
                s[1] * fx,
                s[2] * fx,
                s[3] * fy,
                s[4] * fy,
                s[5] * fy,
            ],
            ..self.clone()
        }
    }

    /// The source position of one target position.
    pub(super) fn exact(&self, col: f64, row: f64) -> Point {
        let compute = || {
            let t = &self.target;
            let row = row + self.first_row;
            let x = t[0] + col * t[1] + row * t[2];
            let y = t[3] + col * t[4] + row * t[5];
            self.transformer.transform(x, y).unwrap_or(NOWHERE)
        };
        let coordinate = match &self.remembered {
            Some(remembered) => remembered.at((col, row), compute),
            None => compute(),
        };
        self.pixel_of(coordinate)
    }

    /// The source position of a coordinate in the system of the source; NaN stays NaN.
    pub(super) fn pixel_of(&self, (mut x, y): (f64, f64)) -> Point {
        if let Some(center) = self.center_lon {
            x -= 360.0 * ((x - center) / 360.0).round();
        }
        let s = &self.source_inverse;
        let point = (s[0] + x * s[1] + y * s[2], s[3] + x * s[4] + y * s[5]);
        if point.0.is_finite() && point.1.is_finite() {
            point
        } else {
            NOWHERE
        }
    }

    /// Source positions of `points.len()` target positions in one row, from
    /// column `col` on in steps of one pixel.
    pub(super) fn row(&self, col: f64, row: f64, points: &mut [Point]) {
        let n = points.len();
        if n <= RUN_EXACT_MAX {
            self.run_exact(col, row, points);
            return;
        }
        let middle = (n - 1) / 2;
        let start = self.exact(col, row);
        let mid = self.exact(col + middle as f64, row);
        let end = self.exact(col + (n - 1) as f64, row);
        if [start, mid, end].iter().any(|p| p.0.is_nan()) {
            self.run_exact(col, row, points);
        } else {
            self.run(col, row, points, start, mid, end);
        }
    }

    fn run(&self, col: f64, row: f64, points: &mut [Point], start: Point, mid: Point, end: Point) {
        let n = points.len();
        if n <= RUN_EXACT_MAX {
            self.run_exact(col, row, points);
            return;
        }
        let middle = (n - 1) / 2;
        let dx = (end.0 - start.0) / (n - 1) as f64;
        let dy = (end.1 - start.1) / (n - 1) as f64;
        let error = (start.0 + dx * middle as f64 - mid.0).abs()
            + (start.1 + dy * middle as f64 - mid.1).abs();
        if error <= ERROR_MAX_PX {
            for (i, point) in points.iter_mut().enumerate() {
                let distance = i as f64;
                *point = (start.0 + dx * distance, start.1 + dy * distance);
            }
            return;
        }
        let (first, second) = points.split_at_mut(middle);
        let second_col = col + middle as f64;
        let first_mid = self.exact(col + (middle.saturating_sub(1) / 2) as f64, row);
        let first_end = self.exact(col + (middle - 1) as f64, row);
        let second_mid = self.exact(second_col + ((second.len() - 1) / 2) as f64, row);
        if first_mid.0.is_nan() || first_end.0.is_nan() {
            self.run_exact(col, row, first);
        } else {
            self.run(col, row, first, start, first_mid, first_end);
        }
        if second_mid.0.is_nan() {
            self.run_exact(second_col, row, second);
        } else {
            self.run(second_col, row, second, mid, second_mid, end);
        }
    }

    fn run_exact(&self, col: f64, row: f64, points: &mut [Point]) {
        for (i, point) in points.iter_mut().enumerate() {
            *point = self.exact(col + i as f64, row);
        }
    }
}
