//! Polygons of the pixels of a class.

use crate::error::GraphError;
use crate::geometry::projection;
use corridor_raster::grid::{Crs, Grid, Transformer};
use geo::{Contains, Coord, LineString, Polygon};
use std::collections::BTreeMap;

/// Most polygons of one mask.
pub const POLYGONS_MAX: usize = 100_000;
/// Lines of the grid, so many pixels apart, at which a straight edge has a vertex: lines straight in
/// the grid's system are then geodesics to far below a pixel.
const EDGE_PX_MAX: usize = 64;

/// Polygons in longitude and latitude of the pixels with this value, largest first.
///
/// Pixels belong together where they share an edge. Rings run along pixel edges, exteriors
/// counter-clockwise, holes clockwise (RFC 7946); the polygons are valid (OGC simple features) and
/// do not overlap, and those of two values of a mask share the vertices of their border. Vertices
/// are rounded to 1e-9 degrees.
///
/// # Errors
/// `ProcessGraphComplexity` for more than [`POLYGONS_MAX`] polygons, `Internal` where the grid's
/// system cannot be moved to longitude and latitude.
pub fn polygons(mask: &[u8], value: u8, grid: &Grid) -> Result<Vec<Polygon<f64>>, GraphError> {
    let (labels, count) = components(mask, value, grid.width, grid.height);
    if count > POLYGONS_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("the mask has {count} polygons; at most {POLYGONS_MAX}"),
        ));
    }
    let transformer = if grid.crs.epsg_code() == Some(4326) {
        None
    } else {
        Some(Transformer::new(&grid.crs, &Crs::wgs84()).map_err(projection)?)
    };
    let to_degrees = |vertex: &Vertex| -> Result<Coord<f64>, GraphError> {
        let (x, y) = grid.coordinate_of(vertex.0 as f64, vertex.1 as f64);
        let (x, y) = match &transformer {
            None => (x, y),
            Some(transformer) => transformer.transform(x, y).map_err(projection)?,
        };
        let rounded = |degrees: f64| (degrees * 1e9).round() / 1e9;
        Ok(Coord {
            x: rounded(x),
            y: rounded(y),
        })
    };
    let mut edges = boundaries(&labels, count, grid.width, grid.height);
    let mut all = Vec::with_capacity(count);
    for own in &mut edges {
        let mut exteriors = Vec::new();
        let mut holes = Vec::new();
        for ring in rings(own) {
            let inside_first = doubled_area(&ring) > 0;
            let line: Vec<Coord<f64>> = straightened(&ring, mask, grid.width, grid.height)
                .iter()
                .map(&to_degrees)
                .collect::<Result<_, _>>()?;
            if inside_first {
                exteriors.push(line);
            } else {
                holes.push(line);
            }
        }
        let holes: Vec<LineString<f64>> =
            holes.into_iter().map(|ring| closed(ring, false)).collect();
        if let [exterior] = exteriors.as_mut_slice() {
            all.push(Polygon::new(closed(std::mem::take(exterior), true), holes));
            continue;
        }
        // Pixels that share an edge have one exterior; more would be an error above, and each
        // hole then goes to the exterior around it.
        for exterior in exteriors {
            let bare = Polygon::new(closed(exterior, true), Vec::new());
            let own = holes
                .iter()
                .filter(|hole| hole.0.iter().any(|c| bare.contains(c)));
            all.push(Polygon::new(
                bare.exterior().clone(),
                own.cloned().collect(),
            ));
        }
    }
    all.sort_by(|a, b| {
        crate::area::polygon_geodesic_km2(b).total_cmp(&crate::area::polygon_geodesic_km2(a))
    });
    Ok(all)
}

/// A corner of pixels: column, row.
type Vertex = (usize, usize);

