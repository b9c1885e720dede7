//! Where pixels are: a coordinate reference system, an affine transform and a size.

use serde::{Deserialize, Serialize};

use crate::RasterError;
pub use crate::crs::{Crs, Transformer};

/// Points a side that an edge is cut into before it is projected.
const EDGE_STEPS: usize = 20;

/// Place and size of a raster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// System of the coordinates.
    pub crs: Crs,
    /// Pixel corner to coordinate in the order of GDAL:
    /// `x = t[0] + col * t[1] + row * t[2]`, `y = t[3] + col * t[4] + row * t[5]`.
    pub transform: [f64; 6],
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Grid {
    /// A grid of `width` x `height` pixels.
    #[must_use]
    pub const fn new(crs: Crs, transform: [f64; 6], width: usize, height: usize) -> Self {
        Self {
            crs,
            transform,
            width,
            height,
        }
    }

    /// A north-up grid of square pixels of `resolution` (units of `crs`) that
    /// covers `bounds` = [west, south, east, north].
    ///
    /// # Errors
    /// When the bounds are empty or `resolution` is not a positive number.
    pub fn from_bounds(crs: Crs, bounds: [f64; 4], resolution: f64) -> Result<Self, RasterError> {
        let [west, south, east, north] = bounds;
        let valid = west < east && south < north && resolution > 0.0;
        if !valid || bounds.iter().any(|b| !b.is_finite()) || !resolution.is_finite() {
            return Err(RasterError::argument(
                "bounds",
                format!(
                    "{bounds:?} at {resolution} is not a grid: west < east, south < north and a positive resolution are needed"
                ),
            ));
        }
        let cells = |length: f64| -> Result<usize, RasterError> {
            let n = (length / resolution - 1e-6).ceil().max(1.0);
            if n > GRID_SIDE_MAX as f64 {
                return Err(RasterError::Limit {
                    name: "grid".to_owned(),
                    what: "number of pixels on a side",
                    value: n as u64,
                    limit: GRID_SIDE_MAX,
                });
            }
            Ok(n as usize)
        };
        Ok(Self::new(
            crs,
            [west, resolution, 0.0, north, 0.0, -resolution],
            cells(east - west)?,
            cells(north - south)?,
        ))
    }

    /// Coordinate of a position in pixels; (0, 0) is the outer corner of the first pixel.
    #[must_use]
    pub fn coordinate_of(&self, col: f64, row: f64) -> (f64, f64) {
        let t = &self.transform;
        (
            t[0] + col * t[1] + row * t[2],
            t[3] + col * t[4] + row * t[5],
        )
    }

    /// Position in pixels of a coordinate of this grid's system, unbounded.
    ///
    /// `None` when the transform cannot be inverted.
    #[must_use]
    pub fn pixel_of(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let t = self.inverse()?;
        Some((t[0] + x * t[1] + y * t[2], t[3] + x * t[4] + y * t[5]))
    }

    /// Inverse of the transform: coordinate to pixel.
    #[must_use]
    pub fn inverse(&self) -> Option<[f64; 6]> {
        let t = &self.transform;
        let determinant = t[1] * t[5] - t[2] * t[4];
        if determinant == 0.0 || !determinant.is_finite() {
            return None;
        }
        let (a, b) = (t[5] / determinant, -t[2] / determinant);
        let (d, e) = (-t[4] / determinant, t[1] / determinant);
        Some([-(t[0] * a + t[3] * b), a, b, -(t[0] * d + t[3] * e), d, e])
    }

    /// [least x, least y, greatest x, greatest y] in this grid's system.
    #[must_use]
    pub fn bounds(&self) -> [f64; 4] {
        let (w, h) = (self.width as f64, self.height as f64);
        let corners = [(0.0, 0.0), (w, 0.0), (w, h), (0.0, h)];
        bounds_of(corners.iter().map(|&(c, r)| self.coordinate_of(c, r)))
    }

    /// The part of `count` rows from `row` on.
    #[must_use]
    pub fn rows(&self, row: usize, count: usize) -> Self {
        let (x, y) = self.coordinate_of(0.0, row as f64);
        let t = self.transform;
        Self::new(
            self.crs.clone(),
            [x, t[1], t[2], y, t[4], t[5]],
            self.width,
            count,
        )
    }

    /// [least x, least y, greatest x, greatest y] of the outline, 21 points a side, in another
    /// system. Across the antimeridian longitudes run on beyond 180; a grid around a pole spans
    /// all longitudes up to it.
    ///
    /// # Errors
    /// When a point of the outline cannot be projected.
    pub fn bounds_in(&self, crs: &Crs) -> Result<[f64; 4], RasterError> {
        if crs.is_geographic() && !self.crs.is_geographic() {
            let [west, south, east, north] = self.bounds_wgs84()?;
            if west > east {
                return Ok([west, south, east + 360.0, north]);
            }
            if (east - west - 360.0).abs() < 1e-9 {
                return Ok([west, south, east, north]);
            }
        }
        let transformer = Transformer::new(&self.crs, crs)?;
        let (w, h) = (self.width as f64, self.height as f64);
        let mut points = Vec::with_capacity(4 * (EDGE_STEPS + 1));
        for step in 0..=EDGE_STEPS {
            let f = step as f64 / EDGE_STEPS as f64;
            for (col, row) in [(f * w, 0.0), (f * w, h), (0.0, f * h), (w, f * h)] {
                let (x, y) = self.coordinate_of(col, row);
                points.push(transformer.transform(x, y)?);
            }
        }
        Ok(bounds_of(points.into_iter()))
    }

    /// Longitude and latitude bounds in degrees, [west, south, east, north].
    ///
    /// West is greater than east when the grid crosses the antimeridian; a grid
    /// around a pole spans all longitudes up to it.
    ///
    /// # Errors
    /// When the system is unknown or cannot be computed with.
    pub fn bounds_wgs84(&self) -> Result<[f64; 4], RasterError> {
        let ring = self.ring_wgs84(EDGE_STEPS)?;
        // Longitudes made continuous along the ring: steps are below half a turn.
        let mut turned = 0.0;
        let mut last = ring[0][0];
        let continuous = ring.iter().map(|p| {
            turned -= 360.0 * ((p[0] - last) / 360.0).round();
            last = p[0];
            (p[0] + turned, p[1])
        });
        let [west, south, east, north] = bounds_of(continuous);
        if turned.abs() > 180.0 {
            // The ring does not close: it goes round a pole.
            let pole_is_north = south + north > 0.0;
            return Ok(if pole_is_north {
                [-180.0, south, 180.0, 90.0]
            } else {
                [-180.0, -90.0, 180.0, north]
            });
        }
        if east - west >= 360.0 {
            return Ok([-180.0, south, 180.0, north]);
        }
        let into_range = |lon: f64| {
            if lon.abs() <= 180.0 {
                lon
            } else {
                lon - 360.0 * (lon / 360.0).round()
            }
        };
        Ok([into_range(west), south, into_range(east), north])
    }

    /// Outline in longitude, latitude degrees: a closed ring, counter-clockwise.
    ///
    /// # Errors
    /// When the system is unknown or cannot be computed with.
    pub fn footprint_wgs84(&self) -> Result<Vec<[f64; 2]>, RasterError> {
        // Edges along meridians and parallels need no points between.
        self.ring_wgs84(if self.crs.is_geographic() {
            1
        } else {
            EDGE_STEPS
        })
    }

    fn ring_wgs84(&self, steps: usize) -> Result<Vec<[f64; 2]>, RasterError> {
        let transformer = Transformer::new(&self.crs, &Crs::wgs84())?;
        let (w, h) = (self.width as f64, self.height as f64);
        let corners = [(0.0, 0.0), (0.0, h), (w, h), (w, 0.0), (0.0, 0.0)];
        let mut ring = Vec::with_capacity(4 * steps + 1);
        for pair in corners.windows(2) {
            for step in 0..steps {
                let f = step as f64 / steps as f64;
                let (x, y) = self.coordinate_of(
                    pair[0].0 + f * (pair[1].0 - pair[0].0),
                    pair[0].1 + f * (pair[1].1 - pair[0].1),
                );
                let (lon, lat) = transformer.transform(x, y)?;
                ring.push([lon, lat]);
            }
        }
        ring.push(ring[0]);
        Ok(ring)
    }
}

