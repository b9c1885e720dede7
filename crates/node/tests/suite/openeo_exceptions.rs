//! Every exception that the definition of a process names, brought about at `/result`.

use crate::data::TestNode;
use axum::http::StatusCode;
use corridor_know::process;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Exceptions that are never given, and why.
const NEVER: [(&str, &str, &str); 5] = [
    (
        "divide",
        "DivisionByZero",
        "infinity and NaN are given, as IEEE 754 says",
    ),
    ("mod", "DivisionByZero", "NaN is given, as IEEE 754 says"),
    (
        "multiply",
        "MultiplicandMissing",
        "x and y are required: ProcessParameterRequired",
    ),
    (
        "run_udf",
        "InvalidVersion",
        "there is no runtime, so InvalidRuntime comes first",
    ),
    (
        "run_udf",
        "FileNotFound",
        "there is no runtime, so InvalidRuntime comes first",
    ),
];

fn from(node: &str) -> Value {
    json!({ "from_node": node })
}

fn callback(process: &str) -> Value {
    json!({"process_graph": {"own": {"process_id": process, "result": true,
        "arguments": {"data": {"from_parameter": "data"}}}}})
}

fn square(west: f64, east: f64) -> Value {
    json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates":
        [[[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0], [west, 0.0]]]}})
}

fn features(all: &[Value]) -> Value {
    json!({"type": "FeatureCollection", "features": all})
}

/// Nodes that the cases take their data from.
fn sources() -> Map<String, Value> {
    let space = |axis: &str| json!({"type": "spatial", "axis": axis, "values": [0.25, 0.75], "reference_system": 4326});
    let time = json!({"type": "temporal", "values": ["2020-01-01", "2020-02-01"]});
    let bands = |names: [&str; 2]| json!({"type": "bands", "values": names});
    let cube = |order: [&str; 3], dimensions: Value| {
        json!({"process_id": "cube_from_json", "arguments": {"data": {
            "type": "datacube", "order": order, "dimensions": dimensions,
            "data": [[[1, 2], [3, 4]], [[5, 6], [7, 8]]]}}})
    };
    let labelled = |labels: [&str; 2]| json!({"process_id": "array_create_labeled", "arguments": {"data": [1, 2], "labels": labels}});
    let point = json!({"type": "Feature", "properties": {},
        "geometry": {"type": "Point", "coordinates": [0.5, 0.5]}});
    let vector = |feature: Value| json!({"process_id": "load_geojson", "arguments": {"data": features(&[feature])}});
    let all = json!({
        "bands": cube(["bands", "y", "x"],
            json!({"bands": bands(["red", "nir"]), "y": space("y"), "x": space("x")})),
        "reds": cube(["bands", "y", "x"],
            json!({"bands": bands(["red", "B8"]), "y": space("y"), "x": space("x")})),
        "nirs": cube(["bands", "y", "x"],
            json!({"bands": bands(["B4", "nir"]), "y": space("y"), "x": space("x")})),
        "series": cube(["t", "y", "x"], json!({"t": time, "y": space("y"), "x": space("x")})),
        "twice": cube(["t", "t2", "x"], json!({"t": time, "t2": time, "x": space("x")})),
        "empty": {"process_id": "filter_temporal", "arguments": {
            "data": from("series"), "extent": ["1990-01-01", "1991-01-01"]}},
        "ab": labelled(["a", "b"]), "bc": labelled(["b", "c"]),
        "points": vector(point), "squares": vector(square(0.0, 1.0)),
    });
    all.as_object().unwrap().clone()
}

