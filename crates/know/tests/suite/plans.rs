//! Plans give what the interpreter gives, byte for byte, whatever the size of the chunks.

use crate::products::{bands, spain};
use crate::shared_data;
use corridor_know::cube::{Cube, Samples};
use corridor_know::error::GraphError;
use corridor_know::graph::{ProcessGraph, RunLimits, interpret};
use corridor_know::plan::{Budget, ChunkExec, Engine, InProcess};
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use corridor_know::value::Value;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

/// The 99 dates over Romania, as stored: scaled reflectance and scene classes.
pub(crate) fn romania() -> Option<FileSource> {
    let folder = shared_data::folder("know/s2_romania")?.join("cog");
    let mut dates: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .filter_map(|entry| {
            let name = entry.unwrap().file_name().into_string().unwrap();
            name.strip_suffix("_10m.tif").map(str::to_string)
        })
        .collect();
    dates.sort();
    let mut source = FileSource::new();
    for date in dates {
        let file = |kind: &str| folder.join(format!("{date}_{kind}.tif"));
        let fine = [
            ("B02", "blue"),
            ("B03", "green"),
            ("B04", "red"),
            ("B08", "nir"),
        ];
        let mut files = bands(&file("10m"), &fine, 1e-4);
        files.extend(bands(
            &file("20m"),
            &[("B8A", "nir08"), ("B11", "swir16")],
            1e-4,
        ));
        for file in &mut files {
            file.nodata = Some(0.0);
        }
        files.extend(bands(&file("SCL"), &[("SCL", "")], 1.0));
        let scene = Scene {
            name: date.clone(),
            time: format!("{date}T00:00:00Z").parse().unwrap(),
            files,
        };
        source = source.with_scene("romania", scene);
    }
    Some(source)
}

fn bits(value: &Value) -> (Vec<u64>, String) {
    let Value::Cube(cube) = value else {
        panic!("a cube, not a {}", value.type_name());
    };
    let samples = match cube.samples() {
        Samples::F32(all) => all.iter().map(|v| u64::from(v.to_bits())).collect(),
        Samples::F64(all) => all.iter().map(|v| v.to_bits()).collect(),
    };
    (samples, shape(cube))
}

fn shape(cube: &Cube) -> String {
    format!("{:?} {:?} {:?}", cube.dimensions(), cube.grid(), cube.crs())
}

/// Runs a graph by the interpreter and by the engine with little and with much memory; the number
/// of chunks with little.
fn same(graph: &Json, source: &FileSource, memory_bytes: u64) -> u64 {
    let graph = ProcessGraph::parse(graph).unwrap();
    let none = BTreeMap::new();
    let limits = RunLimits::default();
    let truth = block_on(interpret(&graph, &none, source, &limits)).unwrap();
    let mut chunks = 0;
    for max_memory_bytes in [limits.max_memory_bytes, memory_bytes] {
        let limits = RunLimits {
            max_memory_bytes,
            ..RunLimits::default()
        };
        let engine = Engine::new(limits).with_partitions(2);
        let plan = block_on(engine.plan(&graph, &none, source, &[])).unwrap();
        assert!(plan.is_chunked(), "{}", plan.explain());
        let found = block_on(engine.run(&graph, &none, source)).unwrap();
        let ((a, a_shape), (b, b_shape)) = (bits(&truth), bits(&found));
        assert_eq!(a_shape, b_shape);
        let first = (0..a.len()).find(|i| a[*i] != b[*i]);
        assert_eq!(first, None, "{} samples", a.len());
        chunks = plan.estimate().chunks;
    }
    chunks
}

pub(crate) fn reducer(process: &str) -> Json {
    json!({"process_graph": {"r": {"process_id": process,
        "arguments": {"data": {"from_parameter": "data"}}, "result": true}}})
}

/// Clouds, shadows and snow of a scene classification, by a chain of comparisons.
fn cloudy(from: &str) -> Json {
    json!({"process_id": "reduce_dimension", "arguments": {
    "data": {"from_node": from}, "dimension": "bands", "reducer": {"process_graph": {
        "scl": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "data"}, "label": "SCL"}},
        "shadow": {"process_id": "eq", "arguments": {"x": {"from_node": "scl"}, "y": 3}},
        "cloud": {"process_id": "gte", "arguments": {"x": {"from_node": "scl"}, "y": 8}},
        "bad": {"process_id": "or", "arguments": {"x": {"from_node": "shadow"}, "y": {"from_node": "cloud"}}, "result": true}
    }}}})
}