/// Label (from 1) of each pixel of the value, 0 elsewhere; and the number of labels.
pub(crate) fn components(mask: &[u8], value: u8, width: usize, height: usize) -> (Vec<u32>, usize) {
    let mut labels = vec![0_u32; mask.len()];
    let mut count = 0;
    let mut open = Vec::new();
    for start in 0..mask.len().min(width * height) {
        if mask[start] != value || labels[start] != 0 {
            continue;
        }
        count += 1;
        labels[start] = count;
        open.push(start);
        while let Some(pixel) = open.pop() {
            for next in neighbours(pixel, width, height).into_iter().flatten() {
                if mask[next] == value && labels[next] == 0 {
                    labels[next] = count;
                    open.push(next);
                }
            }
        }
    }
    (labels, count as usize)
}

/// The four pixels that share an edge.
pub(crate) fn neighbours(pixel: usize, width: usize, height: usize) -> [Option<usize>; 4] {
    let (col, row) = (pixel % width, pixel / width);
    [
        (col > 0).then(|| pixel - 1),
        (col + 1 < width).then(|| pixel + 1),
        (row > 0).then(|| pixel - width),
        (row + 1 < height).then(|| pixel + width),
    ]
}

/// Boundary edges of each label, from vertex to vertex with the label's pixel on the right hand
/// (rows grow downwards, so that exteriors have positive area in (column, row)).
fn boundaries(
    labels: &[u32],
    count: usize,
    width: usize,
    height: usize,
) -> Vec<BTreeMap<Vertex, Vec<Vertex>>> {
    let mut edges: Vec<BTreeMap<Vertex, Vec<Vertex>>> = vec![BTreeMap::new(); count];
    for (pixel, label) in labels.iter().enumerate() {
        if *label == 0 {
            continue;
        }
        let own = &mut edges[*label as usize - 1];
        let (col, row) = (pixel % width, pixel / width);
        let [left, right, above, below] =
            neighbours(pixel, width, height).map(|n| n.is_some_and(|n| labels[n] == *label));
        let mut add = |from: Vertex, to: Vertex| own.entry(from).or_default().push(to);
        if !above {
            add((col, row), (col + 1, row));
        }
        if !right {
            add((col + 1, row), (col + 1, row + 1));
        }
        if !below {
            add((col + 1, row + 1), (col, row + 1));
        }
        if !left {
            add((col, row + 1), (col, row));
        }
    }
    edges
}

/// Joins edges to rings that pass no vertex twice. The first vertex is not repeated at the end.
fn rings(edges: &mut BTreeMap<Vertex, Vec<Vertex>>) -> Vec<Vec<Vertex>> {
    let mut rings = Vec::new();
    while let Some((start, _)) = edges.first_key_value() {
        let mut path = vec![*start];
        let mut places = BTreeMap::from([(*start, 0)]);
        while let Some(last) = path.last().copied() {
            let Some(next) = take(edges, last) else {
                break;
            };
            match places.get(&next).copied() {
                Some(place) => {
                    // A vertex for the second time: what lies between is a ring of its own.
                    let ring: Vec<Vertex> = path.drain(place..).collect();
                    for vertex in &ring {
                        places.remove(vertex);
                    }
                    rings.push(ring);
                    if path.is_empty() && !edges.contains_key(&next) {
                        break;
                    }
                    places.insert(next, path.len());
                    path.push(next);
                }
                None => {
                    places.insert(next, path.len());
                    path.push(next);
                }
            }
        }
    }
    rings
}

fn take(edges: &mut BTreeMap<Vertex, Vec<Vertex>>, from: Vertex) -> Option<Vertex> {
    let ends = edges.get_mut(&from)?;
    let next = ends.pop();
    if ends.is_empty() {
        edges.remove(&from);
    }
    next
}

/// Twice the area in (column, row); positive where the ring runs from column to row.
fn doubled_area(ring: &[Vertex]) -> i64 {
    let signed = |v: usize| i64::try_from(v).unwrap_or(i64::MAX);
    ring.iter()
        .zip(ring.iter().cycle().skip(1))
        .map(|(a, b)| signed(a.0) * signed(b.1) - signed(b.0) * signed(a.1))
        .sum()
}

