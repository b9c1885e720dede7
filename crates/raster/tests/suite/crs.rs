//! Coordinates against PROJ, and what is refused.

use corridor_raster::grid::{Crs, Transformer};

use crate::real_data::{number, reference};

/// Metres a degree of latitude, for bounds.
const DEGREE_M: f64 = 111_000.0;

#[test]
fn points_agree_with_proj() {
    let points = reference("crs.json");
    let points = points["points"].as_array().unwrap();
    let (mut shifted, mut plain) = (0, 0);
    for p in points {
        let code = p["code"].as_u64().unwrap() as u32;
        let crs = Crs::epsg(code).unwrap();
        let own = Crs::epsg(p["gcs"].as_u64().unwrap() as u32).unwrap();
        let (lon, lat) = (number(&p["lon"]), number(&p["lat"]));
        let (x, y) = Transformer::new(&own, &crs)
            .unwrap()
            .transform(lon, lat)
            .unwrap();
        let (tx, ty) = (number(&p["x"]), number(&p["y"]));
        // Without a datum shift: a millimetre (or 1e-8 degrees).
        let bound = if crs.is_geographic() { 1e-8 } else { 2e-3 };
        assert!(
            (x - tx).abs() < bound && (y - ty).abs() < bound,
            "{code}: {x} {y}, PROJ {tx} {ty}"
        );
        let (wlon, wlat) = Transformer::new(&crs, &Crs::wgs84())
            .unwrap()
            .transform(tx, ty)
            .unwrap();
        let east_m = (wlon - number(&p["wgs84"][0])) * DEGREE_M * lat.to_radians().cos();
        let north_m = (wlat - number(&p["wgs84"][1])) * DEGREE_M;
        let distance_m = east_m.hypot(north_m);
        // With one: PROJ may choose an operation that is better at the point.
        let bound_m = if p["shift"] == true { 12.0 } else { 3.0 };
        assert!(
            distance_m < bound_m,
            "{code}: {distance_m} m from PROJ's WGS 84"
        );
        if p["shift"] == true {
            shifted += 1
        } else {
            plain += 1
        }
    }
    assert!(shifted > 50 && plain > 200, "{shifted} {plain}");
}

#[test]
fn uncovered_shifts_and_codes_are_refused_by_name() {
    let nad27 = Crs::epsg(26718).unwrap();
    let error = Transformer::new(&nad27, &Crs::wgs84())
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("EPSG:26718") && error.contains("datum shift"),
        "{error}"
    );
    // Inside the datum there is nothing to shift.
    assert!(Transformer::new(&nad27, &Crs::epsg(4267).unwrap()).is_ok());
    let error = Crs::epsg(999_999).unwrap_err().to_string();
    assert!(error.contains("EPSG:999999"), "{error}");
    let kept = Crs::from_code(999_999);
    assert_eq!(kept.epsg_code(), Some(999_999));
    assert!(Transformer::new(&kept, &Crs::wgs84()).is_err());
    assert!(Transformer::new(&Crs::unknown(), &Crs::wgs84()).is_err());
    for text in [
        "+proj=nonsense",
        "+proj=utm +zone=99 +ellps=WGS84",
        "EPSG:x",
        "",
        "+proj=geocent +datum=WGS84",
        "+proj=longlat +towgs84=1,2",
    ] {
        assert!(text.parse::<Crs>().is_err(), "{text}");
    }
}
