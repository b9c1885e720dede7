//! Queryables: the properties that can be sorted by, as JSON Schema.

use crate::guard::BaseUrl;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::view::View;
use axum::Json;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use serde_json::{Value, json};

/// Content type of a JSON Schema.
pub(crate) const SCHEMA_JSON: &str = "application/schema+json";
/// Link relation to the queryables.
pub(crate) const REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";

pub(crate) async fn of_all(
    BaseUrl(base): BaseUrl,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(schema(format!("{base}/stac/queryables"), "Queryables of all collections"))
}

pub(crate) async fn of_collection(
    view: View,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let collection = view.collection(&id).await?;
    let path = super::document::collection_path(&collection.id);
    Ok(schema(format!("{base}{path}/queryables"), "Queryables of the collection"))
}

fn schema(id: String, title: &str) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    let item = "https://schemas.stacspec.org/v1.1.0/item-spec/json-schema";
    let instant = || json!({ "type": "string", "format": "date-time" });
    let document = json!({
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": id,
        "type": "object",
        "title": title,
        "properties": {
            "id": { "$ref": format!("{item}/item.json#/definitions/core/allOf/2/properties/id") },
            "collection": { "type": "string" },
            "geometry": { "$ref": "https://geojson.org/schema/Geometry.json" },
            "datetime": instant(),
            "start_datetime": instant(),
            "end_datetime": instant(),
            "created": instant(),
            "updated": instant(),
            "platform": { "type": "string" },
            "constellation": { "type": "string" },
            "gsd": { "type": "number", "exclusiveMinimum": 0 },
            "eo:cloud_cover": { "type": "number", "minimum": 0, "maximum": 100 },
            "corridor:watch": { "type": "string" },
            "corridor:area_km2": { "type": "number", "minimum": 0 },
            "corridor:valid_fraction": { "type": "number", "minimum": 0, "maximum": 1 }
        },
        "additionalProperties": true
    });
    ([(header::CONTENT_TYPE, SCHEMA_JSON)], Json(document))
}