/// Process, exception, arguments.
fn cases() -> Vec<(&'static str, &'static str, Value)> {
    let (mean, bands, series) = (callback("mean"), from("bands"), from("series"));
    let px = |name: &str| json!({"dimension": name, "value": 1, "unit": "px"});
    let intervals = json!([["2020-01-01", "2020-02-01"], ["2020-02-01", "2020-03-01"]]);
    let aggregated =
        |data: &str| json!({"data": from(data), "intervals": intervals, "reducer": mean});
    let with = |mut arguments: Value, more: Value| {
        let more = more.as_object().unwrap().clone();
        arguments.as_object_mut().unwrap().extend(more);
        arguments
    };
    let monthly = |data: &str| json!({"data": from(data), "period": "month", "reducer": mean});
    let overlapping = features(&[square(0.0, 0.8), square(0.2, 1.0)]);
    let renamed = |more: Value| with(json!({"data": bands, "dimension": "bands"}), more);
    let always = json!({"process_graph": {"own": {"process_id": "is_valid", "result": true,
        "arguments": {"x": {"from_parameter": "value"}}}}});
    vec![
        (
            "add_dimension",
            "DimensionExists",
            json!({"data": bands, "name": "bands", "label": "a"}),
        ),
        (
            "aggregate_spatial",
            "TargetDimensionExists",
            json!({"data": bands, "reducer": mean,
            "geometries": square(0.0, 1.0), "target_dimension": "bands"}),
        ),
        (
            "aggregate_temporal",
            "TooManyDimensions",
            aggregated("twice"),
        ),
        (
            "aggregate_temporal",
            "DimensionNotAvailable",
            aggregated("bands"),
        ),
        (
            "aggregate_temporal",
            "DistinctDimensionLabelsRequired",
            with(aggregated("series"), json!({"labels": ["a", "a"]})),
        ),
        (
            "aggregate_temporal",
            "TemporalExtentEmpty",
            with(
                aggregated("series"),
                json!({"intervals": [["2020-02-01", "2020-01-01"]]}),
            ),
        ),
        (
            "aggregate_temporal_period",
            "TooManyDimensions",
            monthly("twice"),
        ),
        (
            "aggregate_temporal_period",
            "DimensionNotAvailable",
            monthly("bands"),
        ),
        (
            "apply_dimension",
            "DimensionNotAvailable",
            json!({"data": bands, "dimension": "t", "process": callback("cumsum")}),
        ),
        (
            "apply_kernel",
            "KernelDimensionsUneven",
            json!({"data": bands, "kernel": [[1, 1], [1, 1]]}),
        ),
        (
            "apply_neighborhood",
            "DimensionNotAvailable",
            json!({"data": bands, "size": [px("t")], "process": callback("cumsum")}),
        ),
        (
            "apply_neighborhood",
            "DataCubePropertiesImmutable",
            json!({"data": bands, "size": [px("x"), px("y")], "process": mean}),
        ),
        (
            "apply_polygon",
            "GeometriesOverlap",
            json!({"data": bands, "geometries": overlapping, "process": callback("trim_cube")}),
        ),
        (
            "array_append",
            "LabelExists",
            json!({"data": from("ab"), "value": 3, "label": "a"}),
        ),
        (
            "array_append",
            "ArrayNotLabeled",
            json!({"data": [1, 2], "value": 3, "label": "a"}),
        ),
        (
            "array_concat",
            "ArrayLabelConflict",
            json!({"array1": from("ab"), "array2": from("bc")}),
        ),
        (
            "array_create_labeled",
            "ArrayLengthMismatch",
            json!({"data": [1, 2, 3], "labels": ["a", "b"]}),
        ),
        (
            "array_element",
            "ArrayElementNotAvailable",
            json!({"data": [1, 2], "index": 2}),
        ),
        (
            "array_element",
            "ArrayElementParameterMissing",
            json!({"data": [1, 2]}),
        ),
        (
            "array_element",
            "ArrayElementParameterConflict",
            json!({"data": from("ab"), "index": 0, "label": "a"}),
        ),
        (
            "array_element",
            "ArrayNotLabeled",
            json!({"data": [1, 2], "label": "a"}),
        ),
        (
            "array_modify",
            "ArrayElementNotAvailable",
            json!({"data": [1, 2], "values": [3], "index": 3}),
        ),
        (
            "array_modify",
            "ArrayLabelConflict",
            json!({"data": from("ab"), "values": from("bc"), "index": 0}),
        ),
        ("clip", "MinMaxSwapped", json!({"x": 1, "min": 3, "max": 2})),
        (
            "dimension_labels",
            "DimensionNotAvailable",
            json!({"data": bands, "dimension": "t"}),
        ),
        (
            "drop_dimension",
            "DimensionLabelCountMismatch",
            json!({"data": bands, "name": "bands"}),
        ),
        (
            "drop_dimension",
            "DimensionNotAvailable",
            json!({"data": bands, "name": "t"}),
        ),
        (
            "filter_bands",
            "BandFilterParameterMissing",
            json!({"data": bands}),
        ),
        (
            "filter_bands",
            "DimensionMissing",
            json!({"data": series, "bands": ["red"]}),
        ),
        (
            "filter_labels",
            "DimensionNotAvailable",
            json!({"data": bands, "dimension": "t", "condition": always}),
        ),
        (
            "filter_temporal",
            "DimensionNotAvailable",
            json!({"data": bands, "extent": ["2020-01-01", "2021-01-01"]}),
        ),
        (
            "filter_temporal",
            "TemporalExtentEmpty",
            json!({"data": series, "extent": ["2020-01-01", "2020-01-01"]}),
        ),
        (
            "load_collection",
            "NoDataAvailable",
            json!({"id": "scenes", "temporal_extent": null,
            "spatial_extent": {"west": 0, "east": 1, "south": 0, "north": 1}}),
        ),
        (
            "load_collection",
            "TemporalExtentEmpty",
            json!({"id": "scenes", "spatial_extent": null,
            "temporal_extent": ["2020-01-02", "2020-01-01"]}),
        ),
        (
            "mask",
            "IncompatibleDataCubes",
            json!({"data": bands, "mask": from("reds")}),
        ),
        (
            "merge_cubes",
            "OverlapResolverMissing",
            json!({"cube1": bands, "cube2": bands}),
        ),
        (
            "merge_cubes",
            "IncompatibleGeometryTypes",
            json!({"cube1": from("points"), "cube2": from("squares")}),
        ),
        ("ndvi", "NirBandAmbiguous", json!({"data": from("reds")})),
        ("ndvi", "RedBandAmbiguous", json!({"data": from("nirs")})),
        ("ndvi", "DimensionAmbiguous", json!({"data": series})),
        (
            "ndvi",
            "BandExists",
            json!({"data": bands, "target_band": "red"}),
        ),
        (
            "quantiles",
            "QuantilesParameterMissing",
            json!({"data": [1, 2]}),
        ),
        (
            "quantiles",
            "QuantilesParameterConflict",
            json!({"data": [1, 2], "probabilities": [0.5], "q": 2}),
        ),
        (
            "quantiles",
            "AscendingProbabilitiesRequired",
            json!({"data": [1, 2], "probabilities": [0.5, 0.1]}),
        ),
        (
            "reduce_dimension",
            "DimensionNotAvailable",
            json!({"data": bands, "dimension": "t", "reducer": mean}),
        ),
        (
            "rename_dimension",
            "DimensionNotAvailable",
            json!({"data": bands, "source": "t", "target": "z"}),
        ),
        (
            "rename_dimension",
            "DimensionExists",
            json!({"data": bands, "source": "x", "target": "y"}),
        ),
        (
            "rename_labels",
            "LabelsNotEnumerated",
            renamed(json!({"target": ["a", "b"]})),
        ),
        (
            "predict_onnx",
            "ModelNotFound",
            json!({"data": bands, "model": "none"}),
        ),
        (
            "predict_onnx",
            "ModelFailed",
            json!({"data": bands, "model": "broken"}),
        ),
        (
            "predict_onnx",
            "DimensionMissing",
            json!({"data": series, "model": "broken"}),
        ),
        (
            "rename_labels",
            "LabelMismatch",
            renamed(json!({"target": ["a"], "source": ["red", "nir"]})),
        ),
        (
            "rename_labels",
            "LabelNotAvailable",
            renamed(json!({"target": ["a"], "source": ["blue"]})),
        ),
        (
            "rename_labels",
            "LabelExists",
            renamed(json!({"target": ["nir"], "source": ["red"]})),
        ),
        (
            "resample_cube_temporal",
            "DimensionMismatch",
            json!({"data": series, "target": bands}),
        ),
        (
            "resample_cube_temporal",
            "DimensionNotAvailable",
            json!({"data": series, "target": series, "dimension": "z"}),
        ),
        (
            "run_udf",
            "InvalidRuntime",
            json!({"data": [1], "udf": "print(1)", "runtime": "Python"}),
        ),
        (
            "save_result",
            "FormatUnsuitable",
            json!({"data": bands, "format": "GeoJSON"}),
        ),
        (
            "save_result",
            "DataCubeEmpty",
            json!({"data": from("empty"), "format": "JSON"}),
        ),
        (
            "zonal_statistics",
            "TargetDimensionExists",
            json!({"data": bands, "geometries": square(0.0, 1.0), "target_dimension": "bands"}),
        ),
    ]
}

