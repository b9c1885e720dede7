//! The part of each pixel that polygons cover, exactly, row by row.
//!
//! Every edge adds, to the pixels of a row, the signed area between itself and
//! the right end of the row; the running sum along the row is then the area
//! that the polygon covers in each pixel. No edge is looked at outside the
//! rows it crosses, so that time follows edges and pixels, not their product.

use crate::RasterError;
use crate::grid::Grid;
use crate::window::Window;

/// Most corners of one zone.
pub const CORNERS_MAX: usize = 1 << 24;
/// Parts of a pixel this near 0 or 1 are taken as that: what rounding leaves of sums of edges.
const PART_TOLERANCE: f64 = 1e-11;

/// A closed line of coordinates; the last may repeat the first.
pub type Ring = Vec<[f64; 2]>;

/// One edge in pixels, cut to the rows of the raster, from top to bottom.
#[derive(Debug, Clone, Copy)]
struct Edge {
    top: f64,
    bottom: f64,
    /// Column at `top`.
    col: f64,
    /// Columns a row.
    slope: f64,
    /// +1 when the pixels to the right of it are inside, -1 when they are not.
    sign: f64,
}

impl Edge {
    fn col_at(&self, row: f64) -> f64 {
        self.col + (row - self.top) * self.slope
    }
}

/// Polygons laid on a raster: which pixels they touch, and how much of each they cover.
#[derive(Debug, Clone)]
pub struct Zone {
    window: Window,
    /// Sorted by `top`.
    edges: Vec<Edge>,
}

impl Zone {
    /// Lays polygons (each an outer ring and its holes, in coordinates of the grid's system)
    /// on `grid`. Edges are straight in that system. `None` when no pixel is touched.
    ///
    /// Rings may run either way round. Polygons of one zone must not overlap: as in OGC simple
    /// features, where they do a pixel counts once for each, at most as one whole pixel.
    ///
    /// # Errors
    /// When a coordinate is not finite, there are more corners than [`CORNERS_MAX`], or
    /// the transform of the grid cannot be inverted.
    pub fn new(grid: &Grid, polygons: &[Vec<Ring>]) -> Result<Option<Self>, RasterError> {
        let inverse = grid.inverse().ok_or_else(|| {
            RasterError::argument(
                "grid",
                format!("the transform {:?} cannot be inverted", grid.transform),
            )
        })?;
        let to_pixel = |p: &[f64; 2]| {
            let col = inverse[0] + p[0] * inverse[1] + p[1] * inverse[2];
            let row = inverse[3] + p[0] * inverse[4] + p[1] * inverse[5];
            [col, row]
        };
        let corners: usize = polygons.iter().flatten().map(Vec::len).sum();
        if corners > CORNERS_MAX {
            return Err(RasterError::Limit {
                name: "polygon".to_owned(),
                what: "number of corners",
                value: corners as u64,
                limit: CORNERS_MAX as u64,
            });
        }
        let mut edges = Vec::with_capacity(corners);
        let mut bounds = [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ];
        for polygon in polygons {
            for (index, ring) in polygon.iter().enumerate() {
                let ring: Ring = ring.iter().map(to_pixel).collect();
                if let Some(bad) = ring.iter().find(|p| !p[0].is_finite() || !p[1].is_finite()) {
                    return Err(RasterError::argument(
                        "polygon",
                        format!("a corner lies at {bad:?} in pixels, which is no place"),
                    ));
                }
                for p in &ring {
                    bounds = [
                        bounds[0].min(p[0]),
                        bounds[1].min(p[1]),
                        bounds[2].max(p[0]),
                        bounds[3].max(p[1]),
                    ];
                }
                add_ring(&ring, index > 0, grid.height as f64, &mut edges);
            }
        }
        let Some(window) = touched(bounds, grid) else {
            return Ok(None);
        };
        edges.sort_unstable_by(|a, b| a.top.total_cmp(&b.top));
        Ok(Some(Self { window, edges }))
    }

    /// The pixels touched, or a little more.
    #[must_use]
    pub const fn window(&self) -> Window {
        self.window
    }

    /// Parts covered, a row of [`Zone::window`] at a time from the top.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        self.rows_in(self.window)
    }

    /// Parts covered, a row of a window of the grid at a time from the top.
    #[must_use]
    pub fn rows_in(&self, window: Window) -> Rows<'_> {
        Rows {
            zone: self,
            window,
            next: 0,
            row: window.row,
            active: Vec::new(),
            sums: vec![0.0; window.width + 2],
            parts: vec![0.0; window.width],
        }
    }
}

