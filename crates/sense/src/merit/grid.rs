//! Cells of the ground, each with the place that stands for it and its area.

use crate::area::{polygon_km2, zone_m2};
use corridor_orbit::earth::Geodetic;
use geo::{BooleanOps, BoundingRect, Centroid, Coord, MultiPolygon, Polygon, Rect};
use std::collections::BTreeMap;

/// Most cells of one grid: half a degree round the world, with room.
pub const CELLS_MAX: usize = 300_000;

/// Least and greatest step, degrees.
const STEP_DEG: (f64, f64) = (0.01, 30.0);

/// A piece of the ground between two meridians and two parallels, or what of it is in a polygon.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cell {
    /// West, south, east, north of the whole cell, degrees; east goes on past 180 where the grid does.
    pub bounds: [f64; 4],
    /// The place that stands for it: its middle, or the middle of what is in the polygon.
    pub place: Geodetic,
    /// Its area on the ellipsoid, square kilometres, or that of what is in the polygon.
    pub area_km2: f64,
}

/// A grid that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum GridError {
    /// The step is out of its range.
    #[error("the step of the grid is {0} degrees; should be from 0.01 to 30")]
    Step(f64),
    /// A box without an inside.
    #[error(
        "box {0},{1},{2},{3} has no inside; should be west,south,east,north in degrees, west above east \
         where it crosses the antimeridian"
    )]
    Box(f64, f64, f64, f64),
    /// More than [`CELLS_MAX`].
    #[error("the grid has {0} cells or more; at most 300000: a longer step has fewer")]
    TooMany(usize),
}

/// Checks the step of a grid.
///
/// # Errors
/// [`GridError::Step`] where it is not from 0.01 to 30 degrees.
pub fn check_step(step_deg: f64) -> Result<(), GridError> {
    let good = (STEP_DEG.0..=STEP_DEG.1).contains(&step_deg);
    if good {
        Ok(())
    } else {
        Err(GridError::Step(step_deg))
    }
}

/// The cells of a box of west, south, east and north in degrees, from its south-western corner, rows from
/// south to north; those at its other edges are cut there. West above east crosses the antimeridian.
///
/// # Errors
/// [`GridError`] says what is wrong.
pub fn cells_in_box(bounds: [f64; 4], step_deg: f64) -> Result<Vec<Cell>, GridError> {
    check_step(step_deg)?;
    let [west, south, east, north] = bounds;
    let wrong = GridError::Box(west, south, east, north);
    let good = [west, east].iter().all(|x| (-180.0..=180.0).contains(x))
        && [south, north].iter().all(|x| (-90.0..=90.0).contains(x));
    let right = if west > east { east + 360.0 } else { east };
    if !good || west >= right || south >= north {
        return Err(wrong);
    }
    // A step that fits but for rounding leaves no sliver.
    let steps = |length: f64| (length / step_deg - 1e-9).ceil().max(1.0) as usize;
    let (columns, rows) = (steps(right - west), steps(north - south));
    if columns * rows > CELLS_MAX {
        return Err(GridError::TooMany(columns * rows));
    }
    let mut cells = Vec::with_capacity(columns * rows);
    for row in 0..rows {
        let low = south + row as f64 * step_deg;
        let high = (low + step_deg).min(north);
        for column in 0..columns {
            let left = west + column as f64 * step_deg;
            cells.push(whole([left, low, (left + step_deg).min(right), high]));
        }
    }
    Ok(cells)
}

fn whole(bounds: [f64; 4]) -> Cell {
    let [west, south, east, north] = bounds;
    let area_m2 = (east - west).to_radians() * (zone_m2(north) - zone_m2(south));
    Cell {
        bounds,
        place: Geodetic::on_ground(wrap(0.5 * (west + east)), 0.5 * (south + north)),
        area_km2: area_m2 * 1e-6,
    }
}

