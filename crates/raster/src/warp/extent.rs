//! Which part of the source a target needs, and how much it is reduced.

use super::Resampling;
use super::coordinates::{Mapper, Point};
use crate::grid::Grid;
use crate::window::Window;

/// Points sampled along each edge of the target (GDAL's number), and rows of them within.
const LATTICE_SIDE: usize = 21;
/// Pixels read around the computed part: for the kernel's edge and the
/// curvature between sampled points.
const MARGIN_PX: f64 = 2.0;

/// Scale and part of the source.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Target pixels a source pixel; below 1 when reducing.
    pub(super) x_scale: f64,
    pub(super) y_scale: f64,
    /// Part of the source to read.
    pub(super) window: Window,
}

impl Extent {
    /// Where the first pixel of the window lies.
    pub(super) fn origin(&self) -> Point {
        (self.window.col as f64, self.window.row as f64)
    }
}

/// Where sampled points of a target (or a part of it) lie on a source, in its pixels:
/// left, top, right, bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Of the outline, when any point of it can be computed.
    edge: Option<[f64; 4]>,
    all: [f64; 4],
}

impl Reach {
    /// Of all of the target, by the places of its lattice.
    pub(super) fn of_lattice(places: &[Point]) -> Option<Self> {
        let last = LATTICE_SIDE - 1;
        let is_edge = |i: usize| {
            let (row, col) = (i / LATTICE_SIDE, i % LATTICE_SIDE);
            row == 0 || row == last || col == 0 || col == last
        };
        let on_edge = places.iter().enumerate().filter(|(i, _)| is_edge(*i));
        Some(Self {
            edge: bounds(on_edge.map(|(_, place)| *place)),
            all: bounds(places.iter().copied())?,
        })
    }

    /// Of a part of the target, by the places of the whole's lattice around it: no less than the
    /// part.
    pub(super) fn of_part(
        places: &[Point],
        part: Window,
        (width, height): (usize, usize),
    ) -> Option<Self> {
        let last = LATTICE_SIDE - 1;
        let before = |n: usize, side: usize| (n * last / side.max(1)).min(last);
        let after = |n: usize, side: usize| (n * last).div_ceil(side.max(1)).min(last);
        let cols = before(part.col, width)..=after(part.col + part.width, width);
        let rows = before(part.row, height)..=after(part.row + part.height, height);
        let around = rows.flat_map(|row| {
            cols.clone()
                .filter_map(move |col| places.get(row * LATTICE_SIDE + col))
        });
        let all = bounds(around.copied())?;
        Some(Self { edge: None, all })
    }

    /// The same on a source whose pixels are so many times as many, across and down.
    pub(super) fn scaled(&self, fx: f64, fy: f64) -> Self {
        let scale = |b: [f64; 4]| [b[0] * fx, b[1] * fy, b[2] * fx, b[3] * fy];
        Self {
            edge: self.edge.map(scale),
            all: scale(self.all),
        }
    }
}

/// `None` when no sampled point of the target lies near the source.
pub(super) fn find(
    mapper: &Mapper,
    source_size: (usize, usize),
    target: &Grid,
    resampling: Resampling,
) -> Option<Extent> {
    let places: Vec<Point> = lattice(target).map(|(c, r)| mapper.exact(c, r)).collect();
    let reach = Reach::of_lattice(&places)?;
    of(
        &reach,
        source_size,
        (target.width, target.height),
        resampling,
    )
}

/// Scale and part of a source of such a size; `None` when the target lies beside it.
pub(super) fn of(
    reach: &Reach,
    source_size: (usize, usize),
    target_size: (usize, usize),
    resampling: Resampling,
) -> Option<Extent> {
    let all_bounds = reach.all;
    let scale_bounds = reach.edge.unwrap_or(all_bounds);
    let x_scale = scale(
        target_size.0,
        source_size.0,
        scale_bounds[0],
        scale_bounds[2],
    );
    let y_scale = scale(
        target_size.1,
        source_size.1,
        scale_bounds[1],
        scale_bounds[3],
    );
    let margin = |scale: f64| resampling.radius_px() / scale.min(1.0) + MARGIN_PX;
    let span = |low: f64, high: f64, size: usize, scale: f64| {
        // A share of the length for curvature between the sampled points.
        let margin = margin(scale) + 0.02 * (high - low);
        let first = (low - margin).floor().max(0.0);
        let last = (high + margin).ceil().min(size as f64);
        (first < last).then_some((first as usize, (last - first) as usize))
    };
    let (col, width) = span(all_bounds[0], all_bounds[2], source_size.0, x_scale)?;
    let (row, height) = span(all_bounds[1], all_bounds[3], source_size.1, y_scale)?;
    Some(Extent {
        x_scale,
        y_scale,
        window: Window::new(col, row, width, height),
    })
}

