//! Graphs from text to value, and graphs that are not right.

use crate::products::spain;
use crate::reference;
use corridor_know::cube::{Cube, Dimension, Samples, coordinates};
use corridor_know::error::GraphError;
use corridor_know::graph::{ProcessGraph, RunLimits, run, validate};
use corridor_know::source::FileSource;
use corridor_know::value::Value;
use corridor_raster::grid::{Crs, Grid};
use serde_json::json;
use std::collections::BTreeMap;

fn run_graph(
    graph: &serde_json::Value,
    source: &FileSource,
    parameters: &BTreeMap<String, Value>,
    limits: &RunLimits,
) -> Result<Value, GraphError> {
    let graph = ProcessGraph::parse(graph)?;
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(run(&graph, parameters, source, limits))
}

fn fails(graph: &serde_json::Value) -> GraphError {
    run_graph(
        graph,
        &FileSource::new(),
        &BTreeMap::new(),
        &RunLimits::default(),
    )
    .unwrap_err()
}

#[test]
fn a_scalar_graph_gives_a_bare_value_and_defaults_fill_parameters() {
    let graph = json!({
        "parameters": [{"name": "fahrenheit", "optional": true, "default": 212, "schema": {"type": "number"}}],
        "process_graph": {
            "less": {"process_id": "subtract", "arguments": {"x": {"from_parameter": "fahrenheit"}, "y": 32}},
            "celsius": {"process_id": "divide", "arguments": {"x": {"from_node": "less"}, "y": 1.8}, "result": true}
        }
    });
    let limits = RunLimits::default();
    let none = BTreeMap::new();
    let value = run_graph(&graph, &FileSource::new(), &none, &limits).unwrap();
    assert_eq!(value.to_json(), Some(json!(100)));
    let given = BTreeMap::from([("fahrenheit".to_string(), Value::Number(32.0))]);
    let value = run_graph(&graph, &FileSource::new(), &given, &limits).unwrap();
    assert_eq!(value.to_json(), Some(json!(0)));
}

#[test]
fn graphs_that_are_not_right_give_the_official_code() {
    let cases = [
        (
            json!({"a": {"process_id": "fly", "arguments": {}, "result": true}}),
            "ProcessUnsupported",
            "\"fly\"",
        ),
        (
            json!({
                "a": {"process_id": "add", "arguments": {"x": {"from_node": "b"}, "y": 1}},
                "b": {"process_id": "add", "arguments": {"x": {"from_node": "a"}, "y": 1}, "result": true}
            }),
            "ProcessGraphInvalid",
            "cycle",
        ),
        (
            json!({"a": {"process_id": "add", "arguments": {"x": "one", "y": 1}, "result": true}}),
            "ProcessParameterInvalid",
            "\"x\"",
        ),
        (
            json!({"a": {"process_id": "add", "arguments": {"x": 1}, "result": true}}),
            "ProcessParameterRequired",
            "\"y\"",
        ),
        (
            json!({"a": {"process_id": "add", "arguments": {"x": 1, "y": 2, "z": 3}, "result": true}}),
            "ProcessParameterUnsupported",
            "\"z\"",
        ),
        (
            json!({"a": {"process_id": "absolute", "arguments": {"x": {"from_parameter": "p"}}, "result": true}}),
            "ProcessParameterRequired",
            "\"p\"",
        ),
        (
            json!({"a": {"process_id": "load_collection", "arguments":
                {"id": "nowhere", "spatial_extent": null, "temporal_extent": null}, "result": true}}),
            "CollectionNotFound",
            "nowhere",
        ),
        (
            json!({"a": {"process_id": "load_collection", "arguments":
                {"id": "x", "spatial_extent": {"west": 0, "south": 89, "east": 1, "north": 91}, "temporal_extent": null}, "result": true}}),
            "ProcessParameterInvalid",
            "latitudes",
        ),
        (
            json!({"a": {"process_id": "load_collection", "arguments":
                {"id": "x", "spatial_extent": null, "temporal_extent": ["2020-01-02", "2020-01-01"]}, "result": true}}),
            "TemporalExtentEmpty",
            "later",
        ),
        (
            json!({"a": {"process_id": "array_apply", "arguments": {"data": [1], "process": {"process_graph":
                {"inner": {"process_id": "swim", "arguments": {}, "result": true}}}}, "result": true}}),
            "ProcessUnsupported",
            "\"swim\"",
        ),
    ];
    for (graph, code, word) in cases {
        let error = fails(&graph);
        assert_eq!(error.code, code, "{error}");
        assert!(error.message.contains(word), "{error}");
    }
}