/// The ring without most vertices on straight runs. Those where a run's neighbour changes stay:
/// there a border of the neighbours begins, and what is straight here may be bent elsewhere.
fn straightened(ring: &[Vertex], mask: &[u8], width: usize, height: usize) -> Vec<Vertex> {
    let at = |col: Option<usize>, row: Option<usize>| {
        let inside = col.zip(row).filter(|(c, r)| *c < width && *r < height);
        inside.map(|(col, row)| mask[row * width + col])
    };
    let meets = |(col, row): Vertex| {
        let (left, above) = (col.checked_sub(1), row.checked_sub(1));
        let around = [
            at(left, above),
            at(Some(col), above),
            at(left, Some(row)),
            at(Some(col), Some(row)),
        ];
        let same = |a: usize, b: usize| around[a] == around[b];
        // On a straight run two on one side are alike; are those on the other?
        !((same(0, 1) && same(2, 3)) || (same(0, 2) && same(1, 3)))
    };
    let count = ring.len();
    (0..count)
        .filter(|i| {
            let (before, own, after) = (
                ring[(i + count - 1) % count],
                ring[*i],
                ring[(i + 1) % count],
            );
            let straight =
                (before.0 == own.0 && own.0 == after.0) || (before.1 == own.1 && own.1 == after.1);
            !straight || (own.0 + own.1) % EDGE_PX_MAX == 0 || meets(own)
        })
        .map(|i| ring[i])
        .collect()
}

/// A closed ring in the wanted direction.
fn closed(mut ring: Vec<Coord<f64>>, counter_clockwise: bool) -> LineString<f64> {
    let area: f64 = ring
        .iter()
        .zip(ring.iter().cycle().skip(1))
        .map(|(a, b)| a.x * b.y - b.x * a.y)
        .sum();
    if (area > 0.0) != counter_clockwise {
        ring.reverse();
    }
    ring.extend(ring.first().copied());
    LineString(ring)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Validation};

    fn grid(width: usize, height: usize) -> Grid {
        Grid::new(
            Crs::wgs84(),
            [10.0, 0.01, 0.0, 50.0, 0.0, -0.01],
            width,
            height,
        )
    }

    fn mask(rows: &[&str]) -> (Vec<u8>, Grid) {
        let mask = rows
            .iter()
            .flat_map(|row| row.bytes())
            .map(|b| u8::from(b == b'#'))
            .collect();
        (mask, grid(rows[0].len(), rows.len()))
    }

    #[test]
    fn holes_and_touching_corners_stay_valid() {
        let (mask, grid) = mask(&[
            "#######..",
            "#.#...#.#",
            "##.##.###",
            "#.#...#.#",
            "#######..",
            ".......##",
        ]);
        let polygons = polygons(&mask, 1, &grid).unwrap();
        let pixels = mask.iter().filter(|m| **m == 1).count() as f64;
        let area: f64 = polygons.iter().map(Area::signed_area).sum();
        assert!((area / 1e-4 - pixels).abs() < 1e-3, "{area}");
        for polygon in &polygons {
            assert!(
                polygon.is_valid(),
                "{polygon:?}: {:?}",
                polygon.check_validation()
            );
            assert!(polygon.signed_area() > 0.0);
        }
    }

    proptest::proptest! {
        #[test]
        fn any_mask_gives_valid_polygons_of_its_area(bits in proptest::collection::vec(0_u8..2, 64)) {
            let polygons = polygons(&bits, 1, &grid(8, 8)).unwrap();
            let pixels = bits.iter().filter(|m| **m == 1).count() as f64;
            let area: f64 = polygons.iter().map(Area::signed_area).sum();
            proptest::prop_assert!((area / 1e-4 - pixels).abs() < 1e-3);
            proptest::prop_assert!(polygons.iter().all(Validation::is_valid));
        }
    }
}