/// The part of the target in which pixels may lie on a source of such a size, by the places of its
/// lattice: no less than that; `None` when there is none.
pub(super) fn met(
    places: &[Point],
    (source_width, source_height): (usize, usize),
    (width, height): (usize, usize),
) -> Option<Window> {
    let last = LATTICE_SIDE - 1;
    let meets = |col: usize, row: usize| {
        let corners = [(0, 0), (1, 0), (0, 1), (1, 1)]
            .map(|(c, r)| places.get((row + r) * LATTICE_SIDE + col + c));
        let [Some(a), Some(b), Some(c), Some(d)] = corners else {
            return true;
        };
        let along = |v: [f64; 4], size: usize| {
            let low = v.iter().copied().fold(f64::INFINITY, f64::min);
            let high = v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            low - MARGIN_PX < size as f64 && high + MARGIN_PX > 0.0
        };
        // Where a corner has no place the cell may lie anywhere.
        [a, b, c, d].iter().any(|p| p.0.is_nan())
            || along([a.0, b.0, c.0, d.0], source_width)
                && along([a.1, b.1, c.1, d.1], source_height)
    };
    let mut cells = [last, last, 0, 0];
    for row in 0..last {
        for col in (0..last).filter(|col| meets(*col, row)) {
            cells = [
                cells[0].min(col),
                cells[1].min(row),
                cells[2].max(col + 1),
                row + 1,
            ];
        }
    }
    let span = |first: usize, end: usize, side: usize| {
        let (low, high) = (first * side / last, (end * side).div_ceil(last));
        (low, high.saturating_sub(low))
    };
    let (col, cols) = span(cells[0], cells[2], width);
    let (row, rows) = span(cells[1], cells[3], height);
    (cells[2] > 0).then(|| Window::new(col, row, cols, rows))
}

/// A window found for a part of the target, with the margin that the scale of the whole needs.
pub(super) fn widened(
    window: Window,
    whole: &Extent,
    (width, height): (usize, usize),
    resampling: Resampling,
) -> Window {
    let reach = |scale: f64| (resampling.radius_px() / scale.min(1.0) + MARGIN_PX).ceil() as usize;
    let widen = |first: usize, len: usize, size: usize, scale: f64| {
        let low = first.saturating_sub(reach(scale));
        let high = (first + len + reach(scale)).min(size);
        (low, high - low)
    };
    let (col, wide) = widen(window.col, window.width, width, whole.x_scale);
    let (row, high) = widen(window.row, window.height, height, whole.y_scale);
    Window::new(col, row, wide, high)
}

/// Target pixels a source pixel along one axis, found as GDAL finds it: the
/// length of the target over the part of the source that it covers, with
/// reductions near a whole number taken as that number.
fn scale(target_len: usize, source_len: usize, low: f64, high: f64) -> f64 {
    let first = snapped(low).max(0.0).trunc();
    let covered = (snapped(high) - snapped(low))
        .min(source_len as f64 - first)
        .max(0.0);
    if covered <= 0.0 {
        return 1.0;
    }
    let scale = target_len as f64 / covered;
    if scale >= 1.0 {
        return scale;
    }
    let reciprocal = 1.0 / scale;
    let whole = (reciprocal + 0.5).floor();
    if (reciprocal - whole).abs() < 0.05 {
        1.0 / whole
    } else {
        scale
    }
}

/// A position a millionth of a pixel off a whole number is that number.
fn snapped(position: f64) -> f64 {
    if (position - position.round()).abs() < 1e-6 {
        position.round()
    } else {
        position
    }
}

/// Columns and rows of a target at which it is looked at, row by row.
pub(super) fn lattice(target: &Grid) -> impl Iterator<Item = (f64, f64)> {
    let (width, height) = (target.width as f64, target.height as f64);
    (0..LATTICE_SIDE).flat_map(move |r| {
        let row = between(0.0, height, r);
        (0..LATTICE_SIDE).map(move |c| (between(0.0, width, c), row))
    })
}

fn between(low: f64, high: f64, step: usize) -> f64 {
    low + (high - low) * (step as f64 / (LATTICE_SIDE - 1) as f64)
}

fn bounds(points: impl Iterator<Item = (f64, f64)>) -> Option<[f64; 4]> {
    let b = crate::grid::bounds_of(points.filter(|p| !p.0.is_nan()));
    (b[0] <= b[2]).then_some(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::Crs;

    #[test]
    fn no_pixel_of_a_source_lies_outside_the_part_met() {
        let target = crate::tile::grid(8, 88, 145).unwrap();
        let size = (target.width, target.height);
        let (mut met_px, mut held_px) = (0, 0);
        // From a source of a few target pixels to one larger than the target, in each direction.
        for (side, resolution_m) in [(9, 300.0), (60, 300.0), (200, 300.0), (900, 300.0)] {
            for step in 0..7 {
                let origin = (
                    540_000.0 + 25_000.0 * f64::from(step),
                    7_450_000.0 - 20_000.0 * f64::from(step),
                );
                let transform = [origin.0, resolution_m, 0.0, origin.1, 0.0, -resolution_m];
                let source = Grid::new(Crs::epsg(32721).unwrap(), transform, side, side);
                let mapper = Mapper::new(&source, &target).unwrap();
                let places: Vec<Point> =
                    lattice(&target).map(|(c, r)| mapper.exact(c, r)).collect();
                let part = met(&places, (side, side), size);
                met_px += part.map_or(0, |part| part.pixels());
                for row in 0..size.1 {
                    for col in 0..size.0 {
                        let (x, y) = mapper.exact(col as f64 + 0.5, row as f64 + 0.5);
                        let held =
                            (0.0..side as f64).contains(&x) && (0.0..side as f64).contains(&y);
                        let one = Window::new(col, row, 1, 1);
                        held_px += usize::from(held);
                        assert!(
                            !held || part.is_some_and(|part| part.intersection(&one).is_some()),
                            "{side} {step}: {col} {row} is not in {part:?}"
                        );
                    }
                }
            }
        }
        assert!(
            held_px > 0 && met_px < 7 * 4 * size.0 * size.1,
            "{held_px} {met_px}"
        );
    }
}
