//! Computations on planes of pixels, shared by processes that look at neighbours.

use crate::cube::{Cube, DimensionKind, Samples};
use crate::error::GraphError;

/// The samples of a cube of `len` that stand first along each of some dimensions, given by their length and the
/// distance between their steps.
pub(super) fn starts<const N: usize>(
    len: usize,
    dimensions: [(usize, usize); N],
) -> impl Iterator<Item = usize> {
    let first = move |index: &usize| {
        let mut all = dimensions.iter();
        all.all(|(length, stride)| (index / stride).checked_rem(*length) == Some(0))
    };
    (0..len).filter(first)
}

/// A cube with each plane of pixels replaced by what `function(plane, width, height)` makes of it.
///
/// The plane goes row by row; the function gives as many pixels back.
pub(super) fn each_plane(
    cube: &Cube,
    mut function: impl FnMut(&[f64], usize, usize) -> Vec<f64>,
) -> Result<Cube, GraphError> {
    let axis = |kind| {
        cube.only(kind).ok_or_else(|| {
            GraphError::new(
                "DimensionNotAvailable",
                "the cube has no pixels: x and y are needed",
            )
        })
    };
    let (x, y) = (axis(DimensionKind::X)?, axis(DimensionKind::Y)?);
    let ((_, width, x_stride), (_, height, y_stride)) = (cube.split(x), cube.split(y));
    let mut samples = Samples::like(cube.samples(), cube.len());
    for start in starts(cube.len(), [(width, x_stride), (height, y_stride)]) {
        let place = |row: usize, col: usize| start + row * y_stride + col * x_stride;
        let mut plane = Vec::with_capacity(width * height);
        for row in 0..height {
            plane.extend((0..width).map(|col| cube.samples().get(place(row, col))));
        }
        let done = function(&plane, width, height);
        for (i, value) in done.into_iter().enumerate().take(width * height) {
            samples.set(place(i / width, i % width), value);
        }
    }
    cube.with_samples(samples)
}