#[test]
fn validation_lists_every_issue_with_its_node() {
    let graph = ProcessGraph::parse(&json!({
        "a": {"process_id": "fly", "arguments": {}},
        "b": {"process_id": "add", "arguments": {"x": "one"}, "result": true}
    }))
    .unwrap();
    let issues = validate(&graph, &[]);
    let found: Vec<_> = issues
        .iter()
        .map(|i| (i.error.code, i.error.node.join(">")))
        .collect();
    assert_eq!(
        found,
        [
            ("ProcessUnsupported", "a".to_string()),
            ("ProcessParameterRequired", "b".to_string()),
            ("ProcessParameterInvalid", "b".to_string())
        ]
    );
}

fn load(extent: serde_json::Value, names: &[&str]) -> serde_json::Value {
    json!({"process_id": "load_collection", "arguments": {
        "id": "scenes", "spatial_extent": extent, "temporal_extent": ["2019-09-17", "2019-09-18"], "bands": names
    }})
}

#[test]
fn otsu_in_a_graph_equals_scikit_image() {
    let Some((source, _)) = spain() else { return };
    let otsu = json!({"process_graph": {"otsu": {"process_id": "otsu_threshold", "arguments": {"data": {"from_parameter": "data"}}, "result": true}}});
    let mut graph = json!({
        "t": {"process_id": "reduce_dimension", "arguments": {"data": {"from_node": "load"}, "dimension": "t",
            "reducer": {"process_graph": {"first": {"process_id": "first", "arguments": {"data": {"from_parameter": "data"}}, "result": true}}}}},
        "index": {"process_id": "ndvi", "arguments": {"data": {"from_node": "t"}, "nir": "green", "red": "swir16"}},
        "otsu": {"process_id": "reduce_spatial", "arguments": {"data": {"from_node": "index"}, "reducer": otsu}, "result": true}
    });
    graph["load"] = json!({"process_id": "load_collection", "arguments": {
        "id": "scenes", "spatial_extent": null, "temporal_extent": ["2019-09-18", "2019-09-19"], "bands": ["green", "swir16"]}});
    let value = run_graph(&graph, &source, &BTreeMap::new(), &RunLimits::default()).unwrap();
    let Value::Cube(cube) = value else {
        panic!("no cube")
    };
    let other = reference::values()["otsu_spain_7370579"]["MNDWI"]
        .as_f64()
        .unwrap();
    assert!(
        (cube.samples().get(0) - other).abs() < 1e-6,
        "{} {other}",
        cube.samples().get(0)
    );
}

#[test]
fn limits_refuse_before_pixels_are_read() {
    let Some((source, _)) = spain() else { return };
    let mut graph = json!({});
    graph["load"] = load(json!(null), &["VV"]);
    graph["load"]["arguments"]["temporal_extent"] = json!(["2019-09-17", "2019-09-18"]);
    graph["load"]["result"] = json!(true);
    let limits = RunLimits {
        max_samples: 1000,
        ..RunLimits::default()
    };
    let error = run_graph(&graph, &source, &BTreeMap::new(), &limits).unwrap_err();
    assert_eq!(error.code, "ProcessGraphComplexity", "{error}");
    let limits = RunLimits {
        max_memory_bytes: 1000,
        ..RunLimits::default()
    };
    let error = run_graph(&graph, &source, &BTreeMap::new(), &limits).unwrap_err();
    assert_eq!(error.code, "ProcessGraphComplexity", "{error}");
}

