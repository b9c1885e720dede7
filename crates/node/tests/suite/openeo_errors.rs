//! What wrong process graphs are told, at `/result` and `/validation`: the codes of the standard.

use crate::data::{Answer, TestNode};
use axum::http::StatusCode;
use serde_json::{Value, json};

impl TestNode {
    async fn run(&self, process: &Value) -> Answer {
        self.post("/openeo/1.2/result", &json!({ "process": process }))
            .await
    }

    /// Codes of all that `/validation` finds.
    async fn found(&self, process: &Value) -> Vec<String> {
        let answer = self.post("/openeo/1.2/validation", process).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
        let json = answer.json();
        let errors = json["errors"].as_array().unwrap();
        errors
            .iter()
            .map(|error| {
                assert!(error["message"].is_string(), "{error}");
                error["code"].as_str().unwrap().to_string()
            })
            .collect()
    }
}

fn add(x: Value, y: Value) -> Value {
    json!({"add": {"process_id": "add", "arguments": {"x": x, "y": y}, "result": true}})
}

/// A cube of two by two pixels.
fn cube(epsg: u32, west: f64, bands: &[&str]) -> Value {
    let band = json!([[1, 2], [3, 4]]);
    json!({"process_id": "cube_from_json", "arguments": {"data": {
        "type": "datacube",
        "order": ["bands", "y", "x"],
        "dimensions": {
            "bands": {"type": "bands", "values": bands},
            "y": {"type": "spatial", "axis": "y", "values": [15.0, 5.0],
                  "reference_system": format!("EPSG:{epsg}")},
            "x": {"type": "spatial", "axis": "x", "values": [west + 5.0, west + 15.0],
                  "reference_system": format!("EPSG:{epsg}")},
        },
        "data": vec![band; bands.len()],
    }}})
}

fn two(process: &str, first: Value, second: Value, names: [&str; 2]) -> Value {
    json!({"process_graph": {
        "first": first,
        "second": second,
        "both": {"process_id": process, "result": true, "arguments": {
            names[0]: {"from_node": "first"}, names[1]: {"from_node": "second"}}},
    }})
}

