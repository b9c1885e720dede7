//! One target pixel from all source pixels under it: average, mode, extremes, quantiles, sums.

use super::coordinates::Point;
use super::kernel::Pixels;
use crate::band::Sample;

/// Overlaps this small, in pixels, do not count.
const OVERLAP_MIN: f64 = 1e-10;

/// Pixels covered along one axis: first, end, and the weight of the first and the last.
///
/// The weight is the part covered. Where the target pixel reaches beyond the
/// source, the pixel at the edge counts for the part outside too, as in GDAL.
#[derive(Debug, Clone, Copy)]
struct Span {
    first: usize,
    end: usize,
    first_weight: f64,
    last_weight: f64,
}

impl Span {
    fn new(a: f64, b: f64, size: usize) -> Option<Self> {
        let (low, high) = if a <= b { (a, b) } else { (b, a) };
        // Also where a position is NaN.
        if !(high > -OVERLAP_MIN && low < size as f64 + OVERLAP_MIN) {
            return None;
        }
        // Casts hold negative numbers at 0 and cut fractions off.
        let first = (low + OVERLAP_MIN) as usize;
        let last = high - OVERLAP_MIN;
        let whole = last as usize;
        let mut end = (whole + usize::from((whole as f64) < last)).min(size);
        if first == end && end < size {
            end += 1;
        }
        if first >= end {
            return None;
        }
        let alone = first + 1 == end;
        Some(Self {
            first,
            end,
            first_weight: if alone {
                1.0
            } else {
                1.0 - (low - first as f64)
            },
            last_weight: 1.0 - (end as f64 - high),
        })
    }

    fn weight(&self, index: usize) -> f64 {
        if index == self.first {
            self.first_weight
        } else if index + 1 == self.end {
            self.last_weight
        } else {
            1.0
        }
    }
}

/// Source pixels under the target pixel whose opposite corners are `a` and `b`.
fn spans<T>(pixels: &Pixels<'_, T>, a: Point, b: Point) -> Option<(Span, Span)> {
    Some((
        Span::new(a.0 - pixels.col, b.0 - pixels.col, pixels.width)?,
        Span::new(a.1 - pixels.row, b.1 - pixels.row, pixels.height)?,
    ))
}

/// Calls `visit` with each measurement and its weight.
#[inline]
fn each<T: Sample>(
    pixels: &Pixels<'_, T>,
    (cols, rows): (Span, Span),
    mut visit: impl FnMut(T, f64),
) {
    for row in rows.first..rows.end {
        let weight = rows.weight(row);
        let start = row * pixels.width;
        for col in cols.first..cols.end {
            if pixels.valid.is_none_or(|v| v[start + col]) {
                visit(pixels.data[start + col], weight * cols.weight(col));
            }
        }
    }
}

/// Mean, weighted by the part covered.
pub(super) fn average<T: Sample>(pixels: &Pixels<'_, T>, a: Point, b: Point) -> Option<f64> {
    let (cols, rows) = spans(pixels, a, b)?;
    let (mut sum, mut weights) = (0.0, 0.0);
    if let Some(valid) = pixels.valid {
        for row in rows.first..rows.end {
            let weight = rows.weight(row);
            let range = row * pixels.width + cols.first..row * pixels.width + cols.end;
            let cells = pixels.data[range.clone()].iter().zip(&valid[range]);
            for (i, (value, ok)) in cells.enumerate() {
                let weight = if *ok {
                    weight * cols.weight(cols.first + i)
                } else {
                    0.0
                };
                // Zero times infinity or NaN is no zero.
                let value = if *ok { value.to_f64() } else { 0.0 };
                sum += value * weight;
                weights += weight;
            }
        }
    } else {
        for row in rows.first..rows.end {
            let line = &pixels.data[row * pixels.width + cols.first..row * pixels.width + cols.end];
            let weight = rows.weight(row);
            let inner: f64 = line.iter().map(|v| v.to_f64()).sum();
            let mut line_sum = inner - line[0].to_f64() * (1.0 - cols.first_weight);
            let mut line_weight = line.len() as f64 - (1.0 - cols.first_weight);
            if let [_, .., last] = line {
                line_sum -= last.to_f64() * (1.0 - cols.last_weight);
                line_weight -= 1.0 - cols.last_weight;
            }
            sum += line_sum * weight;
            weights += line_weight * weight;
        }
    }
    (weights > 0.0).then(|| sum / weights)
}

