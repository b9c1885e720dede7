#![allow(clippy::float_cmp, reason = "boxes keep their very numbers")]

use super::*;
use proptest::prelude::*;

fn polygon(ring: &str) -> Result<Area, AreaError> {
    Area::from_geojson(&format!(r#"{{"type":"Polygon","coordinates":[{ring}]}}"#))
}

#[test]
fn a_box_is_a_polygon() {
    let area = Area::from_bbox(-34.93, -8.06, -34.83, -7.96).unwrap();
    let same =
        polygon("[[-34.93,-8.06],[-34.83,-8.06],[-34.83,-7.96],[-34.93,-7.96],[-34.93,-8.06]]");
    assert_eq!(same.unwrap(), area);
    // geographiclib's Planimeter gives 121.91 km2.
    assert!((area.area_km2() - 121.9).abs() < 0.2, "{}", area.area_km2());
    assert!((area.middle().lat_deg + 8.01).abs() < 0.01);
    assert_eq!(area.bbox(), [-34.93, -8.06, -34.83, -7.96]);
}

/// The ellipsoid's surface is 510,065,621.724 km2 (Moritz 1980 for GRS 80: 510,065,621.7).
#[test]
fn zones_add_up_to_the_earth() {
    let earth_km2 = 2.0 * zone_m2(90.0) * std::f64::consts::TAU * 1e-6;
    assert!((earth_km2 - 510_065_621.7).abs() < 1.0, "{earth_km2}");
    let cap = Area::from_bbox(-180.0, 60.0, 180.0, 90.0).unwrap();
    let want_km2 = (zone_m2(90.0) - zone_m2(60.0)) * std::f64::consts::TAU * 1e-6;
    assert!((cap.area_km2() / want_km2 - 1.0).abs() < 1e-6);
    assert!(cap.middle().lat_deg > 89.9);
}

#[test]
fn across_the_antimeridian() {
    let area = Area::from_bbox(177.0, -19.0, -178.0, -16.0).unwrap();
    assert_eq!(area.polygon().0.len(), 2);
    assert_eq!(area.bbox(), [177.0, -19.0, -178.0, -16.0]);
    assert!((area.middle().lon_deg - 179.5).abs() < 1e-6);
    let ring = "[[177,-19],[-178,-19],[-178,-16],[177,-16],[177,-19]]";
    assert!((polygon(ring).unwrap().area_km2() - area.area_km2()).abs() < 1e-6);
    let plain = Area::from_bbox(7.0, -19.0, 12.0, -16.0).unwrap();
    assert!((plain.area_km2() - area.area_km2()).abs() < 1e-3);
}

#[test]
fn holes_count_off_and_beside_their_ring() {
    let ring = "[[178,0],[-178,0],[-178,4],[178,4],[178,0]]";
    let hole = "[[-179.5,1],[-179,1],[-179,2],[-179.5,2],[-179.5,1]]";
    let whole = polygon(ring).unwrap().area_km2();
    let holed = polygon(&format!("{ring},{hole}")).unwrap().area_km2();
    let out = Area::from_bbox(-179.5, 1.0, -179.0, 2.0)
        .unwrap()
        .area_km2();
    assert!((whole - holed - out).abs() < 1e-6);
}

#[test]
fn bad_areas_are_named() {
    let said = |r: Result<Area, AreaError>| r.unwrap_err().to_string();
    assert!(said(Area::from_bbox(0.0, -91.0, 1.0, 1.0)).starts_with("latitude -91 is outside"));
    assert!(said(Area::from_bbox(0.0, 0.0, 181.0, 1.0)).starts_with("longitude 181 is outside"));
    assert!(said(Area::from_bbox(0.0, 1.0, 1.0, 0.0)).contains("has no inside"));
    assert!(said(Area::from_bbox(0.0, f64::NAN, 1.0, 0.0)).starts_with("latitude NaN"));
    assert!(said(Area::from_bbox(5.0, 0.0, 5.0, 1.0)).contains("has no inside"));
    let bow_tie = "[[0,0],[2,2],[2,0],[0,2],[0,0]]";
    assert!(said(polygon(bow_tie)).contains("self-intersection"));
    assert_eq!(
        said(polygon("[[0,0],[0,95],[1,1],[0,0]]"))
            .split(' ')
            .nth(1),
        Some("95")
    );
    assert!(said(polygon("[[0,0],[1,0],[0,0]]")).starts_with("ring 1 has 3 positions"));
    assert!(said(polygon("[[0,0],[1,0],[1,1],[0,1]]")).starts_with("ring 1 is not closed"));
    assert_eq!(
        polygon("[]").unwrap_err(),
        AreaError::Short {
            ring: 1,
            positions: 0
        }
    );
    assert!(said(polygon("[[0,0],[1,1],[2,2],[0,0]]")).starts_with("area is"));
    assert!(said(polygon("[[0,70],[120,70],[-120,70],[0,70]]")).contains("goes round a pole"));
    let json = Area::from_geojson;
    assert!(said(json("{")).starts_with("area is not GeoJSON"));
    assert_eq!(
        json(r#"{"type":"Polygon","coordinates":[]}"#),
        Err(AreaError::Empty)
    );
    assert_eq!(
        json(r#"{"type":"FeatureCollection","features":[]}"#),
        Err(AreaError::Empty)
    );
    assert!(said(json(r#"{"type":"Point","coordinates":[0,0]}"#)).contains("area is a Point"));
    assert!(said(Area::from_bbox(-180.0, -90.0, 180.0, 90.0)).contains("at most 60"));
    let many: Vec<String> = (0..=VERTICES_MAX)
        .map(|k| {
            format!(
                "[{},{}]",
                k as f64 * 0.001,
                if k % 2 == 0 { 0.0 } else { 0.1 }
            )
        })
        .collect();
    assert!(said(polygon(&format!("[{},[0,0]]", many.join(",")))).contains("at most 10000"));
}

proptest! {
    #[test]
    fn nothing_panics(text in "[\\[\\]{},\":0-9a-z.\\-]{0,80}") {
        let _ = Area::from_geojson(&text);
        let _ = polygon(&text);
    }

    #[test]
    fn any_box_keeps_its_area(
        west in -180.0_f64..180.0, width in 0.001_f64..100.0,
        south in -90.0_f64..89.0, height in 0.001_f64..100.0,
    ) {
        let north = (south + height).min(90.0);
        let east = if west + width > 180.0 { west + width - 360.0 } else { west + width };
        if let Ok(area) = Area::from_bbox(west, south, east, north) {
            let want = (zone_m2(north) - zone_m2(south)) * width.to_radians() * 1e-6;
            prop_assert!((area.area_km2() / want - 1.0).abs() < 1e-5);
        }
    }
}
