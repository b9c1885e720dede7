//! Polygons out of GeoJSON.

use super::AreaError;
use geojson::{Feature, GeoJson, Geometry, GeometryValue, Position};

/// Longest GeoJSON text read, bytes.
const TEXT_MAX: usize = 8 << 20;

/// Deepest nesting of geometry collections.
const DEPTH_MAX: usize = 8;

pub(super) type Rings = Vec<Vec<[f64; 2]>>;

/// Every polygon in the text, its rings as lists of longitude and latitude.
pub(super) fn polygons(text: &str) -> Result<Vec<Rings>, AreaError> {
    if text.len() > TEXT_MAX {
        return Err(AreaError::Json(format!("longer than {TEXT_MAX} bytes")));
    }
    let json: GeoJson = text
        .parse()
        .map_err(|e: geojson::Error| AreaError::Json(e.to_string()))?;
    let mut found = Vec::new();
    match json {
        GeoJson::Geometry(geometry) => collect(geometry, 0, &mut found)?,
        GeoJson::Feature(feature) => of_feature(feature, &mut found)?,
        GeoJson::FeatureCollection(all) => {
            for feature in all.features {
                of_feature(feature, &mut found)?;
            }
        }
    }
    Ok(found)
}

/// Every polygon of a geometry.
pub(super) fn of_geometry(geometry: Geometry) -> Result<Vec<Rings>, AreaError> {
    let mut found = Vec::new();
    collect(geometry, 0, &mut found)?;
    Ok(found)
}

fn of_feature(feature: Feature, found: &mut Vec<Rings>) -> Result<(), AreaError> {
    feature
        .geometry
        .map_or(Ok(()), |geometry| collect(geometry, 0, found))
}

fn collect(geometry: Geometry, depth: usize, found: &mut Vec<Rings>) -> Result<(), AreaError> {
    match geometry.value {
        GeometryValue::Polygon { coordinates } => {
            if !coordinates.is_empty() {
                found.push(rings(&coordinates)?);
            }
        }
        GeometryValue::MultiPolygon { coordinates } => {
            for polygon in coordinates.iter().filter(|p| !p.is_empty()) {
                found.push(rings(polygon)?);
            }
        }
        GeometryValue::GeometryCollection { geometries } if depth < DEPTH_MAX => {
            for inner in geometries {
                collect(inner, depth + 1, found)?;
            }
        }
        other => return Err(AreaError::Kind(other.type_name().to_string())),
    }
    Ok(())
}

fn rings(polygon: &[Vec<Position>]) -> Result<Rings, AreaError> {
    polygon
        .iter()
        .map(|ring| {
            ring.iter()
                .map(|p| match p.as_slice() {
                    [lon, lat, ..] => Ok([*lon, *lat]),
                    _ => Err(AreaError::Json(
                        "a position has fewer than two numbers".into(),
                    )),
                })
                .collect()
        })
        .collect()
}
