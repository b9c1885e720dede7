//! Peers that no one here wrote: bundles made and read by pyd3tn (`tests/python/bundles.py`, with the Python of
//! `CORRIDOR_PYTHON`), carried over TCPCLv4 by hardy's adapter alone, to and from a receiver of ours.
//!
//! pyd3tn's own convergence layer is TCPCL version 3, so that the session is hardy's.

use std::{
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Duration,
};

use bytes::Bytes;
use corridor_transmit::bundle::{
    message::{AnswerState, FileHeader, Message, PartHeader, decode, sha256_hex},
    receiver::Event,
};
use serde_json::{Value, json};

use crate::raw::Adapter;
use crate::rehearsal::{bytes, receiver};

const PEER: &str = "ipn:977005.70016";
const SERVICE: &str = "ipn:977000.70016";

/// pyd3tn in a process of its own.
struct Pyd3tn {
    child: Child,
    asked: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Pyd3tn {
    /// `None` (with a word) where there is no Python with it.
    fn start() -> Option<Self> {
        let Some(python) = std::env::var_os("CORRIDOR_PYTHON") else {
            println!("skipped: CORRIDOR_PYTHON is not set");
            return None;
        };
        let has = Command::new(&python).args(["-c", "import pyd3tn"]).output();
        if !has.is_ok_and(|o| o.status.success()) {
            println!("skipped: {} has no pyd3tn", python.display());
            let required = std::env::var("CI").is_ok_and(|v| v == "true");
            assert!(!required, "dev/tools.sh installs it");
            return None;
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/python/bundles.py");
        let mut child = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Some(Self {
            asked: child.stdin.take().unwrap(),
            answers: BufReader::new(child.stdout.take().unwrap()),
            child,
        })
    }

    fn ask(&mut self, order: &Value) -> Value {
        writeln!(self.asked, "{order}").unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Pyd3tn {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(text: &Value) -> Vec<u8> {
    let text = text.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bundles_of_pyd3tn_are_taken_and_ours_read_by_it() {
    let Some(mut python) = Pyd3tn::start() else {
        return;
    };
    let dir = tempfile::tempdir().unwrap();
    let (node, mut files) = receiver(&dir.path().join("spool")).await;
    let mut events = node.events();
    let (adapter, mut came) = Adapter::start(PEER, None).await;

    // A file of one part in one bundle, and another in fragments that overlap, the last first.
    for (name, pieces) in [
        ("whole.bin", None),
        (
            "cut.bin",
            Some([(700_u64, 2_000_u64), (300, 500), (0, 450)]),
        ),
    ] {
        let content = bytes(900, name.len() as u64);
        let sha256 = sha256_hex(&content);
        let file = FileHeader::new(name, "a/b", 900, &sha256, 1 << 20, "{}").unwrap();
        let part = PartHeader {
            file: file.clone(),
            part: 0,
            offset_bytes: 0,
            sha256,
        };
        let payload = Message::Part(part, Bytes::from(content.clone()));
        let payload = payload.encode().unwrap();
        let all = payload.len() as u64;
        let pieces: Vec<(u64, u64)> = pieces.map_or(vec![(0, all)], |p| {
            p.map(|(at, len)| (at, len.min(all - at))).to_vec()
        });
        let source = if name == "whole.bin" {
            PEER
        } else {
            "ipn:977005.70017"
        };
        let made = python.ask(&json!({"make": {"source": source, "destination": SERVICE,
            "payload": hex(&payload), "pieces": pieces}}));
        for bundle in made["bundles"].as_array().unwrap() {
            assert!(adapter.send(node.local_addr(), unhex(bundle).into()).await);
        }
        let got = tokio::time::timeout(Duration::from_secs(20), files.recv())
            .await
            .expect("the file is whole")
            .unwrap();
        assert_eq!(std::fs::read(&got.path).unwrap(), content);
        assert_eq!((got.name.as_str(), got.source_eid.as_str()), (name, source));
        got.accept().await.unwrap();
        // What we answer, read and written again by pyd3tn.
        let mut states = Vec::new();
        while !matches!(states.last(), Some(AnswerState::Stored {})) {
            let bundle = tokio::time::timeout(Duration::from_secs(20), came.recv())
                .await
                .expect("the node answers")
                .unwrap();
            let read = python.ask(&json!({ "read": hex(&bundle) }));
            assert_eq!(read["same"], true, "CRCs and all: {read}");
            assert!(
                read["source"].as_str().unwrap().contains("977000"),
                "{read}"
            );
            let Ok(Message::Answer(answer)) = decode(&unhex(&read["payload"]).into()) else {
                panic!("{read}");
            };
            assert_eq!(answer.transfer, file.transfer);
            states.push(answer.state);
        }
        assert!(
            states.contains(&AnswerState::Kept { part: 0 }),
            "{states:?}"
        );
    }

    // One bit of pyd3tn's payload changed on the way: its CRC says so.
    let made = python.ask(&json!({"make": {"source": PEER, "destination": SERVICE,
        "payload": "00112233445566778899", "pieces": [[0, 10]]}}));
    let mut bundle = unhex(&made["bundles"][0]);
    let at = bundle
        .windows(3)
        .position(|w| w == [0x44, 0x55, 0x66])
        .unwrap();
    bundle[at] ^= 1;
    adapter.send(node.local_addr(), bundle.into()).await;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        match tokio::time::timeout_at(deadline, events.recv()).await {
            Ok(Ok(Event::Refused { reason, .. })) => {
                assert!(reason.contains("RFC 9171 §4.2.2"), "{reason}");
                break;
            }
            Ok(Ok(_)) => {}
            other => panic!("{other:?}"),
        }
    }
    adapter.stop().await;
    node.shutdown().await;
}
