//! Burn severity, and the mask of clouds.

use crate::products::{bands, keep, run};
use crate::shared_data;
use corridor_know::product::MASK_NODATA;
use corridor_know::source::FileSource;
use corridor_know::source::assemble::{BandFile, Scene};
use serde_json::{Value, json};
use std::path::Path;

/// The bands of a Landsat 8 scene by name and common name.
pub(crate) fn landsat_8(folder: &Path, scene: &str, wanted: &[(&str, &str)]) -> Scene {
    let inside = |path: &Path, part: &str| {
        std::fs::read_dir(path)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.file_name().unwrap().to_string_lossy().contains(part))
            .unwrap()
    };
    let files = inside(folder, scene);
    let files = wanted
        .iter()
        .flat_map(|(band, common)| {
            let path = inside(&files, &format!("_{band}.TIF"));
            bands(&path, &[(band, common)], 2e-5)
        })
        .map(|file| BandFile {
            offset: -0.1,
            nodata: Some(0.0),
            ..file
        })
        .collect();
    let day = scene.rsplit('_').next().unwrap();
    Scene {
        name: scene.to_string(),
        time: format!("{}-{}-{}T15:40:00Z", &day[..4], &day[4..6], &day[6..])
            .parse()
            .unwrap(),
        files,
    }
}

#[test]
fn burn_classes_equal_numpy() {
    let Some(folder) = shared_data::folder("know/l8_newyork_2018") else {
        return;
    };
    let reference: Value = serde_json::from_str(include_str!("../reference/burn.json")).unwrap();
    for pair in reference["pairs"].as_array().unwrap() {
        let names = ["before", "after"].map(|when| pair[when].as_str().unwrap());
        let source = names.iter().fold(FileSource::new(), |source, name| {
            let scene = landsat_8(&folder, name, &[("B5", "nir08"), ("B7", "swir22")]);
            source.with_scene("scenes", scene)
        });
        let result = run("burn", &source, &names, None, json!({"min_pixels": 0})).unwrap();
        println!("{} to {}: {}", names[0], names[1], result.headline);
        assert_eq!(result.alternative, "narrow-nir");
        let count = |class: u8| result.mask.iter().filter(|v| **v == class).count() as u64;
        for (class, name) in [
            (5, "regrowth"),
            (0, "unburnt"),
            (1, "low"),
            (2, "moderate_low"),
            (3, "moderate_high"),
            (4, "high"),
        ] {
            assert_eq!(Some(count(class)), pair["pixels"][name].as_u64(), "{name}");
        }
        assert_eq!(Some(count(MASK_NODATA)), pair["unknown"].as_u64());
        let mean = result.statistics["dnbr_mean"].as_f64().unwrap();
        let other = pair["dnbr_mean"].as_f64().unwrap();
        assert!((mean - other).abs() < 1e-6, "{mean} {other}");
        let burnt: f64 = ["low", "moderate_low", "moderate_high", "high"]
            .iter()
            .map(|word| {
                let key = format!("area_km2_{word}_severity");
                result.statistics[&key].as_f64().unwrap()
            })
            .sum();
        assert!((result.area_km2 / burnt - 1.0).abs() < 1e-12);
        keep(&format!("burn-{}", names[1]), &result);
        crate::water_change::valid_polygons(&result);
    }
}
