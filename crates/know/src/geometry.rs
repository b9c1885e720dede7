//! Polygons over pixel grids.

use crate::error::GraphError;
use crate::value::Value;
use corridor_raster::RasterError;
use corridor_raster::dataset::Window;
use corridor_raster::grid::{Crs, Grid, Transformer};
use geo::{BoundingRect, Coord, CoordsIter, LineString, MapCoords, MultiPolygon, Polygon};

/// Most vertices of the geometries of one argument.
pub const VERTICES_MAX: usize = 2_000_000;

/// Reads polygons from GeoJSON: geometry, Feature, FeatureCollection or GeometryCollection.
///
/// One entry a Feature or geometry; entries that are no polygons are refused.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn polygons_of_geojson(json: &serde_json::Value) -> Result<Vec<MultiPolygon<f64>>, String> {
    let geojson: geojson::GeoJson = serde_json::from_value(json.clone())
        .map_err(|error| format!("this is not GeoJSON: {error}"))?;
    let geometries: Vec<Option<geojson::Geometry>> = match geojson {
        geojson::GeoJson::Geometry(geometry) => vec![Some(geometry)],
        geojson::GeoJson::Feature(feature) => vec![feature.geometry],
        geojson::GeoJson::FeatureCollection(collection) => collection
            .features
            .into_iter()
            .map(|f| f.geometry)
            .collect(),
    };
    let mut polygons = Vec::new();
    let mut vertices = 0;
    for geometry in geometries.into_iter().flatten() {
        let polygon = multi_polygon(geometry)?;
        vertices += polygon
            .0
            .iter()
            .map(|p| p.exterior().0.len() + p.interiors().iter().map(|r| r.0.len()).sum::<usize>())
            .sum::<usize>();
        if vertices > VERTICES_MAX {
            return Err(format!("more than {VERTICES_MAX} vertices"));
        }
        let finite =
            |ring: &LineString<f64>| ring.0.iter().all(|c| c.x.is_finite() && c.y.is_finite());
        if !polygon.0.iter().all(|p| finite(p.exterior())) {
            return Err("a coordinate is not a finite number".to_string());
        }
        polygons.push(polygon);
    }
    if polygons.is_empty() {
        return Err("there is no geometry in it".to_string());
    }
    Ok(polygons)
}

/// One feature: its geometry, longitude and latitude in degrees, and its properties.
#[derive(Debug, Clone)]
pub struct Feature {
    /// The geometry.
    pub geometry: geo::Geometry<f64>,
    /// Members of `properties`, and `id` where the feature has one.
    pub properties: serde_json::Map<String, serde_json::Value>,
}

/// Reads features of any geometry from GeoJSON; a bare geometry is one feature. Features without
/// geometry are left out.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn features_of_geojson(json: &serde_json::Value) -> Result<Vec<Feature>, String> {
    let geojson: geojson::GeoJson = serde_json::from_value(json.clone())
        .map_err(|error| format!("this is not GeoJSON: {error}"))?;
    let features = match geojson {
        geojson::GeoJson::Geometry(geometry) => vec![geojson::Feature::from(geometry)],
        geojson::GeoJson::Feature(feature) => vec![feature],
        geojson::GeoJson::FeatureCollection(collection) => collection.features,
    };
    let mut found = Vec::with_capacity(features.len());
    let mut vertices = 0;
    for feature in features {
        let mut properties = feature.properties.unwrap_or_default();
        match feature.id {
            Some(geojson::feature::Id::String(id)) => {
                properties.entry("id").or_insert(id.into());
            }
            Some(geojson::feature::Id::Number(id)) => {
                properties.entry("id").or_insert(id.into());
            }
            None => {}
        }
        let Some(geometry) = feature.geometry else {
            continue;
        };
        let geometry = whole(geometry)?;
        for coordinate in geometry.coords_iter() {
            vertices += 1;
            if !coordinate.x.is_finite() || !coordinate.y.is_finite() {
                return Err("a coordinate is not a finite number".to_string());
            }
        }
        if vertices > VERTICES_MAX {
            return Err(format!("more than {VERTICES_MAX} vertices"));
        }
        found.push(Feature {
            geometry,
            properties,
        });
    }
    if found.is_empty() {
        return Err("there is no geometry in it".to_string());
    }
    Ok(found)
}

