//! Requests that are wrong, as the published document answers them: 422 with a list of places and
//! messages. It keeps the members of a problem beside.

use super::JSON;
use crate::problem::Problem;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Parameters that stand in the query also where there is a body.
const QUERY_NAMES: [&str; 3] = ["prefer", "parameter", "query"];

/// Answers, and turns a problem of the request itself into the form of the standard's document.
pub(super) async fn as_published(request: Request, next: Next) -> Response {
    let has_body = request.method() == Method::POST;
    let names_type = request.headers().contains_key(header::CONTENT_TYPE);
    let response = next.run(request).await;
    let Some(problem) = response.extensions().get::<Problem>() else {
        return response;
    };
    match problem.status() {
        StatusCode::BAD_REQUEST => validation_error(problem.detail(), has_body),
        // No body at all has no type either: what is wrong is that it is missing.
        StatusCode::UNSUPPORTED_MEDIA_TYPE if !names_type => {
            validation_error("body: a JSON object is needed", has_body)
        }
        _ => response,
    }
}

fn validation_error(text: &str, has_body: bool) -> Response {
    let (field, message) = match text.split_once(": ") {
        Some((field, message)) if field.len() < 40 && !field.contains(' ') => (field, message),
        _ => ("", text),
    };
    let place = match field {
        "path" => "path",
        _ if !has_body || QUERY_NAMES.contains(&field) => "query",
        _ => "body",
    };
    let mut location = vec![place];
    if !field.is_empty() && field != place {
        location.push(field);
    }
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "code": "invalid-request",
        "detail": [{ "loc": location, "msg": message, "type": "value_error" }],
    });
    let mut response = (status, body.to_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