#[tokio::test]
async fn every_exception_of_every_process_is_given() {
    let node = TestNode::with_broken_network().await;
    let sources = sources();
    let mut wrong = Vec::new();
    let cases = cases();
    for (process, code, arguments) in &cases {
        let mut graph = sources.clone();
        let own = json!({"process_id": process, "arguments": arguments, "result": true});
        graph.insert("own".into(), own);
        // Only the nodes that the case needs: what is not used would be run too.
        loop {
            let text = Value::Object(graph.clone()).to_string();
            let used = |name: &String| {
                name == "own" || text.contains(&format!(r#"{{"from_node":"{name}"}}"#))
            };
            let before = graph.len();
            graph = graph.into_iter().filter(|(name, _)| used(name)).collect();
            if graph.len() == before {
                break;
            }
        }
        let body = json!({"process": {"process_graph": graph}});
        let answer = node.post("/openeo/1.2/result", &body).await;
        let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        let right = answer.status == StatusCode::BAD_REQUEST
            && json["code"] == **code
            && json["message"].as_str().is_some_and(|text| text.len() > 10);
        if !right {
            wrong.push(format!(
                "{process} {code}: {} {}",
                answer.status,
                answer.text()
            ));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    let mut shown: BTreeSet<(&str, &str)> = cases.iter().map(|(p, code, _)| (*p, *code)).collect();
    shown.extend(NEVER.iter().map(|(process, code, _)| (*process, *code)));
    let mut named = BTreeSet::new();
    for process in process::ALL {
        if let Some(exceptions) = process.definition().json["exceptions"].as_object() {
            named.extend(exceptions.keys().map(|code| (process.id, code.as_str())));
        }
    }
    assert_eq!(shown, named);
}
