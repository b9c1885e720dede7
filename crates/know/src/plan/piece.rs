//! Results of chunks as record batches, and back into cubes.
//!
//! A row holds some planes (of the dimensions other than `x` and `y`, in their order) of one result
//! on one window: small enough for any message, placed by numbers alone.

use super::job::Cut;
use crate::cube::{Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use arrow_array::builder::BinaryBuilder;
use arrow_array::{Array, ArrayRef, BinaryArray, RecordBatch, UInt32Array};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use corridor_raster::dataset::Window;
use std::ops::Range;
use std::sync::{Arc, LazyLock};

/// Most bytes of samples in one row: far below what a message between machines may hold.
const ROW_BYTES_MAX: usize = 1 << 20;

const NUMBERS: [&str; 7] = ["cut", "plane", "planes", "row", "col", "height", "width"];

/// The columns of results.
pub(crate) fn schema() -> SchemaRef {
    static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
        let mut fields: Vec<Field> = NUMBERS
            .iter()
            .map(|name| Field::new(*name, DataType::UInt32, false))
            .collect();
        fields.push(Field::new("samples", DataType::Binary, false));
        Arc::new(Schema::new(fields))
    });
    SCHEMA.clone()
}

/// The result that a row belongs to which says that a chunk is whole.
const CLOSING: u32 = u32::MAX;

/// Rows of chunks on their way, in order: those of a chunk, then that it is whole.
#[derive(Debug)]
pub enum Part {
    /// Rows of the chunk that is closed next.
    Rows(RecordBatch),
    /// All rows of the chunk of this number came.
    Closed(usize),
}

/// The row that says that a chunk is whole.
pub(crate) fn closing(chunk: usize) -> Result<RecordBatch, ArrowError> {
    let mut rows = Rows::default();
    let numbers = [CLOSING, chunk as u32, 0, 0, 0, 0, 0];
    for (column, number) in rows.numbers.iter_mut().zip(numbers) {
        column.push(number);
    }
    rows.samples.append_value([]);
    rows.batch()
}

/// Takes apart what an operator computing chunks by their numbers gave: whoever carried it may have
/// put batches together.
///
/// # Errors
/// `Internal` where the rows were made by another operator.
pub fn parts(batch: &RecordBatch) -> Result<Vec<Part>, GraphError> {
    let foreign = || GraphError::new("Internal", "rows that are of no chunk came back");
    let numbers = |name: &str| {
        let column = batch.column_by_name(name)?;
        column.as_any().downcast_ref::<UInt32Array>()
    };
    let cuts = numbers("cut").ok_or_else(foreign)?.values();
    let planes = numbers("plane").ok_or_else(foreign)?.values();
    let (mut parts, mut from) = (Vec::new(), 0);
    for (row, _) in cuts.iter().enumerate().filter(|(_, cut)| **cut == CLOSING) {
        if row > from {
            parts.push(Part::Rows(batch.slice(from, row - from)));
        }
        parts.push(Part::Closed(planes[row] as usize));
        from = row + 1;
    }
    if from < cuts.len() {
        parts.push(Part::Rows(batch.slice(from, cuts.len() - from)));
    }
    Ok(parts)
}

/// Rows being collected.
#[derive(Default)]
pub(crate) struct Rows {
    numbers: [Vec<u32>; 7],
    samples: BinaryBuilder,
}

impl Rows {
    /// Adds the part `keep` of some planes of a result that were computed on the window `computed`.
    pub(crate) fn push(
        &mut self,
        index: usize,
        cut: &Cut,
        (layout, samples): (&Planes, &Samples),
        chosen: Range<usize>,
        (computed, keep): (Window, Window),
    ) -> Result<(), GraphError> {
        let wide = matches!(samples, Samples::F64(_));
        let fits = layout.size() == (computed.width, computed.height);
        if !fits || layout.count() != chosen.len() || chosen.end > cut.planes || wide != cut.wide {
            return Err(changed(&cut.node));
        }
        let (row, col) = (keep.row - computed.row, keep.col - computed.col);
        let plane_bytes = keep.pixels() * if wide { 8 } else { 4 };
        let together = (ROW_BYTES_MAX / plane_bytes.max(1)).max(1);
        let mut bytes = Vec::with_capacity(together.min(chosen.len()) * plane_bytes);
        let mut plane = chosen.start;
        while plane < chosen.end {
            let planes = together.min(chosen.end - plane);
            bytes.clear();
            for p in plane..plane + planes {
                let start = layout.start(p - chosen.start);
                for r in row..row + keep.height {
                    let line = start + r * layout.y_stride;
                    let places = (col..col + keep.width).map(|c| line + c * layout.x_stride);
                    match samples {
                        Samples::F32(all) => {
                            places.for_each(|i| bytes.extend_from_slice(&all[i].to_le_bytes()));
                        }
                        Samples::F64(all) => {
                            places.for_each(|i| bytes.extend_from_slice(&all[i].to_le_bytes()));
                        }
                    }
                }
            }
            let numbers = [
                index,
                plane,
                planes,
                keep.row,
                keep.col,
                keep.height,
                keep.width,
            ];
            for (column, number) in self.numbers.iter_mut().zip(numbers) {
                column.push(number as u32);
            }
            self.samples.append_value(&bytes);
            plane += planes;
        }
        Ok(())
    }

