//! GeoJSON geometries checked and turned into shapes.

use geojson::{GeometryValue, Position};
use thiserror::Error;

/// Most positions in one geometry: a detailed coastline fits, a memory bomb does not.
pub const MAX_POSITIONS: usize = 200_000;
/// How far past ±180° of longitude the footprints of real Items reach, degrees: half a pixel of a
/// global grid, or a scene that its producer did not cut.
const OVERHANG_DEG: f64 = 5.0;
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
    convert(geometry, 180.0)
}

/// As [`to_geo`], for the footprint of an Item, which may hang over ±180° by a few degrees. What
/// hangs over is only found from its own side.
pub fn footprint(geometry: &geojson::Geometry) -> Result<geo::Geometry<f64>, ShapeError> {
    convert(geometry, 180.0 + OVERHANG_DEG)
}

/// Longitudes of an Item's `bbox`, brought back to ±180° where they hang over by a few degrees.
pub(crate) fn without_overhang(lon_deg: f64) -> f64 {
    if lon_deg.abs() <= 180.0 + OVERHANG_DEG {
        lon_deg.clamp(-180.0, 180.0)
    } else {
        lon_deg
    }
}

fn convert(
    geometry: &geojson::Geometry,
    lon_max_deg: f64,
) -> Result<geo::Geometry<f64>, ShapeError> {
    let mut seen = Seen {
        positions: 0,
        lon_max_deg,
    };
    check(&geometry.value, &mut seen, 0)?;
    if seen.positions == 0 {
        return Err(ShapeError::Empty);
    }
    geo::Geometry::try_from(geometry).map_err(|e| ShapeError::Other(e.to_string()))
}

/// What a check has counted, and its bound.
struct Seen {
    positions: usize,
    lon_max_deg: f64,
}

fn check(value: &GeometryValue, seen: &mut Seen, depth: usize) -> Result<(), ShapeError> {
    match value {
        GeometryValue::Point { coordinates } => positions(std::slice::from_ref(coordinates), seen),
        GeometryValue::MultiPoint { coordinates } => positions(coordinates, seen),
        GeometryValue::LineString { coordinates } => line(coordinates, seen),
        GeometryValue::MultiLineString { coordinates } => {
            coordinates.iter().try_for_each(|part| line(part, seen))
        }
        GeometryValue::Polygon { coordinates } => rings(coordinates, seen),
        GeometryValue::MultiPolygon { coordinates } => {
            coordinates.iter().try_for_each(|part| rings(part, seen))
        }
        GeometryValue::GeometryCollection { geometries } => {
            if depth == MAX_DEPTH {
                return Err(ShapeError::TooDeep);
            }
            geometries
                .iter()
                .try_for_each(|part| check(&part.value, seen, depth + 1))
        }
    }
}

fn line(coordinates: &[Position], seen: &mut Seen) -> Result<(), ShapeError> {
    if coordinates.len() < 2 {
        return Err(ShapeError::Line(coordinates.len()));
    }
    positions(coordinates, seen)
}

fn rings(rings: &[Vec<Position>], seen: &mut Seen) -> Result<(), ShapeError> {
    if rings.is_empty() {
        return Err(ShapeError::Empty);
    }
    for ring in rings {
        positions(ring, seen)?;
        if ring.len() < 4 || ring.first() != ring.last() {
            return Err(ShapeError::Ring(ring.len()));
        }
    }
    Ok(())
}

/// The conversion indexes longitude and latitude without asking, so their presence is checked here.
fn positions(list: &[Position], seen: &mut Seen) -> Result<(), ShapeError> {
    seen.positions += list.len();
    if seen.positions > MAX_POSITIONS {
        return Err(ShapeError::TooMany);
    }
    for position in list {
        let [lon_deg, lat_deg, ..] = *position.as_slice() else {
            return Err(ShapeError::Position(position.len()));
        };
        let lon_fits = (-seen.lon_max_deg..=seen.lon_max_deg).contains(&lon_deg);
        if !lon_fits || !(-90.0..=90.0).contains(&lat_deg) {
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
        // Reading JSON refuses these already; who builds geometries by hand meets them here.
        for count in [0, 1] {
            let coordinates = Position::from(vec![0.0; count]);
            let short = geojson::Geometry::new(GeometryValue::Point { coordinates });
            assert_eq!(to_geo(&short), Err(ShapeError::Position(count)));
        }
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
