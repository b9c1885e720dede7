//! The page, the headers of all answers, and who is answered at all.

use crate::data::{TestNode, request};
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode, header};
use corridor_node::NodeConfig;
use std::net::SocketAddr;

#[tokio::test]
async fn paths_of_the_page_get_the_page_or_how_to_build_it() {
    let node = TestNode::open().await;
    for path in ["/", "/watch/olinda-coast"] {
        let page = node.get(path).await;
        assert!(
            page.header("content-type").starts_with("text/html"),
            "{path}"
        );
        assert!(
            page.header("content-security-policy")
                .contains("frame-ancestors 'none'")
        );
        let built = page.status == StatusCode::OK;
        assert!(
            built || page.text().contains("npm run build"),
            "{}",
            page.status
        );
    }
    for path in [
        "/no/such.js",
        "/api/none",
        "/assets/none",
        "/index.html/../../Cargo.toml",
        "/%2e%2e/Cargo.toml",
    ] {
        assert_eq!(node.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn every_answer_has_the_security_headers() {
    let node = TestNode::open().await;
    for path in [
        "/",
        "/stac",
        "/stac/collections/none",
        "/api/status",
        "/stac/search?limit=0",
    ] {
        let answer = node.get(path).await;
        for name in [
            "content-security-policy",
            "x-content-type-options",
            "referrer-policy",
            "x-frame-options",
            "cross-origin-resource-policy",
        ] {
            assert_ne!(answer.header(name), "", "{name} of {path}");
        }
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn other_hosts_are_refused() {
    let node = TestNode::open().await;
    let peer = || ConnectInfo::<SocketAddr>("127.0.0.1:50000".parse().unwrap());
    for host in [
        "evil.example",
        "evil.example:8080",
        "127.0.0.1.evil.example",
        "0.0.0.0:8080",
        "192.0.2.1",
    ] {
        let asked = Request::get("/stac")
            .header(header::HOST, host)
            .extension(peer());
        let answer = node.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
    }
    for host in ["localhost:8080", "[::1]:8080", "127.0.0.1"] {
        let asked = Request::get("/stac")
            .header(header::HOST, host)
            .extension(peer());
        let answer = node.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::OK, "{host}");
        assert!(
            answer
                .text()
                .contains(&format!("http://{host}/stac/search"))
        );
    }
    let none = Request::get("/stac")
        .extension(peer())
        .body(Body::empty())
        .unwrap();
    assert_eq!(node.send(none).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn other_machines_and_foreign_pages_are_denied() {
    let node = TestNode::open().await;
    for peer in [Some("192.0.2.1:5"), None] {
        let mut asked = Request::get("/api/watches").header(header::HOST, "localhost");
        if let Some(peer) = peer {
            asked = asked.extension(ConnectInfo::<SocketAddr>(peer.parse().unwrap()));
        }
        let answer = node.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    for (origin, status) in [
        ("http://evil.example", 403),
        ("null", 403),
        ("http://localhost:8080", 404),
    ] {
        let asked = request("DELETE", "/api/watches/none").header(header::ORIGIN, origin);
        let answer = node.send(asked.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status.as_u16(), status, "{origin}");
    }
    // What a foreign page's form can send without being asked for permission is no JSON.
    let form = request("POST", "/api/watches").header(header::CONTENT_TYPE, "text/plain");
    let answer = node.send(form.body(Body::from("{}")).unwrap()).await;
    assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn bodies_have_a_limit() {
    let mut config = NodeConfig::default();
    config.limits.body_max_bytes = 1_000;
    let node = TestNode::with(config).await;
    let long = request("POST", "/stac/search")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(format!(
            "{{\"datetime\": \"{}\"}}",
            "x".repeat(2_000)
        )))
        .unwrap();
    let answer = node.send(long).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(answer.json()["code"], "body-too-large");
}

#[tokio::test]
async fn the_public_address_begins_the_links() {
    let config = NodeConfig {
        public_url: "https://eo.example.org/c".into(),
        ..NodeConfig::default()
    };
    let node = TestNode::with(config).await;
    let asked = Request::get("/stac/collections/series/items/s00")
        .header(header::HOST, "eo.example.org")
        .extension(ConnectInfo::<SocketAddr>("127.0.0.1:5".parse().unwrap()));
    let answer = node.send(asked.body(Body::empty()).unwrap()).await;
    let item = answer.json();
    let own = item["links"]
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["rel"] == "self")
        .unwrap();
    assert_eq!(
        own["href"],
        "https://eo.example.org/c/stac/collections/series/items/s00"
    );
}
