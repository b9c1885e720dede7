//! Scenes loaded over HTTP: the ways to name them, and what is wrong inside of a plan over them.

use crate::data::{Answer, TestNode};
use axum::http::StatusCode;
use corridor_catalog::stac::media_type;
use corridor_catalog::{Asset, Band, Item};
use serde_json::{Value, json};

impl TestNode {
    async fn computed(&self, graph: Value) -> Answer {
        let body = json!({"process": {"process_graph": graph}});
        self.post("/openeo/1.2/result", &body).await
    }
}

/// A graph that saves a band of what this node loads.
fn saved(load: Value) -> Value {
    json!({
        "load": load,
        "t": {"process_id": "reduce_dimension", "arguments": {"data": {"from_node": "load"},
            "dimension": "t", "reducer": callback("first", json!({"data": {"from_parameter": "data"}}))}},
        "save": {"process_id": "save_result", "result": true,
            "arguments": {"data": {"from_node": "t"}, "format": "GTiff"}},
    })
}

fn callback(process: &str, arguments: Value) -> Value {
    json!({"process_graph": {"own": {"process_id": process, "arguments": arguments, "result": true}}})
}

fn load(id: &str) -> Value {
    json!({"process_id": "load_collection", "arguments": {
        "id": id, "spatial_extent": null, "temporal_extent": null, "bands": ["B3", "B4"]}})
}

#[track_caller]
fn refused(answer: &Answer, status: StatusCode, code: &str) {
    let text = answer.text();
    assert_eq!(answer.status, status, "{text}");
    assert_eq!(answer.json()["code"], code, "{text}");
}

#[tokio::test]
async fn a_scene_of_this_nodes_stac_api_is_loaded_by_its_address() {
    let node = TestNode::open().await;
    let by_id = node.computed(saved(load("scenes"))).await;
    assert_eq!(by_id.status, StatusCode::OK, "{}", by_id.text());
    let stac = |url: &str| {
        saved(json!({"process_id": "load_stac", "arguments": {"url": url, "bands": ["B3", "B4"]}}))
    };
    for url in [
        "http://127.0.0.1:8080/stac/collections/scenes",
        "http://127.0.0.1:8080/stac/collections/scenes/items/olinda",
    ] {
        let by_url = node.computed(stac(url)).await;
        assert_eq!(by_url.status, StatusCode::OK, "{url}: {}", by_url.text());
        assert_eq!(by_url.body, by_id.body, "{url}");
    }
    for (url, status, code) in [
        (
            "/stac/collections/scenes/items/other",
            StatusCode::NOT_FOUND,
            "CollectionNotFound",
        ),
        (
            "/stac/collections/nowhere",
            StatusCode::NOT_FOUND,
            "CollectionNotFound",
        ),
        (
            "https://example.org/stac/item.json",
            StatusCode::NOT_IMPLEMENTED,
            "FeatureUnsupported",
        ),
    ] {
        refused(&node.computed(stac(url)).await, status, code);
    }
}

#[tokio::test]
async fn scenes_are_chosen_by_their_properties() {
    let node = TestNode::open().await;
    let titled = |title: &str| {
        let mut own = load("scenes");
        own["arguments"]["properties"] = json!({"title":
            callback("eq", json!({"x": {"from_parameter": "value"}, "y": title}))});
        saved(own)
    };
    let found = node.computed(titled("scenes/olinda")).await;
    assert_eq!(found.status, StatusCode::OK, "{}", found.text());
    let none = node.computed(titled("another")).await;
    refused(&none, StatusCode::BAD_REQUEST, "NoDataAvailable");
}

