//! The description of the interface: OpenAPI 3.1, committed as `openapi/corridor.json`.
//!
//! The document is written by hand and reviewed as such; a test holds it against the route table
//! in both directions, and responses of the tests against its schemas.

use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use axum::http::header;
use axum::response::{Html, IntoResponse};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::LazyLock;

/// Where the document is served.
pub(crate) const PATH: &str = "/api/openapi.json";
/// Where people read it.
pub(crate) const READABLE_PATH: &str = "/api/docs";
/// Its content type.
pub(crate) const OPENAPI_JSON: &str = "application/vnd.oai.openapi+json;version=3.1";

/// The document as committed.
pub(crate) const DOCUMENT: &str = include_str!("openapi/corridor.json");

static PARSED: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(DOCUMENT).expect("the committed document is JSON: a test reads it")
});

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get(PATH, Action::ReadPage, document),
        Route::get(READABLE_PATH, Action::ReadPage, readable),
    ]
}

async fn document(BaseUrl(base): BaseUrl, query: Parameters) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let mut document = PARSED.clone();
    if let Some(members) = document.as_object_mut() {
        members.insert("servers".into(), json!([{ "url": base }]));
    }
    Ok(([(header::CONTENT_TYPE, OPENAPI_JSON)], document.to_string()))
}

/// The same for people: each path with what it does.
async fn readable(query: Parameters) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let mut rows = String::new();
    for (path, operations) in PARSED["paths"].as_object().into_iter().flatten() {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let Some(summary) = operation["summary"].as_str() else {
                continue;
            };
            // Writing into a string cannot fail.
            let _ = write!(
                rows,
                "<tr><td>{}</td><td><code>{}</code></td><td>{}</td></tr>",
                escaped(&method.to_uppercase()),
                escaped(path),
                escaped(summary)
            );
        }
    }
    Ok(Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Corridor: interface</title>\
         <h1>Interface of this node</h1><p>{}</p>\
         <p>For programs: <a href=\"{PATH}\">OpenAPI document</a>.</p>\
         <table><thead><tr><th>Method</th><th>Path</th><th>What it does</th></tr></thead>\
         <tbody>{rows}</tbody></table></html>",
        escaped(PARSED["info"]["description"].as_str().unwrap_or_default())
    )))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// OpenAPI has no wildcard parameters; `{*key}` stands there as `{key}`.
    fn written(path: &str) -> String {
        path.replace("{*", "{")
    }

    #[test]
    fn document_and_routes_are_the_same() {
        let routes: BTreeSet<(String, String)> = crate::route::table()
            .into_iter()
            .map(|route| (route.method.to_lowercase(), written(route.path)))
            .collect();
        let mut described = BTreeSet::new();
        for (path, operations) in PARSED["paths"].as_object().unwrap() {
            for method in operations
                .as_object()
                .unwrap()
                .keys()
                .filter(|key| *key != "parameters")
            {
                described.insert((method.clone(), path.clone()));
            }
        }
        let missing: Vec<_> = routes.difference(&described).collect();
        let extra: Vec<_> = described.difference(&routes).collect();
        assert!(
            missing.is_empty(),
            "not in openapi/corridor.json: {missing:?}"
        );
        assert!(
            extra.is_empty(),
            "in openapi/corridor.json, but no route: {extra:?}"
        );
    }

    #[test]
    fn every_operation_is_whole() {
        let mut ids = BTreeSet::new();
        for (path, operations) in PARSED["paths"].as_object().unwrap() {
            let shared = operations["parameters"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            for (method, operation) in operations.as_object().unwrap() {
                if method == "parameters" {
                    continue;
                }
                let place = format!("{method} {path}");
                let id = operation["operationId"].as_str().unwrap_or_default();
                assert!(
                    !id.is_empty() && ids.insert(id.to_string()),
                    "operationId of {place}"
                );
                assert!(operation["summary"].is_string(), "summary of {place}");
                assert!(
                    operation["responses"]["default"].is_object(),
                    "errors of {place}"
                );
                let own = operation["parameters"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let named: BTreeSet<&str> = shared
                    .iter()
                    .chain(&own)
                    .filter(|parameter| parameter["in"] == "path")
                    .filter_map(|parameter| parameter["name"].as_str())
                    .collect();
                let in_path: BTreeSet<&str> = path
                    .split('{')
                    .skip(1)
                    .filter_map(|part| part.split('}').next())
                    .collect();
                assert_eq!(named, in_path, "path parameters of {place}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn check(value: &Value) {
            match value {
                Value::Object(members) => {
                    if let Some(Value::String(reference)) = members.get("$ref") {
                        let pointer = reference.trim_start_matches('#');
                        assert!(PARSED.pointer(pointer).is_some(), "{reference}");
                    }
                    members.values().for_each(check);
                }
                Value::Array(values) => values.iter().for_each(check),
                _ => {}
            }
        }
        check(&PARSED);
    }
}
