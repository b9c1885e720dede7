//! openEO from pages of other origins, as the Web Editor is one: what CORS asks for, and that such
//! a page is nobody until it shows a token.

use crate::data::{Answer, TestNode, request};
use axum::body::Body;
use axum::http::{StatusCode, header};
use base64::Engine;
use corridor_node::NodeConfig;
use corridor_node::config::{UserConfig, password_hash};
use serde_json::{Value, json};

const EDITOR: &str = "https://editor.example";

async fn node() -> TestNode {
    let ana = UserConfig {
        name: "ana".into(),
        password_hash: password_hash("a password").unwrap(),
    };
    TestNode::with(NodeConfig {
        users: vec![ana],
        ..NodeConfig::default()
    })
    .await
}

impl TestNode {
    /// A call that a page of this origin makes.
    async fn page_asks(
        &self,
        origin: &str,
        method: &str,
        path: &str,
        authorization: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let mut call = request(method, path).header(header::ORIGIN, origin);
        if let Some(word) = authorization {
            call = call.header(header::AUTHORIZATION, word);
        }
        let body = match body {
            Some(body) => {
                call = call.header(header::CONTENT_TYPE, "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(call.body(body).unwrap()).await
    }
}

#[track_caller]
fn readable(answer: &Answer) {
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    let exposed = answer.header("access-control-expose-headers");
    for name in ["Location", "OpenEO-Identifier", "OpenEO-Costs", "Link"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    // Cookies and the like are never sent along.
    assert_eq!(answer.header("access-control-allow-credentials"), "");
    assert!(answer.header("vary").contains("Origin"));
}

#[tokio::test]
async fn a_browser_may_ask_before_every_call() {
    let node = node().await;
    for path in [
        "/.well-known/openeo",
        "/openeo/1.2",
        "/openeo/1.2/result",
        "/openeo/1.2/jobs/some/results",
        "/openeo/1.2/credentials/basic",
    ] {
        let answer = node.page_asks(EDITOR, "OPTIONS", path, None, None).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{path}");
        readable(&answer);
        for (name, word) in [
            ("access-control-allow-headers", "Authorization"),
            ("access-control-allow-headers", "Content-Type"),
            ("access-control-allow-methods", "PATCH"),
            ("access-control-allow-methods", "DELETE"),
        ] {
            assert!(answer.header(name).contains(word), "{path}: {name}");
        }
        assert!(answer.body.is_empty());
    }
    // Other interfaces of the node stay closed.
    let answer = node
        .page_asks(EDITOR, "OPTIONS", "/api/watches", None, None)
        .await;
    assert_ne!(answer.status, StatusCode::NO_CONTENT);
    for path in ["/stac", "/api/watches"] {
        let answer = node.page_asks(EDITOR, "GET", path, None, None).await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{path}");
    }
}

#[tokio::test]
async fn a_page_reads_what_is_offered_and_needs_a_token_for_the_rest() {
    let node = node().await;
    for path in [
        "",
        "/processes",
        "/file_formats",
        "/service_types",
        "/conformance",
    ] {
        let path = format!("/openeo/1.2{path}");
        let answer = node.page_asks(EDITOR, "GET", &path, None, None).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}");
        readable(&answer);
    }
    let graph = json!({"process": {"process_graph": {
        "pi": {"process_id": "pi", "arguments": {}, "result": true}}}});
    // The operator's own programs say no origin; a page does, and is not the operator.
    for (method, path, body) in [
        ("GET", "/openeo/1.2/collections", None),
        ("GET", "/openeo/1.2/collections/scenes", None),
        ("GET", "/openeo/1.2/jobs", None),
        ("GET", "/openeo/1.2/me", None),
        ("POST", "/openeo/1.2/result", Some(&graph)),
        ("POST", "/openeo/1.2/services", Some(&graph)),
    ] {
        for origin in [EDITOR, "null", "http://127.0.0.1:9999"] {
            let answer = node.page_asks(origin, method, path, None, body).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{origin} {path}");
            assert_eq!(answer.json()["code"], "AuthenticationRequired");
            readable(&answer);
        }
    }
    let word = base64::engine::general_purpose::STANDARD.encode("ana:a password");
    let basic = format!("Basic {word}");
    let answer = node
        .page_asks(
            EDITOR,
            "GET",
            "/openeo/1.2/credentials/basic",
            Some(&basic),
            None,
        )
        .await;
    readable(&answer);
    let token = answer.json()["access_token"].as_str().unwrap().to_string();
    let bearer = format!("Bearer basic//{token}");
    for (method, path, body) in [
        ("GET", "/openeo/1.2/collections", None),
        ("GET", "/openeo/1.2/me", None),
        ("POST", "/openeo/1.2/result", Some(&graph)),
    ] {
        let answer = node
            .page_asks(EDITOR, method, path, Some(&bearer), body)
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        readable(&answer);
    }
}

#[tokio::test]
async fn answers_to_no_page_are_for_no_page() {
    let node = node().await;
    let answer = node.get("/openeo/1.2/collections").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header("access-control-allow-origin"), "");
    assert!(answer.header("vary").contains("Origin"));
    assert_eq!(answer.header("cross-origin-resource-policy"), "same-origin");
    // The node's own page is the operator's.
    let own = "http://127.0.0.1:8080";
    let answer = node
        .page_asks(own, "GET", "/openeo/1.2/collections", None, None)
        .await;
    assert_eq!(answer.status, StatusCode::OK);
}
