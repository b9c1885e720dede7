use super::*;
use proptest::prelude::*;

fn sums_to_one(target: &Target) {
    let sum: f64 = target.samples().iter().map(|s| s.share).sum();
    assert!((sum - 1.0).abs() < 1e-9, "{sum}");
}

fn share(target: &Target, holds: impl Fn(&Geodetic) -> bool) -> f64 {
    let held = |s: &&Sample| {
        holds(&earth::to_geodetic(&corridor_orbit::frame::Position::new(
            s.r_m,
        )))
    };
    target.samples().iter().filter(held).map(|s| s.share).sum()
}

#[test]
fn samples_weigh_by_area_at_the_pole_and_over_the_antimeridian() {
    // Of a cap to 80 degrees, what lies north of 85 is a quarter, nearly: (1 - sin 85) / (1 - sin 80).
    let cap = Target::area(&Area::from_bbox(-180.0, 80.0, 180.0, 90.0).unwrap());
    sums_to_one(&cap);
    let part = share(&cap, |g| g.lat_deg > 85.0);
    let exact = (zone(90.0) - zone(85.0)) / (zone(90.0) - zone(80.0));
    assert!((part - exact).abs() < 2e-3, "{part} {exact}");
    let fiji = Target::area(&Area::from_bbox(177.0, -19.0, -178.0, -16.0).unwrap());
    sums_to_one(&fiji);
    let west = share(&fiji, |g| g.lon_deg > 0.0);
    assert!((west - 0.6).abs() < 1e-2, "{west}");
    assert!((3_500..5_000).contains(&fiji.samples().len()));
}

fn zone(lat_deg: f64) -> f64 {
    crate::area::zone_m2(lat_deg)
}

#[test]
fn a_hole_and_a_small_island_count_as_they_should() {
    let text = r#"{"type":"MultiPolygon","coordinates":[
        [[[0,0],[10,0],[10,10],[0,10],[0,0]],[[2,2],[2,8],[8,8],[8,2],[2,2]]],
        [[[20,0],[20.02,0],[20.02,0.02],[20,0.02],[20,0]]]]}"#;
    let target = Target::area(&Area::from_geojson(text).unwrap());
    sums_to_one(&target);
    assert!(
        share(&target, |g| (2.1..7.9).contains(&g.lon_deg)
            && (2.1..7.9).contains(&g.lat_deg))
            == 0.0
    );
    let island = share(&target, |g| g.lon_deg > 15.0);
    assert!(
        island > 0.0 && (island - 0.0004 / 64.0).abs() < 2e-6,
        "{island}"
    );
}

#[test]
fn a_line_over_the_antimeridian_has_the_length_of_a_geodesic() {
    // Along a meridian the line is the geodesic: 60 to 70 degrees is 1,114.9 km (Karney 2013).
    let meridian = Target::lines(&[vec![[10.0, 60.0], [10.0, 70.0]]]).unwrap();
    assert!(
        (meridian.length_km().unwrap() - 1_114.9).abs() < 0.1,
        "{meridian:?}"
    );
    let line = Target::lines(&[vec![[178.0, 0.0], [182.0, 0.0]]]).unwrap();
    sums_to_one(&line);
    assert!((line.length_km().unwrap() - 4.0 * 111.3195).abs() < 0.01);
    assert!((line.middle().lon_deg.abs() - 180.0).abs() < 1e-6);
    assert!((share(&line, |g| g.lon_deg > 0.0) - 0.5).abs() < 1e-3);
    assert_eq!(
        Target::lines(&[vec![[1.0, 1.0]]]).unwrap_err(),
        AreaError::Empty
    );
}

proptest! {
    #[test]
    fn any_box_is_shared_out(
        west in -180.0..=180.0_f64, south in -90.0..89.0_f64,
        wide in 0.01..90.0_f64, high in 0.01..40.0_f64, at in 0.1..0.9_f64,
    ) {
        let north = (south + high).min(90.0);
        let east = (west + wide + 180.0).rem_euclid(360.0) - 180.0;
        let Ok(area) = Area::from_bbox(west, south, east, north) else { return Ok(()) };
        let target = Target::area(&area);
        sums_to_one(&target);
        let lat = south + at * (north - south);
        let exact = (zone(north) - zone(lat)) / (zone(north) - zone(south));
        let part = share(&target, |g| g.lat_deg > lat);
        // A row is at most a seventh of the height of a box as flat as these.
        let rows = target.samples().len() as f64;
        prop_assert!((part - exact).abs() < 0.13 + 2.0 / rows.sqrt(), "{part} {exact}");
    }
}