#[tokio::test]
async fn parameters_have_their_defaults() {
    let node = TestNode::open().await;
    let schema = json!({"type": "number"});
    let declared = |default: Option<Value>| {
        let mut parameter = json!({"name": "a", "description": "", "schema": schema});
        if let Some(default) = default {
            parameter["default"] = default;
            parameter["optional"] = json!(true);
        }
        parameter
    };
    let graph = add(json!({"from_parameter": "a"}), json!(1));
    let with = |parameters: Value| json!({"process_graph": graph, "parameters": parameters});
    for (default, expected) in [(json!(41), json!(42)), (Value::Null, Value::Null)] {
        let process = with(json!([declared(Some(default))]));
        assert_eq!(node.run(&process).await.json(), expected);
        assert!(node.found(&process).await.is_empty());
    }
    // Also within a callback, whose own parameters come first.
    let inner = json!({"process_graph": {"s": {"process_id": "array_apply", "result": true,
        "arguments": {"data": [1, 2], "process": {"process_graph":
            add(json!({"from_parameter": "x"}), json!({"from_parameter": "a"}))}}}},
        "parameters": [declared(Some(json!(10))), {"name": "x", "description": "", "schema": schema, "default": 99}]});
    assert_eq!(node.run(&inner).await.json(), json!([11, 12]));
    // One that must be given cannot be here, nor can one that is not declared.
    for parameters in [json!([declared(None)]), json!([])] {
        let refused = node.run(&with(parameters)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert_eq!(refused.json()["code"], "ProcessParameterRequired");
    }
    assert_eq!(
        node.found(&with(json!([]))).await,
        ["ProcessParameterRequired"]
    );
    // A default of another type than the process takes.
    let wrong = node.run(&with(json!([declared(Some(json!("one")))]))).await;
    assert_eq!(wrong.json()["code"], "ProcessParameterInvalid");
}

#[tokio::test]
async fn validation_names_everything_that_is_wrong() {
    let node = TestNode::open().await;
    let graph = |nodes: Value| json!({ "process_graph": nodes });
    let absolute = |arguments: Value| {
        graph(json!({"a": {"process_id": "absolute", "arguments": arguments, "result": true}}))
    };
    let cyclic = json!({
        "a": {"process_id": "absolute", "arguments": {"x": {"from_node": "b"}}, "result": true},
        "b": {"process_id": "absolute", "arguments": {"x": {"from_node": "a"}}}
    });
    let lost = absolute(json!({"x": {"from_node": "nowhere"}}));
    for (process, codes) in [
        (graph(add(json!(1), json!(2))), &[][..]),
        (graph(cyclic), &["ProcessGraphInvalid"]),
        (lost, &["ProcessGraphInvalid"]),
        (graph(json!({})), &["ProcessGraphMissing"]),
        (json!({}), &["ProcessGraphMissing"]),
        (absolute(json!({})), &["ProcessParameterRequired"]),
        (absolute(json!({"x": "one"})), &["ProcessParameterInvalid"]),
        (
            absolute(json!({"x": {"from_parameter": "p"}})),
            &["ProcessParameterRequired"],
        ),
        (
            graph(json!({
                "a": {"process_id": "nobody", "arguments": {}},
                "b": {"process_id": "add", "arguments": {"x": true, "z": 1}, "result": true},
            })),
            &[
                "ProcessUnsupported",
                "ProcessParameterInvalid",
                "ProcessParameterRequired",
                "ProcessParameterUnsupported",
            ],
        ),
    ] {
        let mut found = node.found(&process).await;
        found.sort();
        let mut codes: Vec<&str> = codes.to_vec();
        codes.sort_unstable();
        assert_eq!(found, codes, "{process}");
        let ran = node.run(&process).await;
        match codes.first() {
            None => assert_eq!(ran.status, StatusCode::OK),
            Some(_) => {
                assert_eq!(ran.status, StatusCode::BAD_REQUEST, "{process}");
                let code = ran.json()["code"].as_str().unwrap().to_string();
                assert!(codes.contains(&code.as_str()), "{code}: {process}");
            }
        }
    }
}

#[tokio::test]
async fn what_only_the_run_finds_out_has_its_code() {
    let node = TestNode::open().await;
    let red = || cube(32633, 0.0, &["red"]);
    let load = |space: Value, time: Value| {
        json!({"process_graph": {"load": {"process_id": "load_collection", "result": true,
            "arguments": {"id": "scenes", "spatial_extent": space, "temporal_extent": time}}}})
    };
    let sea = json!({"west": 0, "east": 1, "south": 0, "north": 1});
    let long_ago = json!(["1900-01-01", "1901-01-01"]);
    let backwards = json!(["2020-01-02", "2020-01-01"]);
    let mut typed = two("absolute", red(), red(), ["x", "x"]);
    typed["process_graph"]["both"]["arguments"] = json!({"x": {"from_node": "first"}});
    let other = json!({"process_id": "pi", "arguments": {}});
    for (process, status, code) in [
        // Nothing there, then, or at all.
        (load(sea, Value::Null), 400, "NoDataAvailable"),
        (load(Value::Null, long_ago), 400, "NoDataAvailable"),
        (load(Value::Null, backwards), 400, "TemporalExtentEmpty"),
        // A cube where a number is needed, a number where a cube is.
        (typed, 400, "ProcessParameterInvalid"),
        (
            two("mask", other, red(), ["data", "mask"]),
            400,
            "ProcessParameterInvalid",
        ),
        // Cubes that do not fit: both have values, or other bands.
        (
            two("merge_cubes", red(), red(), ["cube1", "cube2"]),
            400,
            "OverlapResolverMissing",
        ),
        (
            two("mask", red(), cube(32633, 0.0, &["nir"]), ["data", "mask"]),
            400,
            "IncompatibleDataCubes",
        ),
    ] {
        let ran = node.run(&process).await;
        assert_eq!(
            (ran.status.as_u16(), ran.json()["code"].as_str()),
            (status, Some(code)),
            "{}",
            ran.text()
        );
    }
    let nowhere = json!({"process_graph": {"load": {"process_id": "load_collection", "result": true,
        "arguments": {"id": "nowhere", "spatial_extent": null, "temporal_extent": null}}}});
    let ran = node.run(&nowhere).await;
    assert_eq!(ran.status, StatusCode::NOT_FOUND);
    assert_eq!(ran.json()["code"], "CollectionNotFound");
}

/// Cubes on different grids are aligned by the standard's own rule: the first one's pixels.
#[tokio::test]
async fn cubes_of_different_grids_are_aligned_to_the_first() {
    let node = TestNode::open().await;
    let first = cube(32633, 0.0, &["red"]);
    let mut second = cube(32633, 0.0, &["nir"]);
    // Pixels of 5 m in the same place.
    let centres =
        |from: f64, step: f64| -> Vec<f64> { (0..4).map(|i| from + step * f64::from(i)).collect() };
    let data = &mut second["arguments"]["data"];
    data["dimensions"]["x"]["values"] = json!(centres(2.5, 5.0));
    data["dimensions"]["y"]["values"] = json!(centres(17.5, -5.0));
    data["data"] = json!([[[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]]);
    let merged = node
        .run(&two(
            "merge_cubes",
            first.clone(),
            second,
            ["cube1", "cube2"],
        ))
        .await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.text());
    let json = merged.json();
    assert_eq!(json["dimensions"]["bands"]["values"], json!(["red", "nir"]));
    assert_eq!(json["dimensions"]["x"]["values"], json!([5, 15]));
    assert_eq!(json["data"][1], json!([[1, 2], [3, 4]]));
    // Another reference system is no reason to refuse either: far away, nothing of it is seen.
    let far = cube(3035, 4_000_000.0, &["nir"]);
    let merged = node
        .run(&two("merge_cubes", first, far, ["cube1", "cube2"]))
        .await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.text());
    assert_eq!(
        merged.json()["data"][1],
        json!([[null, null], [null, null]])
    );
}

