//! One target pixel from all source pixels under it: average, mode, min, max.

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
