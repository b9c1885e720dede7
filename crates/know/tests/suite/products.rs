//! The shipped products on real scenes.

use crate::shared_data;
use corridor_know::error::KnowError;
use corridor_know::graph::RunLimits;
use corridor_know::product::{
    MASK_NODATA, Product, ProductInputs, ProductResult, SceneRef, run_product,
};
use corridor_know::source::FileSource;
use corridor_know::source::assemble::{BandFile, Scene};
use corridor_raster::dataset::Dataset;
use serde_json::{Map, Value, json};
use std::path::Path;
use std::sync::Arc;

/// Bands of a file as (name, common name), with the scale of the stored values.
pub(crate) fn bands(path: &Path, names: &[(&str, &str)], scale: f64) -> Vec<BandFile> {
    let dataset = Arc::new(Dataset::open(path).unwrap());
    names
        .iter()
        .enumerate()
        .map(|(index, (name, common))| BandFile {
            dataset: dataset.clone(),
            index,
            asset: "data".into(),
            name: (*name).to_string(),
            common_name: (!common.is_empty()).then(|| (*common).to_string()),
            center_wavelength_um: None,
            scale,
            offset: 0.0,
            nodata: None,
        })
        .collect()
}

pub(crate) fn run(
    product: &str,
    source: &FileSource,
    scenes: &[&str],
    area: Option<geo::MultiPolygon<f64>>,
    parameters: Value,
) -> Result<ProductResult, KnowError> {
    run_since(product, source, scenes, area, None, parameters)
}

pub(crate) fn run_since(
    product: &str,
    source: &FileSource,
    scenes: &[&str],
    area: Option<geo::MultiPolygon<f64>>,
    since: Option<&str>,
    parameters: Value,
) -> Result<ProductResult, KnowError> {
    let inputs = ProductInputs {
        area,
        scenes: scenes
            .iter()
            .map(|item| SceneRef {
                collection: "scenes".into(),
                item: (*item).to_string(),
            })
            .collect(),
        since: since.map(|since| since.parse().unwrap()),
        parameters: parameters.as_object().cloned().unwrap_or_else(Map::new),
    };
    let product = Product::find(product).expect("a shipped product");
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(run_product(product, &inputs, source, &RunLimits::default()))
}

pub(crate) fn spain() -> Option<(FileSource, Vec<f64>)> {
    let folder = shared_data::folder("know/sen1floods11_spain")?;
    let file = |name: &str| folder.join(format!("Spain_7370579_{name}.tif"));
    let optical = [
        "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B10", "B11", "B12",
    ];
    let common = [
        "", "blue", "green", "red", "", "", "", "nir", "", "", "", "swir16", "swir22",
    ];
    let names: Vec<(&str, &str)> = optical.into_iter().zip(common).collect();
    let scene = |name: &str, day: &str, files| Scene {
        name: name.to_string(),
        time: format!("{day}T00:00:00Z").parse().unwrap(),
        files,
    };
    let source = FileSource::new()
        .with_scene(
            "scenes",
            scene("s2", "2019-09-18", bands(&file("S2Hand"), &names, 1e-4)),
        )
        .with_scene(
            "scenes",
            scene(
                "s1",
                "2019-09-17",
                bands(&file("S1Hand"), &[("VV", ""), ("VH", "")], 1.0),
            ),
        );
    let label = Dataset::open(&file("LabelHand"))
        .unwrap()
        .read_band(0)
        .unwrap();
    Some((source, label.values_f64()))
}

/// Intersection over union of water, over pixels that have a label.
fn iou(mask: &[u8], label: &[f64]) -> f64 {
    assert_eq!(mask.len(), label.len());
    let (mut both, mut either) = (0.0, 0.0);
    for (own, truth) in mask.iter().zip(label).filter(|(_, truth)| **truth >= 0.0) {
        let (own, truth) = (*own == 1, *truth > 0.5);
        both += f64::from(u8::from(own && truth));
        either += f64::from(u8::from(own || truth));
    }
    both / either
}

