//! Cross-origin requests, as the openEO API asks for them (API 1.2.0, "Cross-Origin Resource
//! Sharing"): browser clients such as the openEO Web Editor are pages of another origin.
//!
//! Any origin may ask, because an origin proves nothing here: no cookies are used, credentials are
//! never allowed to be sent along, and a foreign page without a token is not the operator of the
//! machine its browser runs on ([`Principal::ForeignPage`](crate::policy::Principal::ForeignPage)).

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// Headers of answers that a page may read beside the simple ones.
const EXPOSED: &str = "Link, Location, OpenEO-Costs, OpenEO-Identifier, \
    Content-Disposition, Content-Range, Accept-Ranges, ETag";
const METHODS: &str = "OPTIONS, GET, POST, PATCH, PUT, DELETE";
/// Headers that a page may send.
const ALLOWED: &str = "Authorization, Content-Type, Accept, Range";
/// How long a browser need not ask again, seconds.
const MAX_AGE: &str = "3600";

/// The answer to what a browser asks before it lets a page ask.
pub(crate) fn preflight() -> Response {
    let headers: [(HeaderName, &str); 5] = [
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
        (header::CONTENT_TYPE, "application/json"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets the page that asked read the answer. An answer to no page says nothing of it, so that what
/// a browser keeps of the operator's own requests is not for a page to read.
pub(crate) fn open(response: &mut Response, from_page: bool) {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if !from_page && !headers.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS) {
        return;
    }
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(EXPOSED),
    );
}

/// Lets a page show what was answered as a picture or a download. Only for addresses that are
/// secret themselves.
pub(crate) fn embeddable(response: &mut Response) {
    response.headers_mut().insert(
        HeaderName::from_static("cross-origin-resource-policy"),
        HeaderValue::from_static("cross-origin"),
    );
}