/// Longitude within ±180 degrees.
fn wrap(lon_deg: f64) -> f64 {
    lon_deg - 360.0 * ((lon_deg + 180.0) / 360.0).floor()
}

/// The parts of polygons, longitude and latitude in degrees, in the cells of the grid that is counted from
/// 180° W, 90° S; however small they are, there is one at least. Their areas add up to that of the polygons, to
/// three parts in a million.
///
/// # Errors
/// [`GridError`] says what is wrong.
pub fn cells_of_polygons(
    polygons: &MultiPolygon<f64>,
    step_deg: f64,
) -> Result<Vec<Cell>, GridError> {
    check_step(step_deg)?;
    let mut parts: BTreeMap<(usize, usize), Part> = BTreeMap::new();
    for polygon in polygons {
        let Some(bounds) = polygon.bounding_rect() else {
            continue;
        };
        let rows = steps_of(bounds.min().y + 90.0, bounds.max().y + 90.0, step_deg);
        let columns = steps_of(bounds.min().x + 180.0, bounds.max().x + 180.0, step_deg);
        if rows.len() * columns.len() > 8 * CELLS_MAX {
            return Err(GridError::TooMany(rows.len() * columns.len()));
        }
        let one_column = columns.len() == 1;
        for row in rows.clone() {
            let south = row as f64 * step_deg - 90.0;
            let strip = match rows.len() {
                1 => MultiPolygon::new(vec![polygon.clone()]),
                _ => cut(
                    polygon,
                    [bounds.min().x, south, bounds.max().x, south + step_deg],
                ),
            };
            for piece in &strip {
                let Some(piece_bounds) = piece.bounding_rect() else {
                    continue;
                };
                let (left, right) = (piece_bounds.min().x + 180.0, piece_bounds.max().x + 180.0);
                let columns = steps_of(left, right, step_deg);
                if one_column || columns.len() == 1 {
                    add(&mut parts, (row, columns.start), piece);
                    continue;
                }
                for column in columns {
                    let west = column as f64 * step_deg - 180.0;
                    let cell = [
                        west,
                        piece_bounds.min().y,
                        west + step_deg,
                        piece_bounds.max().y,
                    ];
                    for part in &cut(piece, cell) {
                        add(&mut parts, (row, column), part);
                    }
                }
            }
        }
        if parts.len() > CELLS_MAX {
            return Err(GridError::TooMany(parts.len()));
        }
    }
    let cells = parts.into_iter().map(|((row, column), part)| {
        let (south, west) = (
            row as f64 * step_deg - 90.0,
            column as f64 * step_deg - 180.0,
        );
        let (x, y) = (part.moment.x / part.area_km2, part.moment.y / part.area_km2);
        Cell {
            bounds: [west, south, west + step_deg, (south + step_deg).min(90.0)],
            place: Geodetic::on_ground(wrap(x), y),
            area_km2: part.area_km2,
        }
    });
    Ok(cells.collect())
}

/// What is in one cell.
#[derive(Default)]
struct Part {
    area_km2: f64,
    /// Area times place.
    moment: Coord<f64>,
}

fn add(parts: &mut BTreeMap<(usize, usize), Part>, key: (usize, usize), polygon: &Polygon<f64>) {
    let area_km2 = polygon_km2(polygon);
    let Some(middle) = polygon.centroid().filter(|_| area_km2 > 0.0) else {
        return;
    };
    let part = parts.entry(key).or_default();
    part.area_km2 += area_km2;
    part.moment = part.moment + Coord::from(middle) * area_km2;
}

/// The numbers of the steps that hold a stretch.
fn steps_of(low: f64, high: f64, step_deg: f64) -> std::ops::Range<usize> {
    let first = (low / step_deg + 1e-9).floor().max(0.0) as usize;
    let end = (high / step_deg - 1e-9).ceil().max(0.0) as usize;
    first..end.max(first + 1)
}