    /// Adds a partial figure of the geometry `zone` and a plane, found in a chunk.
    pub(crate) fn push_figure(
        &mut self,
        index: usize,
        (zone, plane): (usize, usize),
        chunk: usize,
        figure: &[u8],
    ) {
        let numbers = [index, plane, 1, zone, chunk, 0, 0];
        for (column, number) in self.numbers.iter_mut().zip(numbers) {
            column.push(number as u32);
        }
        self.samples.append_value(figure);
    }

    /// The rows as a batch.
    pub(crate) fn batch(mut self) -> Result<RecordBatch, ArrowError> {
        let mut columns: Vec<ArrayRef> = Vec::with_capacity(8);
        for numbers in self.numbers {
            columns.push(Arc::new(UInt32Array::from(numbers)));
        }
        columns.push(Arc::new(self.samples.finish()));
        RecordBatch::try_new(schema(), columns)
    }
}

pub(crate) fn changed(node: &str) -> GraphError {
    GraphError::new(
        "ProcessGraphInvalid",
        format!("node {node:?} gives results of different shapes for different pixels"),
    )
}

/// Where the planes of `x` and `y` lie in a cube.
pub(crate) struct Planes {
    width: usize,
    height: usize,
    x_stride: usize,
    y_stride: usize,
    /// Length and stride of the other dimensions, slowest first.
    others: Vec<(usize, usize)>,
}

impl Planes {
    pub(crate) fn of(dimensions: &[Dimension]) -> Option<Self> {
        let mut planes = Self {
            width: 0,
            height: 0,
            x_stride: 0,
            y_stride: 0,
            others: Vec::new(),
        };
        let (mut stride, mut found) = (1, 0);
        for dimension in dimensions.iter().rev() {
            match dimension.kind {
                DimensionKind::X => {
                    (planes.width, planes.x_stride) = (dimension.len(), stride);
                    found += 1;
                }
                DimensionKind::Y => {
                    (planes.height, planes.y_stride) = (dimension.len(), stride);
                    found += 10;
                }
                _ => planes.others.insert(0, (dimension.len(), stride)),
            }
            stride *= dimension.len();
        }
        (found == 11).then_some(planes)
    }

    /// Planes of this size one after the other, row by row.
    pub(crate) fn stacked(count: usize, size: Window) -> Self {
        Self {
            width: size.width,
            height: size.height,
            x_stride: 1,
            y_stride: size.width,
            others: vec![(count, size.pixels())],
        }
    }

    /// Width and height.
    pub(crate) fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// A run of samples of one row of a plane.
    pub(crate) fn line(
        &self,
        samples: &Samples,
        plane: usize,
        (row, col): (usize, usize),
        len: usize,
        out: &mut Vec<f64>,
    ) {
        let start = self.start(plane) + row * self.y_stride;
        let places = (col..col + len).map(|c| start + c * self.x_stride);
        out.clear();
        match samples {
            Samples::F32(all) => out.extend(places.map(|i| f64::from(all[i]))),
            Samples::F64(all) => out.extend(places.map(|i| all[i])),
        }
    }

    pub(crate) fn count(&self) -> usize {
        self.others.iter().map(|(length, _)| length).product()
    }

    fn start(&self, plane: usize) -> usize {
        let (mut rest, mut start) = (plane, 0);
        for (length, stride) in self.others.iter().rev() {
            start += (rest % length) * stride;
            rest /= length;
        }
        start
    }
}

/// Number of planes of a cube with these dimensions, where it has `x` and `y` once each.
pub(crate) fn planes_of(dimensions: &[Dimension]) -> Option<usize> {
    Planes::of(dimensions).map(|planes| planes.count())
}

/// A result being put together.
pub(crate) struct Assembly {
    dimensions: Vec<Dimension>,
    planes: Planes,
    samples: Samples,
    /// Samples that came in.
    pub(crate) filled: usize,
}