/// The most frequent value of the pixels touched; of equals the one that got there first.
pub(super) fn mode<T: Sample>(
    pixels: &Pixels<'_, T>,
    a: Point,
    b: Point,
    counts: &mut Vec<(T, u32)>,
) -> Option<T> {
    counts.clear();
    let mut best: Option<(T, u32)> = None;
    each(pixels, spans(pixels, a, b)?, |value, _| {
        let count = match counts.iter_mut().find(|(v, _)| *v == value) {
            Some((_, count)) => {
                *count += 1;
                *count
            }
            None => {
                counts.push((value, 1));
                1
            }
        };
        if best.is_none_or(|(_, most)| count > most) {
            best = Some((value, count));
        }
    });
    best.map(|(value, _)| value)
}

/// The value that `better` prefers over all others.
pub(super) fn extreme<T: Sample>(
    pixels: &Pixels<'_, T>,
    a: Point,
    b: Point,
    better: impl Fn(T, T) -> bool,
) -> Option<T> {
    let mut best: Option<T> = None;
    each(pixels, spans(pixels, a, b)?, |value, _| {
        if best.is_none_or(|old| better(value, old)) {
            best = Some(value);
        }
    });
    best
}

/// The value below which (or at which) a part of the measurements lies.
pub(super) fn quantile<T: Sample>(
    pixels: &Pixels<'_, T>,
    a: Point,
    b: Point,
    part: f64,
    values: &mut Vec<T>,
) -> Option<T> {
    values.clear();
    each(pixels, spans(pixels, a, b)?, |value, _| values.push(value));
    quantile_of(values, part)
}

/// The least of some values that is no less than this part of them; reorders them.
pub(crate) fn quantile_of<T: Sample>(values: &mut [T], part: f64) -> Option<T> {
    let last = values.len().checked_sub(1)?;
    let place = ((part * values.len() as f64 - 1.0).ceil() as usize).min(last);
    let order = |a: &T, b: &T| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
    Some(*values.select_nth_unstable_by(place, order).1)
}

/// Sum of the measurements under a quadrangle, each times the part of it that lies inside: what
/// neighbouring quadrangles share is counted once, so that the sum of a whole is kept.
pub(super) fn sum<T: Sample>(pixels: &Pixels<'_, T>, quadrangle: [Point; 4]) -> Option<f64> {
    let corners = quadrangle.map(|(x, y)| (x - pixels.col, y - pixels.row));
    let reach = |of: fn(Point) -> f64, size: usize| {
        let places = corners.map(of);
        let low = places.iter().copied().fold(f64::INFINITY, f64::min);
        let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Casts hold negative numbers at 0 and cut fractions off.
        low.floor() as usize..(high.ceil() as usize).min(size)
    };
    if corners.iter().any(|(x, y)| x.is_nan() || y.is_nan()) {
        return None;
    }
    let (cols, rows) = (reach(|p| p.0, pixels.width), reach(|p| p.1, pixels.height));
    let (mut sum, mut covered) = (0.0, 0.0);
    let whole = Polygon::of(&corners);
    for row in rows {
        let strip = whole.between(|p| p.1, row as f64);
        for col in cols.clone() {
            let index = row * pixels.width + col;
            if pixels.valid.is_some_and(|v| !v[index]) {
                continue;
            }
            let part = strip.between(|p| p.0, col as f64).area();
            sum += pixels.data[index].to_f64() * part;
            covered += part;
        }
    }
    (covered > OVERLAP_MIN).then_some(sum)
}

/// A polygon of few corners: a quadrangle, and what four cuts leave of it.
#[derive(Debug, Clone, Copy)]
struct Polygon {
    corners: [Point; Polygon::CORNERS_MAX],
    len: usize,
}

impl Polygon {
    /// A cut by a line makes at most one corner more of a convex quadrangle, two of another.
    const CORNERS_MAX: usize = 12;

