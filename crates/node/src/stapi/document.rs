//! What all documents of the standard share: links, collections of things, times.

use super::{GEOJSON, JSON, StapiVersion};
use crate::Node;
use crate::guard::BaseUrl;
use crate::problem::Problem;
use crate::stac::path_part;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use corridor_catalog::bbox::geometry_bounds;
use jiff::Timestamp;
use serde_json::{Map, Value, json};

/// Makes documents of one version under one address.
#[derive(Debug, Clone)]
pub(super) struct Documents {
    base: String,
    /// The version that documents follow.
    pub(super) version: StapiVersion,
}

impl FromRequestParts<Node> for Documents {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Problem> {
        let BaseUrl(base) = BaseUrl::from_request_parts(parts, node).await?;
        let version = node.config().stapi.version;
        Ok(Self { base, version })
    }
}

/// The path of a product.
pub(super) fn product_path(id: &str) -> String {
    format!("/stapi/products/{}", path_part(id))
}

/// The path of an order.
pub(super) fn order_path(id: &str) -> String {
    format!("/stapi/orders/{}", path_part(id))
}

/// The path of a search.
pub(super) fn search_path(id: &str) -> String {
    format!("/stapi/searches/opportunities/{}", path_part(id))
}

/// The path of what a search found.
pub(super) fn found_path(product: &str, search: &str) -> String {
    format!(
        "{}/opportunities/{}",
        product_path(product),
        path_part(search)
    )
}

impl Documents {
    /// The address of a path of this node.
    pub(super) fn address(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    /// A link to a path of this node.
    pub(super) fn link(&self, rel: &str, path: &str, media_type: &str) -> Value {
        json!({ "rel": rel, "href": self.address(path), "type": media_type })
    }

    /// A link that is followed with a body.
    pub(super) fn post(&self, rel: &str, path: &str, body: Value) -> Value {
        json!({
            "rel": rel,
            "href": self.address(path),
            "type": GEOJSON,
            "method": "POST",
            "body": body,
        })
    }

    /// The links of a list that is paged by query.
    pub(super) fn page_links(
        &self,
        path: &str,
        media_type: &str,
        limit: usize,
        next: Option<String>,
    ) -> Vec<Value> {
        let mut links = vec![
            self.link("self", path, media_type),
            self.link("root", "/stapi", JSON),
        ];
        if let Some(token) = next {
            let path = format!("{path}?next={token}&limit={limit}");
            links.push(self.link("next", &path, media_type));
        }
        links
    }

    /// A list with the name of its kind, `members` and links. Version 0.1.0 lists have no kind.
    pub(super) fn collection(&self, kind: &str, members: Value, links: Vec<Value>) -> Value {
        let mut document = match members {
            Value::Object(members) => members,
            _ => Map::new(),
        };
        if self.version == StapiVersion::V0_2_0 {
            document.insert("stapi_type".into(), kind.into());
            document.insert("stapi_version".into(), self.version.as_str().into());
        }
        document.insert("links".into(), links.into());
        Value::Object(document)
    }
}

/// A span as the standard writes it.
pub(super) fn interval(from: Timestamp, to: Timestamp) -> String {
    format!("{from}/{to}")
}

/// The bounds of a geometry that was accepted: west, south, east, north.
pub(super) fn bounds(geometry: &Value) -> Option<[f64; 4]> {
    let geometry: geojson::Geometry = serde_json::from_value(geometry.clone()).ok()?;
    if let geojson::GeometryValue::Point { coordinates } = &geometry.value {
        let [lon, lat, ..] = *coordinates.as_slice() else {
            return None;
        };
        return Some([lon, lat, lon, lat]);
    }
    geometry_bounds(&geometry).map(|bounds| bounds.to_array())
}