impl Assembly {
    /// An empty result of these dimensions.
    pub(crate) fn new(dimensions: Vec<Dimension>, wide: bool) -> Option<Self> {
        let planes = Planes::of(&dimensions)?;
        let len = planes.count() * planes.width * planes.height;
        let samples = if wide {
            Samples::F64(vec![f64::NAN; len])
        } else {
            Samples::F32(vec![f32::NAN; len])
        };
        Some(Self {
            dimensions,
            planes,
            samples,
            filled: 0,
        })
    }

    /// Puts a piece in its place; `None` where it does not fit.
    pub(crate) fn place(&mut self, piece: &Piece<'_>) -> Option<()> {
        let p = &self.planes;
        let size = match self.samples {
            Samples::F32(_) => 4,
            Samples::F64(_) => 8,
        };
        let window = piece.window;
        let inside = window.col + window.width <= p.width
            && window.row + window.height <= p.height
            && piece.plane + piece.planes <= p.count();
        if !inside || piece.bytes.len() != piece.planes * window.pixels() * size {
            return None;
        }
        let mut values = piece.bytes.chunks_exact(size);
        for plane in piece.plane..piece.plane + piece.planes {
            let start = p.start(plane);
            for row in window.row..window.row + window.height {
                let line = start + row * p.y_stride;
                for col in window.col..window.col + window.width {
                    let bytes = values.next()?;
                    let at = line + col * p.x_stride;
                    match &mut self.samples {
                        Samples::F32(all) => all[at] = f32::from_le_bytes(bytes.try_into().ok()?),
                        Samples::F64(all) => all[at] = f64::from_le_bytes(bytes.try_into().ok()?),
                    }
                    self.filled += 1;
                }
            }
        }
        Some(())
    }

    /// Number of samples.
    pub(crate) fn samples(&self) -> u64 {
        self.samples.len() as u64
    }

    /// The dimensions and samples.
    pub(crate) fn into_parts(self) -> (Vec<Dimension>, Samples) {
        (self.dimensions, self.samples)
    }
}

/// One row: some planes on a window.
pub(crate) struct Piece<'a> {
    pub(crate) plane: usize,
    pub(crate) planes: usize,
    pub(crate) window: Window,
    pub(crate) bytes: &'a [u8],
}

/// Calls `take` with the result and the content of each row of a batch; `false`: it does not fit.
///
/// # Errors
/// `Internal` where a row does not fit: it was made by another plan.
pub(crate) fn each(
    batch: &RecordBatch,
    mut take: impl FnMut(usize, &Piece<'_>) -> Result<bool, GraphError>,
) -> Result<(), GraphError> {
    let foreign = || GraphError::new("Internal", "a piece of the result does not fit into it");
    let mut numbers = Vec::with_capacity(NUMBERS.len());
    for name in NUMBERS {
        let column = batch.column_by_name(name).ok_or_else(foreign)?;
        let column = column.as_any().downcast_ref::<UInt32Array>();
        numbers.push(column.ok_or_else(foreign)?);
    }
    let samples = batch
        .column_by_name("samples")
        .and_then(|column| column.as_any().downcast_ref::<BinaryArray>())
        .ok_or_else(foreign)?;
    for row in 0..batch.num_rows() {
        let at = |column: usize| numbers[column].value(row) as usize;
        let piece = Piece {
            plane: at(1),
            planes: at(2),
            window: Window::new(at(4), at(3), at(6), at(5)),
            bytes: samples.value(row),
        };
        if !take(at(0), &piece)? {
            return Err(foreign());
        }
    }
    Ok(())
}

/// The rows of a batch that belong to pixels, and those of figures: rows of nodes from `pixels` on.
///
/// # Errors
/// As [`each`].
pub(crate) fn split(
    batch: RecordBatch,
    pixels: usize,
) -> Result<(Option<RecordBatch>, Option<RecordBatch>), GraphError> {
    let foreign = || GraphError::new("Internal", "a piece of the result does not fit into it");
    let cuts = batch
        .column_by_name("cut")
        .and_then(|column| column.as_any().downcast_ref::<UInt32Array>())
        .ok_or_else(foreign)?;
    let is_pixels = |cut: u32| (cut as usize) < pixels;
    // A chunk gives its figures in a batch of their own.
    match cuts.values().first() {
        None => Ok((None, None)),
        Some(first)
            if cuts
                .values()
                .iter()
                .all(|cut| is_pixels(*cut) == is_pixels(*first)) =>
        {
            Ok(match is_pixels(*first) {
                true => (Some(batch), None),
                false => (None, Some(batch)),
            })
        }
        Some(_) => Err(foreign()),
    }
}
