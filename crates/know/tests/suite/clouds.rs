//! Clouds and shadows of the Landsat 5 chip of ukis-csmask, against its reference mask.

use crate::products::{bands, keep, run};
use crate::shared_data;
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::{Crs, Grid};
use serde_json::{Value, json};

/// The chip on pixels of 30 m somewhere: it comes without a place.
fn chip(folder: &std::path::Path) -> (FileSource, Vec<f64>, tempfile::TempDir) {
    let chip = Dataset::open(&folder.join("landsat5_toa_u16.tif")).unwrap();
    let (width, height) = (chip.grid().width, chip.grid().height);
    let stored: Vec<BandData> = (0..chip.bands())
        .map(|band| {
            let values = chip.read_band(band).unwrap().values_f64();
            BandData::U16(values.into_iter().map(|v| v as u16).collect())
        })
        .collect();
    let place = [500_000.0, 30.0, 0.0, 5_000_000.0, 0.0, -30.0];
    let grid = Grid::new(Crs::epsg(32633).unwrap(), place, width, height);
    let placed = tempfile::tempdir().unwrap();
    let path = placed.path().join("chip.tif");
    cog::write(&path, &grid, &stored, &CogOptions::default()).unwrap();
    let names = ["blue", "green", "red", "nir", "swir16", "swir22"].map(|name| (name, ""));
    let scene = Scene {
        name: "landsat-5".to_string(),
        time: "2010-07-01T00:00:00Z".parse().unwrap(),
        files: bands(&path, &names, 1e-4),
    };
    let reference = Dataset::open(&folder.join("landsat5_ref.tif")).unwrap();
    let reference = reference.read_band(0).unwrap().values_f64();
    (
        FileSource::new().with_scene("scenes", scene),
        reference,
        placed,
    )
}

fn iou(mask: &[u8], class: u8, reference: &[f64], theirs: f64) -> f64 {
    let pairs = || {
        mask.iter()
            .map(|own| *own == class)
            .zip(reference.iter().map(|value| (value - theirs).abs() < 0.5))
    };
    let both = pairs().filter(|(own, other)| *own && *other).count();
    let either = pairs().filter(|(own, other)| *own || *other).count();
    both as f64 / either as f64
}

#[test]
fn clouds_and_shadows_score() {
    let Some(folder) = shared_data::folder("know/ukis_csmask") else {
        return;
    };
    let (source, reference, _placed) = chip(&folder);
    let result = run("clouds", &source, &["landsat-5"], None, json!({})).unwrap();
    keep("clouds", &result);
    crate::water_change::valid_polygons(&result);
    let (cloud, shadow) = (
        iou(&result.mask, 1, &reference, 4.0),
        iou(&result.mask, 2, &reference, 0.0),
    );
    println!("clouds score, Landsat 5 chip: cloud {cloud:.4}, shadow {shadow:.4}");
    println!("{}", result.headline);
    assert!(cloud >= 0.785, "cloud {cloud}");
    assert!(shadow >= 0.495, "shadow {shadow}");
}

#[test]
fn clouds_equal_numpy_and_scikit_image() {
    let Some(folder) = shared_data::folder("know/ukis_csmask") else {
        return;
    };
    let (source, reference, _placed) = chip(&folder);
    let other: Value = serde_json::from_str(include_str!("../reference/clouds.json")).unwrap();
    let parameters = json!({"min_pixels": 0});
    let result = run("clouds", &source, &["landsat-5"], None, parameters).unwrap();
    for class in 0..4_u8 {
        let count = result.mask.iter().filter(|v| **v == class).count() as u64;
        assert_eq!(
            Some(count),
            other["pixels"][class.to_string()].as_u64(),
            "class {class}"
        );
    }
    let cloud = iou(&result.mask, 1, &reference, 4.0);
    assert!((cloud - other["iou_cloud"].as_f64().unwrap()).abs() < 1e-12);
}