/// What a run of this graph is told: the status, the code and the message.
async fn told(node: &TestNode, nodes: Value) -> (u16, String, String) {
    let ran = node.run(&json!({ "process_graph": nodes })).await;
    let json = ran.json();
    let word = |name: &str| json[name].as_str().unwrap_or_default().to_string();
    (ran.status.as_u16(), word("code"), word("message"))
}

#[tokio::test]
async fn reference_systems_that_nobody_knows_are_named() {
    let node = TestNode::open().await;
    let cube = cube(32633, 0.0, &["red"]);
    let own = |process: &str, arguments: Value| json!({"cube": cube, "own": {"process_id": process, "result": true, "arguments": arguments}});
    let data = json!({"from_node": "cube"});
    let extent = |crs: Value| json!({"west": 0, "east": 1, "south": 0, "north": 1, "crs": crs});
    let mut unknown = cube.clone();
    unknown["arguments"]["data"]["dimensions"]["x"]["reference_system"] = json!(999_999);
    unknown["result"] = json!(true);
    let load = json!({"load": {"process_id": "load_collection", "result": true, "arguments": {
        "id": "scenes", "spatial_extent": extent(json!(999_999)), "temporal_extent": null}}});
    for (graph, word) in [
        (load, "999999"),
        (json!({"cube": unknown}), "999999"),
        (
            own(
                "filter_bbox",
                json!({"data": data, "extent": extent(json!("EPSG:12"))}),
            ),
            "12",
        ),
        (
            own(
                "resample_spatial",
                json!({"data": data, "projection": 999_999}),
            ),
            "999999",
        ),
        (
            own(
                "resample_spatial",
                json!({"data": data, "projection": "PROJCRS[\"mine\"]"}),
            ),
            "EPSG code",
        ),
    ] {
        let (status, code, message) = told(&node, graph).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "ProcessParameterInvalid"),
            "{message}"
        );
        assert!(message.contains(word), "{message}");
    }
}

#[tokio::test]
async fn places_where_a_system_is_not_defined_are_the_callers_to_change() {
    let node = TestNode::open().await;
    let cube = cube(32633, 500_000.0, &["red"]);
    let ring = |far: f64| {
        json!([
            [far, 95.0],
            [far + 1.0, 95.0],
            [far + 1.0, 96.0],
            [far, 95.0]
        ])
    };
    for far in [15.0, 500.0] {
        let polygon = json!({"type": "Polygon", "coordinates": [ring(far)]});
        let (status, code, message) = told(
            &node,
            json!({"cube": cube, "own": {"process_id": "mask_polygon", "result": true,
                "arguments": {"data": {"from_node": "cube"}, "mask": polygon}}}),
        )
        .await;
        assert_eq!(
            (status, code.as_str()),
            (400, "ProcessParameterInvalid"),
            "{message}"
        );
    }
    let beyond = json!({"west": 0, "east": 1, "south": 95, "north": 96});
    let (status, code, message) = told(
        &node,
        json!({"cube": cube, "own": {"process_id": "filter_bbox", "result": true,
            "arguments": {"data": {"from_node": "cube"}, "extent": beyond}}}),
    )
    .await;
    assert_eq!(
        (status, code.as_str()),
        (400, "ProcessParameterInvalid"),
        "{message}"
    );
}

