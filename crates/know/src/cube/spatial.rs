//! Pixel grids of cubes.

use super::{Cube, Dimension, DimensionKind};
use crate::value::Label;
use corridor_raster::grid::{Crs, Grid};

/// Largest difference between steps of a regular axis, in parts of a step.
const REGULAR_TOLERANCE: f64 = 1e-6;

/// `x` and `y` dimensions of a grid without rotation: labels are pixel centres.
pub fn coordinates(grid: &Grid) -> (Dimension, Dimension) {
    let [x0, dx, _, y0, _, dy] = grid.transform;
    let centres = |origin: f64, step: f64, count: usize| {
        (0..count)
            .map(|i| Label::Number(origin + (i as f64 + 0.5) * step))
            .collect()
    };
    (
        Dimension::new("x", DimensionKind::X, centres(x0, dx, grid.width)),
        Dimension::new("y", DimensionKind::Y, centres(y0, dy, grid.height)),
    )
}

/// The grid whose pixel centres are these, where both are regular.
pub fn grid_of_coordinates(x: &[f64], y: &[f64], crs: &Crs) -> Option<Grid> {
    let dx = step(x)?;
    let dy = step(y).or_else(|| (y.len() == 1).then_some(-dx.abs()))?;
    let dx = if x.len() == 1 { dy.abs() } else { dx };
    Some(Grid {
        crs: crs.clone(),
        transform: [x[0] - dx / 2.0, dx, 0.0, y[0] - dy / 2.0, 0.0, dy],
        width: x.len(),
        height: y.len(),
    })
}

pub(super) fn grid_of(dimensions: &[Dimension], crs: Option<&Crs>) -> Option<Grid> {
    let axis = |kind| {
        let mut found = dimensions.iter().filter(|d| d.kind == kind);
        match (found.next(), found.next()) {
            (Some(dimension), None) => numbers(dimension),
            _ => None,
        }
    };
    grid_of_coordinates(&axis(DimensionKind::X)?, &axis(DimensionKind::Y)?, crs?)
}

pub(super) fn same_axes(a: &Cube, b: &Cube) -> bool {
    [DimensionKind::X, DimensionKind::Y]
        .into_iter()
        .all(|kind| match (a.only(kind), b.only(kind)) {
            (Some(i), Some(j)) => a.dimensions[i].labels == b.dimensions[j].labels,
            _ => false,
        })
}

fn numbers(dimension: &Dimension) -> Option<Vec<f64>> {
    dimension
        .labels
        .iter()
        .map(|label| match label {
            Label::Number(number) => Some(*number),
            Label::Text(_) => None,
        })
        .collect()
}

fn step(centres: &[f64]) -> Option<f64> {
    let (first, last) = (centres.first()?, centres.last()?);
    if centres.len() == 1 {
        return Some(1.0);
    }
    let step = (last - first) / (centres.len() - 1) as f64;
    let regular = step != 0.0
        && centres
            .windows(2)
            .all(|pair| (pair[1] - pair[0] - step).abs() <= REGULAR_TOLERANCE * step.abs());
    regular.then_some(step)
}
