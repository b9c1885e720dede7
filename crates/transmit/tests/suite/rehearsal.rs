//! What the end-to-end tests of bundles share: files to send, a receiver that stores, a node address.

use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use corridor_transmit::bundle::{
    message::sha256_hex,
    receiver::{ReceivedFile, Receiver, ReceiverConfig},
    sender::{FileToSend, SenderConfig},
};
use tokio::sync::mpsc;

pub(crate) const NODE: &str = "ipn:977000.0";
pub(crate) const SPACECRAFT: &str = "ipn:977001.0";

pub(crate) fn loopback() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A port of the moment that nobody listens on.
pub(crate) fn free_port() -> SocketAddr {
    let listener = std::net::TcpListener::bind(loopback()).unwrap();
    listener.local_addr().unwrap()
}

/// Bytes that differ everywhere, so that a part in the wrong place shows.
pub(crate) fn bytes(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

pub(crate) fn file(dir: &Path, name: &str, content: &[u8]) -> FileToSend {
    let path = dir.join(name);
    fs::write(&path, content).unwrap();
    FileToSend {
        path,
        name: name.into(),
        media_type: "application/octet-stream".into(),
        metadata: serde_json::json!({ "id": name, "sha256": sha256_hex(content), "ratio": 0.1 }),
    }
}

pub(crate) fn sender(peer: SocketAddr) -> SenderConfig {
    SenderConfig {
        part_size_bytes: 64 << 10,
        ..SenderConfig::new(SPACECRAFT, NODE, peer)
    }
}

pub(crate) async fn receiver(spool: &Path) -> (Receiver, mpsc::Receiver<ReceivedFile>) {
    let (sink, files) = mpsc::channel(4);
    (
        Receiver::start(ReceiverConfig::new(NODE, loopback(), spool), sink)
            .await
            .unwrap(),
        files,
    )
}

/// Stores every file under its digest: write aside, sync, rename, then accept.
pub(crate) async fn store_all(mut files: mpsc::Receiver<ReceivedFile>, dir: PathBuf) {
    while let Some(file) = files.recv().await {
        store(file, &dir).await;
    }
}

pub(crate) async fn store(file: ReceivedFile, dir: &Path) {
    let content = fs::read(&file.path).unwrap();
    assert_eq!(sha256_hex(&content), file.sha256);
    assert_eq!(content.len() as u64, file.size_bytes);
    let (aside, path) = (dir.join(format!(".{}", file.name)), dir.join(&file.name));
    fs::write(&aside, &content).unwrap();
    fs::File::open(&aside).unwrap().sync_all().unwrap();
    fs::rename(&aside, &path).unwrap();
    file.accept().await.unwrap();
}
