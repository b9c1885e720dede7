//! Areas on the ellipsoid.

use geo::{MultiPolygon, Polygon};
use geographiclib_rs::{Geodesic, PolygonArea, Winding};

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
