//! Queryables: the properties that filters and orders can name, as JSON Schema.

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
/// The dialect that the filter extension names; the keywords used mean the same in later ones.
const DIALECT: &str = "https://json-schema.org/draft/2019-09/schema";

pub(crate) async fn of_all(
    view: View,
    BaseUrl(base): BaseUrl,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(schema(
        view.queryables(None).await?,
        format!("{base}/stac/queryables"),
    ))
}

pub(crate) async fn of_collection(
    view: View,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let path = super::document::collection_path(&id);
    Ok(schema(
        view.queryables(Some(&id)).await?,
        format!("{base}{path}/queryables"),
    ))
}

fn schema(mut document: Value, id: String) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    if let Some(members) = document.as_object_mut() {
        members.insert("$schema".into(), json!(DIALECT));
        members.insert("$id".into(), json!(id));
    }
    ([(header::CONTENT_TYPE, SCHEMA_JSON)], Json(document))
}