/// Reads features from an argument: a vector cube or GeoJSON.
///
/// # Errors
/// `ProcessParameterInvalid`.
pub fn features_of_value(
    process: &str,
    name: &str,
    value: &Value,
) -> Result<Vec<Feature>, GraphError> {
    if let Value::Cube(cube) = value {
        let rows = cube.dimensions().iter().find(|d| d.geometries.is_some());
        let geometries = rows
            .and_then(|rows| rows.geometries.as_ref())
            .ok_or_else(|| {
                GraphError::argument(process, name, "the data cube has no geometries")
            })?;
        let properties = rows.and_then(|rows| rows.properties.as_ref());
        return Ok(geometries
            .iter()
            .enumerate()
            .map(|(row, geometry)| Feature {
                geometry: geometry.clone(),
                properties: properties
                    .and_then(|all| all.get(row).cloned())
                    .unwrap_or_default(),
            })
            .collect());
    }
    let json = value
        .to_json()
        .ok_or_else(|| GraphError::argument(process, name, "GeoJSON is needed"))?;
    features_of_geojson(&json).map_err(|reason| GraphError::argument(process, name, reason))
}

/// A geometry whose rings enclose something: a ring has four positions and more, the last as the first (RFC 7946
/// §3.1.6); one that is left open is closed.
fn whole(geometry: geojson::Geometry) -> Result<geo::Geometry<f64>, String> {
    let geometry: geo::Geometry<f64> = geometry
        .try_into()
        .map_err(|error: geojson::Error| format!("a geometry is broken: {error}"))?;
    rings_enclose(&geometry)?;
    Ok(geometry)
}

fn rings_enclose(geometry: &geo::Geometry<f64>) -> Result<(), String> {
    let polygons = match geometry {
        geo::Geometry::Polygon(polygon) => std::slice::from_ref(polygon),
        geo::Geometry::MultiPolygon(polygons) => &polygons.0,
        geo::Geometry::GeometryCollection(all) => return all.iter().try_for_each(rings_enclose),
        _ => return Ok(()),
    };
    let rings = polygons
        .iter()
        .flat_map(|p| std::iter::once(p.exterior()).chain(p.interiors()));
    match rings
        .map(|ring| ring.0.len())
        .find(|positions| (1..4).contains(positions))
    {
        None => Ok(()),
        Some(positions) => Err(format!(
            "a ring of {positions} positions, with the first again at its end; a polygon's ring has 4 at least"
        )),
    }
}

fn multi_polygon(geometry: geojson::Geometry) -> Result<MultiPolygon<f64>, String> {
    match whole(geometry)? {
        geo::Geometry::Polygon(polygon) => Ok(MultiPolygon(vec![polygon])),
        geo::Geometry::MultiPolygon(polygons) => Ok(polygons),
        geo::Geometry::GeometryCollection(all) => {
            let mut polygons = Vec::new();
            for one in all {
                match one {
                    geo::Geometry::Polygon(polygon) => polygons.push(polygon),
                    geo::Geometry::MultiPolygon(several) => polygons.extend(several.0),
                    _ => return Err("only polygons are supported".to_string()),
                }
            }
            Ok(MultiPolygon(polygons))
        }
        _ => Err("only polygons are supported, not points or lines".to_string()),
    }
}

/// Reads polygons from an argument.
///
/// # Errors
/// `ProcessParameterInvalid`.
pub fn polygons_of_value(
    process: &str,
    name: &str,
    value: &Value,
) -> Result<Vec<MultiPolygon<f64>>, GraphError> {
    if let Value::Cube(cube) = value {
        let geometries = cube.dimensions().iter().find_map(|d| d.geometries.as_ref());
        return geometries
            .into_iter()
            .flat_map(|all| all.iter())
            .map(|geometry| match geometry {
                geo::Geometry::Polygon(polygon) => Ok(MultiPolygon(vec![polygon.clone()])),
                geo::Geometry::MultiPolygon(polygons) => Ok(polygons.clone()),
                _ => Err(GraphError::argument(
                    process,
                    name,
                    "only polygons are supported",
                )),
            })
            .collect();
    }
    let json = value
        .to_json()
        .ok_or_else(|| GraphError::argument(process, name, "GeoJSON is needed"))?;
    polygons_of_geojson(&json).map_err(|reason| GraphError::argument(process, name, reason))
}