pub(crate) fn load(bands: &[&str]) -> Json {
    json!({"process_id": "load_collection", "arguments": {
        "id": "romania", "spatial_extent": null, "temporal_extent": null, "bands": bands}})
}

fn composite(reduce: &str) -> Json {
    json!({
        "load": load(&["B04", "B08", "SCL"]),
        "bands": {"process_id": "filter_bands", "arguments": {"data": {"from_node": "load"}, "bands": ["B04", "B08"]}},
        "cloudy": cloudy("load"),
        "clear": {"process_id": "mask", "arguments": {"data": {"from_node": "bands"}, "mask": {"from_node": "cloudy"}}},
        "composite": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "clear"}, "dimension": "t", "reducer": reducer(reduce)}},
        "save": {"process_id": "save_result", "arguments": {"data": {"from_node": "composite"}, "format": "GTiff"}, "result": true}
    })
}

#[test]
fn fitted_curves_are_the_interpreters() {
    let Some(source) = romania() else { return };
    let line = json!({"process_graph": {
        "a": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "parameters"}, "index": 0}},
        "b": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "parameters"}, "index": 1}},
        "years": {"process_id": "divide", "arguments": {"x": {"from_parameter": "x"}, "y": 31_557_600}},
        "bx": {"process_id": "multiply", "arguments": {"x": {"from_node": "b"}, "y": {"from_node": "years"}}},
        "y": {"process_id": "add", "arguments": {"x": {"from_node": "a"}, "y": {"from_node": "bx"}}, "result": true}
    }});
    let mut graph = json!({
        "load": load(&["B04", "B08"]),
        "curve": {"process_id": "apply_dimension", "arguments": {"data": {"from_node": "load"}, "dimension": "t",
            "process": {"process_graph": {"fit": {"process_id": "fit_curve", "arguments": {
                "data": {"from_parameter": "data"}, "parameters": [0, 0], "function": line}, "result": true}}}}},
        "dates": {"process_id": "dimension_labels", "arguments": {"data": {"from_node": "load"}, "dimension": "t"}},
        "line": {"process_id": "predict_curve", "arguments": {"parameters": {"from_node": "curve"}, "function": line,
            "dimension": "t", "labels": {"from_node": "dates"}}},
        "off": {"process_id": "merge_cubes", "arguments": {"cube1": {"from_node": "load"}, "cube2": {"from_node": "line"},
            "overlap_resolver": {"process_graph": {"minus": {"process_id": "subtract",
                "arguments": {"x": {"from_parameter": "x"}, "y": {"from_parameter": "y"}}, "result": true}}}}},
        "far": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "off"}, "dimension": "t", "reducer": reducer("max")}},
        "save": {"process_id": "save_result", "arguments": {"data": {"from_node": "far"}, "format": "GTiff"}, "result": true}
    });
    let chunks = same(&graph, &source, 8 << 20);
    assert!(chunks > 1, "{chunks} chunks");
    // A node that needs the whole picture reads the labels: they are taken from the whole cube.
    graph["line"]["arguments"]["parameters"] = json!({"from_node": "whole"});
    graph["whole"] = json!({"process_id": "sieve", "arguments": {"data": {"from_node": "curve"}, "min_pixels": 0}});
    same(&graph, &source, 512 << 20);
}

#[test]
fn composites_over_time_are_the_interpreters() {
    let Some(source) = romania() else { return };
    for reduce in ["median", "mean", "max", "first", "count", "sd"] {
        let chunks = same(&composite(reduce), &source, 8 << 20);
        assert!(chunks > 1, "{reduce}: {chunks} chunks");
    }
}

