//! Geometries as well-known binary.
//!
//! Source: OGC 06-103r4, Simple feature access 1.2.1, section 8.2.3 to 8.2.8: a byte for the order
//! (1: least byte first), the type, counts and coordinates. An empty point has NaN coordinates, as
//! readers take it.

use geo::{Coord, Geometry, LineString, Polygon};

const POINT: u32 = 1;
const LINE: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_POINT: u32 = 4;
const MULTI_LINE: u32 = 5;
const MULTI_POLYGON: u32 = 6;
const COLLECTION: u32 = 7;

/// Its bytes, and the name of its type as GeoJSON has it.
pub(super) fn encode(geometry: &Geometry<f64>) -> (Vec<u8>, &'static str) {
    let mut bytes = Vec::new();
    let name = put(&mut bytes, geometry);
    (bytes, name)
}

fn put(to: &mut Vec<u8>, geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(point) => put_point(to, point.0),
        Geometry::Line(line) => put_line(to, &LineString::from(line)),
        Geometry::LineString(line) => put_line(to, line),
        Geometry::Polygon(polygon) => put_polygon(to, polygon),
        Geometry::Rect(rect) => put_polygon(to, &rect.to_polygon()),
        Geometry::Triangle(triangle) => put_polygon(to, &triangle.to_polygon()),
        Geometry::MultiPoint(points) => {
            head(to, MULTI_POINT, points.0.len());
            for point in &points.0 {
                put_point(to, point.0);
            }
            "MultiPoint"
        }
        Geometry::MultiLineString(lines) => {
            head(to, MULTI_LINE, lines.0.len());
            for line in &lines.0 {
                put_line(to, line);
            }
            "MultiLineString"
        }
        Geometry::MultiPolygon(polygons) => {
            head(to, MULTI_POLYGON, polygons.0.len());
            for polygon in &polygons.0 {
                put_polygon(to, polygon);
            }
            "MultiPolygon"
        }
        Geometry::GeometryCollection(all) => {
            head(to, COLLECTION, all.0.len());
            for one in &all.0 {
                put(to, one);
            }
            "GeometryCollection"
        }
    }
}

fn kind(to: &mut Vec<u8>, kind: u32) {
    to.push(1);
    to.extend(kind.to_le_bytes());
}

fn head(to: &mut Vec<u8>, of: u32, count: usize) {
    kind(to, of);
    put_count(to, count);
}

/// Geometries come from JSON of a bounded size: their counts fit.
fn put_count(to: &mut Vec<u8>, count: usize) {
    to.extend((count as u32).to_le_bytes());
}

fn put_coord(to: &mut Vec<u8>, coord: Coord<f64>) {
    to.extend(coord.x.to_le_bytes());
    to.extend(coord.y.to_le_bytes());
}

fn put_point(to: &mut Vec<u8>, coord: Coord<f64>) -> &'static str {
    kind(to, POINT);
    put_coord(to, coord);
    "Point"
}

fn put_line(to: &mut Vec<u8>, line: &LineString<f64>) -> &'static str {
    kind(to, LINE);
    put_coords(to, line);
    "LineString"
}

fn put_coords(to: &mut Vec<u8>, line: &LineString<f64>) {
    put_count(to, line.0.len());
    line.0.iter().for_each(|coord| put_coord(to, *coord));
}

fn put_polygon(to: &mut Vec<u8>, polygon: &Polygon<f64>) -> &'static str {
    head(to, POLYGON, 1 + polygon.interiors().len());
    put_coords(to, polygon.exterior());
    for ring in polygon.interiors() {
        put_coords(to, ring);
    }
    "Polygon"
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes as `ST_AsBinary` of PostGIS and shapely give them for the same texts.
    #[test]
    fn bytes_are_those_of_the_standard() {
        let hex = |geometry: Geometry<f64>| {
            let (bytes, name) = encode(&geometry);
            let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
            (digits, name)
        };
        let (point, name) = hex(Geometry::Point((1.0, 2.0).into()));
        assert_eq!(name, "Point");
        assert_eq!(point, "0101000000000000000000f03f0000000000000040");
        let ring = LineString::from(vec![(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]);
        let triangle = Polygon::new(ring, Vec::new());
        let (polygon, _) = hex(Geometry::Polygon(triangle.clone()));
        let expected = concat!(
            "01030000000100000004000000",
            "00000000000000000000000000000000",
            "000000000000f03f0000000000000000",
            "0000000000000000000000000000f03f",
            "00000000000000000000000000000000",
        );
        assert_eq!(polygon, expected);
        let (several, name) = hex(Geometry::MultiPolygon(vec![triangle].into()));
        assert_eq!(name, "MultiPolygon");
        assert_eq!(several, format!("010600000001000000{expected}"));
    }
}
