//! Networks that a user brings: equal to onnxruntime, and refused with a reason.

use crate::plans::block_on;
use crate::products::bands;
use corridor_know::error::KnowError;
use corridor_know::graph::RunLimits;
use corridor_know::model::Model;
use corridor_know::product::{Product, ProductInputs, ProductResult, SceneRef, run_product};
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::{Crs, Grid};
use serde_json::{Map, Value};
use std::path::PathBuf;

const HEIGHT: usize = 45;
const WIDTH: usize = 70;
const NETWORK: &[u8] = include_bytes!("../reference/network.onnx");

const DESCRIPTION: &str = r#"
id = "small"
title = "Small network"
product = "clouds"
network = "network.onnx"
bands = ["blue", "green", "red"]
mean = [0.3, 0.4, 0.5]
deviation = [0.2, 0.25, 0.3]
classes = [0, 1, 2]
tile_px = 32
margin_px = 6
"#;

/// A folder with the network and this description of it.
fn described(description: &str, network: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("network.onnx");
    std::fs::write(&path, network).unwrap();
    std::fs::write(path.with_extension("toml"), description).unwrap();
    (folder, path)
}

/// The picture of `make_network.py`, in hundredths; `gap`: without a value at its first pixel.
fn picture(gap: bool) -> (FileSource, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("picture.tif");
    let place = [500_000.0, 30.0, 0.0, 5_000_000.0, 0.0, -30.0];
    let grid = Grid::new(Crs::epsg(32633).unwrap(), place, WIDTH, HEIGHT);
    let band = |band: usize| {
        let pixel = |i: usize| {
            let (row, col) = (i / WIDTH, i % WIDTH);
            ((row * 7 + col * 13 + band * 29 + row * col / 5) % 101) as u8
        };
        let mut values: Vec<u8> = (0..HEIGHT * WIDTH).map(pixel).collect();
        if gap {
            values[0] = 255;
        }
        BandData::U8(values)
    };
    let options = CogOptions {
        nodata: Some(255.0),
        ..CogOptions::default()
    };
    cog::write(&path, &grid, &[band(0), band(1), band(2)], &options).unwrap();
    let mut files = bands(&path, &[("blue", ""), ("green", ""), ("red", "")], 0.01);
    for file in &mut files {
        file.nodata = Some(255.0);
    }
    let scene = Scene {
        name: "picture".to_string(),
        time: "2024-07-01T00:00:00Z".parse().unwrap(),
        files,
    };
    (FileSource::new().with_scene("scenes", scene), folder)
}

fn judged(description: &str, network: &[u8], gap: bool) -> Result<ProductResult, KnowError> {
    let (_folder, path) = described(description, network);
    let product = Product::find("clouds").unwrap();
    let product = product.by_model(&Model::open(&path)?)?;
    let (source, _picture) = picture(gap);
    let inputs = ProductInputs {
        area: None,
        scenes: vec![SceneRef {
            collection: "scenes".into(),
            item: "picture".into(),
        }],
        since: None,
        parameters: Map::new(),
    };
    block_on(run_product(
        &product,
        &inputs,
        &source,
        &RunLimits::default(),
    ))
}

#[test]
fn the_classes_and_their_confidence_equal_onnxruntime() {
    let other: Value = serde_json::from_str(include_str!("../reference/network.json")).unwrap();
    let found = judged(DESCRIPTION, NETWORK, false).unwrap();
    let lines: Vec<String> = found
        .mask
        .chunks(WIDTH)
        .map(|line| line.iter().map(|class| char::from(b'0' + class)).collect())
        .collect();
    let theirs: Vec<&str> = other["class"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap())
        .collect();
    assert_eq!(lines, theirs);
    let [confidence] = found.layers.as_slice() else {
        panic!("{} layers", found.layers.len())
    };
    assert_eq!(confidence.name, "confidence");
    // Sums of 32-bit floats in another order: a few units in the last place of scores near 1.
    let first = other["confidence_first_row"].as_array().unwrap();
    for (own, theirs) in confidence.values.iter().zip(first) {
        let theirs = theirs.as_f64().unwrap();
        assert!((f64::from(*own) - theirs).abs() < 1e-5, "{own} {theirs}");
    }
    let sum: f64 = confidence.values.iter().map(|v| f64::from(*v)).sum();
    assert!((sum - other["confidence_sum"].as_f64().unwrap()).abs() < 0.01);
    assert_eq!(found.alternative, "small");
}

