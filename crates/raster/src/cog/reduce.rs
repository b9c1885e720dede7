//! Halving an image for its overviews; nodata never enters a mean.

use super::Resampling;
use crate::band::{Band, BandData, Sample, each_type};
use crate::warp::quantile_of;

/// A band half as wide and high (rounded up), made from blocks of 2 x 2 pixels.
///
/// The kernels reduce as average does: at a factor of exactly two on
/// aligned pixels the triangle of bilinear is the mean of the four.
pub(super) fn halve(band: &Band, resampling: Resampling) -> Result<Band, crate::RasterError> {
    let (width, height) = (band.width().div_ceil(2), band.height().div_ceil(2));
    let dtype = band.data().dtype();
    let may_lack = band.mask().is_some() || band.nodata().is_some() || dtype.is_float();
    let valid = may_lack
        .then(|| band.validity())
        .filter(|v| v.iter().any(|ok| !ok));
    let mut output = BandData::zeros(dtype, width * height);
    let mut mask = band.mask().map(|_| vec![true; width * height]);
    let valid = valid.as_deref();
    macro_rules! halve {
        ($from:expr, $to:expr) => {
            halve_samples(band, $from, valid, resampling, $to, mask.as_deref_mut())
        };
    }
    match (band.data(), &mut output) {
        (BandData::U8(a), BandData::U8(b)) => halve!(a, b),
        (BandData::I8(a), BandData::I8(b)) => halve!(a, b),
        (BandData::U16(a), BandData::U16(b)) => halve!(a, b),
        (BandData::I16(a), BandData::I16(b)) => halve!(a, b),
        (BandData::U32(a), BandData::U32(b)) => halve!(a, b),
        (BandData::I32(a), BandData::I32(b)) => halve!(a, b),
        (BandData::U64(a), BandData::U64(b)) => halve!(a, b),
        (BandData::I64(a), BandData::I64(b)) => halve!(a, b),
        (BandData::F32(a), BandData::F32(b)) => halve!(a, b),
        (BandData::F64(a), BandData::F64(b)) => halve!(a, b),
        // `output` was made with the type of the band.
        _ => {}
    }
    Band::new(width, height, output, band.nodata(), mask)
}

/// `from` halved into `to`; `mask` loses the pixels whose four have no measurement.
fn halve_samples<T: Sample>(
    band: &Band,
    from: &[T],
    valid: Option<&[bool]>,
    resampling: Resampling,
    to: &mut [T],
    mut mask: Option<&mut [bool]>,
) {
    let (full_width, full_height) = (band.width(), band.height());
    let width = full_width.div_ceil(2);
    let nodata = band.nodata();
    let fill = T::from_f64(nodata.unwrap_or(0.0));
    let means = is_mean(resampling);
    for (row, line) in to.chunks_exact_mut(width).enumerate() {
        let start = 2 * row * full_width;
        let has_below = 2 * row + 1 < full_height;
        for (col, out) in line.iter_mut().enumerate() {
            let i = start + 2 * col;
            // Upper left, upper right, lower left, lower right.
            let places = [i, i + 1, i + full_width, i + full_width + 1];
            let has_right = 2 * col + 1 < full_width;
            let is_valid = |i: usize| valid.is_none_or(|v| v[i]);
            if means && has_right && has_below && places.into_iter().all(is_valid) {
                let sum: f64 = places.into_iter().map(|i| from[i].to_f64()).sum();
                *out = beside_nodata(T::from_f64(sum / 4.0), nodata);
                continue;
            }
            let there = [true, has_right, has_below, has_right && has_below];
            let mut cells = [None; 4];
            for ((cell, place), there) in cells.iter_mut().zip(places).zip(there) {
                *cell = (there && is_valid(place)).then(|| from[place]);
            }
            let value = reduce(&cells, resampling, nodata);
            if let (None, Some(mask)) = (value, &mut mask) {
                mask[row * width + col] = false;
            }
            *out = value.unwrap_or(fill);
        }
    }
}