#[tokio::test]
async fn grids_that_cannot_be_aligned_are_refused() {
    let node = TestNode::open().await;
    let mut irregular = cube(32633, 0.0, &["nir"]);
    let data = &mut irregular["arguments"]["data"];
    data["dimensions"]["x"]["values"] = json!([5, 15, 95]);
    data["data"] = json!([[[1, 2, 3], [4, 5, 6]]]);
    let merged = two(
        "merge_cubes",
        cube(32633, 0.0, &["red"]),
        irregular,
        ["cube1", "cube2"],
    );
    let ran = node.run(&merged).await;
    assert_eq!(
        ran.json()["code"],
        "IncompatibleDataCubes",
        "{}",
        ran.text()
    );
    // A raster and a vector, too.
    let vector = json!({"process_id": "load_geojson", "arguments": {"data": {"type": "Feature",
        "properties": {}, "geometry": {"type": "Point", "coordinates": [15, 0]}}}});
    let merged = two(
        "merge_cubes",
        cube(32633, 0.0, &["red"]),
        vector,
        ["cube1", "cube2"],
    );
    let ran = node.run(&merged).await;
    assert_eq!(
        ran.json()["code"],
        "IncompatibleDataCubes",
        "{}",
        ran.text()
    );
}

#[tokio::test]
async fn what_would_be_too_large_is_refused() {
    let node = TestNode::open().await;
    let cube = cube(32633, 0.0, &["red"]);
    let finer = json!({"cube": cube, "own": {"process_id": "resample_spatial", "result": true,
        "arguments": {"data": {"from_node": "cube"}, "resolution": 0.000_01}}});
    let long = json!({"process_id": "cube_from_json", "arguments": {"data": {"type": "datacube",
        "order": ["t"], "dimensions": {"t": {"type": "temporal", "values": ["1000-01-01", "2000-01-01"]}},
        "data": [1, 2]}}});
    let reducer = json!({"process_graph": {"m": {"process_id": "mean", "result": true,
        "arguments": {"data": {"from_parameter": "data"}}}}});
    let hours = json!({"long": long, "own": {"process_id": "aggregate_temporal_period", "result": true,
        "arguments": {"data": {"from_node": "long"}, "period": "hour", "reducer": reducer}}});
    for graph in [finer, hours] {
        let (status, code, message) = told(&node, graph).await;
        assert_eq!(
            (status, code.as_str()),
            (400, "ProcessGraphComplexity"),
            "{message}"
        );
    }
    // A graph of more nodes than any person writes.
    let one = json!({"process_id": "pi", "arguments": {}});
    let mut many: serde_json::Map<String, Value> = (0..20_000)
        .map(|number| (format!("n{number}"), one.clone()))
        .collect();
    many["n0"]["result"] = json!(true);
    let (_, code, message) = told(&node, Value::Object(many)).await;
    assert_eq!(code, "ProcessGraphComplexity", "{message}");
}

/// JSON so deep that a reader of it could run out of stack is not read at all.
#[tokio::test]
async fn callbacks_nested_too_deep_are_refused() {
    let node = TestNode::open().await;
    let mut nested =
        json!({"process_graph": {"pi": {"process_id": "pi", "arguments": {}, "result": true}}});
    let mut ran = Vec::new();
    for depth in 1..=40 {
        nested = json!({"process_graph": {"a": {"process_id": "array_apply", "result": true,
            "arguments": {"data": [1], "process": nested}}}});
        if [5, 20, 40].contains(&depth) {
            ran.push(node.run(&nested).await);
        }
    }
    assert_eq!(ran[0].status, StatusCode::OK, "{}", ran[0].text());
    for (ran, code) in ran[1..]
        .iter()
        .zip(["ProcessGraphComplexity", "RequestInvalid"])
    {
        assert_eq!(ran.status, StatusCode::BAD_REQUEST);
        assert_eq!(ran.json()["code"], code, "{}", ran.text());
    }
}

#[tokio::test]
async fn bodies_that_are_no_json_are_told_so() {
    let node = TestNode::open().await;
    let send = async |kind: &str, body: Vec<u8>| {
        let call = crate::data::request("POST", "/openeo/1.2/result");
        let call = call.header("content-type", kind);
        node.send(call.body(axum::body::Body::from(body)).unwrap())
            .await
    };
    let deep = "[".repeat(100_000);
    for (body, code) in [
        (b"{\"process\": ".to_vec(), "RequestInvalid"),
        (b"\xff\xfe".to_vec(), "RequestInvalid"),
        (deep.into_bytes(), "RequestInvalid"),
        (b"[]".to_vec(), "RequestInvalid"),
        (vec![b' '; 64 << 20], "RequestTooLarge"),
    ] {
        let answer = send("application/json", body).await;
        assert_eq!(answer.json()["code"], code, "{}", answer.text());
        assert!(answer.status.is_client_error());
    }
    let answer = send("text/plain", b"{}".to_vec()).await;
    assert_eq!(
        answer.json()["code"],
        "ContentTypeInvalid",
        "{}",
        answer.text()
    );
}
