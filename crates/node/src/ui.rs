//! The web page, built into the program from `web/dist`.
//!
//! Paths that name a file of the page get it; other paths without a dot get the page itself, which
//! reads the path; the rest is 404. Where the page was not built, a plain one says how to.

use crate::problem::Problem;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
#[allow_missing = true]
struct Dist;

/// What the page may do: talk to this node and nothing else. The map draws in workers made from
/// blobs, with pictures made in memory, and places its controls by inline style.
const PAGE_CSP: &str = "default-src 'none'; script-src 'self'; worker-src 'self' blob:; \
    child-src 'self' blob:; connect-src 'self'; img-src 'self' data: blob:; font-src 'self'; \
    style-src 'self' 'unsafe-inline'; manifest-src 'self'; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// Stands in for the page where it was not built.
const NOT_BUILT: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
<title>Corridor: page not built</title><h1>The web page is not built into this program</h1>\
<p>Build it with <code>make web</code> (or <code>npm ci &amp;&amp; npm run build</code> in <code>web/</code>), \
then build the program again.</p>\
<p>The interfaces work without it: <a href=\"/stac\">STAC</a>, \
<a href=\"/api/status\">status</a>, <a href=\"/api/openapi.json\">OpenAPI</a>.</p></html>";

/// First parts of paths that belong to interfaces, never to the page.
const INTERFACES: [&str; 6] = ["api", "stac", "tiles", "assets", "openeo", ".well-known"];

/// Answers every path that no route does.
pub(crate) async fn page(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if let Some(file) = file(path, &headers) {
        return file;
    }
    let first = path.split('/').next().unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    if INTERFACES.contains(&first) || last.contains('.') {
        return Problem::not_found(format!("nothing is at {}", uri.path())).into_response();
    }
    file("index.html", &headers).unwrap_or_else(not_built)
}

/// The file of the page at `path`, if there is one.
pub(crate) fn file(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = if path.is_empty() { "index.html" } else { path };
    Dist::get(path).map(|file| respond(path, file, headers))
}

fn not_built() -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, PAGE_CSP),
    ];
    (StatusCode::SERVICE_UNAVAILABLE, headers, NOT_BUILT).into_response()
}

fn respond(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let digest = file.metadata.sha256_hash();
    let etag = format!("\"{}\"", hex(&digest[..16]));
    let caching = if has_digest_in_name(path) {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let unchanged = matches_etag(headers, &etag);
    let mut response = if unchanged {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(file.data.into_owned()).into_response()
    };
    let out = response.headers_mut();
    out.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(path)),
    );
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(caching));
    out.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_CSP),
    );
    if let Ok(etag) = HeaderValue::from_str(&etag) {
        out.insert(header::ETAG, etag);
    }
    response
}

/// Whether the caller already holds what `etag` names.
pub(crate) fn matches_etag(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().any(|value| {
        value.to_str().is_ok_and(|text| {
            text.split(',').any(|one| {
                let one = one.trim();
                one == "*" || one.trim_start_matches("W/") == etag
            })
        })
    })
}

/// Lower-case hexadecimal of `bytes`.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing into a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// Whether the bundler put a digest into the name (`name-1a2B3c4D.js`), so that it never changes.
fn has_digest_in_name(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    let Some((stem, _)) = name.split_once('.') else {
        return false;
    };
    let Some(digest) = stem.len().checked_sub(8).and_then(|at| stem.get(at..)) else {
        return false;
    };
    path.contains('/')
        && stem
            .get(..stem.len() - 8)
            .is_some_and(|before| before.ends_with('-'))
        && digest
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
        && digest
            .bytes()
            .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "geojson" => "application/geo+json",
        "webmanifest" => "application/manifest+json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pbf" => "application/x-protobuf",
        "wasm" => "application/wasm",
        "txt" | "md" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_digest_are_kept_for_ever() {
        assert!(has_digest_in_name("page/index-BxY3k_9a.js"));
        assert!(has_digest_in_name("page/index-C1d2E3f4.js.map"));
        assert!(!has_digest_in_name("index.html"));
        assert!(!has_digest_in_name("data/coastline.geojson"));
        assert!(!has_digest_in_name("data/countries-simplest.json"));
        assert!(!has_digest_in_name("page/é-12345678é.js"));
    }

    #[test]
    fn etags_are_compared_weakly() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::IF_NONE_MATCH,
            HeaderValue::from_static("\"x\", W/\"abc\""),
        );
        assert!(matches_etag(&headers, "\"abc\""));
        assert!(!matches_etag(&headers, "\"ab\""));
    }
}
