//! Raster cubes as planes of pixels from the north.

use super::Asked;
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, coordinates};
use crate::error::GraphError;
use corridor_raster::grid::Grid;

/// A raster cube as planes: every combination of the labels beside y and x.
pub(super) struct Planes<'a> {
    cube: &'a Cube,
    /// The grid, rows from the north, columns from the west.
    pub(super) grid: Grid,
    /// Dimensions beside y and x.
    pub(super) others: Vec<Dimension>,
    offsets: Offsets,
}

impl<'a> Planes<'a> {
    pub(super) fn of(cube: &'a Cube, asked: &Asked<'_>) -> Result<Self, GraphError> {
        let own = cube.grid().ok_or_else(|| {
            asked.unsuitable("the cube has no regular x and y in a known reference system")
        })?;
        let mut grid = own.clone();
        let [x0, dx, _, y0, _, dy] = own.transform;
        if dx < 0.0 {
            grid.transform[0] = x0 + dx * own.width as f64;
            grid.transform[1] = -dx;
        }
        if dy > 0.0 {
            grid.transform[3] = y0 + dy * own.height as f64;
            grid.transform[5] = -dy;
        }
        let spatial = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
        let others: Vec<Dimension> = cube
            .dimensions()
            .iter()
            .filter(|d| !spatial(d))
            .cloned()
            .collect();
        let axis = |kind, backwards: bool| {
            let own = &cube.dimensions()[cube.only(kind).unwrap_or(0)];
            let mut steps: Vec<usize> = (0..own.len()).collect();
            if backwards {
                steps.reverse();
            }
            own.select(&steps)
        };
        let order = [
            others.clone(),
            vec![
                axis(DimensionKind::Y, dy > 0.0),
                axis(DimensionKind::X, dx < 0.0),
            ],
        ]
        .concat();
        Ok(Self {
            cube,
            grid,
            others,
            offsets: Offsets::new(&order, cube),
        })
    }

    pub(super) fn count(&self) -> usize {
        self.others.iter().map(Dimension::len).product()
    }

    /// One plane, row by row from the north; NaN is no data.
    pub(super) fn values(&self, plane: usize) -> Vec<f64> {
        self.rows(plane, 0, self.grid.height)
    }

    /// Some rows of a plane.
    pub(super) fn rows(&self, plane: usize, from: usize, count: usize) -> Vec<f64> {
        let width = self.grid.width;
        self.offsets
            .range((plane * self.grid.height + from) * width, count * width)
            .into_iter()
            .map(|index| index.map_or(f64::NAN, |index| self.cube.samples().get(index)))
            .collect()
    }

    pub(super) fn name(&self, plane: usize) -> String {
        plane_name(&self.others, plane)
    }

    /// Coordinates of the pixels' centres.
    pub(super) fn axes(&self) -> (Dimension, Dimension) {
        coordinates(&self.grid)
    }
}

/// Name of a plane: its labels along bands and along dimensions of several labels.
pub(super) fn plane_name(others: &[Dimension], plane: usize) -> String {
    let mut rest = plane;
    let mut parts = Vec::new();
    for dimension in others.iter().rev() {
        let label = &dimension.labels[rest % dimension.len()];
        rest /= dimension.len();
        if dimension.len() > 1 || dimension.kind == DimensionKind::Bands {
            parts.push(label.to_string());
        }
    }
    parts.reverse();
    if parts.is_empty() {
        "value".to_string()
    } else {
        parts.join(" ")
    }
}