fn cut(polygon: &Polygon<f64>, [west, south, east, north]: [f64; 4]) -> MultiPolygon<f64> {
    Rect::new((west, south), (east, north))
        .to_polygon()
        .intersection(polygon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::LineString;

    /// WGS 84: 510,065,621.7 km² (authalic radius 6,371.007181 km).
    const EARTH_KM2: f64 = 510_065_621.7;

    fn sum(cells: &[Cell]) -> f64 {
        cells.iter().map(|c| c.area_km2).sum()
    }

    #[test]
    fn the_world_adds_up() {
        for step in [1.0, 7.0, 30.0] {
            let cells = cells_in_box([-180.0, -90.0, 180.0, 90.0], step).unwrap();
            assert!(
                (sum(&cells) / EARTH_KM2 - 1.0).abs() < 1e-9,
                "{}",
                sum(&cells)
            );
        }
        assert_eq!(
            cells_in_box([-180.0, -90.0, 180.0, 90.0], 1.0)
                .unwrap()
                .len(),
            64_800
        );
    }

    #[test]
    fn boxes_cross_the_antimeridian_and_are_cut_at_their_edges() {
        let cells = cells_in_box([170.0, -10.0, -175.0, 10.0], 4.0).unwrap();
        assert_eq!(cells.len(), 4 * 5);
        assert!(
            cells
                .iter()
                .all(|c| (-180.0..180.0).contains(&c.place.lon_deg))
        );
        let last = cells.last().unwrap();
        let off = |(is, should): (&f64, f64)| (is - should).abs();
        let bounds = last.bounds.iter().zip([182.0, 6.0, 185.0, 10.0]);
        assert!(bounds.map(off).all(|off| off < 1e-9), "{:?}", last.bounds);
        let east = cells_in_box([-5.0, -10.0, 10.0, 10.0], 4.0).unwrap();
        assert!((sum(&cells) - sum(&east)).abs() < 1e-6);
    }

    #[test]
    fn what_cannot_be_is_said() {
        let said = |bounds, step| cells_in_box(bounds, step).unwrap_err().to_string();
        assert!(said([0.0, 0.0, 1.0, 1.0], 0.0).contains("from 0.01 to 30"));
        assert!(said([0.0, 0.0, 1.0, 1.0], f64::NAN).contains("NaN"));
        assert!(said([0.0, 1.0, 1.0, 1.0], 1.0).contains("no inside"));
        assert!(said([0.0, 0.0, 190.0, 1.0], 1.0).contains("no inside"));
        assert!(said([-180.0, -90.0, 180.0, 90.0], 0.1).contains("at most"));
    }

    #[test]
    fn parts_of_polygons_add_up_and_small_ones_have_a_cell() {
        let ring = |points: &[(f64, f64)]| LineString::from(points.to_vec());
        let hole = ring(&[(3.0, 2.0), (4.5, 2.0), (4.5, 3.5), (3.0, 3.5), (3.0, 2.0)]);
        let outer = ring(&[(0.2, 0.3), (7.7, 1.1), (5.2, 8.9), (0.2, 0.3)]);
        let large = Polygon::new(outer, vec![hole]);
        let small = ring(&[(9.0, 9.0), (9.001, 9.0), (9.001, 9.001), (9.0, 9.0)]);
        let both = MultiPolygon::new(vec![large.clone(), Polygon::new(small, vec![])]);
        for step in [0.3, 1.0, 30.0] {
            let cells = cells_of_polygons(&both, step).unwrap();
            let whole: f64 = both.iter().map(polygon_km2).sum();
            assert!(
                (sum(&cells) / whole - 1.0).abs() < 3e-6,
                "{step}: {}",
                sum(&cells) / whole
            );
            for cell in &cells {
                let [w, s, e, n] = cell.bounds;
                let inside = (w - 1e-6..=e + 1e-6).contains(&cell.place.lon_deg)
                    && (s - 1e-6..=n + 1e-6).contains(&cell.place.lat_deg);
                assert!(inside, "{cell:?}");
            }
        }
    }
}
