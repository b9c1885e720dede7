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

    /// Of a part of the target (first column and row, and those after the last), by the places of
    /// the whole's lattice around it: no less than the part.
    pub(super) fn of_part(
        places: &[Point],
        part: [usize; 4],
        (width, height): (usize, usize),
    ) -> Option<Self> {
        let last = LATTICE_SIDE - 1;
        let before = |n: usize, side: usize| (n * last / side.max(1)).min(last);
        let after = |n: usize, side: usize| (n * last).div_ceil(side.max(1)).min(last);
        let cols = before(part[0], width)..=after(part[2], width);
        let rows = before(part[1], height)..=after(part[3], height);
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