/// Adds the edges of a ring, oriented so that outer rings count and holes are taken off.
fn add_ring(ring: &[[f64; 2]], hole: bool, height: f64, edges: &mut Vec<Edge>) {
    let pairs = || ring.iter().zip(ring.iter().cycle().skip(1));
    let origin = ring.first().copied().unwrap_or_default();
    let area: f64 = pairs()
        .map(|(a, b)| {
            (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1])
        })
        .sum();
    // With rows growing downwards an edge going down has the inside of a ring of
    // positive area at its left.
    let orientation = if (area > 0.0) == hole { 1.0 } else { -1.0 };
    for (a, b) in pairs() {
        let (upper, lower, direction) = if a[1] < b[1] {
            (a, b, 1.0)
        } else {
            (b, a, -1.0)
        };
        let slope = (lower[0] - upper[0]) / (lower[1] - upper[1]);
        let (top, bottom) = (upper[1].max(0.0), lower[1].min(height));
        // Where both are at one height the slope is no number.
        if top >= bottom || !slope.is_finite() {
            continue;
        }
        edges.push(Edge {
            top,
            bottom,
            col: upper[0] + (top - upper[1]) * slope,
            slope,
            sign: direction * orientation,
        });
    }
}

/// Pixels of the grid under `bounds` (in pixels).
fn touched(bounds: [f64; 4], grid: &Grid) -> Option<Window> {
    let span = |low: f64, high: f64, size: usize| {
        let first = low.floor().max(0.0);
        let end = high.ceil().min(size as f64);
        (first < end).then_some((first as usize, (end - first) as usize))
    };
    let (col, width) = span(bounds[0], bounds[2], grid.width)?;
    let (row, height) = span(bounds[1], bounds[3], grid.height)?;
    Some(Window::new(col, row, width, height))
}

/// Walks a zone from its first row to its last.
#[derive(Debug)]
pub struct Rows<'a> {
    zone: &'a Zone,
    window: Window,
    /// First edge that is not active yet.
    next: usize,
    row: usize,
    active: Vec<usize>,
    /// Differences of the parts from pixel to pixel.
    sums: Vec<f64>,
    parts: Vec<f64>,
}

impl Rows<'_> {
    /// Part covered, 0 to 1, of each pixel of the next row; `None` after the last.
    pub fn next_row(&mut self) -> Option<&[f64]> {
        let window = self.window;
        if self.row >= window.row + window.height {
            return None;
        }
        let (top, bottom) = (self.row as f64, self.row as f64 + 1.0);
        let edges = &self.zone.edges;
        while edges.get(self.next).is_some_and(|e| e.top < bottom) {
            self.active.push(self.next);
            self.next += 1;
        }
        self.active.retain(|&i| edges[i].bottom > top);
        self.sums.fill(0.0);
        for &i in &self.active {
            let edge = &edges[i];
            let (from, to) = (edge.top.max(top), edge.bottom.min(bottom));
            let left = window.col as f64;
            add_segment(
                &mut self.sums,
                window.width as f64,
                (edge.col_at(from) - left, edge.col_at(to) - left),
                edge.sign * (to - from),
            );
        }
        let mut sum = 0.0;
        for (part, step) in self.parts.iter_mut().zip(&self.sums) {
            sum += step;
            *part = if sum < PART_TOLERANCE {
                0.0
            } else if sum > 1.0 - PART_TOLERANCE {
                1.0
            } else {
                sum
            };
        }
        self.row += 1;
        Some(&self.parts)
    }
}

