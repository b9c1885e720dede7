//! The landing page and what this API conforms to.

use super::document::Documents;
use super::{GEOJSON, JSON, StapiVersion};
use crate::Node;
use crate::openapi;
use crate::problem::Problem;
use crate::query::Parameters;
use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

/// Classes of the API as a whole.
const CLASSES: [&str; 4] = [
    "core",
    "order-statuses",
    "searches-opportunity",
    "searches-opportunity-statuses",
];

/// The name of a class of the standard.
pub(super) fn class(version: StapiVersion, name: &str) -> String {
    format!("https://stapi.example.com/v{}/{name}", version.as_str())
}

fn classes(version: StapiVersion) -> Vec<String> {
    CLASSES.iter().map(|name| class(version, name)).collect()
}

pub(super) async fn landing(
    State(node): State<Node>,
    documents: Documents,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(json!({
        "id": node.node_id(),
        "title": "Corridor",
        "description": "When satellites, flying or planned, can see a place, and orders for it, \
                        on one Corridor node.",
        "conformsTo": classes(documents.version),
        "links": [
            documents.link("self", "/stapi", JSON),
            documents.link("root", "/stapi", JSON),
            documents.link("conformance", "/stapi/conformance", JSON),
            documents.link("products", "/stapi/products", JSON),
            documents.link("orders", "/stapi/orders", GEOJSON),
            documents.link("search-records", "/stapi/searches/opportunities", JSON),
            documents.link("service-desc", openapi::PATH, openapi::OPENAPI_JSON),
            documents.link("service-doc", openapi::READABLE_PATH, "text/html"),
        ],
    })))
}

pub(super) async fn conformance(
    documents: Documents,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(json!({ "conformsTo": classes(documents.version) })))
}
