//! The node's own endpoints answer, and as the OpenAPI document says.

use crate::data::TestNode;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// Whether `answer` fits the schema that the document gives for it.
#[track_caller]
pub(crate) fn check(document: &Value, path: &str, method: &str, status: &str, answer: &Value) {
    let content = &document["paths"][path][method]["responses"][status]["content"];
    let schema = content.as_object().unwrap().values().next().unwrap()["schema"].clone();
    let mut schema = json!({ "allOf": [schema], "components": document["components"] });
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    let validator = jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap();
    let faults: Vec<String> = validator
        .iter_errors(answer)
        .take(5)
        .map(|e| {
            format!(
                "{}: {}",
                e.instance_path(),
                e.to_string().chars().take(300).collect::<String>()
            )
        })
        .collect();
    assert!(faults.is_empty(), "{method} {path}: {faults:#?}");
}

#[tokio::test]
async fn answers_fit_the_document() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await;
    assert!(
        document
            .header("content-type")
            .starts_with("application/vnd.oai.openapi+json")
    );
    let document = document.json();
    assert_eq!(document["servers"][0]["url"], "http://127.0.0.1:8080");
    for path in [
        "/api/status",
        "/api/register/satellites",
        "/api/register/instruments",
        "/api/register/missions",
        "/api/register/stations",
        "/api/assumptions",
        "/api/products",
        "/api/watches",
        "/stac",
        "/stac/conformance",
        "/stac/collections",
        "/stac/queryables",
        "/stac/search",
    ] {
        let answer = node.get(path).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        check(&document, path, "get", "200", &answer.json());
    }
    for (path, asked) in [
        ("/stac/collections/{collection}", "/stac/collections/series"),
        (
            "/stac/collections/{collection}/items",
            "/stac/collections/series/items",
        ),
        (
            "/stac/collections/{collection}/items/{item}",
            "/stac/collections/series/items/s01",
        ),
    ] {
        check(&document, path, "get", "200", &node.get(asked).await.json());
    }
    assert!(
        node.get("/api/docs")
            .await
            .text()
            .contains("/api/watches/{name}/forecast")
    );
}

#[tokio::test]
async fn a_watch_is_added_read_and_removed() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await.json();
    let products = node.get("/api/products").await.json();
    let Some(product) = products[0]["id"].as_str() else {
        panic!("no products are shipped")
    };
    let new =
        json!({"name": "Olinda coast", "product": product, "bbox": [-35.0, -8.1, -34.8, -7.9]});
    let added = node.post("/api/watches", &new).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.text());
    assert_eq!(added.header("location"), "/api/watches/olinda-coast");
    check(&document, "/api/watches", "post", "201", &added.json());
    let one = node.get("/api/watches/olinda-coast").await.json();
    assert_eq!(one, added.json());
    check(&document, "/api/watches/{name}", "get", "200", &one);
    check(
        &document,
        "/api/watches",
        "get",
        "200",
        &node.get("/api/watches").await.json(),
    );
    let answers = node.get("/api/watches/olinda-coast/answers").await;
    assert_eq!(
        (answers.status, answers.json()),
        (StatusCode::OK, json!([]))
    );
    let gone = crate::data::request("DELETE", "/api/watches/olinda-coast");
    let gone = node
        .send(gone.body(axum::body::Body::empty()).unwrap())
        .await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    assert_eq!(
        node.get("/api/watches/olinda-coast").await.status,
        StatusCode::NOT_FOUND
    );
}

