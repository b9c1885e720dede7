//! One warp of the bands of one source: the positions are found once, the kernel runs for each band.

use super::coordinates::{Mapper, Point};
use super::extent::Extent;
use super::kernel::Pixels;
use super::wide::{Filter, Shape};
use super::{Resampling, area};
use crate::RasterError;
use crate::band::{Band, BandData, Sample};
use crate::grid::Grid;
use crate::window::Window;

/// One warp.
pub(super) struct Job<'a> {
    pub(super) mapper: &'a Mapper,
    pub(super) extent: &'a Extent,
    pub(super) target: &'a Grid,
    /// Part of the target that is filled.
    pub(super) part: Window,
    pub(super) resampling: Resampling,
    /// Pixels of the target to compute, where that is said; the others are left without a
    /// measurement.
    pub(super) wanted: Option<&'a [bool]>,
}

/// A band of the target under way.
struct Sheet<T> {
    values: Vec<T>,
    valid: Vec<bool>,
}

/// Outline of the source pixels.
#[derive(Debug, Clone, Copy)]
struct Edge {
    left: f64,
    top: f64,
    right: f64,
    bottom: f64,
}

impl Edge {
    fn of<T>(pixels: &Pixels<'_, T>) -> Self {
        Self {
            left: pixels.col,
            top: pixels.row,
            right: pixels.col + pixels.width as f64,
            bottom: pixels.row + pixels.height as f64,
        }
    }

    /// Whether a position is outside, but by less than a pixel.
    #[inline]
    fn is_near(&self, (x, y): Point) -> bool {
        let outside = x < self.left || y < self.top || x > self.right || y > self.bottom;
        outside
            && x > self.left - 1.0
            && y > self.top - 1.0
            && x < self.right + 1.0
            && y < self.bottom + 1.0
    }
}

/// A computed value in the type of the samples, moved by one when it would read as nodata.
#[inline]
fn rounded<T: Sample>(value: f64, nodata: Option<T>) -> T {
    let value = T::from_f64(value);
    if nodata == Some(value) {
        value.beside()
    } else {
        value
    }
}

impl<'a> Job<'a> {
    /// Every pixel of a target.
    pub(super) fn whole(
        mapper: &'a Mapper,
        extent: &'a Extent,
        target: &'a Grid,
        resampling: Resampling,
    ) -> Self {
        Self {
            mapper,
            extent,
            target,
            part: Window::whole(target.width, target.height),
            resampling,
            wanted: None,
        }
    }

    /// Runs the kernel over bands that lie on one another and have one type, as those of a file
    /// do; their first pixel is at `origin` of the raster.
    pub(super) fn run(&self, bands: &[Band], origin: Point) -> Result<Vec<Band>, RasterError> {
        macro_rules! typed {
            ($($variant:ident)*) => {
                match bands.first().map(Band::data) {
                    None => Ok(Vec::new()),
                    $(Some(BandData::$variant(_)) => {
                        let samples = bands.iter().map(|band| match band.data() {
                            BandData::$variant(samples) => Some(samples.as_slice()),
                            _ => None,
                        });
                        let samples: Option<Vec<_>> = samples.collect();
                        let samples = samples.ok_or_else(|| {
                            RasterError::argument("bands", "they differ in their types")
                        })?;
                        self.run_typed(bands, &samples, origin, BandData::$variant)
                    })*
                }
            };
        }
        typed!(U8 I8 U16 I16 U32 I32 U64 I64 F32 F64)
    }

    fn run_typed<T: Sample>(
        &self,
        bands: &[Band],
        samples: &[&[T]],
        origin: Point,
        data: fn(Vec<T>) -> BandData,
    ) -> Result<Vec<Band>, RasterError> {
        let gaps: Vec<Option<Vec<bool>>> = bands.iter().map(Band::gaps).collect();
        let sources = bands.iter().zip(samples).zip(&gaps);
        let sources: Vec<Pixels<'_, T>> = sources
            .map(|((band, samples), gaps)| Pixels {
                data: samples,
                valid: gaps.as_deref(),
                width: band.width(),
                height: band.height(),
                col: origin.0,
                row: origin.1,
            })
            .collect();
        let nodata = bands.first().and_then(Band::nodata).map(T::from_f64);
        let n = self.part.pixels();
        let mut sheets: Vec<Sheet<T>> = bands
            .iter()
            .map(|band| Sheet {
                values: vec![T::from_f64(band.nodata().unwrap_or(0.0)); n],
                valid: vec![false; n],
            })
            .collect();
        self.fill(&sources, nodata, &mut sheets);
        sheets
            .into_iter()
            .zip(bands)
            .map(|(sheet, band)| {
                let mask = sheet.valid.contains(&false).then_some(sheet.valid);
                let (width, height) = (self.part.width, self.part.height);
                Band::new(width, height, data(sheet.values), band.nodata(), mask)
            })
            .collect()
    }

