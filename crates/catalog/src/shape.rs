//! GeoJSON geometries checked and turned into shapes.

use geojson::{GeometryValue, Position};
use thiserror::Error;

/// Most positions in one geometry: a detailed coastline fits, a memory bomb does not.
pub const MAX_POSITIONS: usize = 200_000;
/// Most collections within one another.
const MAX_DEPTH: usize = 8;

/// Why a geometry is refused.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ShapeError {
    /// No positions at all.
    #[error("geometry is empty")]
    Empty,
    /// A position of fewer than two numbers.
    #[error("a position has {0} numbers; give longitude and latitude")]
    Position(usize),
    /// A position off the Earth.
    #[error(
        "position {lon_deg},{lat_deg} is not on Earth; longitude is within -180 to 180 degrees, latitude within -90 to 90"
    )]
    OffEarth {
        /// Longitude given, degrees.
        lon_deg: f64,
        /// Latitude given, degrees.
        lat_deg: f64,
    },
    /// A ring of fewer than four positions, or one whose ends differ (RFC 7946 §3.1.6).
    #[error(
        "a polygon ring of {0} positions is not closed; the last position repeats the first, four at least"
    )]
    Ring(usize),
    /// A line of one position.
    #[error("a line has {0} position; give two at least")]
    Line(usize),
    /// More than [`MAX_POSITIONS`].
    #[error("geometry has more than {MAX_POSITIONS} positions")]
    TooMany,
    /// Geometry collections nested deeper than the limit.
    #[error("geometry collections are nested more than {MAX_DEPTH} deep")]
    TooDeep,
    /// Not convertible for another reason.
    #[error("geometry cannot be used: {0}")]
    Other(String),
}

/// The shape of a geometry whose positions are all on Earth. Planar in longitude and latitude.
pub fn to_geo(geometry: &geojson::Geometry) -> Result<geo::Geometry<f64>, ShapeError> {
    let mut positions = 0;
    check(&geometry.value, &mut positions, 0)?;
    if positions == 0 {
        return Err(ShapeError::Empty);
    }
    geo::Geometry::try_from(geometry).map_err(|e| ShapeError::Other(e.to_string()))
}

fn check(value: &GeometryValue, count: &mut usize, depth: usize) -> Result<(), ShapeError> {
    match value {
        GeometryValue::Point { coordinates } => positions(std::slice::from_ref(coordinates), count),
        GeometryValue::MultiPoint { coordinates } => positions(coordinates, count),
        GeometryValue::LineString { coordinates } => line(coordinates, count),
        GeometryValue::MultiLineString { coordinates } => {
            coordinates.iter().try_for_each(|part| line(part, count))
        }
        GeometryValue::Polygon { coordinates } => rings(coordinates, count),
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().try_for_each(|part| rings(part, count))
        }
        GeometryValue::GeometryCollection { geometries } => {
            if depth == MAX_DEPTH {
                return Err(ShapeError::TooDeep);
            }
            geometries
                .iter()
                .try_for_each(|part| check(&part.value, count, depth + 1))
        }
    }
}

fn line(coordinates: &[Position], count: &mut usize) -> Result<(), ShapeError> {
    if coordinates.len() < 2 {
        return Err(ShapeError::Line(coordinates.len()));
    }
    positions(coordinates, count)
}

fn rings(rings: &[Vec<Position>], count: &mut usize) -> Result<(), ShapeError> {
    if rings.is_empty() {
        return Err(ShapeError::Empty);
    }
    for ring in rings {
        positions(ring, count)?;
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(ShapeError::Ring(ring.len()));
        }
    }
    Ok(())
}

/// The conversion indexes longitude and latitude without asking, so their presence is checked here.
fn positions(list: &[Position], count: &mut usize) -> Result<(), ShapeError> {
    *count += list.len();
    if *count > MAX_POSITIONS {
        return Err(ShapeError::TooMany);
    }
    for position in list {
        let [lon_deg, lat_deg, ..] = *position.as_slice() else {
            return Err(ShapeError::Position(position.len()));
        };
        if !(-180.0..=180.0).contains(&lon_deg) || !(-90.0..=90.0).contains(&lat_deg) {
            return Err(ShapeError::OffEarth { lon_deg, lat_deg });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(value: Value) -> Result<geo::Geometry<f64>, ShapeError> {
        to_geo(&serde_json::from_value(value).unwrap())
    }

    #[test]
    fn what_is_not_a_shape_on_earth_is_refused() {
        let polygon = |ring: Value| read(json!({"type": "Polygon", "coordinates": [ring]}));
        assert_eq!(
            read(json!({"type": "Point", "coordinates": [1.0]})),
            Err(ShapeError::Position(1))
        );
        assert_eq!(
            read(json!({"type": "Point", "coordinates": []})),
            Err(ShapeError::Position(0))
        );
        assert_eq!(
            read(json!({"type": "Polygon", "coordinates": []})),
            Err(ShapeError::Empty)
        );
        assert_eq!(
            read(json!({"type": "MultiPolygon", "coordinates": []})),
            Err(ShapeError::Empty)
        );
        assert_eq!(
            polygon(json!([[0, 0], [1, 0], [0, 0]])),
            Err(ShapeError::Ring(3))
        );
        assert_eq!(
            polygon(json!([[0, 0], [1, 0], [1, 1], [0, 1]])),
            Err(ShapeError::Ring(4))
        );
        assert_eq!(
            read(json!({"type": "LineString", "coordinates": [[0, 0]]})),
            Err(ShapeError::Line(1))
        );
        assert!(matches!(
            read(json!({"type": "Point", "coordinates": [0, 90.1]})),
            Err(ShapeError::OffEarth { .. })
        ));
        let mut nested = json!({"type": "Point", "coordinates": [0, 0]});
        for _ in 0..10 {
            nested = json!({"type": "GeometryCollection", "geometries": [nested]});
        }
        assert_eq!(read(nested), Err(ShapeError::TooDeep));
    }

    #[test]
    fn heights_are_left_aside() {
        let point = read(json!({"type": "Point", "coordinates": [1.5, 2.5, 300.0]})).unwrap();
        assert_eq!(point, geo::Geometry::Point(geo::point! { x: 1.5, y: 2.5 }));
    }
}
