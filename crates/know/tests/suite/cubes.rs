//! Cube processes against what numpy, xarray, scipy, shapely and GDAL give for the same cubes
//! (`tests/reference/cubes.json`, made by `tests/reference/cubes/make.py`).

use corridor_know::cube::{Cube, Dimension};
use corridor_know::graph::{ProcessGraph, RunLimits, run};
use corridor_know::source::FileSource;
use corridor_know::value::{Label, Value};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};

/// Processes that have no official vectors, and must have cases here.
const WITHOUT_VECTORS: [&str; 15] = [
    "aggregate_spatial",
    "anomaly",
    "apply_neighborhood",
    "apply_polygon",
    "climatological_normal",
    "filter_labels",
    "fit_curve",
    "ndvi",
    "predict_curve",
    "reduce_spatial",
    "resample_cube_spatial",
    "resample_cube_temporal",
    "resample_spatial",
    "trim_cube",
    "median_filter",
];

fn reference() -> Json {
    serde_json::from_str(include_str!("../reference/cubes.json")).unwrap()
}

/// The graph of a case with the cubes that it names.
fn graph(case: &Json, cubes: &Json) -> Json {
    let mut nodes = case["graph"].clone();
    for all in [cubes, &case["cubes"]] {
        for (name, cube) in all.as_object().unwrap() {
            nodes[name] = json!({"process_id": "cube_from_json", "arguments": {"data": cube}});
        }
    }
    json!({ "process_graph": nodes })
}

#[test]
fn cube_processes_equal_other_programs() {
    let reference = reference();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (source, limits) = (FileSource::new(), RunLimits::default());
    let mut failures = Vec::new();
    for case in reference["cases"].as_array().unwrap() {
        let graph = ProcessGraph::parse(&graph(case, &reference["cubes"])).unwrap();
        let none = BTreeMap::new();
        let result = runtime.block_on(run(&graph, &none, &source, &limits));
        let expected = Cube::from_json(&case["expected"]).unwrap();
        let tolerance = case["tolerance"].as_f64().unwrap();
        let same = match result {
            Ok(Value::Cube(cube)) => same(&cube, &expected, tolerance),
            Ok(other) => Err(format!("a {}", other.type_name())),
            Err(error) => Err(error.to_string()),
        };
        if let Err(reason) = same {
            let word = |name: &str| case[name].as_str().unwrap().to_string();
            failures.push(format!("{} ({}): {reason}", word("name"), word("by")));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn each_process_without_vectors_has_a_case() {
    let reference = reference();
    let used: BTreeSet<&str> = reference["cases"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|case| case["processes"].as_array().unwrap())
        .map(|name| name.as_str().unwrap())
        .collect();
    let missing: Vec<&str> = WITHOUT_VECTORS
        .into_iter()
        .filter(|name| !used.contains(name))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Whether two cubes have the same dimensions, in whatever order, and the same samples: within a
/// tolerance in parts of the value, of 1 where it is smaller.
fn same(cube: &Cube, expected: &Cube, tolerance: f64) -> Result<(), String> {
    let names = |cube: &Cube| -> BTreeSet<String> {
        cube.dimensions().iter().map(|d| d.name.clone()).collect()
    };
    if names(cube) != names(expected) {
        return Err(format!("dimensions {:?}", names(cube)));
    }
    if cube.crs().is_some() && cube.crs() != expected.crs() {
        return Err(format!("reference system {:?}", cube.crs()));
    }
    for wanted in expected.dimensions() {
        let own = &cube.dimensions()[cube.dimension_index(&wanted.name).unwrap()];
        if own.kind != wanted.kind || !same_labels(own, wanted) {
            return Err(format!("labels of {}: {:?}", own.name, own.labels));
        }
    }
    for index in 0..expected.len() {
        let (mut rest, mut from) = (index, 0);
        for dimension in expected.dimensions().iter().rev() {
            let along = cube.dimension_index(&dimension.name).unwrap();
            from += rest % dimension.len() * cube.split(along).2;
            rest /= dimension.len();
        }
        let (found, wanted) = (cube.samples().get(from), expected.samples().get(index));
        let near = (found - wanted).abs() <= tolerance * wanted.abs().max(1.0);
        if !(near || found.is_nan() && wanted.is_nan()) {
            return Err(format!("sample {index}: {wanted} expected, {found} came"));
        }
    }
    Ok(())
}

fn same_labels(own: &Dimension, wanted: &Dimension) -> bool {
    own.len() == wanted.len()
        && own
            .labels
            .iter()
            .zip(wanted.labels.iter())
            .all(|pair| match pair {
                (Label::Number(a), Label::Number(b)) => (a - b).abs() <= 1e-6,
                (a, b) => a == b,
            })
}
