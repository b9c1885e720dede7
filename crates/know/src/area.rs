//! Areas on the ellipsoid.

use crate::error::GraphError;
use crate::geometry::projection;
use corridor_raster::grid::{Crs, Grid, Transformer};
use geo::{MultiPolygon, Polygon};
use geographiclib_rs::{Geodesic, PolygonArea, Winding};
use std::collections::BTreeMap;

/// Area of one polygon on the WGS 84 ellipsoid, km²; holes taken off.
///
/// Edges are geodesics (Karney 2013, through `geographiclib-rs`), vertices longitude and
/// latitude in degrees. Ring direction does not matter. Error against GeographicLib below
/// 1e-9 of the area.
pub fn polygon_geodesic_km2(polygon: &Polygon<f64>) -> f64 {
    let outer = ring_km2(polygon.exterior());
    let holes: f64 = polygon.interiors().iter().map(ring_km2).sum();
    outer - holes
}

/// Area of a set of polygons that do not overlap, on the WGS 84 ellipsoid, km².
pub fn geodesic_km2(polygons: &MultiPolygon<f64>) -> f64 {
    polygons.0.iter().map(polygon_geodesic_km2).sum()
}

fn ring_km2(ring: &geo::LineString<f64>) -> f64 {
    let earth = Geodesic::wgs84();
    let mut area = PolygonArea::new(&earth, Winding::CounterClockwise);
    let points = &ring.0;
    let open = if points.len() > 1 && points.first() == points.last() {
        &points[..points.len() - 1]
    } else {
        &points[..]
    };
    for point in open {
        area.add_point(point.y, point.x);
    }
    let (_, square_metres, _) = area.compute(true);
    square_metres.abs() / 1e6
}

/// Pixels between the places where the area of a pixel is computed exactly; between them it is
/// interpolated. The scale of map projections changes smoothly: the error is below 1e-6 of the area
/// for pixels of 1 km, and far below for smaller ones.
const LATTICE_PX: usize = 16;

/// Area of each value of a mask on the ellipsoid, km², summed over its pixels.
///
/// # Errors
/// `Internal` where the grid's system cannot be moved to longitude and latitude.
pub fn class_areas_km2(mask: &[u8], grid: &Grid) -> Result<BTreeMap<u8, f64>, GraphError> {
    let columns = lattice(grid.width);
    let rows = lattice(grid.height);
    let mut exact = Vec::with_capacity(rows.len());
    for row in &rows {
        let line: Vec<f64> = columns
            .iter()
            .map(|col| pixel_km2(grid, *col, *row))
            .collect::<Result<_, _>>()?;
        exact.push(line);
    }
    let mut sums = [0.0_f64; 256];
    for row in 0..grid.height {
        let (r, row_part) = place(&rows, row);
        let mut line = vec![0.0; columns.len()];
        for (c, value) in line.iter_mut().enumerate() {
            *value = exact[r][c] + row_part * (exact[(r + 1).min(rows.len() - 1)][c] - exact[r][c]);
        }
        for col in 0..grid.width {
            let (c, part) = place(&columns, col);
            let km2 = line[c] + part * (line[(c + 1).min(columns.len() - 1)] - line[c]);
            sums[usize::from(mask[row * grid.width + col])] += km2;
        }
    }
    let present = (0..=u8::MAX).filter(|value| sums[usize::from(*value)] > 0.0);
    Ok(present
        .map(|value| (value, sums[usize::from(value)]))
        .collect())
}

/// Every 16th index, and the last.
fn lattice(length: usize) -> Vec<usize> {
    let mut all: Vec<usize> = (0..length).step_by(LATTICE_PX).collect();
    if all.last() != length.checked_sub(1).as_ref() {
        all.extend(length.checked_sub(1));
    }
    all
}

/// Index of the lattice place at or before `index`, and the part of the way to the next.
fn place(lattice: &[usize], index: usize) -> (usize, f64) {
    let at = (index / LATTICE_PX).min(lattice.len() - 1);
    let next = lattice.get(at + 1).copied().unwrap_or(lattice[at]);
    if next == lattice[at] {
        return (at, 0.0);
    }
    (
        at,
        (index - lattice[at]) as f64 / (next - lattice[at]) as f64,
    )
}

/// Area of one pixel: its corners joined by geodesics.
fn pixel_km2(grid: &Grid, col: usize, row: usize) -> Result<f64, GraphError> {
    let transformer = Transformer::new(&grid.crs, &Crs::wgs84()).map_err(projection)?;
    let corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
        .into_iter()
        .map(|(dc, dr)| {
            let (x, y) = grid.coordinate_of((col + dc) as f64, (row + dr) as f64);
            let (x, y) = transformer.transform(x, y).map_err(projection)?;
            Ok(geo::Coord { x, y })
        });
    let ring: Vec<geo::Coord<f64>> = corners.collect::<Result<_, GraphError>>()?;
    Ok(ring_km2(&geo::LineString(ring)))
}