#[test]
fn band_arithmetic_and_periods_are_the_interpreters() {
    let Some(source) = romania() else { return };
    let graph = json!({
        "load": load(&["B04", "B08", "SCL"]),
        "cloudy": cloudy("load"),
        "ndvi": {"process_id": "ndvi", "arguments": {"data": {"from_node": "load"}, "nir": "B08", "red": "B04"}},
        "clear": {"process_id": "mask", "arguments": {"data": {"from_node": "ndvi"}, "mask": {"from_node": "cloudy"}}},
        "scaled": {"process_id": "apply", "arguments": {"data": {"from_node": "clear"}, "process": {"process_graph": {
            "s": {"process_id": "linear_scale_range", "arguments": {"x": {"from_parameter": "x"}, "inputMin": -1, "inputMax": 1, "outputMax": 250}, "result": true}}}}},
        "months": {"process_id": "aggregate_temporal_period", "arguments": {
            "data": {"from_node": "scaled"}, "period": "month", "reducer": reducer("median")}, "result": true}
    });
    assert!(same(&graph, &source, 48 << 20) >= 1);
    // Where chunks would be thinner than the files' blocks, months are computed by themselves.
    let little = 3 << 20;
    let chunks = same(&graph, &source, little);
    let limits = RunLimits {
        max_memory_bytes: little,
        ..RunLimits::default()
    };
    let engine = Engine::new(limits).with_partitions(2);
    let graph = ProcessGraph::parse(&graph).unwrap();
    let plan = block_on(engine.plan(&graph, &BTreeMap::new(), &source, &[])).unwrap();
    assert!(plan.explain().contains("sheets="), "{}", plan.explain());
    // Every stored sample is of one month alone.
    assert_eq!(plan.estimate().samples, 3 * 99 * 10_000);
    let sheets = plan.explain();
    let sheets = sheets.split("sheets=").nth(1).unwrap();
    let sheets: u64 = sheets.split(',').next().unwrap().parse().unwrap();
    assert!(
        sheets > 1 && chunks.is_multiple_of(sheets),
        "{chunks} {sheets}"
    );
}

#[test]
fn neighbours_across_the_edges_of_chunks_are_seen() {
    let Some((source, _)) = spain() else { return };
    let graph = json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "scenes", "spatial_extent": {"west": -7.36, "south": 38.6, "east": -7.0, "north": 40.0},
            "temporal_extent": ["2019-09-17", "2019-09-18"], "bands": ["VV", "VH"]}},
        "scene": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "load"}, "dimension": "t", "reducer": reducer("first")}},
        "smooth": {"process_id": "median_filter", "arguments": {"data": {"from_node": "scene"}, "size": 5}},
        "again": {"process_id": "median_filter", "arguments": {"data": {"from_node": "smooth"}, "size": 3}, "result": true}
    });
    let extent = source_extent(&source);
    let mut graph = graph;
    graph["load"]["arguments"]["spatial_extent"] = extent;
    let chunks = same(&graph, &source, 3 << 20);
    assert!(chunks > 1, "{chunks}");
}

/// The middle of the Spanish scene.
fn source_extent(source: &FileSource) -> Json {
    use corridor_know::source::{LoadRequest, SceneSource};
    let request = LoadRequest {
        collection: "scenes".into(),
        ..LoadRequest::default()
    };
    let scenes = block_on(source.scenes(&request)).unwrap().unwrap();
    let [west, south, east, north] = scenes[0].files[0].dataset.grid().bounds();
    let (dx, dy) = ((east - west) / 10.0, (north - south) / 10.0);
    json!({"west": west + dx, "south": south + dy, "east": east - dx, "north": north - dy})
}

#[test]
fn an_area_of_polygons_is_cut_the_same_in_every_chunk() {
    let Some(source) = romania() else { return };
    let mut graph = composite("median");
    graph["load"]["arguments"]["spatial_extent"] = json!({"type": "Polygon", "coordinates": [[
        [22.146, 45.2], [22.1585, 45.2013], [22.157, 45.2093], [22.151, 45.204], [22.146, 45.2]]]});
    same(&graph, &source, 8 << 20);
}

