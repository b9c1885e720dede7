//! Water gained and lost on the Ucayali at Pucallpa, against numpy, SciPy and pyproj.

use crate::products::{bands, run};
use crate::shared_data;
use corridor_know::product::{MASK_NODATA, ProductResult};
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use geo::algorithm::Validation;
use serde_json::{Value, json};
use std::io::Write;
use std::process::{Command, Stdio};

const YEARS: [&str; 4] = ["1985", "1995", "2005", "2020"];

fn pucallpa() -> Option<FileSource> {
    let folder = shared_data::folder("know/landsat_pucallpa")?;
    let names = [("swir16", ""), ("nir", ""), ("red", ""), ("green", "")];
    Some(YEARS.into_iter().fold(FileSource::new(), |source, year| {
        let scene = Scene {
            name: year.to_string(),
            time: format!("{year}-07-01T00:00:00Z").parse().unwrap(),
            files: bands(&folder.join(format!("{year}.tif")), &names, 1.0),
        };
        source.with_scene("scenes", scene)
    }))
}

fn count(result: &ProductResult, class: u8) -> u64 {
    result.mask.iter().filter(|v| **v == class).count() as u64
}

fn polygons(result: &ProductResult, class: &str) -> u64 {
    let of_class = |feature: &&geojson::Feature| feature.property("class") == Some(&json!(class));
    result.polygons.features.iter().filter(of_class).count() as u64
}

#[test]
fn water_change_equals_numpy_at_fixed_thresholds() {
    let Some(source) = pucallpa() else { return };
    let reference: Value =
        serde_json::from_str(include_str!("../reference/water_change.json")).unwrap();
    for pair in reference["pairs"].as_array().unwrap() {
        let (before, after) = (pair["before"].to_string(), pair["after"].to_string());
        let parameters = json!({"method": "fixed", "optical_threshold": 0.0, "min_pixels": 0});
        let result = run(
            "water-change",
            &source,
            &[&before, &after],
            None,
            parameters,
        )
        .unwrap();
        for (class, name) in (0..).zip(["dry", "gained", "lost", "water"]) {
            assert_eq!(
                Some(count(&result, class)),
                pair["pixels"][name].as_u64(),
                "{name}"
            );
            let own = result.statistics[&format!("area_km2_{name}")]
                .as_f64()
                .unwrap();
            let other = pair["area_km2"][name].as_f64().unwrap();
            // Pixels' edges are geodesics there, parallels here.
            assert!(
                (own / other - 1.0).abs() < 1e-6,
                "{name}: {own} {other} km²"
            );
        }
        assert_eq!(Some(count(&result, MASK_NODATA)), pair["unknown"].as_u64());
        for name in ["gained", "lost"] {
            assert_eq!(
                Some(polygons(&result, name)),
                pair["patches"][name].as_u64()
            );
        }
    }
}

#[test]
fn water_change_of_the_ucayali() {
    let Some(source) = pucallpa() else { return };
    let reference: Value =
        serde_json::from_str(include_str!("../reference/water_change.json")).unwrap();
    for pair in [
        ["1985", "1995"],
        ["1995", "2005"],
        ["2005", "2020"],
        ["1985", "2020"],
    ] {
        let result = run("water-change", &source, &pair, None, json!({})).unwrap();
        let figure = |name: &str| result.statistics[name].as_f64().unwrap();
        println!(
            "Ucayali {} to {}: {}; {:.2} km² gained and {:.2} km² lost per decade",
            pair[0],
            pair[1],
            result.headline,
            figure("km2_per_decade_gained"),
            figure("km2_per_decade_lost")
        );
        for (when, year) in [("before", pair[0]), ("after", pair[1])] {
            let (own, other) = (
                figure(&format!("threshold_{when}")),
                reference["otsu"][year].as_f64().unwrap(),
            );
            println!(
                "  threshold {year}: {own:.4}, scikit-image's over the whole scene {other:.4}"
            );
        }
        let per_decade = figure("area_km2_gained") / figure("years") * 10.0;
        assert!((figure("km2_per_decade_gained") - per_decade).abs() < 1e-9);
        // The polygons cover what the pixels of both classes cover.
        let both = figure("area_km2_gained") + figure("area_km2_lost");
        assert!((figure("polygon_area_km2") / both - 1.0).abs() < 1e-5);
        let areas = result
            .polygons
            .features
            .iter()
            .map(|f| f.property("area_km2"));
        let summed: f64 = areas.map(|km2| km2.unwrap().as_f64().unwrap()).sum();
        assert!((summed / both - 1.0).abs() < 1e-5);
        valid_polygons(&result);
        crate::products::keep(&format!("water-change-{}-{}", pair[0], pair[1]), &result);
    }
}

/// Neither geo nor GEOS finds a polygon invalid.
pub(crate) fn valid_polygons(result: &ProductResult) {
    for feature in &result.polygons.features {
        let value = feature.geometry.clone().unwrap().value;
        let polygon: geo::Polygon<f64> = value.try_into().unwrap();
        assert!(polygon.is_valid(), "{:?}", polygon.validation_errors());
    }
    valid_for_shapely(result);
}

/// GEOS finds no polygon invalid, and none that overlaps another.
fn valid_for_shapely(result: &ProductResult) {
    const SCRIPT: &str = "
import json, sys, shapely, shapely.geometry
shapes = [shapely.geometry.shape(f['geometry']) for f in json.load(sys.stdin)['features']]
bad = [shapely.is_valid_reason(s) for s in shapes if not shapely.is_valid(s)]
apart = abs(shapely.union_all(shapes).area - sum(s.area for s in shapes)) < 1e-9
print(len(shapes), len(bad), apart, bad[:3])
";
    let Some(python) = std::env::var_os("CORRIDOR_PYTHON") else {
        println!("skipped: CORRIDOR_PYTHON names no python with shapely");
        return;
    };
    let mut child = Command::new(python)
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = serde_json::to_vec(&result.polygons).unwrap();
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let said = child.wait_with_output().unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    let wanted = format!("{} 0 True", result.polygons.features.len());
    assert!(said.starts_with(&wanted), "{said} instead of {wanted}");
}