/// A mean, moved by one when it would read as nodata.
fn beside_nodata<T: Sample>(mean: T, nodata: Option<f64>) -> T {
    match nodata {
        Some(n) if mean == T::from_f64(n) => mean.beside(),
        _ => mean,
    }
}

/// Whether four pixels become their mean.
const fn is_mean(resampling: Resampling) -> bool {
    matches!(
        resampling,
        Resampling::Average
            | Resampling::Bilinear
            | Resampling::Cubic
            | Resampling::CubicSpline
            | Resampling::Lanczos
    )
}

fn reduce<T: Sample>(
    cells: &[Option<T>; 4],
    resampling: Resampling,
    nodata: Option<f64>,
) -> Option<T> {
    let values = || cells.iter().flatten().copied();
    match resampling {
        Resampling::Nearest => cells[0],
        Resampling::Average
        | Resampling::Bilinear
        | Resampling::Cubic
        | Resampling::CubicSpline
        | Resampling::Lanczos => computed(cells, nodata, |sum, _, count| sum / count),
        Resampling::Sum => computed(cells, nodata, |sum, _, _| sum),
        Resampling::Rms => computed(cells, nodata, |_, squares, count| (squares / count).sqrt()),
        Resampling::Med => quantile_of(&mut values().collect::<Vec<_>>(), 0.5),
        Resampling::Q1 => quantile_of(&mut values().collect::<Vec<_>>(), 0.25),
        Resampling::Q3 => quantile_of(&mut values().collect::<Vec<_>>(), 0.75),
        Resampling::Mode => {
            let mut best: Option<(T, usize)> = None;
            for value in values() {
                let count = values().filter(|v| *v == value).count();
                if best.is_none_or(|(_, most)| count > most) {
                    best = Some((value, count));
                }
            }
            best.map(|(value, _)| value)
        }
        Resampling::Min => values().reduce(|a, b| if b < a { b } else { a }),
        Resampling::Max => values().reduce(|a, b| if b > a { b } else { a }),
    }
}

/// A value computed from the sum, the sum of squares and the number of the measurements.
fn computed<T: Sample>(
    cells: &[Option<T>; 4],
    nodata: Option<f64>,
    value: impl Fn(f64, f64, f64) -> f64,
) -> Option<T> {
    let values = || cells.iter().flatten().map(|v| v.to_f64());
    let count = values().count();
    let squares = values().map(|v| v * v).sum();
    (count > 0).then(|| {
        let value = value(values().sum(), squares, count as f64);
        beside_nodata(T::from_f64(value), nodata)
    })
}

/// One tile of several bands, pixel by pixel; pixels beyond the image repeat the fill value.
pub(super) fn tile(
    bands: &[Band],
    col: usize,
    row: usize,
    side: usize,
    fill: f64,
) -> Option<BandData> {
    let first = bands.first()?;
    let n = bands.len();
    let mut tile = BandData::zeros(first.data().dtype(), side * side * n);
    each_type!(&mut tile, v => v.fill(Sample::from_f64(fill)));
    macro_rules! copy {
        ($variant:ident, $to:expr) => {
            for (b, band) in bands.iter().enumerate() {
                let BandData::$variant(from) = band.data() else {
                    return None;
                };
                let width = side.min(band.width() - col * side);
                let height = side.min(band.height() - row * side);
                for y in 0..height {
                    let start = (row * side + y) * band.width() + col * side;
                    let line = &from[start..start + width];
                    let target = &mut $to[y * side * n..(y + 1) * side * n];
                    for (pixel, value) in target.chunks_exact_mut(n).zip(line) {
                        pixel[b] = *value;
                    }
                }
            }
        };
    }
    match &mut tile {
        BandData::U8(to) => copy!(U8, to),
        BandData::I8(to) => copy!(I8, to),
        BandData::U16(to) => copy!(U16, to),
        BandData::I16(to) => copy!(I16, to),
        BandData::U32(to) => copy!(U32, to),
        BandData::I32(to) => copy!(I32, to),
        BandData::U64(to) => copy!(U64, to),
        BandData::I64(to) => copy!(I64, to),
        BandData::F32(to) => copy!(F32, to),
        BandData::F64(to) => copy!(F64, to),
    }
    Some(tile)
}
