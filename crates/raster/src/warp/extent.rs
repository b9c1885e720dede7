//! Which part of the source a target needs, and how much it is reduced.

use super::Resampling;
use super::coordinates::Mapper;
use crate::grid::Grid;
use crate::window::Window;

/// Points sampled along each edge of the target (GDAL's number).
const EDGE_POINTS: usize = 21;
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

/// Where sampled points of a target (or a part of it) lie on a source, in its pixels:
/// left, top, right, bottom.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reach {
    /// Of the outline, when any point of it can be computed.
    edge: Option<[f64; 4]>,
    all: [f64; 4],
}

impl Reach {
    /// Of all of the target.
    pub(super) fn find(mapper: &Mapper, target: &Grid) -> Option<Self> {
        Self::find_part(mapper, [0, 0, target.width, target.height])
    }

    /// Of the pixels from the first column and row to before the last of each.
    pub(super) fn find_part(mapper: &Mapper, part: [usize; 4]) -> Option<Self> {
        let part = part.map(|v| v as f64);
        let edge = bounds(edge_points(part).map(|(c, r)| mapper.exact(c, r)));
        let inner = inner_points(part).map(|(c, r)| mapper.exact(c, r));
        let all = union(edge, bounds(inner))?;
        Some(Self { edge, all })
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
    let reach = Reach::find(mapper, target)?;
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

fn edge_points([left, top, right, bottom]: [f64; 4]) -> impl Iterator<Item = (f64, f64)> {
    (0..EDGE_POINTS).flat_map(move |i| {
        let (x, y) = (between(left, right, i), between(top, bottom, i));
        [(x, top), (x, bottom), (left, y), (right, y)]
    })
}

/// Points within, those of the outline left out.
fn inner_points([left, top, right, bottom]: [f64; 4]) -> impl Iterator<Item = (f64, f64)> {
    let inner = 1..EDGE_POINTS - 1;
    inner.clone().flat_map(move |r| {
        let row = between(top, bottom, r);
        inner.clone().map(move |c| (between(left, right, c), row))
    })
}

fn between(low: f64, high: f64, step: usize) -> f64 {
    low + (high - low) * (step as f64 / (EDGE_POINTS - 1) as f64)
}

fn bounds(points: impl Iterator<Item = (f64, f64)>) -> Option<[f64; 4]> {
    let b = crate::grid::bounds_of(points.filter(|p| !p.0.is_nan()));
    (b[0] <= b[2]).then_some(b)
}

fn union(a: Option<[f64; 4]>, b: Option<[f64; 4]>) -> Option<[f64; 4]> {
    match (a, b) {
        (Some(a), Some(b)) => Some([
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ]),
        (a, b) => a.or(b),
    }
}
