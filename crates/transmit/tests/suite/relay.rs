//! A relay killed at random instants: every bundle that it acknowledged comes to its destination, from nobody but
//! the relay. Fragments that were acknowledged outlive the process as well.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use corridor_transmit::{
    bundle::{
        fragment::fragment,
        gate::Contacts,
        message::{FileHeader, Message, PartHeader, sha256_hex},
        receiver::{Carriage, Receiver, ReceiverConfig},
        store::StoreConfig,
    },
    plan,
};
use hardy_bpv7::{bpsec::no_keys, bundle::ParsedBundle};
use tokio::sync::mpsc;

use crate::raw::{Adapter, bundle};
use crate::rehearsal::{NODE, bytes, free_port, loopback};

const DIR_VARIABLE: &str = "CORRIDOR_TEST_RELAY_DIR";
const LISTEN_VARIABLE: &str = "CORRIDOR_TEST_RELAY_LISTEN";
const NODE_VARIABLE: &str = "CORRIDOR_TEST_RELAY_NODE";

const RELAY: &str = "ipn:977002.0";
const SOURCE: &str = "ipn:977005.9";

/// Kills of one run.
const KILLS: usize = 25;

/// Bytes of each bundle's payload: a few segments on the link, a few pages on the disk.
const PAYLOAD_BYTES: usize = 300_000;

/// Not a test by itself: the body of the child process.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_relay() {
    let Ok(dir) = std::env::var(DIR_VARIABLE) else {
        return;
    };
    let dir = PathBuf::from(dir);
    let address = |name| std::env::var(name).unwrap().parse::<SocketAddr>().unwrap();
    let text = fs::read_to_string(dir.join("plan.json")).unwrap();
    let plan = plan::read(&text, "plan.json").unwrap().plan;
    let neighbours = BTreeMap::from([(NODE.to_string(), address(NODE_VARIABLE))]);
    let carriage = Carriage {
        contacts: Some(Contacts::new(plan, neighbours)),
        store: Some(StoreConfig {
            dir: dir.join("store"),
            size_max_bytes: 1 << 30,
        }),
        ..Carriage::default()
    };
    let (sink, _files) = mpsc::channel(4);
    let config = ReceiverConfig {
        carriage,
        ..ReceiverConfig::new(RELAY, address(LISTEN_VARIABLE), dir.join("spool"))
    };
    let relay = Receiver::start(config, sink).await.unwrap();
    // Ends by itself should the parent die without killing it.
    tokio::time::sleep(Duration::from_secs(120)).await;
    relay.shutdown().await;
}

fn start(dir: &Path, listen: SocketAddr, node: SocketAddr) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "relay::child_relay"])
        .env(DIR_VARIABLE, dir)
        .env(LISTEN_VARIABLE, listen.to_string())
        .env(NODE_VARIABLE, node.to_string())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A contact from the source all the time; to the node one second on, one off.
fn plan_text() -> String {
    let contact = |from: &str, to: &str, start_s: u32, end_s: u32| {
        format!(
            r#"{{"from":"{from}","to":"{to}","start_s":{start_s},"end_s":{end_s},"rate_bit_s":8e8,"owlt_s":0}}"#
        )
    };
    let mut contacts = vec![contact("ipn:977005.0", RELAY, 0, 200)];
    contacts.extend((0..100).map(|i| contact(RELAY, NODE, 2 * i + 1, 2 * i + 2)));
    format!(
        r#"{{"epoch":"{}","nodes":[],"contacts":[{}]}}"#,
        jiff::Timestamp::now(),
        contacts.join(",")
    )
}

fn number_in(data: &Bytes) -> u64 {
    let parsed = ParsedBundle::parse(data, no_keys).unwrap().bundle;
    let payload = parsed.blocks[&1].payload(data).unwrap();
    let number = u64::from_le_bytes(payload[..8].try_into().unwrap());
    assert!(payload[8..] == bytes(PAYLOAD_BYTES, number), "whole");
    number
}