/// Adds a piece of an edge inside one row: between columns `cols`, of the signed height `dy`.
fn add_segment(sums: &mut [f64], width: f64, cols: (f64, f64), dy: f64) {
    let (low, high) = if cols.0 <= cols.1 {
        cols
    } else {
        (cols.1, cols.0)
    };
    if low >= width || dy == 0.0 {
        return;
    }
    if high <= 0.0 {
        // Left of all pixels: all of them lie to its right.
        sums[0] += dy;
        return;
    }
    let length = high - low;
    if low.floor() + 1.0 >= high && low >= 0.0 {
        // Within one pixel (or along its edge).
        let cell = (low as usize).min(sums.len() - 2);
        let left_part = 0.5 * (low + high) - cell as f64;
        sums[cell] += dy * (1.0 - left_part);
        sums[cell + 1] += dy * left_part;
        return;
    }
    let mut from = low;
    if from < 0.0 {
        sums[0] += dy * (-from / length);
        from = 0.0;
    }
    let end = high.min(width);
    while from < end {
        let cell = from as usize;
        let to = (cell as f64 + 1.0).min(end);
        let piece = dy * ((to - from) / length);
        let left_part = 0.5 * (from + to) - cell as f64;
        sums[cell] += piece * (1.0 - left_part);
        sums[cell + 1] += piece * left_part;
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Crs;
    use proptest::prelude::*;

    fn parts(width: usize, height: usize, polygons: &[Vec<Ring>]) -> Vec<Vec<f64>> {
        let grid = Grid::new(
            Crs::unknown(),
            [0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            width,
            height,
        );
        let mut out = vec![vec![0.0; width]; height];
        if let Some(zone) = Zone::new(&grid, polygons).unwrap() {
            let window = zone.window();
            let mut rows = zone.rows();
            let mut row = window.row;
            while let Some(line) = rows.next_row() {
                out[row][window.col..window.col + window.width].copy_from_slice(line);
                row += 1;
            }
        }
        out
    }

    #[test]
    fn a_square_with_a_hole_by_hand() {
        let square = vec![[0.5, 0.5], [3.5, 0.5], [3.5, 3.5], [0.5, 3.5], [0.5, 0.5]];
        let hole = vec![[1.25, 1.25], [2.0, 1.25], [2.0, 2.0], [1.25, 2.0]];
        let found = parts(4, 4, &[vec![square, hole]]);
        assert_eq!(
            found,
            [
                [0.25, 0.5, 0.5, 0.25],
                [0.5, 1.0 - 0.75 * 0.75, 1.0, 0.5],
                [0.5, 1.0, 1.0, 0.5],
                [0.25, 0.5, 0.5, 0.25]
            ]
        );
    }

    #[test]
    fn a_part_of_a_zone_is_as_in_the_whole() {
        let grid = Grid::new(Crs::unknown(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 9, 8);
        let ring = vec![[0.3, 0.7], [8.2, 2.1], [6.6, 7.9], [1.2, 6.4], [3.3, 3.1]];
        let zone = Zone::new(&grid, &[vec![ring.clone()]]).unwrap().unwrap();
        let whole = parts(9, 8, &[vec![ring]]);
        for window in [
            Window::new(2, 3, 4, 2),
            Window::new(8, 0, 1, 8),
            Window::new(0, 7, 9, 1),
        ] {
            let mut rows = zone.rows_in(window);
            for own in &whole[window.row..window.row + window.height] {
                let own = &own[window.col..window.col + window.width];
                for (found, own) in rows.next_row().unwrap().iter().zip(own) {
                    assert!((found - own).abs() < 1e-14, "{found} {own}");
                }
            }
            assert!(rows.next_row().is_none());
        }
    }

    #[test]
    fn a_triangle_is_halved_by_its_diagonal() {
        let found = parts(2, 2, &[vec![vec![[0.0, 0.0], [2.0, 0.0], [0.0, 2.0]]]]);
        assert_eq!(found, [[1.0, 0.5], [0.5, 0.0]]);
    }

    #[test]
    fn what_lies_outside_is_cut_off() {
        let large = vec![[-10.0, -7.0], [30.0, -7.0], [30.0, 40.0], [-10.0, 40.0]];
        assert_eq!(parts(3, 2, &[vec![large]]), [[1.0; 3], [1.0; 3]]);
        let beside = vec![[5.0, 0.0], [6.0, 0.0], [6.0, 1.0]];
        assert_eq!(parts(3, 2, &[vec![beside]]), [[0.0; 3], [0.0; 3]]);
        assert!(parts(3, 2, &[]).iter().flatten().all(|p| *p == 0.0));
    }

    #[test]
    fn bad_corners_are_refused() {
        let grid = Grid::new(Crs::unknown(), [0.0, 1.0, 0.0, 0.0, 0.0, 1.0], 2, 2);
        let ring = vec![[0.0, 0.0], [f64::NAN, 1.0], [1.0, 1.0]];
        assert!(Zone::new(&grid, &[vec![ring]]).is_err());
    }

    proptest! {
        /// The parts of a star-shaped polygon inside the raster sum up to its area.
        #[test]
        fn parts_sum_up_to_the_area(
            radii in prop::collection::vec(0.05_f64..9.0, 3..40),
            x in 9.5_f64..12.0,
            y in 9.5_f64..12.0,
        ) {
            let n = radii.len() as f64;
            let ring: Ring = radii
                .iter()
                .enumerate()
                .map(|(i, r)| {
                    let angle = i as f64 / n * std::f64::consts::TAU;
                    [x + r * angle.cos(), y + r * angle.sin()]
                })
                .collect();
            let area = 0.5 * ring
                .iter()
                .zip(ring.iter().cycle().skip(1))
                .map(|(a, b)| (a[0] - x) * (b[1] - y) - (b[0] - x) * (a[1] - y))
                .sum::<f64>();
            let found = parts(22, 22, &[vec![ring]]);
            let sum: f64 = found.iter().flatten().sum();
            prop_assert!((sum - area.abs()).abs() < 1e-9, "{sum} {area}");
            prop_assert!(found.iter().flatten().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}
