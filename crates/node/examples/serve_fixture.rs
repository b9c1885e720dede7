//! Serves a filled catalogue for other programs to test against:
//! `cargo run -p corridor-node --example serve_fixture -- 8899`.

#[path = "../tests/suite/fixture.rs"]
#[allow(dead_code, clippy::unwrap_used)]
mod fixture;

use corridor_node::NodeConfig;

#[tokio::main]
async fn main() {
    let port = std::env::args()
        .nth(1)
        .and_then(|text| text.parse().ok())
        .unwrap_or(8899);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let chain = fixture::chain(folder.path()).await;
    let mut config = NodeConfig::default();
    config.bind.set_port(port);
    config.policy.private_collections = vec!["secret".into()];
    let stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    let serving = corridor_node::serve(config, chain, stop)
        .await
        .expect("the port is free");
    serving.finished().await;
}