    fn of(corners: &[Point]) -> Self {
        let mut polygon = Self {
            corners: [(0.0, 0.0); Self::CORNERS_MAX],
            len: 0,
        };
        corners.iter().for_each(|corner| polygon.push(*corner));
        polygon
    }

    fn push(&mut self, corner: Point) {
        if let Some(place) = self.corners.get_mut(self.len) {
            *place = corner;
            self.len += 1;
        }
    }

    /// What lies between `low` and `low + 1` along an axis.
    fn between(&self, axis: fn(Point) -> f64, low: f64) -> Self {
        self.beyond(|p| axis(p) - low)
            .beyond(|p| low + 1.0 - axis(p))
    }

    /// What lies where `side` is not below zero (Sutherland and Hodgman 1974).
    fn beyond(&self, side: impl Fn(Point) -> f64) -> Self {
        let mut left = Self::of(&[]);
        let own = &self.corners[..self.len];
        let Some(mut before) = own.last().copied() else {
            return left;
        };
        for corner in own {
            let (was, is) = (side(before), side(*corner));
            if (was < 0.0) != (is < 0.0) {
                let part = was / (was - is);
                left.push((
                    before.0 + part * (corner.0 - before.0),
                    before.1 + part * (corner.1 - before.1),
                ));
            }
            if is >= 0.0 {
                left.push(*corner);
            }
            before = *corner;
        }
        left
    }

    fn area(&self) -> f64 {
        let own = &self.corners[..self.len];
        let Some(first) = own.first() else {
            return 0.0;
        };
        // About the first corner, so that large positions do not cancel.
        let turned = |p: Point, q: Point| {
            (p.0 - first.0) * (q.1 - first.1) - (q.0 - first.0) * (p.1 - first.1)
        };
        let twice: f64 = own.windows(2).map(|pair| turned(pair[0], pair[1])).sum();
        twice.abs() / 2.0
    }
}

/// Root of the mean square, weighted by the part covered.
pub(super) fn root_mean_square<T: Sample>(
    pixels: &Pixels<'_, T>,
    a: Point,
    b: Point,
) -> Option<f64> {
    let (mut sum, mut weights) = (0.0, 0.0);
    each(pixels, spans(pixels, a, b)?, |value, weight| {
        let value = value.to_f64();
        sum += value * value * weight;
        weights += weight;
    });
    (weights > 0.0).then(|| (sum / weights).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pixels(data: &[f64]) -> Pixels<'_, f64> {
        Pixels {
            data,
            valid: None,
            width: 3,
            height: 2,
            col: 0.0,
            row: 0.0,
        }
    }

    #[test]
    fn quadrangles_side_by_side_keep_the_sum() {
        let data = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0];
        // Two slanted halves that together cover more than the pixels.
        let left = [(-1.0, -1.0), (1.3, -1.0), (1.9, 3.0), (-1.0, 3.0)];
        let right = [(1.3, -1.0), (5.0, -1.0), (5.0, 3.0), (1.9, 3.0)];
        let both = [left, right].map(|q| sum(&pixels(&data), q).unwrap());
        assert!((both[0] + both[1] - 63.0).abs() < 1e-12, "{both:?}");
        // A quarter of the first pixel, and nothing beside the raster.
        let quarter = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)];
        assert_eq!(sum(&pixels(&data), quarter), Some(0.25));
        let away = quarter.map(|(x, y)| (x + 3.0, y));
        assert_eq!(sum(&pixels(&data), away), None);
        let nowhere = [(f64::NAN, 0.0); 4];
        assert_eq!(sum(&pixels(&data), nowhere), None);
    }

    #[test]
    fn quantiles_are_values_that_occur() {
        let of = |part: f64| quantile_of(&mut [5, 1, 4, 2, 3, 6, 8, 7], part);
        assert_eq!([of(0.25), of(0.5), of(0.75)], [Some(2), Some(4), Some(6)]);
        assert_eq!(quantile_of(&mut [3], 0.25), Some(3));
        assert_eq!(quantile_of::<u8>(&mut [], 0.5), None);
    }
}
