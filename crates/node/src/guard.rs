//! What every request passes before and after its route: who is addressed, who asks, how long it
//! may take, and the headers that keep a browser from doing more than the page needs.

use crate::Node;
use crate::openeo;
use crate::policy::Principal;
use crate::problem::Problem;
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tracing::Instrument;

/// What a browser may do with an answer that is not the page: nothing.
const DATA_CSP: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// Headers of every answer, unless the route has set its own.
const SECURITY_HEADERS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, DATA_CSP),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "geolocation=(), camera=(), microphone=()",
    ),
];

/// Longest wait for a place among the requests being worked on.
const QUEUE_WAIT: Duration = Duration::from_secs(5);

/// Where links in answers begin: the configured public address, or the host that was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BaseUrl(pub(crate) String);

impl FromRequestParts<Node> for BaseUrl {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Problem> {
        if !node.config().public_url.is_empty() {
            return Ok(Self(node.config().public_url.clone()));
        }
        Ok(Self(format!("http://{}", addressed_to(parts)?)))
    }
}

/// The number of a request in the log; the log of all it causes carries it.
static REQUEST_NUMBER: AtomicU64 = AtomicU64::new(1);

/// The outermost layer: a span per request, the security headers, and no panic that is not a 500.
pub(crate) async fn outermost(request: Request, next: Next) -> Response {
    let number = REQUEST_NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = request.uri().path().to_string();
    let speaks_openeo = openeo::is_path(&path);
    let from_page = request.headers().contains_key(header::ORIGIN);
    let span = tracing::info_span!("request", number, method = %request.method(), path);
    let begun = std::time::Instant::now();
    let answered = AssertUnwindSafe(next.run(request))
        .catch_unwind()
        .instrument(span.clone())
        .await;
    let mut response = answered.unwrap_or_else(|_| {
        span.in_scope(|| Problem::internal("answering", "a panic").into_response())
    });
    if speaks_openeo {
        response = openeo::in_its_words(response);
        openeo::cors::open(&mut response, from_page);
    }
    span.in_scope(|| {
        tracing::debug!(
            status = response.status().as_u16(),
            time_ms = begun.elapsed().as_millis()
        );
    });
    for (name, value) in SECURITY_HEADERS {
        response
            .headers_mut()
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Refuses requests addressed to a host this node does not serve, and changes asked for by a
/// foreign page; names the caller.
pub(crate) async fn addressed_and_known(
    State(node): State<Node>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let speaks_openeo = openeo::is_path(parts.uri.path());
    if let Err(problem) = check_host(&node, &parts) {
        return problem.into_response();
    }
    if speaks_openeo && parts.method == Method::OPTIONS {
        return openeo::cors::preflight();
    }
    // Foreign pages may ask openEO, but not as the operator.
    let foreign = speaks_openeo && is_foreign(&node, &parts);
    if !speaks_openeo && let Err(problem) = check_origin(&node, &parts) {
        return problem.into_response();
    }
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0);
    let mut principal = Principal::from_peer(peer);
    if foreign && principal == Principal::LocalOperator {
        principal = Principal::ForeignPage;
    }
    // Only openEO has tokens of this node; elsewhere the header is that of a proxy's own.
    if speaks_openeo && parts.uri.path() != openeo::CREDENTIALS_PATH {
        match openeo::principal(&node, &parts.headers) {
            Some(Ok(user)) => principal = user,
            Some(Err(refusal)) => return refusal.into_response(),
            None => {}
        }
    }
    parts.extensions.insert(principal);
    next.run(Request::from_parts(parts, body)).await
}

/// Bounds how many requests are worked on at a time and how long each may take to answer.
pub(crate) async fn bounded(State(node): State<Node>, request: Request, next: Next) -> Response {
    let place = node.request_places().acquire();
    let Ok(Ok(_place)) = tokio::time::timeout(QUEUE_WAIT, place).await else {
        return Problem::busy("too many requests at once").into_response();
    };
    let timeout_s = node.config().limits.request_timeout_s;
    match tokio::time::timeout(Duration::from_secs(timeout_s), next.run(request)).await {
        Ok(response) => response,
        Err(_) => Problem::timeout(format!("no answer within {timeout_s} s")).into_response(),
    }
}

/// The authority a request is addressed to, as sent.
fn addressed_to(parts: &Parts) -> Result<String, Problem> {
    let missing = || Problem::invalid("host: the request has no Host header that can be read");
    if let Some(authority) = parts.uri.authority() {
        return Ok(authority.as_str().to_string());
    }
    let mut hosts = parts.headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map(str::to_string).map_err(|_| missing()),
        _ => Err(missing()),
    }
}

/// A host name without its port, where the port is one.
fn without_port(authority: &str) -> Option<&str> {
    match authority.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => {
            (port.is_empty() || port.parse::<u16>().is_ok()).then_some(host)
        }
        _ => Some(authority),
    }
}

/// DNS rebinding: a page of another site whose name is made to point here still sends its own name.
fn check_host(node: &Node, parts: &Parts) -> Result<(), Problem> {
    let authority = addressed_to(parts)?;
    match without_port(&authority) {
        Some(host) if node.config().serves_host(host) => Ok(()),
        _ => Err(Problem::misdirected(format!(
            "host {authority:?} is not served here; add it to allowed_hosts if it should be"
        ))),
    }
}

/// A browser says where a request comes from; changes are taken only from this node's own page.
fn check_origin(node: &Node, parts: &Parts) -> Result<(), Problem> {
    if parts.method == Method::GET || parts.method == Method::HEAD {
        return Ok(());
    }
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return Ok(());
    };
    let own = origin.to_str().ok().and_then(|text| {
        let authority = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"))?;
        without_port(authority)
    });
    match own {
        Some(host) if node.config().serves_host(host) => Ok(()),
        _ => Err(Problem::denied(format!(
            "requests from the origin {origin:?} are not taken"
        ))),
    }
}

/// Whether a browser says that a page of another origin than this node's asks.
fn is_foreign(node: &Node, parts: &Parts) -> bool {
    let Some(origin) = parts.headers.get(header::ORIGIN) else {
        return false;
    };
    let Ok(origin) = origin.to_str() else {
        return true;
    };
    let public = &node.config().public_url;
    let of_public = public
        .strip_prefix(origin)
        .is_some_and(|rest| !origin.is_empty() && (rest.is_empty() || rest.starts_with('/')));
    let authority = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    let own = authority.is_some_and(|authority| {
        addressed_to(parts).is_ok_and(|own| own.eq_ignore_ascii_case(authority))
    });
    !(of_public || own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_cut_and_nonsense_is_not_a_port() {
        assert_eq!(without_port("localhost:8080"), Some("localhost"));
        assert_eq!(without_port("[::1]:8080"), Some("[::1]"));
        assert_eq!(without_port("[::1]"), Some("[::1]"));
        assert_eq!(without_port("localhost"), Some("localhost"));
        assert_eq!(without_port("localhost:evil"), None);
    }
}