fn files_below(dir: &Path) -> usize {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.path() {
            path if path.is_dir() => files_below(&path),
            _ => 1,
        })
        .sum()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_killed_again_and_again_loses_no_bundle_that_it_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("plan.json"), plan_text()).unwrap();
    let (at_relay, at_node) = (free_port(), free_port());
    let (node, mut came) = Adapter::start(NODE, Some(at_node)).await;
    let arrived = Arc::new(Mutex::new(Vec::new()));
    let into = arrived.clone();
    let collecting = tokio::spawn(async move {
        while let Some(data) = came.recv().await {
            into.lock().unwrap().push(number_in(&data));
        }
    });
    let acknowledged = Arc::new(Mutex::new(BTreeSet::new()));
    let (said, over) = (acknowledged.clone(), Arc::new(AtomicBool::new(false)));
    let ending = over.clone();
    let sending = tokio::spawn(async move {
        let (source, _) = Adapter::start(SOURCE, None).await;
        let mut number = 0_u64;
        while !ending.load(Ordering::Relaxed) {
            let payload = [&number.to_le_bytes()[..], &bytes(PAYLOAD_BYTES, number)].concat();
            let data = bundle(SOURCE, "ipn:977000.70016", &payload);
            if source.send(at_relay, data).await {
                said.lock().unwrap().insert(number);
            }
            // What was not acknowledged is never sent again: it may come or not.
            number += 1;
            tokio::time::sleep(Duration::from_millis(15)).await;
        }
        source.stop().await;
    });

    let began = Instant::now();
    let mut relay = start(dir.path(), at_relay, at_node);
    let mut waiting = 0;
    for kill in 0..KILLS {
        let pause_ms = 300 + u64::from(bytes(1, kill as u64 + 7)[0]) * 2;
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        relay.kill().unwrap();
        relay.wait().unwrap();
        waiting += usize::from(files_below(&dir.path().join("store/whole")) > 0);
        relay = start(dir.path(), at_relay, at_node);
    }
    over.store(true, Ordering::Relaxed);
    sending.await.unwrap();
    let acknowledged = acknowledged.lock().unwrap().clone();
    let deadline = Instant::now() + Duration::from_secs(60);
    let missing = loop {
        let there: BTreeSet<u64> = arrived.lock().unwrap().iter().copied().collect();
        let missing: Vec<u64> = acknowledged.difference(&there).copied().collect();
        if missing.is_empty() || Instant::now() > deadline {
            break missing;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    relay.kill().unwrap();
    relay.wait().unwrap();
    node.stop().await;
    collecting.abort();
    let arrived = arrived.lock().unwrap();
    println!(
        "{KILLS} kills, {waiting} with bundles on disk; {} bundles acknowledged, {} arrivals, {:.0} s",
        acknowledged.len(),
        arrived.len(),
        began.elapsed().as_secs_f64()
    );
    assert!(missing.is_empty(), "acknowledged and lost: {missing:?}");
    assert!(acknowledged.len() > KILLS && waiting > KILLS / 4);
}

/// A receiver with a store, in this process; what it knows in memory goes with it.
async fn with_store(
    dir: &Path,
) -> (
    Receiver,
    mpsc::Receiver<corridor_transmit::bundle::receiver::ReceivedFile>,
) {
    let (sink, files) = mpsc::channel(4);
    let config = ReceiverConfig {
        carriage: Carriage {
            store: Some(StoreConfig {
                dir: dir.join("store"),
                size_max_bytes: 1 << 30,
            }),
            ..Carriage::default()
        },
        ..ReceiverConfig::new(NODE, loopback(), dir.join("spool"))
    };
    (Receiver::start(config, sink).await.unwrap(), files)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fragments_that_were_acknowledged_outlive_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let content = bytes(9_000, 3);
    let sha256 = sha256_hex(&content);
    let header = FileHeader::new("a.bin", "a/b", 9_000, &sha256, 1 << 20, "{}").unwrap();
    let part = PartHeader {
        file: header,
        part: 0,
        offset_bytes: 0,
        sha256,
    };
    let payload = Message::Part(part, Bytes::from(content.clone()));
    let whole = bundle(SOURCE, "ipn:977000.70016", &payload.encode().unwrap());
    // Two cuts that overlap: one after the other, a new process for each fragment.
    let mut pieces = fragment(&whole, 4_000).unwrap();
    let last = pieces.remove(0);
    pieces.extend(fragment(&whole, 3_000).unwrap().pop());
    pieces.push(last);
    let shelf = dir.path().join("store/fragments");
    for (i, piece) in pieces.iter().enumerate() {
        let (node, mut files) = with_store(dir.path()).await;
        let (source, _) = Adapter::start(SOURCE, None).await;
        assert!(source.send(node.local_addr(), piece.clone()).await);
        source.stop().await;
        if i + 1 < pieces.len() {
            assert_eq!(
                files_below(&shelf),
                i + 1,
                "on disk when it is acknowledged"
            );
            assert!(files.try_recv().is_err());
        } else {
            let got = tokio::time::timeout(Duration::from_secs(20), files.recv());
            let got = got.await.expect("it is whole").unwrap();
            assert_eq!(fs::read(&got.path).unwrap(), content);
            got.accept().await.unwrap();
            let deadline = Instant::now() + Duration::from_secs(10);
            while files_below(&shelf) > 0 {
                assert!(
                    Instant::now() < deadline,
                    "nothing is left of the fragments"
                );
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        node.shutdown().await;
    }
}