#[test]
fn the_shipped_recipes_read_and_are_the_folder_s_own() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../products");
    let folders = std::fs::read_dir(&folder).unwrap().count();
    assert_eq!(Product::shipped().len(), folders);
    for product in Product::shipped() {
        let loaded = Product::load(&folder.join(&product.id)).unwrap();
        assert_eq!(
            serde_json::to_value(&loaded).unwrap(),
            serde_json::to_value(product).unwrap()
        );
        // The languages of the page, besides the recipe's own English.
        let languages: Vec<&str> = product.words.keys().map(String::as_str).collect();
        assert_eq!(
            languages,
            ["ar", "es", "fr", "pt", "ro", "zh"],
            "{}",
            product.id
        );
    }
    assert!(
        Product::shipped()
            .windows(2)
            .all(|pair| pair[0].id < pair[1].id)
    );
}

#[test]
fn water_score() {
    let Some((source, label)) = spain() else {
        return;
    };
    let optical = run("water", &source, &["s2"], None, json!({})).unwrap();
    let sar = run("water", &source, &["s1"], None, json!({})).unwrap();
    let (o, s) = (iou(&optical.mask, &label), iou(&sar.mask, &label));
    println!("water score, Spain_7370579: optical {o:.4}, sar {s:.4}");
    println!(
        "{}; {}",
        optical.headline,
        Value::Object(optical.statistics.clone())
    );
    println!(
        "{}; {}",
        sar.headline,
        Value::Object(sar.statistics.clone())
    );
    assert_eq!(
        (optical.alternative.as_str(), sar.alternative.as_str()),
        ("optical", "sar")
    );
    assert!(o >= 0.76, "optical {o}");
    assert!(s >= 0.61, "sar {s}");
    for result in [&optical, &sar] {
        let polygons = result.statistics["polygon_area_km2"].as_f64().unwrap();
        assert!(
            (polygons / result.area_km2 - 1.0).abs() < 1e-5,
            "{polygons} {}",
            result.area_km2
        );
        assert!(
            (result.valid_fraction - 1.0).abs() < 1e-9,
            "{}",
            result.valid_fraction
        );
    }
    keep("water-optical", &optical);
    keep("water-sar", &sar);
    crate::water_change::valid_polygons(&optical);
    crate::water_change::valid_polygons(&sar);
}

/// The stated uncertainty of a pixel is how often pixels like it are wrong.
#[test]
fn water_uncertainty_is_how_often_it_is_wrong() {
    let Some((source, label)) = spain() else {
        return;
    };
    for (scene, within) in [("s2", 0.06), ("s1", 0.08)] {
        let result = run("water", &source, &[scene], None, json!({})).unwrap();
        let own = result.layers.iter().find(|l| l.name == "uncertainty");
        let own = &own.unwrap().values;
        let wrong: Vec<Option<bool>> = (result.mask.iter().zip(&label))
            .map(|(own, truth)| (*truth >= 0.0).then_some((*own == 1) != (*truth > 0.5)))
            .collect();
        let share = |low: f32, high: f32| {
            let inside = (0..own.len()).filter(|i| (low..high).contains(&own[*i]));
            let judged: Vec<(f64, bool)> = inside
                .filter_map(|i| Some((f64::from(own[i]), wrong[i]?)))
                .collect();
            let count = judged.len() as f64;
            let stated = judged.iter().map(|(stated, _)| stated).sum::<f64>() / count;
            let seen = judged.iter().filter(|(_, wrong)| *wrong).count() as f64 / count;
            (count, stated, seen)
        };
        let (_, stated, seen) = share(0.0, 1.1);
        println!(
            "water {}: stated {stated:.4}, wrong {seen:.4}",
            result.alternative
        );
        assert!((stated - seen).abs() < 0.03, "{stated} {seen}");
        for (low, high) in [(0.0, 0.1), (0.1, 0.2), (0.2, 0.3), (0.3, 0.4), (0.4, 0.5)] {
            let (count, stated, seen) = share(low, high);
            println!("  {low} to {high}: {count} pixels, stated {stated:.3}, wrong {seen:.3}");
            assert!((stated - seen).abs() < within, "{low}: {stated} {seen}");
        }
    }
}