/// Polygons in longitude and latitude, moved to another reference system vertex by vertex.
///
/// # Errors
/// `FeatureUnsupported` where there is no way between the systems, `ProcessParameterInvalid` where
/// a vertex lies outside of where the target is defined.
pub fn to_crs(polygons: &MultiPolygon<f64>, crs: &Crs) -> Result<MultiPolygon<f64>, GraphError> {
    if crs.epsg_code() == Some(4326) {
        return Ok(polygons.clone());
    }
    let transformer = Transformer::new(&Crs::wgs84(), crs).map_err(projection)?;
    polygons.try_map_coords(|c| {
        let (x, y) = transformer.transform(c.x, c.y).map_err(projection)?;
        Ok(Coord { x, y })
    })
}

/// What the raster crate refuses, as openEO names it: systems between which there is no way, and
/// coordinates where a system is not defined, are the caller's to change.
pub(crate) fn projection(error: RasterError) -> GraphError {
    let code = match &error {
        RasterError::Crs { .. } | RasterError::Unsupported { .. } => "FeatureUnsupported",
        RasterError::Argument { .. } => "ProcessParameterInvalid",
        RasterError::Limit { .. } => "ProcessGraphComplexity",
        _ => "Internal",
    };
    GraphError::new(code, format!("moving coordinates: {error}"))
}

/// Which pixels have their centre inside or on the edge of the polygons (in the grid's system).
///
/// Row by row from the first, even-odd rule along scan lines through the centres.
pub fn covered(polygons: &[MultiPolygon<f64>], grid: &Grid) -> Vec<bool> {
    covered_part(polygons, grid, Window::whole(grid.width, grid.height))
}

/// As [`covered`], for a part of the grid only; each pixel is judged as it is in the whole.
pub fn covered_part(polygons: &[MultiPolygon<f64>], grid: &Grid, part: Window) -> Vec<bool> {
    let mut inside = vec![false; part.pixels()];
    for multi in polygons {
        for polygon in multi {
            cover(polygon, grid, part, &mut inside);
        }
    }
    inside
}

fn cover(polygon: &Polygon<f64>, grid: &Grid, part: Window, inside: &mut [bool]) {
    let edges: Vec<(Coord<f64>, Coord<f64>)> = std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .flat_map(|ring| ring.0.windows(2).map(|pair| (pair[0], pair[1])))
        .filter_map(|(a, b)| Some((pixel(grid, a)?, pixel(grid, b)?)))
        .collect();
    let top = edges
        .iter()
        .map(|(a, b)| a.y.min(b.y))
        .fold(f64::INFINITY, f64::min);
    let bottom = edges
        .iter()
        .map(|(a, b)| a.y.max(b.y))
        .fold(f64::NEG_INFINITY, f64::max);
    if edges.is_empty() {
        return;
    }
    let within = |place: f64, from: usize, length: usize| {
        place.clamp(from as f64, (from + length) as f64) as usize
    };
    let first = within((top - 0.5).ceil(), part.row, part.height);
    let end = within((bottom - 0.5).floor() + 1.0, part.row, part.height);
    let mut crossings = Vec::new();
    for row in first..end {
        let y = row as f64 + 0.5;
        crossings.clear();
        for (a, b) in &edges {
            if (a.y <= y) != (b.y <= y) {
                crossings.push(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x));
            }
        }
        crossings.sort_unstable_by(f64::total_cmp);
        for pair in crossings.chunks_exact(2) {
            let from = within((pair[0] - 0.5).ceil(), part.col, part.width);
            let to = within((pair[1] - 0.5).floor() + 1.0, part.col, part.width);
            if from < to {
                let line = (row - part.row) * part.width;
                inside[line + from - part.col..line + to - part.col].fill(true);
            }
        }
    }
}