/// What a callback does wrong has its code, also where the engine runs it on chunks of pixels.
#[tokio::test]
async fn errors_from_inside_of_a_plan_keep_their_codes() {
    let node = TestNode::open().await;
    let data = json!({"from_parameter": "data"});
    let reduced = |process: &str, arguments: Value| {
        json!({"load": load("scenes"), "own": {"process_id": "reduce_dimension", "result": true,
            "arguments": {"data": {"from_node": "load"}, "dimension": "bands",
                "reducer": callback(process, arguments)}}})
    };
    let applied = |process: &str, arguments: Value| {
        json!({"load": load("scenes"), "own": {"process_id": "apply", "result": true, "arguments": {
            "data": {"from_node": "load"}, "process": callback(process, arguments)}}})
    };
    let x = json!({"from_parameter": "x"});
    for (graph, code) in [
        (
            reduced("array_element", json!({"data": data, "index": 9})),
            "ArrayElementNotAvailable",
        ),
        (
            reduced("array_element", json!({"data": data})),
            "ArrayElementParameterMissing",
        ),
        (
            reduced(
                "quantiles",
                json!({"data": data, "probabilities": [0.9, 0.1]}),
            ),
            "AscendingProbabilitiesRequired",
        ),
        (
            applied("clip", json!({"x": x, "min": 2, "max": 1})),
            "MinMaxSwapped",
        ),
        (
            applied("text_begins", json!({"data": x, "pattern": "a"})),
            "ProcessParameterInvalid",
        ),
    ] {
        let ran = node.computed(graph).await;
        refused(&ran, StatusCode::BAD_REQUEST, code);
        assert!(ran.json()["message"].as_str().unwrap().contains("own"));
    }
}

/// A file cut off, and one that is something else, fail and are named by the node that met them.
#[tokio::test]
async fn scenes_that_cannot_be_read_are_no_gaps() {
    let node = TestNode::open().await;
    let whole = std::fs::read(crate::fixture::scene_file()).unwrap();
    for (name, bytes) in [
        ("cut", &whole[..whole.len() / 3]),
        ("other", b"MM\0*no tiff at all".as_slice()),
        ("empty", b"".as_slice()),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("broken.tif");
        std::fs::write(&file, bytes).unwrap();
        let key = format!("scenes/{name}/broken.tif");
        let stored = node.chain.assets().put_file(&key, &file).await.unwrap();
        let pixels = Asset::new(stored.href)
            .with_type(media_type::COG)
            .with_bands(vec![Band::new("B3"), Band::new("B4")]);
        let collection = corridor_catalog::Collection::new(name, "broken", "other");
        let catalog = node.chain.catalog();
        catalog.put_collection(&collection).await.unwrap();
        let item = Item::new("broken")
            .in_collection(name)
            .at(crate::fixture::day(0))
            .with_asset("pixels", pixels);
        catalog.put_item(&item).await.unwrap();
        let ran = node.computed(saved(load(name))).await;
        refused(&ran, StatusCode::INTERNAL_SERVER_ERROR, "SceneUnreadable");
        let message = ran.json()["message"].as_str().unwrap().to_string();
        for part in ["\"broken\"", "asset \"pixels\"", "does not read: ", "load"] {
            assert!(message.contains(part), "{part}: {message}");
        }
        assert!(!message.contains("/tmp"), "{message}");
        assert!(!message.contains(".tif"), "{message}");
    }
}

/// Every method of the standard's list is offered; others are said not to be of it.
#[tokio::test]
async fn the_standards_ways_of_resampling_are_offered() {
    let node = TestNode::open().await;
    let definition = corridor_know::process::ALL
        .iter()
        .find(|process| process.id == "resample_spatial")
        .map(|process| &process.definition().json)
        .unwrap();
    let parameters = definition["parameters"].as_array().unwrap();
    let method = parameters.iter().find(|p| p["name"] == "method").unwrap();
    let methods = method["schema"]["enum"].as_array().unwrap();
    assert_eq!(methods.len(), 14);
    let resampled = |method: &Value| {
        let own = json!({"process_id": "resample_spatial",
            "arguments": {"data": {"from_node": "load"}, "resolution": 60, "method": method}});
        let size = json!({"process_id": "dimension_labels", "result": true,
            "arguments": {"data": {"from_node": "own"}, "dimension": "x"}});
        json!({"load": load("scenes"), "own": own, "size": size})
    };
    for method in methods {
        let ran = node.computed(resampled(method)).await;
        assert_eq!(ran.status, StatusCode::OK, "{method}: {}", ran.text());
    }
    let ran = node.computed(resampled(&json!("gauss"))).await;
    refused(&ran, StatusCode::BAD_REQUEST, "ProcessParameterInvalid");
}