#[test]
fn where_all_is_dry_the_uncertainty_is_said_all_the_same() {
    let Some((source, _)) = spain() else { return };
    let parameters = json!({"method": "fixed", "optical_threshold": 1.0});
    let result = run("water", &source, &["s2"], None, parameters).unwrap();
    assert!(result.mask.iter().all(|v| *v == 0));
    let own = result
        .layers
        .iter()
        .find(|l| l.name == "uncertainty")
        .unwrap();
    assert!(own.values.iter().all(|v| (0.0..0.5).contains(v)));
}

/// Two kinds of dry ground are clearly apart, and neither is water.
#[test]
fn a_forest_is_not_split_into_land_and_water() {
    for day in ["2018-07-01", "2019-07-01", "2020-06-30"] {
        let Some(source) = romania(&[day]) else {
            return;
        };
        let result = run("water", &source, &[day], None, json!({})).unwrap();
        assert_eq!(result.alternative, "optical-nir");
        let wet = result.mask.iter().filter(|v| **v == 1).count();
        println!(
            "water in a forest, {day}: {wet} pixels, {}",
            result.statistics["threshold"]
        );
        assert_eq!(wet, 0, "{day}");
    }
}

/// Writes picture, polygons and mask to the folder `CORRIDOR_PICTURES`, where it is set.
pub(crate) fn keep(name: &str, result: &ProductResult) {
    let Some(folder) = std::env::var_os("CORRIDOR_PICTURES") else {
        return;
    };
    let file = |ending: &str| Path::new(&folder).join(format!("{name}.{ending}"));
    std::fs::write(file("png"), &result.picture).unwrap();
    let text = serde_json::to_vec(&result.polygons).unwrap();
    std::fs::write(file("geojson"), text).unwrap();
    result.write_mask_cog(&file("tif")).unwrap();
}

#[test]
fn the_threshold_method_changes_the_answer() {
    let Some((source, label)) = spain() else {
        return;
    };
    let mut areas = Vec::new();
    for method in ["otsu", "minimum_error", "fixed"] {
        let result = run("water", &source, &["s2"], None, json!({ "method": method })).unwrap();
        println!(
            "{method}: {} km², IoU {:.3}, {}",
            result.area_km2,
            iou(&result.mask, &label),
            result.statistics["threshold"]
        );
        areas.push(result.area_km2);
    }
    areas.sort_by(f64::total_cmp);
    assert!(
        areas.windows(2).all(|pair| pair[1] - pair[0] > 0.01),
        "{areas:?}"
    );
}

#[test]
fn what_lies_outside_the_area_is_unknown_not_dry() {
    let Some((source, _)) = spain() else { return };
    let area = geo::MultiPolygon(vec![
        geo::Rect::new((-0.78, 38.09), (-0.75, 38.12)).to_polygon(),
    ]);
    let result = run("water", &source, &["s2"], Some(area), json!({})).unwrap();
    assert!(result.valid_fraction > 0.99, "{}", result.valid_fraction);
    // A triangle: half of its box is outside.
    let corners = vec![(-0.78, 38.09), (-0.75, 38.09), (-0.75, 38.12)];
    let triangle = geo::Polygon::new(corners.into(), Vec::new());
    let result = run(
        "water",
        &source,
        &["s2"],
        Some(geo::MultiPolygon(vec![triangle])),
        json!({}),
    )
    .unwrap();
    let unknown = result.mask.iter().filter(|v| **v == MASK_NODATA).count();
    assert!((unknown as f64 / result.mask.len() as f64 - 0.5).abs() < 0.01);
    assert!(result.valid_fraction > 0.99, "{}", result.valid_fraction);
    // Somewhere else altogether.
    let far = geo::MultiPolygon(vec![
        geo::Rect::new((10.0, 10.0), (10.1, 10.1)).to_polygon(),
    ]);
    let error = run("water", &source, &["s2"], Some(far), json!({})).unwrap_err();
    assert!(
        matches!(&error, KnowError::Graph { error } if error.code == "NoDataAvailable"),
        "{error}"
    );
}