#[tokio::test]
async fn a_forecast_fits_the_document() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await.json();
    let epoch = node.get("/api/status").await.json()["forecast_epoch"]
        .as_str()
        .unwrap()
        .to_string();
    let product = node.get("/api/products").await.json()[0]["id"].clone();
    let new = json!({"name": "a", "product": product, "bbox": [-35.0, -8.1, -34.8, -7.9]});
    assert_eq!(
        node.post("/api/watches", &new).await.status,
        StatusCode::CREATED
    );
    let from: jiff::Timestamp = epoch.parse().unwrap();
    let to = from
        .checked_add(jiff::SignedDuration::from_hours(6))
        .unwrap();
    let answer = node
        .get(&format!("/api/watches/a/forecast?from={from}&to={to}"))
        .await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text());
    check(
        &document,
        "/api/watches/{name}/forecast",
        "get",
        "200",
        &answer.json(),
    );
    let wrong = node
        .get(&format!("/api/watches/a/forecast?from={to}&to={from}"))
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    let later = from
        .checked_add(jiff::SignedDuration::from_mins(10))
        .unwrap();
    let tracks = node
        .get(&format!("/api/tracks?from={from}&to={later}&step_s=300"))
        .await;
    assert_eq!(tracks.status, StatusCode::OK, "{}", tracks.text());
    check(&document, "/api/tracks", "get", "200", &tracks.json());
    assert_eq!(
        tracks.json()["satellites"][0]["lon_lat_km"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_watch_is_named() {
    let node = TestNode::open().await;
    for (body, named) in [
        (
            json!({"name": "a", "product": "gold", "bbox": [0, 0, 1, 1]}),
            "gold",
        ),
        (
            json!({"name": "a", "product": "water", "bbox": [0, -91, 1, 1]}),
            "-91",
        ),
        (json!({"name": "a", "product": "water"}), "area"),
        (
            json!({"name": "a", "product": "water", "bbox": [0, 0, 1, 1], "colour": 1}),
            "colour",
        ),
        (
            json!({"name": "a", "product": "water", "area": {"type": "Polygon",
                "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}}),
            "area",
        ),
    ] {
        let answer = node.post("/api/watches", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body}");
        assert!(answer.text().contains(named), "{body}: {}", answer.text());
    }
    assert_eq!(node.get("/api/watches").await.json(), json!([]));
    for path in [
        "/api/watches/none",
        "/api/watches/none/forecast",
        "/api/watches/none/answers",
    ] {
        assert_eq!(node.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for query in [
        "",
        "from=x&to=y",
        "from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
        "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z&step_s=0",
    ] {
        let answer = node.get(&format!("/api/tracks?{query}")).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{query}");
    }
}

#[tokio::test]
async fn the_contact_plan_and_the_deliveries_fit_the_document() {
    let node = TestNode::open().await;
    let document = node.get("/api/openapi.json").await.json();
    let epoch = node.get("/api/status").await.json()["forecast_epoch"].clone();
    let from: jiff::Timestamp = epoch.as_str().unwrap().parse().unwrap();
    let to = from
        .checked_add(jiff::SignedDuration::from_hours(3))
        .unwrap();
    let window = format!("from={from}&to={to}");
    let plan = node.get(&format!("/api/contacts?{window}")).await;
    assert_eq!(plan.status, StatusCode::OK, "{}", plan.text());
    let plan = plan.json();
    check(&document, "/api/contacts", "get", "200", &plan);
    let contacts = plan["contacts"].as_array().unwrap();
    assert!(contacts.len() > 100, "{} contacts", contacts.len());
    assert_eq!(plan["matched"], contacts.len());
    let of: jiff::Timestamp = contacts[0]["end"].as_str().unwrap().parse().unwrap();
    assert!(of > from);
    let station = contacts[0]["station"].as_str().unwrap();
    let few = node
        .get(&format!("/api/contacts?{window}&station={station}&limit=1"))
        .await
        .json();
    assert_eq!(few["contacts"].as_array().unwrap().len(), 1);
    assert_eq!(few["contacts"][0]["station"], station);

    let product = node.get("/api/products").await.json()[0]["id"].clone();
    let new = json!({"name": "a", "product": product, "bbox": [-35.0, -8.1, -34.8, -7.9]});
    assert_eq!(
        node.post("/api/watches", &new).await.status,
        StatusCode::CREATED
    );
    let deliveries = node.get("/api/deliveries?watch=a").await;
    assert_eq!(deliveries.status, StatusCode::OK, "{}", deliveries.text());
    let deliveries = deliveries.json();
    check(&document, "/api/deliveries", "get", "200", &deliveries);
    let forecast = node.get("/api/watches/a/forecast").await.json();
    let promised = forecast["entries"].as_array().unwrap().len()
        + forecast["undeliverable"].as_array().unwrap().len();
    assert_eq!(deliveries["matched"], promised);
    let millisecond = |value: &serde_json::Value| {
        let t: jiff::Timestamp = value.as_str().unwrap().parse().unwrap();
        t.round(jiff::Unit::Millisecond).unwrap()
    };
    // The plan that is shown is the one that was promised: same contact, same last byte. Where the way was
    // found again the first byte waits for the set-up of the link.
    let (mut direct, mut found_again) = (0, 0);
    for delivery in deliveries["deliveries"].as_array().unwrap() {
        let Some(last) = delivery["legs"].as_array().unwrap().last() else {
            assert!(delivery["reason"].is_string(), "{delivery}");
            continue;
        };
        let apart =
            millisecond(&last["end"]).duration_since(millisecond(&delivery["promised"]["down"]));
        assert!(
            apart.abs() <= jiff::SignedDuration::from_millis(5),
            "{delivery}"
        );
        if last["relay"].is_null() {
            direct += 1;
            let waits = millisecond(&last["start"]) > millisecond(&last["contact_start"]);
            found_again += usize::from(waits);
        }
        let legs = delivery["legs"].as_array().unwrap();
        let carried: u64 = legs
            .iter()
            .filter_map(|leg| leg["volume_bytes"].as_u64())
            .sum();
        let promised = delivery["volume_bytes"].as_u64().unwrap();
        // Each part is rounded down to whole bytes.
        assert!(
            promised.abs_diff(carried) <= legs.len() as u64,
            "{delivery}"
        );
    }
    assert!(
        direct > 50 && found_again * 10 >= direct * 9,
        "{found_again} of {direct}"
    );

    for (query, named) in [
        ("contacts?limit=0", "limit"),
        ("contacts?limit=x", "limit"),
        ("contacts?colour=1", "colour"),
        ("deliveries?limit=5001", "limit"),
        (
            "deliveries?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z",
            "window",
        ),
    ] {
        let refused = node.get(&format!("/api/{query}")).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(
            refused.text().contains(named),
            "{query}: {}",
            refused.text()
        );
    }
    for query in [
        "contacts?station=nowhere",
        "contacts?satellite=nothing",
        "deliveries?watch=none",
    ] {
        let refused = node.get(&format!("/api/{query}")).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{query}");
    }
}