/// Most pixels on a side that a computed grid may have.
pub const GRID_SIDE_MAX: u64 = 1 << 24;

pub(crate) fn bounds_of(points: impl Iterator<Item = (f64, f64)>) -> [f64; 4] {
    points.fold(
        [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ],
        |b, (x, y)| [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(code: u32, transform: [f64; 6], width: usize, height: usize) -> [f64; 4] {
        let grid = Grid::new(Crs::epsg(code).unwrap(), transform, width, height);
        grid.bounds_wgs84()
            .unwrap()
            .map(|v| (v * 100.0).round() / 100.0)
    }

    #[test]
    fn bounds_at_the_antimeridian_and_the_poles() {
        // UTM 60N, 177 degrees east in its middle: 400 km to the east lies beyond 180.
        let b = bounds(
            32660,
            [700_000.0, 1000.0, 0.0, 1_000_000.0, 0.0, -1000.0],
            300,
            100,
        );
        assert!(b[0] > 178.0 && b[2] < -177.0 && b[0] > b[2], "{b:?}");
        // Longitudes from 170 to 190.
        assert_eq!(
            format!(
                "{:?}",
                bounds(4326, [170.0, 1.0, 0.0, 10.0, 0.0, -1.0], 20, 20)
            ),
            "[170.0, -10.0, -170.0, 10.0]"
        );
        // The whole Earth.
        assert_eq!(
            format!(
                "{:?}",
                bounds(4326, [-180.0, 1.0, 0.0, 90.0, 0.0, -1.0], 360, 180)
            ),
            "[-180.0, -90.0, 180.0, 90.0]"
        );
        // A square around the north pole.
        let b = bounds(3413, [-1e6, 1000.0, 0.0, 1e6, 0.0, -1000.0], 2000, 2000);
        assert!(
            (b[0] + 180.0).abs() < 1e-9 && (b[3] - 90.0).abs() < 1e-9 && b[1] > 70.0 && b[1] < 80.0,
            "{b:?}"
        );
    }
}