#[test]
fn no_data_in_the_extent_and_unknown_bands_are_said() {
    let Some((source, _)) = spain() else { return };
    for (extent, names, code) in [
        (
            json!({"west": 10, "south": 10, "east": 11, "north": 11}),
            ["VV"],
            "NoDataAvailable",
        ),
        (json!(null), ["B99"], "BandNotFound"),
    ] {
        let mut node = load(extent, &names);
        node["result"] = json!(true);
        let graph = json!({ "load": node });
        let error =
            run_graph(&graph, &source, &BTreeMap::new(), &RunLimits::default()).unwrap_err();
        assert_eq!(error.code, code, "{error}");
    }
}

fn small(grid: Grid, value: f64) -> Value {
    let (x, y) = coordinates(&grid);
    let samples = Samples::F64(vec![value; grid.width * grid.height]);
    let crs = Some(grid.crs.clone());
    Value::cube(
        Cube::new(vec![Dimension::bands(["a"]), y, x], samples, crs)
            .unwrap()
            .on_grid(grid),
    )
}

#[test]
fn cubes_on_different_grids_are_brought_to_the_first_and_merging_needs_a_resolver() {
    let fine = Grid::new(Crs::wgs84(), [0.0, 0.5, 0.0, 4.0, 0.0, -0.5], 8, 8);
    let coarse = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 4.0, 0.0, -1.0], 4, 4);
    let parameters = BTreeMap::from([
        ("one".to_string(), small(fine, 1.0)),
        ("two".to_string(), small(coarse, 2.0)),
    ]);
    let mut graph = json!({"merge": {"process_id": "merge_cubes", "arguments":
        {"cube1": {"from_parameter": "one"}, "cube2": {"from_parameter": "two"}}, "result": true}});
    let limits = RunLimits::default();
    let error = run_graph(&graph, &FileSource::new(), &parameters, &limits).unwrap_err();
    assert_eq!(error.code, "OverlapResolverMissing", "{error}");
    graph["merge"]["arguments"]["overlap_resolver"] = json!({"process_graph": {"add":
        {"process_id": "add", "arguments": {"x": {"from_parameter": "x"}, "y": {"from_parameter": "y"}}, "result": true}}});
    let Value::Cube(cube) = run_graph(&graph, &FileSource::new(), &parameters, &limits).unwrap()
    else {
        panic!("no cube")
    };
    assert_eq!(cube.len(), 64);
    assert!(
        cube.samples()
            .to_f64()
            .iter()
            .all(|v| (v - 3.0).abs() < 1e-12)
    );
}

#[test]
fn nodata_is_not_dry() {
    let grid = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 1.0, 0.0, -1.0], 3, 1);
    let (x, y) = coordinates(&grid);
    let samples = Samples::F32(vec![f32::NAN, 0.2, 0.8]);
    let cube = Cube::new(vec![y, x], samples, Some(grid.crs)).unwrap();
    let parameters = BTreeMap::from([("index".to_string(), Value::cube(cube))]);
    let graph = json!({"apply": {"process_id": "apply", "arguments": {"data": {"from_parameter": "index"},
        "process": {"process_graph": {
            "gt": {"process_id": "gt", "arguments": {"x": {"from_parameter": "x"}, "y": 0.5}},
            "not": {"process_id": "not", "arguments": {"x": {"from_node": "gt"}}},
            "dry": {"process_id": "if", "arguments": {"value": {"from_node": "not"}, "accept": 0, "reject": {"from_node": "gt"}}, "result": true}
        }}}, "result": true}});
    let Value::Cube(cube) = run_graph(
        &graph,
        &FileSource::new(),
        &parameters,
        &RunLimits::default(),
    )
    .unwrap() else {
        panic!("no cube")
    };
    let values = cube.samples().to_f64();
    assert!(
        values[0].is_nan() && values[1].abs() < 1e-12 && (values[2] - 1.0).abs() < 1e-12,
        "{values:?}"
    );
}
