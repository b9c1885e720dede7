//! The Sensor Tasking API: what is refused, and to whom.

use crate::data::{self, TestNode, request};
use crate::stapi::{PRODUCT, days, order, point, refused, search, span};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{StatusCode, header};
use serde_json::{Value, json};
use std::net::SocketAddr;

#[tokio::test]
async fn what_is_wrong_is_named() {
    let node = TestNode::open().await;
    let (from, to) = days(&node, 3);
    let (square, backwards) = (format!("{from}/{to}"), format!("{to}/{from}"));
    let far = "2040-01-01T00:00:00Z/2040-01-02T00:00:00Z";
    let long = format!("{from}/{}", days(&node, 40).1);
    let line = json!({"type": "LineString", "coordinates": [[0, 0], [1, 1]]});
    let several = json!({"type": "GeometryCollection", "geometries": [point()]});
    let open_ring = json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1]]]});
    let bow_tie =
        json!({"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]});
    let place = |lon: Value, lat: Value| json!({"type": "Point", "coordinates": [lon, lat]});
    let good = || json!({"datetime": square, "geometry": point(), "order_parameters": {}});
    let with = |member: &str, value: Value| {
        let mut body = good();
        body[member] = value;
        body
    };
    let without = |member: &str| {
        let mut body = good();
        body.as_object_mut().unwrap().remove(member);
        body
    };
    let both = [
        (
            with("datetime", json!(backwards)),
            "body.datetime",
            "not after",
        ),
        (
            with("datetime", json!(format!("{from}/{from}"))),
            "body.datetime",
            "not after",
        ),
        (
            with("datetime", json!([to, from])),
            "body.datetime",
            "not after",
        ),
        (
            with("datetime", json!(long)),
            "body.datetime",
            "longer than 744 hours",
        ),
        (with("datetime", json!(far)), "body.datetime", "400 days"),
        (with("datetime", json!("soon")), "body.datetime", "solidus"),
        (
            with("datetime", json!("../..")),
            "body.datetime",
            "both ends",
        ),
        (with("datetime", json!(7)), "body.datetime", "neither text"),
        (without("datetime"), "body", "datetime"),
        (without("geometry"), "body", "geometry"),
        (with("geometry", json!(null)), "body.geometry", ""),
        (with("geometry", json!("here")), "body.geometry", ""),
        (
            with("geometry", json!({"type": "Circle"})),
            "body.geometry",
            "",
        ),
        (
            with("geometry", json!({"type": "Point"})),
            "body.geometry",
            "",
        ),
        (
            with("geometry", place(json!(0), json!(91))),
            "body.geometry",
            "latitude 91",
        ),
        (
            with("geometry", place(json!(181), json!(0))),
            "body.geometry",
            "longitude 181",
        ),
        (
            with(
                "geometry",
                json!({"type": "Point", "coordinates": [0, 0, 0, 0]}),
            ),
            "body.geometry",
            "4 numbers",
        ),
        (
            with("geometry", place(json!("0"), json!(0))),
            "body.geometry",
            "",
        ),
        (with("geometry", line), "body.geometry", "LineString"),
        (
            with("geometry", several),
            "body.geometry",
            "GeometryCollection",
        ),
        (with("geometry", open_ring), "body.geometry", "ring"),
        (with("geometry", bow_tie), "body.geometry", ""),
        (
            with("geometry", json!({"type": "Polygon", "coordinates": []})),
            "body.geometry",
            "",
        ),
        (
            with("filter", json!({"op": "near", "args": []})),
            "body.filter",
            "near",
        ),
        (with("filter", json!("platform = 'x'")), "body", ""),
    ];
    let searches = [
        (with("limit", json!(-1)), "body.limit", "-1"),
        (with("limit", json!(0)), "body.limit", "0"),
        (with("limit", json!(1.5)), "body.limit", "1.5"),
        (with("limit", json!(null)), "body.limit", "null"),
        (with("next", json!("x")), "body.next", "token"),
        (with("next", json!(3)), "body.next", ""),
    ];
    let orders = [
        (
            without("order_parameters"),
            "body.order_parameters",
            "missing",
        ),
        (
            with("order_parameters", json!([])),
            "body.order_parameters",
            "object",
        ),
        (
            with("order_parameters", json!({"colour": 1})),
            "body.order_parameters",
            "colour",
        ),
        (
            with("order_parameters", json!({"priority": 300})),
            "body.order_parameters",
            "300",
        ),
        (
            with("order_parameters", json!({"priority": 9})),
            "body.order_parameters",
            "priority 9",
        ),
        (
            with("order_parameters", json!({"notify": ["ftp://x"]})),
            "body",
            "ftp",
        ),
    ];
    for (at, cases) in [
        ("opportunities", both.iter().chain(&searches)),
        ("orders", both.iter().chain(&orders)),
    ] {
        for (body, place, named) in cases {
            let answer = node.post(&format!("{PRODUCT}/{at}"), body).await;
            let (at, said) = refused(&answer);
            assert_eq!(at, *place, "{body}: {said}");
            assert!(said.contains(named), "{body}: {said}");
        }
    }
    assert_eq!(
        node.get("/stapi/orders").await.json()["features"],
        json!([])
    );
    assert_eq!(node.get("/api/watches").await.json(), json!([]));
}

#[tokio::test]
async fn what_is_not_there_and_what_is_too_much() {
    let node = TestNode::open().await;
    let body = order(&node, 3);
    for at in [
        "/stapi/products/none/opportunities",
        "/stapi/products/none/orders",
    ] {
        let answer = node.post(at, &body).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{at}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    for at in [
        "/stapi/none",
        "/stapi/products/none",
        "/stapi/products/none/orders",
        "/stapi/products/none/queryables",
        "/stapi/products/none/order-parameters",
        "/stapi/products/none/conformance",
        "/stapi/products/sentinel-2-msi/opportunities/none",
        "/stapi/orders/none",
        "/stapi/orders/none/statuses",
        "/stapi/searches/opportunities/none",
        "/stapi/searches/opportunities/none/statuses",
    ] {
        let answer = node.get(at).await;
        // What is no route of the standard is the page's.
        let page = at == "/stapi/none";
        assert!(
            page || answer.status == StatusCode::NOT_FOUND,
            "{at}: {}",
            answer.status
        );
    }
    for query in [
        "limit=-1",
        "limit=x",
        "limit=0",
        "next=x",
        "colour=red",
        "limit=1&limit=2",
    ] {
        for list in ["products", "orders", "searches/opportunities"] {
            let (place, said) = refused(&node.get(&format!("/stapi/{list}?{query}")).await);
            assert!(
                place.starts_with("query"),
                "{list}?{query}: {place}: {said}"
            );
        }
    }
    let raw = async |text: String, content_type: Option<&str>| {
        let mut asked = request("POST", "/stapi/products/sentinel-2-msi/opportunities");
        if let Some(content_type) = content_type {
            asked = asked.header(header::CONTENT_TYPE, content_type);
        }
        node.send(asked.body(Body::from(text)).unwrap()).await
    };
    let json_type = Some("application/json");
    for text in ["", "{", "[]", "3", "null", "\u{fffd}", &"[".repeat(100_000)] {
        refused(&raw(text.to_string(), json_type).await);
    }
    refused(&raw(String::new(), None).await);
    assert_eq!(raw("{}".into(), Some("text/plain")).await.status, 415);
    let huge = format!("{{\"geometry\": \"{}\"}}", "x".repeat(5 << 20));
    assert_eq!(raw(huge, json_type).await.status, 413);
    let ring: Vec<[f64; 2]> = (0..100_000)
        .map(|n| f64::from(n) / 100_000.0 * std::f64::consts::TAU)
        .map(|angle| [angle.cos(), angle.sin()])
        .collect();
    let vertices = json!({"type": "Polygon", "coordinates": [ring]});
    let body = json!({"datetime": span(&node, 3), "geometry": vertices});
    refused(
        &node
            .post("/stapi/products/sentinel-2-msi/opportunities", &body)
            .await,
    );
    let wrong = node
        .post(
            "/stapi/products/sentinel-2-msi/opportunities?prefer=now",
            &search(&node, 3),
        )
        .await;
    assert_eq!(refused(&wrong).0, "query.prefer");
    let named = node
        .post(
            "/stapi/products/sentinel-2-msi/opportunities?prefer=wait",
            &search(&node, 3),
        )
        .await;
    assert_eq!(named.status, StatusCode::OK);
    let gone = request("DELETE", "/stapi/orders/x");
    let gone = node.send(gone.body(Body::empty()).unwrap()).await;
    assert_eq!(gone.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn strangers_read_and_order_nothing() {
    let node = TestNode::open().await;
    let body = order(&node, 3).to_string();
    for (method, at) in [
        ("GET", "/stapi"),
        ("GET", "/stapi/"),
        ("GET", "/stapi/conformance"),
        ("GET", "/stapi/products"),
        ("GET", PRODUCT),
        ("GET", "/stapi/orders"),
        ("GET", "/stapi/searches/opportunities"),
        ("POST", "/stapi/products/sentinel-2-msi/opportunities"),
        ("POST", "/stapi/products/sentinel-2-msi/orders"),
    ] {
        let peer: SocketAddr = "192.0.2.7:50000".parse().unwrap();
        let mut asked = request(method, at)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body.clone()))
            .unwrap();
        asked.extensions_mut().insert(ConnectInfo(peer));
        assert_eq!(node.send(asked).await.status, StatusCode::FORBIDDEN, "{at}");
    }
    assert_eq!(
        node.get("/stapi/orders").await.json()["features"],
        json!([])
    );
}

/// Vendors' own requests, moved to days that the register can compute.
#[tokio::test]
async fn requests_of_vendors_are_read() {
    let Some(folder) = data::folder("sense/stapi") else {
        return;
    };
    let node = TestNode::open().await;
    let mut read = 0;
    for entry in std::fs::read_dir(&folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        if !name.contains("OpportunityRequest") {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        let mut body: Value = serde_json::from_str(&text).unwrap();
        let at = "/stapi/products/sentinel-2-msi/opportunities";
        // As it stands: a span that no elements reach, or a property no instrument here has.
        let (place, _) = refused(&node.post(at, &body).await);
        assert!(
            place == "body.datetime" || place == "body.filter",
            "{name}: {place}"
        );
        body["datetime"] = json!(span(&node, 10));
        let filter = body["filter"].as_object().unwrap().clone();
        if !filter.is_empty() {
            let (place, said) = refused(&node.post(at, &body).await);
            assert_eq!(place, "body.filter", "{name}: {said}");
            body.as_object_mut().unwrap().remove("filter");
        }
        let answer = node.post(at, &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{name}: {}", answer.text());
        assert!(
            !answer.json()["features"].as_array().unwrap().is_empty(),
            "{name}"
        );
        read += 1;
    }
    assert_eq!(read, 5);
}