#[test]
fn what_needs_the_whole_picture_is_named_and_runs_on_the_results() {
    let Some((source, _)) = spain() else { return };
    let graph = ProcessGraph::parse(&json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "scenes", "spatial_extent": null, "temporal_extent": ["2019-09-18", "2019-09-19"],
            "bands": ["green", "swir16"]}},
        "scene": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "load"}, "dimension": "t", "reducer": reducer("first")}},
        "index": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "scene"}, "dimension": "bands", "reducer": {"process_graph": {
                "g": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "data"}, "index": 0}},
                "s": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "data"}, "index": 1}},
                "nd": {"process_id": "normalized_difference", "arguments": {"x": {"from_node": "g"}, "y": {"from_node": "s"}}, "result": true}}}}},
        "water": {"process_id": "apply", "arguments": {"data": {"from_node": "index"}, "process": {"process_graph": {
            "gt": {"process_id": "gt", "arguments": {"x": {"from_parameter": "x"}, "y": 0}, "result": true}}}}},
        "sieved": {"process_id": "sieve", "arguments": {"data": {"from_node": "water"}, "min_pixels": 5}, "result": true}
    }))
    .unwrap();
    let engine = Engine::new(RunLimits::default());
    let none = BTreeMap::new();
    let plan = block_on(engine.plan(&graph, &none, &source, &["index"])).unwrap();
    assert_eq!(
        plan.whole_nodes(),
        [(
            "sieved".to_string(),
            "sieve looks at the whole picture".to_string()
        )]
    );
    let truth = block_on(interpret(&graph, &none, &source, &RunLimits::default())).unwrap();
    let (found, kept) = block_on(engine.run_keeping(&graph, &none, &source, &["index"])).unwrap();
    assert_eq!(bits(&truth), bits(&found));
    assert!(matches!(kept.get("index"), Some(Value::Cube(_))));
}

#[test]
fn the_operator_travels_as_bytes_and_does_the_same() {
    use datafusion_physical_plan::ExecutionPlan;
    let Some(source) = romania() else { return };
    let graph = ProcessGraph::parse(&composite("median")).unwrap();
    let engine = Engine::new(RunLimits::default());
    let none = BTreeMap::new();
    let plan = block_on(engine.plan(&graph, &none, &source, &[])).unwrap();
    let operator = plan.operator().unwrap();
    let bytes = operator.to_bytes().unwrap();
    let other = ChunkExec::from_bytes(&bytes).unwrap();
    assert_eq!(other.to_bytes().unwrap(), bytes);
    assert_eq!(other.schema(), ChunkExec::full_schema());
    assert!(ChunkExec::from_bytes(&bytes[..bytes.len() - 1]).is_err());
    assert!(ChunkExec::from_bytes(b"{}").is_err());
}

#[test]
fn a_run_over_budget_is_refused_with_its_estimate_before_a_pixel_is_read() {
    let Some(source) = romania() else { return };
    let graph = ProcessGraph::parse(&composite("median")).unwrap();
    let engine = Engine::new(RunLimits::default()).with_budget(Budget {
        samples: 1_000_000,
        seconds: 60.0,
    });
    let started = std::time::Instant::now();
    let error = block_on(engine.run(&graph, &BTreeMap::new(), &source)).unwrap_err();
    let took = started.elapsed();
    assert_eq!(error.code, "ProcessGraphComplexity");
    assert!(error.message.contains("2970000 samples"), "{error}");
    println!("refused in {:.1} ms", took.as_secs_f64() * 1e3);
    assert!(
        took.as_millis() < 1_000,
        "{took:?}: a debug build on a busy machine"
    );
}

#[test]
fn failures_inside_a_chunk_keep_their_code_and_place() {
    let Some(source) = romania() else { return };
    let fails = |graph: Json| -> GraphError {
        let graph = ProcessGraph::parse(&graph).unwrap();
        let engine = Engine::new(RunLimits::default()).with_carrier(Arc::new(InProcess));
        block_on(engine.run(&graph, &BTreeMap::new(), &source)).unwrap_err()
    };
    let mut graph = composite("median");
    graph["load"]["arguments"]["bands"] = json!(["B99"]);
    let error = fails(graph);
    assert_eq!(
        (error.code, error.node),
        ("BandNotFound", vec!["load".to_string()])
    );
    let mut graph = composite("median");
    graph["load"]["arguments"]["temporal_extent"] = json!(["1999-01-01", "1999-02-01"]);
    assert_eq!(fails(graph).code, "NoDataAvailable");
    let mut graph = composite("median");
    graph["load"]["arguments"]["spatial_extent"] =
        json!({"west": 10, "south": 10, "east": 11, "north": 11});
    assert_eq!(fails(graph).code, "NoDataAvailable");
}