    fn fill<T: Sample>(
        &self,
        sources: &[Pixels<'_, T>],
        nodata: Option<T>,
        sheets: &mut [Sheet<T>],
    ) {
        let Some(first) = sources.first() else {
            return;
        };
        let scale = (self.extent.x_scale, self.extent.y_scale);
        let wide = |shape| Filter::new(shape, scale, (first.width, first.height));
        let settled = |value: Option<f64>| value.map(|value| rounded(value, nodata));
        match self.resampling {
            Resampling::Nearest => self.points(sources, sheets, |pixels, x, y| {
                pixels.nearest(x, y).map(|i| pixels.data[i])
            }),
            Resampling::Bilinear => match wide(Shape::Triangle) {
                None => self.points(sources, sheets, |pixels, x, y| {
                    settled(pixels.bilinear(x, y))
                }),
                Some(filter) => self.filtered(sources, sheets, filter, settled),
            },
            Resampling::Cubic => match wide(Shape::Cubic) {
                None => self.points(sources, sheets, |pixels, x, y| settled(pixels.cubic(x, y))),
                Some(filter) => self.filtered(sources, sheets, filter, settled),
            },
            Resampling::CubicSpline => {
                let filter = Filter::wide(Shape::Spline, scale, (first.width, first.height));
                self.filtered(sources, sheets, filter, settled);
            }
            Resampling::Lanczos => {
                let filter = Filter::wide(Shape::Lanczos, scale, (first.width, first.height));
                self.filtered(sources, sheets, filter, settled);
            }
            Resampling::Average => self.areas(sources, sheets, |pixels, a, b| {
                settled(area::average(pixels, a, b))
            }),
            Resampling::Mode => {
                let mut counts = Vec::new();
                self.areas(sources, sheets, |pixels, a, b| {
                    area::mode(pixels, a, b, &mut counts)
                });
            }
            Resampling::Min => self.areas(sources, sheets, |pixels, a, b| {
                area::extreme(pixels, a, b, |new, old| new < old)
            }),
            Resampling::Max => self.areas(sources, sheets, |pixels, a, b| {
                area::extreme(pixels, a, b, |new, old| new > old)
            }),
            Resampling::Med => self.quantiles(sources, sheets, 0.5),
            Resampling::Q1 => self.quantiles(sources, sheets, 0.25),
            Resampling::Q3 => self.quantiles(sources, sheets, 0.75),
            Resampling::Sum => self.quadrangles(sources, sheets, |pixels, corners| {
                settled(area::sum(pixels, corners))
            }),
            Resampling::Rms => self.areas(sources, sheets, |pixels, a, b| {
                settled(area::root_mean_square(pixels, a, b))
            }),
        }
    }

    /// Rows of the part in which something is wanted, from its first on, with what; `None` for all.
    fn rows(&self) -> impl Iterator<Item = (usize, Option<&[bool]>)> {
        let (width, part) = (self.target.width, self.part);
        (0..part.height)
            .map(move |row| {
                let start = (part.row + row) * width + part.col;
                (row, self.wanted.map(|w| &w[start..start + part.width]))
            })
            .filter(|(_, wanted)| wanted.is_none_or(|w| w.contains(&true)))
    }

    /// Source positions of a row of the part, of what lies at such an offset in each pixel.
    fn positions<'p>(&self, row: usize, offset: f64, points: &'p mut [Point]) -> &'p mut [Point] {
        let row = (self.part.row + row) as f64;
        // Runs are halved from the ends of the whole row, so that a part is equal to the whole.
        self.mapper.row(offset, row + offset, points);
        &mut points[self.part.col..self.part.col + self.part.width]
    }

    /// The same of the centres of the pixels.
    fn centres<'p>(&self, row: usize, edge: Edge, points: &'p mut [Point]) -> &'p mut [Point] {
        let points = self.positions(row, 0.5, points);
        let exact_row = (self.part.row + row) as f64 + 0.5;
        for (point, col) in points.iter_mut().zip(self.part.col..) {
            if edge.is_near(*point) {
                // So close outside, the interpolated position does not decide.
                *point = self.mapper.exact(col as f64 + 0.5, exact_row);
            }
        }
        points
    }

    /// Fills the sheets from the source position of each pixel's centre.
    fn points<T: Sample>(
        &self,
        sources: &[Pixels<'_, T>],
        sheets: &mut [Sheet<T>],
        value: impl Fn(&Pixels<'_, T>, f64, f64) -> Option<T>,
    ) {
        let width = self.part.width;
        let mut points = vec![(0.0, 0.0); self.target.width];
        for (row, wanted) in self.rows() {
            let points = self.centres(row, Edge::of(&sources[0]), &mut points);
            let range = row * width..(row + 1) * width;
            for (pixels, sheet) in sources.iter().zip(&mut *sheets) {
                let cells = sheet.cells(range.clone());
                for (col, ((out, ok), point)) in cells.zip(&*points).enumerate() {
                    if wanted.is_some_and(|w| !w[col]) {
                        continue;
                    }
                    if let Some(v) = value(pixels, point.0, point.1) {
                        *out = v;
                        *ok = true;
                    }
                }
            }
        }
    }

    /// The same with a kernel whose weights are found once for all bands.
    fn filtered<T: Sample>(
        &self,
        sources: &[Pixels<'_, T>],
        sheets: &mut [Sheet<T>],
        mut filter: Filter,
        settled: impl Fn(Option<f64>) -> Option<T>,
    ) {
        let width = self.part.width;
        let at_once = filter.positions_max();
        let mut points = vec![(0.0, 0.0); self.target.width];
        for (row, wanted) in self.rows() {
            let points = self.centres(row, Edge::of(&sources[0]), &mut points);
            if let Some(wanted) = wanted {
                for (point, wanted) in points.iter_mut().zip(wanted) {
                    if !wanted {
                        *point = super::coordinates::NOWHERE;
                    }
                }
            }
            for (part, points) in points.chunks(at_once).enumerate() {
                filter.prepare(&sources[0], points);
                let start = row * width + part * at_once;
                for (pixels, sheet) in sources.iter().zip(&mut *sheets) {
                    let cells = sheet.cells(start..start + points.len());
                    for (index, (out, ok)) in cells.enumerate() {
                        if let Some(v) = settled(filter.value(pixels, index)) {
                            *out = v;
                            *ok = true;
                        }
                    }
                }
            }
        }
    }

    /// Fills the sheets from the source positions of each pixel's upper left and lower right corner.
    fn areas<T: Sample>(
        &self,
        sources: &[Pixels<'_, T>],
        sheets: &mut [Sheet<T>],
        mut value: impl FnMut(&Pixels<'_, T>, Point, Point) -> Option<T>,
    ) {
        let width = self.part.width;
        let mut upper = vec![(0.0, 0.0); self.target.width];
        let mut lower = upper.clone();
        for (row, wanted) in self.rows() {
            let upper = self.positions(row, 0.0, &mut upper);
            let lower = self.positions(row, 1.0, &mut lower);
            let range = row * width..(row + 1) * width;
            for (pixels, sheet) in sources.iter().zip(&mut *sheets) {
                let corners = upper.iter().zip(&*lower);
                let cells = sheet.cells(range.clone()).zip(corners);
                for (col, ((out, ok), (a, b))) in cells.enumerate() {
                    if wanted.is_some_and(|w| !w[col]) {
                        continue;
                    }
                    if let Some(v) = value(pixels, *a, *b) {
                        *out = v;
                        *ok = true;
                    }
                }
            }
        }
    }
}

impl Job<'_> {
    fn quantiles<T: Sample>(&self, sources: &[Pixels<'_, T>], sheets: &mut [Sheet<T>], part: f64) {
        let mut values = Vec::new();
        self.areas(sources, sheets, |pixels, a, b| {
            area::quantile(pixels, a, b, part, &mut values)
        });
    }

    /// Fills the sheets from the source positions of each pixel's four corners, in a turn.
    fn quadrangles<T: Sample>(
        &self,
        sources: &[Pixels<'_, T>],
        sheets: &mut [Sheet<T>],
        value: impl Fn(&Pixels<'_, T>, [Point; 4]) -> Option<T>,
    ) {
        let width = self.target.width;
        let mut upper = vec![(0.0, 0.0); width + 1];
        let mut lower = upper.clone();
        for (row, wanted) in self.rows() {
            self.mapper.row(0.0, row as f64, &mut upper);
            self.mapper.row(0.0, row as f64 + 1.0, &mut lower);
            let range = row * width..(row + 1) * width;
            for (pixels, sheet) in sources.iter().zip(&mut *sheets) {
                for (col, (out, ok)) in sheet.cells(range.clone()).enumerate() {
                    if wanted.is_some_and(|w| !w[col]) {
                        continue;
                    }
                    let corners = [upper[col], upper[col + 1], lower[col + 1], lower[col]];
                    if let Some(v) = value(pixels, corners) {
                        *out = v;
                        *ok = true;
                    }
                }
            }
        }
    }
}

impl<T> Sheet<T> {
    /// Values and validity of some pixels.
    fn cells(
        &mut self,
        range: std::ops::Range<usize>,
    ) -> impl Iterator<Item = (&mut T, &mut bool)> {
        self.values[range.clone()]
            .iter_mut()
            .zip(&mut self.valid[range])
    }
}
