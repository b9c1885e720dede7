//! Figures against those of others (`tests/reference/`).

use corridor_know::area::{class_areas_km2, polygon_geodesic_km2};
use corridor_raster::grid::{Crs, Grid};
use serde_json::Value;

pub(crate) fn values() -> Value {
    serde_json::from_str(include_str!("../reference/reference.json")).unwrap()
}

fn ring(json: &Value) -> geo::LineString<f64> {
    let number = |v: &Value| v.as_f64().unwrap();
    let points: Vec<(f64, f64)> = json
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (number(&p[0]), number(&p[1])))
        .collect();
    points.into()
}

#[test]
fn polygon_areas_equal_pyproj() {
    for case in values()["areas"].as_array().unwrap() {
        let rings: Vec<_> = case["rings"].as_array().unwrap().iter().map(ring).collect();
        let polygon = geo::Polygon::new(rings[0].clone(), rings[1..].to_vec());
        let (own, other) = (
            polygon_geodesic_km2(&polygon),
            case["area_km2"].as_f64().unwrap(),
        );
        assert!(
            (own / other - 1.0).abs() < 1e-9,
            "{}: {own} {other}",
            case["name"]
        );
    }
}

#[test]
fn pixel_areas_equal_pyproj() {
    for case in values()["grids"].as_array().unwrap() {
        let number = |name: &str| case[name].as_u64().unwrap();
        let mut transform = [0.0; 6];
        for (own, value) in transform
            .iter_mut()
            .zip(case["transform"].as_array().unwrap())
        {
            *own = value.as_f64().unwrap();
        }
        let crs = Crs::epsg(u32::try_from(number("epsg")).unwrap()).unwrap();
        let (width, height) = (number("columns") as usize, number("rows") as usize);
        let grid = Grid::new(crs, transform, width, height);
        let areas = class_areas_km2(&vec![1; width * height], &grid).unwrap();
        let other = case["area_km2"].as_f64().unwrap();
        let relative = (areas[&1] / other - 1.0).abs();
        println!("EPSG:{}: {relative:.2e} of the area", number("epsg"));
        assert!(relative < 1e-6, "{}: {} {other}", case["epsg"], areas[&1]);
    }
}
