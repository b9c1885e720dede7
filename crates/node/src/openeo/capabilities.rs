//! What this back-end is and offers.

use super::{API_VERSION, BASE, NoQuery};
use crate::Node;
use crate::guard::BaseUrl;
use crate::openapi;
use axum::Json;
use axum::extract::State;
use corridor_know::output;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Conformance classes that these routes meet.
const CONFORMANCE: [&str; 4] = [
    "https://api.openeo.org/1.2.0",
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
];

pub(crate) async fn well_known(_: NoQuery, BaseUrl(base): BaseUrl) -> Json<Value> {
    Json(json!({"versions": [{
        "url": format!("{base}{BASE}"),
        "production": true,
        "api_version": API_VERSION,
    }]}))
}

pub(crate) async fn capabilities(
    _: NoQuery,
    State(node): State<Node>,
    BaseUrl(base): BaseUrl,
) -> Json<Value> {
    let link = |rel: &str, path: &str, kind: &str, title: &str| json!({"rel": rel, "href": format!("{base}{path}"), "type": kind, "title": title});
    let under = |path: &str| format!("{BASE}{path}");
    Json(json!({
        "api_version": API_VERSION,
        "backend_version": env!("CARGO_PKG_VERSION"),
        "stac_version": "1.0.0",
        "type": "Catalog",
        "id": node.node_id(),
        "title": "Corridor",
        "description": "A Corridor node: scenes on the ground, processed where they lie. Process graphs run on the node's own catalogue.",
        "production": true,
        "conformsTo": CONFORMANCE,
        "endpoints": endpoints(),
        "links": [
            link("self", &under(""), "application/json", "This document"),
            link("version-history", "/.well-known/openeo", "application/json", "Versions of the API"),
            link("conformance", &under("/conformance"), "application/json", "Conformance classes"),
            link("data", &under("/collections"), "application/json", "Collections"),
            link("service-desc", openapi::PATH, openapi::OPENAPI_JSON, "OpenAPI document of the node"),
            link("service-doc", openapi::READABLE_PATH, "text/html", "Interface of the node, for people"),
        ],
    }))
}

/// The endpoints of the standard, from the route table itself.
fn endpoints() -> Vec<Value> {
    /// Routes that are this node's own, below the same base.
    const OWN: [&str; 2] = ["/results/", "/xyz/"];
    let mut by_path: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for route in super::routes() {
        let Some(path) = route.path.strip_prefix(BASE) else {
            continue;
        };
        if OWN.iter().any(|own| path.starts_with(own)) {
            continue;
        }
        let path = if path.is_empty() { "/" } else { path };
        let methods = by_path.entry(path.to_string()).or_default();
        if !methods.contains(&route.method) {
            methods.push(route.method);
        }
    }
    by_path
        .into_iter()
        .map(|(path, methods)| json!({"path": path, "methods": methods}))
        .collect()
}

pub(crate) async fn conformance(_: NoQuery) -> Json<Value> {
    Json(json!({ "conformsTo": CONFORMANCE }))
}

pub(crate) async fn file_formats(_: NoQuery) -> Json<Value> {
    let output: Map<String, Value> = output::ALL
        .iter()
        .map(|format| (format.name.to_string(), format.describe()))
        .collect();
    Json(json!({
        "input": {"GeoJSON": {
            "title": "GeoJSON",
            "description": "Geometries written in the process graph.",
            "gis_data_types": ["vector"],
            "parameters": {},
        }},
        "output": output,
    }))
}

pub(crate) async fn udf_runtimes(_: NoQuery) -> Json<Value> {
    Json(json!({}))
}

pub(crate) async fn service_types(_: NoQuery) -> Json<Value> {
    Json(json!({"XYZ": {
        "title": "XYZ map tiles",
        "description": "PNG tiles of 256 pixels in WebMercatorQuad. The graph runs for each tile, on pixels about as coarse as the tile's; its result has one band (grey) or three (red, green, blue).",
        "configuration": super::services::configuration_schema(),
        "process_parameters": [],
        "links": [],
    }}))
}