#[test]
fn a_pixel_without_a_value_is_not_judged_and_spoils_few_others() {
    let whole = judged(DESCRIPTION, NETWORK, false).unwrap();
    let gap = judged(DESCRIPTION, NETWORK, true).unwrap();
    assert_eq!(gap.mask[0], 255);
    // The network looks 5 pixels far: what lies beyond is as it was.
    let far = |i: &usize| i / WIDTH > 12 || i % WIDTH > 12;
    assert!(
        (0..gap.mask.len())
            .filter(far)
            .all(|i| gap.mask[i] == whole.mask[i])
    );
}

#[test]
fn what_does_not_fit_is_refused_with_the_reason() {
    let with = |from: &str, to: &str| {
        let text = DESCRIPTION.replace(from, to);
        assert_ne!(text, DESCRIPTION);
        judged(&text, NETWORK, false).unwrap_err().to_string()
    };
    let has = |error: String, words: &[&str]| {
        for word in words {
            assert!(error.contains(word), "{error:?} lacks {word:?}");
        }
    };
    has(
        with("\"small\"", "\"Small one\""),
        &["Small one", "hyphens"],
    );
    has(
        with("network.onnx", "../network.onnx"),
        &["file of this folder"],
    );
    has(with("network.onnx", "other.onnx"), &["other.onnx"]);
    has(with("[0.3, 0.4, 0.5]", "[0.3]"), &["mean", "3 bands"]);
    has(with("[0.2, 0.25, 0.3]", "[0.2, 0.0, 0.3]"), &["above 0"]);
    has(with("margin_px = 6", "margin_px = 16"), &["margin_px 16"]);
    has(with("[0, 1, 2]", "[0, 1, 9]"), &["the class 9", "small"]);
    has(with("[0, 1, 2]", "[0, 1]"), &["3 scores", "2 classes"]);
    has(
        with("\"clouds\"", "\"water\""),
        &["for the product", "water"],
    );
    has(with("\"red\"]", "\"nir\"]"), &["lacks nir"]);
    let two = DESCRIPTION
        .replace(", \"red\"]", "]")
        .replace(", 0.5]", "]")
        .replace(", 0.3]\nclasses", "]\nclasses");
    let error = judged(&two, NETWORK, false).unwrap_err().to_string();
    has(error, &["2 x rows x columns", "x 3 x"]);
    has(with("title =", "titel ="), &["titel"]);

    for broken in [&NETWORK[..NETWORK.len() / 2], b"not a network"] {
        let error = judged(DESCRIPTION, broken, false).unwrap_err().to_string();
        has(error, &["small", "network.onnx", "cannot be loaded"]);
    }
    let (_folder, path) = described(DESCRIPTION, NETWORK);
    std::fs::remove_file(path.with_extension("toml")).unwrap();
    let error = Model::open(&path).unwrap_err().to_string();
    has(error, &["network.toml", "beside it"]);
    let water = Product::find("water").unwrap();
    let (_folder, path) = described(DESCRIPTION, NETWORK);
    let error = water.by_model(&Model::open(&path).unwrap()).unwrap_err();
    has(error.to_string(), &["takes none"]);
}

/// Networks with bytes changed: refused or run, and nothing panics.
#[test]
fn damaged_networks_are_refused_or_run() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = |below: usize| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize % below
    };
    let bands = vec![vec![0.4_f32; 100]; 3];
    let mut refused = 0;
    for _ in 0..500 {
        let mut bytes = NETWORK.to_vec();
        for _ in 0..=draw(3) {
            let at = draw(bytes.len());
            bytes[at] = draw(256) as u8;
        }
        let (_folder, path) = described(DESCRIPTION, &bytes);
        let judged = Model::open(&path)
            .unwrap()
            .judge(&bands, (10, 10), &|| Ok(()));
        refused += usize::from(judged.is_err());
    }
    println!("{refused} refused");
    assert!(refused > 0);
}