#[test]
fn parameters_and_bands_that_do_not_fit_are_refused() {
    let Some((source, _)) = spain() else { return };
    for (parameters, word) in [
        (json!({"method": "magic"}), "none of"),
        (json!({"optical_threshold": 7}), "from -1 to 1"),
        (json!({"colour": 7}), "not known"),
    ] {
        let error = run("water", &source, &["s2"], None, parameters).unwrap_err();
        assert!(error.to_string().contains(word), "{error}");
    }
    let error = run("vegetation-change", &source, &["s1", "s1"], None, json!({})).unwrap_err();
    assert!(matches!(error, KnowError::NoAlternative { .. }), "{error}");
    let error = run("vegetation-change", &source, &["s2"], None, json!({})).unwrap_err();
    assert!(error.to_string().contains("2 needed"), "{error}");
}

pub(crate) fn romania(days: &[&str]) -> Option<FileSource> {
    let folder = shared_data::folder("know/s2_romania/cog")?;
    let mut source = FileSource::new();
    for day in days {
        let find = |part: &str| {
            let mut found: Vec<_> = std::fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| {
                    path.to_string_lossy().contains(day) && path.to_string_lossy().ends_with(part)
                })
                .collect();
            found.sort();
            found.remove(0)
        };
        let ten = [
            ("B02", "blue"),
            ("B03", "green"),
            ("B04", "red"),
            ("B08", "nir"),
        ];
        let mut files = bands(&find("_10m.tif"), &ten, 1e-4);
        files.extend(bands(&find("_SCL.tif"), &[("SCL", "")], 1.0));
        source = source.with_scene(
            "scenes",
            Scene {
                name: (*day).to_string(),
                time: format!("{day}T09:00:00Z").parse().unwrap(),
                files,
            },
        );
    }
    Some(source)
}

#[test]
fn vegetation_equals_numpy() {
    let reference: Value =
        serde_json::from_str(include_str!("../reference/vegetation.json")).unwrap();
    let pairs = reference["pairs"].as_array().unwrap();
    for pair in pairs {
        let (before, after) = (
            pair["before"].as_str().unwrap(),
            pair["after"].as_str().unwrap(),
        );
        let Some(source) = romania(&[before, after]) else {
            return;
        };
        let result = run(
            "vegetation-change",
            &source,
            &[before, after],
            None,
            json!({"min_pixels": 0}),
        );
        let wanted = &pair["pixels"];
        let Ok(result) = result else {
            let error = result.unwrap_err();
            assert!(pair["valid_fraction"].as_f64().unwrap() < 0.2, "{error}");
            assert!(
                error.to_string().contains("not enough clear pixels"),
                "{error}"
            );
            println!("vegetation {before} to {after}: {error}");
            continue;
        };
        println!(
            "vegetation {before} to {after}: {}; {}",
            result.headline,
            Value::Object(result.statistics.clone())
        );
        let count = |class: u8| result.mask.iter().filter(|v| **v == class).count() as u64;
        assert_eq!(count(1), wanted["loss"].as_u64().unwrap());
        assert_eq!(count(2), wanted["growth"].as_u64().unwrap());
        assert_eq!(count(MASK_NODATA), wanted["unknown"].as_u64().unwrap());
        for layer in ["ndvi_before", "ndvi_after", "ndvi_change"] {
            let mean = result.statistics[&format!("{layer}_mean")]
                .as_f64()
                .unwrap();
            let numpy = pair[format!("{layer}_mean")].as_f64().unwrap();
            assert!((mean - numpy).abs() < 1e-6, "{layer}: {mean} {numpy}");
        }
        assert_eq!(result.alternative, "cloud-masked");
    }
}