fn pixel(grid: &Grid, c: Coord<f64>) -> Option<Coord<f64>> {
    grid.pixel_of(c.x, c.y).map(|(x, y)| Coord { x, y })
}

/// Bounding box [west, south, east, north] of polygons.
pub fn bounds(polygons: &[MultiPolygon<f64>]) -> Option<[f64; 4]> {
    polygons
        .iter()
        .filter_map(BoundingRect::bounding_rect)
        .map(|r| [r.min().x, r.min().y, r.max().x, r.max().y])
        .reduce(|a, b| {
            [
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[2].max(b[2]),
                a[3].max(b[3]),
            ]
        })
}

/// Bounding box of a box in another system: its edges, cut in pieces, moved there.
///
/// # Errors
/// `FeatureUnsupported` where there is no way between the systems, `ProcessParameterInvalid` where
/// all of the box lies outside of where the target is defined.
pub fn bounds_in(bounds: [f64; 4], from: &Crs, to: &Crs) -> Result<[f64; 4], GraphError> {
    /// Pieces an edge is cut in: a box of 10° is then within a few metres.
    const PIECES: usize = 32;
    if from == to {
        return Ok(bounds);
    }
    let transformer = Transformer::new(from, to).map_err(projection)?;
    let [west, south, east, north] = bounds;
    let mut moved = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    for piece in 0..=PIECES {
        let part = piece as f64 / PIECES as f64;
        let (x, y) = (west + part * (east - west), south + part * (north - south));
        for (x, y) in [(x, south), (x, north), (west, y), (east, y)] {
            // Corners of a wide box may lie outside of where a projection is defined.
            let Ok((x, y)) = transformer.transform(x, y) else {
                continue;
            };
            moved = [
                moved[0].min(x),
                moved[1].min(y),
                moved[2].max(x),
                moved[3].max(y),
            ];
        }
    }
    if moved.iter().all(|value| value.is_finite()) {
        Ok(moved)
    } else {
        Err(GraphError::new(
            "ProcessParameterInvalid",
            format!(
                "the extent {bounds:?} lies where the reference system of the data is not defined"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn holes_are_not_covered_and_centres_decide() {
        let polygons = polygons_of_geojson(&json!({"type": "Polygon", "coordinates": [
            [[0.4, 0.4], [5.6, 0.4], [5.6, 5.6], [0.4, 5.6], [0.4, 0.4]],
            [[2.0, 2.0], [2.0, 4.0], [4.0, 4.0], [4.0, 2.0], [2.0, 2.0]]
        ]}))
        .unwrap();
        let grid = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 6.0, 0.0, -1.0], 6, 6);
        let inside = covered(&polygons, &grid);
        assert_eq!(inside.iter().filter(|i| **i).count(), 36 - 4);
        assert!(!inside[2 * 6 + 2] && inside[0]);
    }

    #[test]
    fn lines_and_broken_geometries_are_refused() {
        for bad in [
            json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]}),
            json!({"type": "Polygon", "coordinates": "x"}),
            json!({"type": "FeatureCollection", "features": []}),
            json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}),
            json!({"type": "MultiPolygon", "coordinates": [[[[0, 0], [1, 1], [0, 0]]]]}),
            json!({"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1]]]}]}),
            json!(12),
        ] {
            assert!(polygons_of_geojson(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn rings_left_open_are_closed_and_those_of_two_points_refused() {
        let ring = |text: &str| json!({"type": "Polygon", "coordinates": [serde_json::from_str::<serde_json::Value>(text).unwrap()]});
        let open = ring("[[0, 0], [4, 0], [4, 4]]");
        assert_eq!(
            polygons_of_geojson(&open).unwrap()[0].0[0]
                .exterior()
                .0
                .len(),
            4
        );
        assert_eq!(features_of_geojson(&open).unwrap().len(), 1);
        let flat = ring("[[0, 0], [4, 0]]");
        for error in [
            polygons_of_geojson(&flat).unwrap_err(),
            features_of_geojson(&flat).unwrap_err(),
        ] {
            assert!(error.contains("4 at least"), "{error}");
        }
    }
}
