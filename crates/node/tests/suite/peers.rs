//! Other people's programs read what the node serves: scripts of `tests/python` with the Python of
//! `CORRIDOR_PYTHON`, against the fixture on a real port.

use crate::fixture;
use corridor_node::NodeConfig;
use std::path::Path;
use tokio::process::Command;
use tokio::sync::oneshot;

#[tokio::test(flavor = "multi_thread")]
async fn pystac_client_reads_and_searches() {
    read_by("stac_peers.py").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_every_openeo_format_are_read() {
    read_by("openeo_formats.py").await;
}

/// Runs a script with the address of a served fixture.
async fn read_by(script: &str) {
    let Some(python) = std::env::var_os("CORRIDOR_PYTHON") else {
        println!("skipped: CORRIDOR_PYTHON is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let chain = fixture::chain(folder.path()).await;
    let mut config = NodeConfig::default();
    config.bind.set_port(0);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = corridor_node::serve(config, chain, async {
        let _ = stopped.await;
    })
    .await
    .unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/python")
        .join(script);
    let ran = Command::new(python)
        .arg(script)
        .arg(format!("http://{}", serving.local_addr()))
        .output()
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(
        ran.status.success(),
        "{}{said}",
        String::from_utf8_lossy(&ran.stdout)
    );
    stop.send(()).unwrap();
    serving.finished().await;
}
