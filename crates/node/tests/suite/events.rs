//! Server-sent events over a real connection.

use crate::fixture;
use corridor_node::NodeConfig;
use serde_json::json;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

/// Longest wait for anything here; far more than it takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Client {
    stream: TcpStream,
    text: String,
}

impl Client {
    async fn open(address: SocketAddr, last_event_id: Option<u64>) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let last = last_event_id
            .map(|id| format!("Last-Event-ID: {id}\r\n"))
            .unwrap_or_default();
        let head = format!("GET /api/events HTTP/1.1\r\nHost: {address}\r\n{last}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self {
            stream,
            text: String::new(),
        }
    }

    /// Reads until `wanted` has come, and gives all that has.
    async fn until(&mut self, wanted: &str) -> &str {
        let mut buffer = [0; 4096];
        while !self.text.contains(wanted) {
            let read = tokio::time::timeout(PATIENCE, self.stream.read(&mut buffer)).await;
            let read = read
                .unwrap_or_else(|_| panic!("no {wanted:?} in {:?}", self.text))
                .unwrap();
            assert_ne!(
                read, 0,
                "the stream ended without {wanted:?}: {:?}",
                self.text
            );
            self.text
                .push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        }
        &self.text
    }
}

#[tokio::test]
async fn events_come_as_they_happen_and_again_for_those_who_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let chain = fixture::chain(folder.path()).await;
    let product = chain.products().next().unwrap().id.clone();
    let mut config = NodeConfig::default();
    config.bind.set_port(0);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = corridor_node::serve(config, chain.clone(), async {
        let _ = stopped.await;
    })
    .await
    .unwrap();
    let address = serving.local_addr();
    let mut client = Client::open(address, None).await;
    let head = client.until(": corridor").await;
    assert!(
        head.starts_with("HTTP/1.1 200") && head.contains("text/event-stream"),
        "{head}"
    );
    // What is recorded before the first look at the store is history; give it that look.
    tokio::time::sleep(Duration::from_millis(600)).await;
    let watch = |name: &str| {
        serde_json::from_value(
            json!({"name": name, "product": product, "bbox": [-35.0, -8.1, -34.8, -7.9]}),
        )
        .unwrap()
    };
    chain.add_watch(watch("first")).await.unwrap();
    let text = client.until("\"first\"").await.to_string();
    assert!(text.contains("event: watch"), "{text}");
    let id: u64 = text
        .lines()
        .find_map(|line| line.strip_prefix("id: "))
        .unwrap_or_else(|| panic!("no id in {text}"))
        .parse()
        .unwrap();
    drop(client);
    chain.add_watch(watch("second")).await.unwrap();
    let mut back = Client::open(address, Some(id)).await;
    let text = back.until("\"second\"").await;
    assert!(
        !text.contains("\"first\""),
        "what was seen is not sent again: {text}"
    );
    let mut stranger = Client::open(address, Some(1_000_000)).await;
    stranger.until("event: gap").await;
    // An open stream does not hold the stop up.
    stop.send(()).unwrap();
    tokio::time::timeout(PATIENCE, serving.finished())
        .await
        .unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

#[tokio::test]
async fn a_slow_head_and_a_taken_port_are_seen() {
    let folder = tempfile::tempdir().unwrap();
    let chain = fixture::chain(folder.path()).await;
    let mut config = NodeConfig::default();
    config.bind.set_port(0);
    config.limits.header_timeout_s = 1;
    let serving = corridor_node::serve(config.clone(), chain.clone(), std::future::pending())
        .await
        .unwrap();
    let mut slow = TcpStream::connect(serving.local_addr()).await.unwrap();
    slow.write_all(b"GET /stac HTTP/1.1\r\nHost: local")
        .await
        .unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await;
    assert!(ended.is_ok(), "a head that never ends is not waited for");
    config.bind = serving.local_addr();
    let taken = corridor_node::serve(config, chain, std::future::pending())
        .await
        .unwrap_err();
    assert!(
        taken.to_string().contains("listening on 127.0.0.1"),
        "{taken}"
    );
}
