//! The landing page and what this API conforms to.

use super::document::{Documents, collection_path};
use super::queryables;
use crate::Node;
use crate::guard::BaseUrl;
use crate::openapi;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::tiles;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use corridor_catalog::stac::STAC_VERSION;
use serde_json::{Value, json};

/// Conformance classes that this API meets.
const CONFORMANCE: &[&str] = &[
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#sort",
    "https://api.stacspec.org/v1.0.0/ogcapi-features#fields",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#sort",
    "https://api.stacspec.org/v1.0.0/item-search#fields",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/datetime",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/png",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/jpeg",
];

pub(crate) async fn landing(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    let documents = Documents::new(&base, &view);
    let with_method = |method: &str| {
        let mut link = documents.link("search", "/stac/search", super::GEOJSON);
        link.additional.insert("method".into(), method.into());
        link
    };
    let mut links = vec![
        documents.link("self", "/stac", "application/json"),
        documents.link("root", "/stac", "application/json"),
        documents.link("service-desc", openapi::PATH, openapi::OPENAPI_JSON),
        documents.link("service-doc", openapi::READABLE_PATH, "text/html"),
        documents.link("conformance", "/stac/conformance", "application/json"),
        documents.link("data", "/stac/collections", "application/json"),
        with_method("GET"),
        with_method("POST"),
        documents.link(queryables::REL, "/stac/queryables", queryables::SCHEMA_JSON),
        documents.link(tiles::TILING_SCHEMES, "/tileMatrixSets", "application/json"),
        documents.link(tiles::TILESETS_MAP, tiles::ALL_PATH, "application/json"),
    ];
    for collection in view.collections().await? {
        let link = documents.link(
            "child",
            &collection_path(&collection.id),
            "application/json",
        );
        links.push(match collection.title {
            Some(title) => link.with_title(title),
            None => link,
        });
    }
    Ok(Json(json!({
        "type": "Catalog",
        "stac_version": STAC_VERSION,
        "id": node.node_id(),
        "title": "Corridor",
        "description": "Scenes on the ground and the answers computed from them, \
                        on one Corridor node.",
        "conformsTo": CONFORMANCE,
        "links": links,
    })))
}

pub(crate) async fn conformance(query: Parameters) -> Result<Json<Value>, Problem> {
    query.finish()?;
    Ok(Json(json!({ "conformsTo": CONFORMANCE })))
}
