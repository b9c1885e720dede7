//! Requests to a router without a socket, and the folder of real data.

use crate::fixture;
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request, StatusCode, header};
use bytes::Bytes;
use corridor_node::NodeConfig;
use corridor_watch::chain::Chain;
use http_body_util::BodyExt;
use serde_json::Value;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tower::ServiceExt;

/// A node over the fixture. The folder goes when this is dropped.
pub(crate) struct TestNode {
    pub(crate) router: Router,
    pub(crate) chain: Arc<Chain>,
    pub(crate) folder: TempDir,
}

/// What came back.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|e| panic!("{e}: {}", String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

impl TestNode {
    /// Serves everything of the fixture.
    pub(crate) async fn open() -> Self {
        Self::with(NodeConfig::default()).await
    }

    /// Keeps the collection `secret` private.
    pub(crate) async fn with_secret() -> Self {
        let mut config = NodeConfig::default();
        config.policy.private_collections = vec!["secret".into()];
        Self::with(config).await
    }

    pub(crate) async fn with(config: NodeConfig) -> Self {
        Self::in_folder(tempfile::tempdir().unwrap(), config).await
    }

    /// Has a network that is none, by the name `broken`: one band, `red`.
    pub(crate) async fn with_broken_network() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let models = folder.path().join("models");
        std::fs::create_dir_all(&models).unwrap();
        std::fs::write(models.join("broken.onnx"), b"no network").unwrap();
        let description = "id = \"broken\"\ntitle = \"Broken\"\nnetwork = \"broken.onnx\"\nbands = [\"red\"]\nclasses = [0, 1]\n";
        std::fs::write(models.join("broken.toml"), description).unwrap();
        Self::in_folder(folder, NodeConfig::default()).await
    }

    async fn in_folder(folder: tempfile::TempDir, config: NodeConfig) -> Self {
        let chain = fixture::chain(folder.path()).await;
        Self {
            router: corridor_node::router(config, chain.clone()).unwrap(),
            chain,
            folder,
        }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(request("GET", path).body(Body::empty()).unwrap())
            .await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        let request = request("POST", path).header(header::CONTENT_TYPE, "application/json");
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }
}

/// A request from this machine.
pub(crate) fn request(method: &str, path: &str) -> axum::http::request::Builder {
    let peer: SocketAddr = "127.0.0.1:50000".parse().unwrap();
    Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "127.0.0.1:8080")
        .extension(ConnectInfo(peer))
}

/// The folder of real data, or `None` after saying that the test is skipped. With
/// `CORRIDOR_REQUIRE_SHARED_DATA=1` a missing folder is a failure.
pub(crate) fn folder(path: &str) -> Option<PathBuf> {
    let root = std::env::var_os("CORRIDOR_SHARED_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(path);
    if folder.is_dir() {
        return Some(folder);
    }
    let required = std::env::var("CORRIDOR_REQUIRE_SHARED_DATA").is_ok_and(|v| v == "1");
    assert!(!required, "{} is missing and required", folder.display());
    println!("skipped: {} is missing", folder.display());
    None
}
