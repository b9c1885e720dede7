//! Files over real BPv7 bundles and a real TCPCLv4 session on loopback.

use std::{
    fs,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use corridor_orbit::window::Window;
use corridor_transmit::{
    bundle::{
        message::{FileHeader, Message, PartHeader, sha256_hex},
        receiver::{Event, Receiver, ReceiverConfig},
        sender::{SendError, send_files},
        spool::SpoolLimits,
    },
    clock::{Clock, SimulatedClock},
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{broadcast, mpsc};

use crate::rehearsal::{
    NODE, SPACECRAFT, bytes, file, loopback, receiver, sender, store, store_all,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_of_many_sizes_arrive_whole_and_are_forgotten_by_the_spool() {
    let dir = tempfile::tempdir().unwrap();
    let (out, spool) = (dir.path().join("out"), dir.path().join("spool"));
    fs::create_dir(&out).unwrap();
    let (node, files) = receiver(&spool).await;
    let consumer = tokio::spawn(store_all(files, out.clone()));
    let part = 64 << 10;
    let sizes = [0, 1, 63, part - 1, part, part + 1, 3 * part, 5_000_000];
    let contents: Vec<Vec<u8>> = sizes
        .iter()
        .map(|size| bytes(*size, *size as u64))
        .collect();
    let to_send = contents
        .iter()
        .map(|c| file(dir.path(), &format!("{}.bin", c.len()), c))
        .collect();
    let seen = Mutex::new(Vec::new());
    let report = send_files(sender(node.local_addr()), to_send, |sent, total| {
        seen.lock().unwrap().push((sent, total))
    })
    .await
    .unwrap();
    for content in &contents {
        assert_eq!(
            &fs::read(out.join(format!("{}.bin", content.len()))).unwrap(),
            content
        );
    }
    let total: u64 = sizes.iter().map(|s| *s as u64).sum();
    assert_eq!(report.bytes, total);
    assert_eq!(
        report.bundles,
        sizes
            .iter()
            .map(|s| s.div_ceil(part).max(1) as u64)
            .sum::<u64>()
    );
    assert_eq!(report.files.len(), sizes.len());
    assert_eq!(report.files[1].sha256, sha256_hex(&contents[1]));
    let seen = seen.into_inner().unwrap();
    assert!(
        seen.windows(2).all(|w| w[0].0 <= w[1].0),
        "progress never falls: {seen:?}"
    );
    assert_eq!(seen.last(), Some(&(total, total)));
    assert_eq!(fs::read_dir(spool.join("open")).unwrap().count(), 0);
    node.shutdown().await;
    consumer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_twice_is_one_and_metadata_travels() {
    let dir = tempfile::tempdir().unwrap();
    let (node, mut files) = receiver(&dir.path().join("spool")).await;
    let one = file(dir.path(), "scene.tif", &bytes(200_000, 7));
    let sending = tokio::spawn(send_files(
        sender(node.local_addr()),
        vec![one.clone()],
        |_, _| {},
    ));
    let received = files.recv().await.unwrap();
    assert_eq!(received.name, "scene.tif");
    assert_eq!(received.metadata, one.metadata);
    assert_eq!(received.bundles, 4);
    assert!(
        received.source_eid.starts_with("ipn:977001."),
        "{}",
        received.source_eid
    );
    assert!(received.first_bundle_at <= received.last_bundle_at);
    assert!(!sending.is_finished(), "nothing is stored yet");
    received.accept().await.unwrap();
    assert_eq!(sending.await.unwrap().unwrap().bundles, 4);

    let again = send_files(sender(node.local_addr()), vec![one], |_, _| {})
        .await
        .unwrap();
    assert_eq!((again.bundles, again.files.len()), (0, 1));
    assert!(
        files.try_recv().is_err(),
        "the same file is not handed out twice"
    );
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rejected_file_is_an_error_at_the_sender_and_a_dropped_one_comes_again() {
    let dir = tempfile::tempdir().unwrap();
    let (node, mut files) = receiver(&dir.path().join("spool")).await;
    let one = file(dir.path(), "a.bin", &bytes(10, 1));
    let sending = tokio::spawn(send_files(
        sender(node.local_addr()),
        vec![one.clone()],
        |_, _| {},
    ));
    drop(files.recv().await.unwrap());
    let second = files.recv().await.unwrap();
    second.reject("not a TIFF").await.unwrap();
    let error = sending.await.unwrap().unwrap_err();
    assert!(
        matches!(&error, SendError::Refused { reason, .. } if reason == "not a TIFF"),
        "{error}"
    );

    // A refused file may be offered again.
    let sending = tokio::spawn(send_files(sender(node.local_addr()), vec![one], |_, _| {}));
    files.recv().await.unwrap().accept().await.unwrap();
    sending.await.unwrap().unwrap();
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_whole_file_that_nobody_took_is_handed_out_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let (node, mut files) = receiver(&spool).await;
    let one = file(dir.path(), "a.bin", &bytes(100_000, 3));
    let config = corridor_transmit::bundle::sender::SenderConfig {
        patience: Duration::from_secs(1),
        ..sender(node.local_addr())
    };
    let sending = tokio::spawn(send_files(config, vec![one.clone()], |_, _| {}));
    let first = files.recv().await.unwrap();
    sending.abort();
    node.shutdown().await;
    assert!(first.accept().await.is_err(), "the receiver is gone");

    let (node, mut files) = receiver(&spool).await;
    let again = files.recv().await.unwrap();
    assert_eq!(again.name, "a.bin");
    again.accept().await.unwrap();
    let report = send_files(sender(node.local_addr()), vec![one], |_, _| {})
        .await
        .unwrap();
    assert_eq!(report.bundles, 0);
    node.shutdown().await;
}

/// Sends raw payloads as a foreign node would, through hardy alone.
mod foreign {
    use std::{net::SocketAddr, sync::Arc};

    use hardy_bpa::{
        async_trait,
        bpa::{Bpa, BpaRegistration},
        node_ids::NodeIds,
        services::{self, Application, ApplicationSink},
    };
    use hardy_bpv7::{bundle::Id, eid::Eid, status_report::ReasonCode};
    use tokio::sync::OnceCell;

    #[derive(Default)]
    struct Service(OnceCell<Box<dyn ApplicationSink>>);

    #[async_trait]
    impl Application for Service {
        async fn on_register(&self, _: &Eid, sink: Box<dyn ApplicationSink>) {
            drop(self.0.set(sink));
        }
        async fn on_unregister(&self) {}
        async fn on_receive(
            &self,
            _: Eid,
            _: time::OffsetDateTime,
            _: bool,
            _: bytes::Bytes,
        ) -> services::Result<()> {
            Ok(())
        }
        async fn on_status_notify(
            &self,
            _: &Id,
            _: &Eid,
            _: services::StatusNotify,
            _: ReasonCode,
            _: Option<time::OffsetDateTime>,
        ) {
        }
    }

    pub(super) async fn send(peer: SocketAddr, to: &str, payloads: Vec<Vec<u8>>) {
        let node: Eid = super::SPACECRAFT.parse().unwrap();
        let node_ids = NodeIds::try_from([node.to_node_id().unwrap()].as_slice()).unwrap();
        let bpa = Bpa::builder().node_ids(node_ids).build().await.unwrap();
        bpa.start(false);
        let service = Arc::new(Service::default());
        bpa.register_application(hardy_bpv7::eid::Service::Ipn(9), service.clone())
            .await
            .unwrap();
        let config = hardy_tcpclv4::config::Config {
            address: None,
            ..Default::default()
        };
        let cla = Arc::new(hardy_tcpclv4::Cla::new(&config).unwrap());
        bpa.register_cla("tcp".into(), cla.clone(), None)
            .await
            .unwrap();
        cla.connect(&peer).await.unwrap();
        for payload in payloads {
            let lifetime = std::time::Duration::from_secs(60);
            let sink = service.0.get().unwrap();
            sink.send(to.parse().unwrap(), payload.into(), lifetime, None)
                .await
                .unwrap();
        }
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        bpa.shutdown().await;
    }
}

async fn refusals(events: &mut broadcast::Receiver<Event>, count: usize) -> Vec<String> {
    let mut reasons = Vec::new();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    while reasons.len() < count {
        match tokio::time::timeout_at(deadline, events.recv()).await {
            Ok(Ok(Event::Refused { reason, .. })) => reasons.push(reason),
            Ok(Ok(_)) => {}
            other => panic!("{other:?} after {reasons:?}"),
        }
    }
    reasons
}

/// Every file below a folder with its content.
fn tree(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bad_bundles_are_refused_by_name_and_change_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let spool = dir.path().join("spool");
    let (node, mut files) = receiver(&spool).await;
    let mut events = node.events();
    let content = bytes(100, 5);
    let good = FileHeader::new("a.bin", "a/b", 100, &sha256_hex(&content), 64, "{}").unwrap();
    let part = |header: &FileHeader, number: u32, body: &[u8], sha256: String| {
        let offset_bytes = u64::from(number) * 64;
        let head = PartHeader {
            file: header.clone(),
            part: number,
            offset_bytes,
            sha256,
        };
        Message::Part(head, bytes::Bytes::copy_from_slice(body))
            .encode()
            .unwrap()
    };
    let to = "ipn:977000.70016";
    foreign::send(
        node.local_addr(),
        to,
        vec![part(&good, 0, &content[..64], sha256_hex(&content[..64]))],
    )
    .await;
    let before = tree(&spool);

    let truncated = part(&good, 1, &content[64..], sha256_hex(&content[64..]))[..60].to_vec();
    let text = |from: &str, to: &str| {
        let message = part(&good, 1, &content[64..], sha256_hex(&content[64..]));
        let length = u32::from_be_bytes(message[6..10].try_into().unwrap()) as usize;
        let header = String::from_utf8(message[10..10 + length].to_vec())
            .unwrap()
            .replace(from, to);
        let mut changed = message[..6].to_vec();
        changed.extend_from_slice(&(header.len() as u32).to_be_bytes());
        changed.extend_from_slice(header.as_bytes());
        changed.extend_from_slice(&message[10 + length..]);
        changed
    };
    let bad = vec![
        part(&good, 1, &content[64..], sha256_hex(b"other")),
        truncated,
        text("\"size_bytes\":100", "\"size_bytes\":18446744073709551615"),
        text("\"parts\":2", "\"parts\":4294967295"),
        text("a.bin", "../../etc/passwd"),
        text("a.bin", "/abs"),
        text("\"part\":1", "\"part\":99"),
        b"not a message at all".to_vec(),
        Vec::new(),
    ];
    let count = bad.len();
    foreign::send(node.local_addr(), to, bad).await;
    let reasons = refusals(&mut events, count).await.join("\n");
    for expected in [
        "digest",
        "header length",
        "file size",
        "number of parts",
        "file name",
        "part is 99",
        "not a file message",
    ] {
        assert!(reasons.contains(expected), "{expected} in {reasons}");
    }
    assert_eq!(tree(&spool), before, "the spool is as it was");

    // Wrong digest of the whole: both parts are right, the file is not what was promised.
    let wrong = FileHeader::new("w.bin", "a/b", 100, &sha256_hex(b"promised"), 64, "{}").unwrap();
    let parts = [&content[..64], &content[64..]];
    let bundles = parts
        .iter()
        .zip(0..)
        .map(|(body, n)| part(&wrong, n, body, sha256_hex(body)))
        .collect();
    foreign::send(node.local_addr(), to, bundles).await;
    let reason = refusals(&mut events, 1).await.remove(0);
    assert!(
        reason.contains("w.bin") && reason.contains("expected"),
        "{reason}"
    );
    assert_eq!(tree(&spool), before, "the spool is as it was");
    assert!(files.try_recv().is_err());

    // The good transfer goes on as if nothing had been.
    foreign::send(
        node.local_addr(),
        to,
        vec![part(&good, 1, &content[64..], sha256_hex(&content[64..]))],
    )
    .await;
    store(files.recv().await.unwrap(), dir.path()).await;
    assert_eq!(fs::read(dir.path().join("a.bin")).unwrap(), content);
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_of_the_receiver_reach_the_sender() {
    let dir = tempfile::tempdir().unwrap();
    let (sink, _files) = mpsc::channel(4);
    let limits = SpoolLimits {
        file_size_max_bytes: 1_000,
        ..SpoolLimits::default()
    };
    let config = ReceiverConfig {
        limits,
        ..ReceiverConfig::new(NODE, loopback(), dir.path().join("spool"))
    };
    let node = Receiver::start(config, sink).await.unwrap();
    let big = file(dir.path(), "big.bin", &bytes(1_001, 1));
    let error = send_files(sender(node.local_addr()), vec![big], |_, _| {})
        .await
        .unwrap_err();
    assert!(
        error
            .to_string()
            .contains("1001 bytes, expected at most 1000"),
        "{error}"
    );
    let mut odd = file(dir.path(), "odd.bin", b"x");
    odd.name = "a/b".into();
    let error = send_files(sender(node.local_addr()), vec![odd], |_, _| {})
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::Describe { .. }), "{error}");
    node.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_there_is_an_error_in_time_and_addresses_are_checked() {
    let dir = tempfile::tempdir().unwrap();
    let one = file(dir.path(), "a.bin", b"x");
    let unused = std::net::TcpListener::bind(loopback())
        .unwrap()
        .local_addr()
        .unwrap();
    let mut config = sender(unused);
    config.patience = Duration::from_secs(1);
    let began = Instant::now();
    let error = send_files(config.clone(), vec![one.clone()], |_, _| {})
        .await
        .unwrap_err();
    assert!(matches!(error, SendError::NoProgress { .. }), "{error}");
    assert!(began.elapsed() < Duration::from_secs(8));
    config.peer_eid = "nonsense".into();
    let error = send_files(config, vec![one], |_, _| {}).await.unwrap_err();
    assert!(error.to_string().contains("peer_eid"), "{error}");

    let taken = std::net::TcpListener::bind(loopback()).unwrap();
    let config = ReceiverConfig::new(NODE, taken.local_addr().unwrap(), dir.path().join("spool"));
    let error = Receiver::start(config, mpsc::channel(1).0)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("cannot listen"), "{error}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_gate_the_sender_and_the_next_contact_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let (node, files) = receiver(&dir.path().join("spool")).await;
    let consumer = tokio::spawn(store_all(files, out.clone()));
    let content = bytes(1 << 20, 11);
    let one = file(dir.path(), "scene.tif", &content);

    // A contact of 60 s at 1 Mbit/s carries 7.5 MB; of 5 s, 625 kB: 9 of the 16 parts of 64 KiB.
    let start: Timestamp = "2026-08-07T10:00:00Z".parse().unwrap();
    let clock: Arc<dyn Clock> =
        Arc::new(SimulatedClock::new(start - SignedDuration::from_secs(20)));
    let window = |from_s: i64, to_s: i64| {
        Window::new(
            start + SignedDuration::from_secs(from_s),
            start + SignedDuration::from_secs(to_s),
        )
    };
    let mut config = sender(node.local_addr());
    config.clock = clock.clone();
    config.rate_bit_s = Some(1e6);
    config.contact_window = window(0, 5);
    let mut events = node.events();
    let error = send_files(config.clone(), vec![one.clone()], |_, _| {})
        .await
        .unwrap_err();
    let SendError::ContactClosed { report, closed, .. } = error else {
        panic!("{error}")
    };
    assert_eq!(closed, start + SignedDuration::from_secs(5));
    assert_eq!(report.bundles, 9, "what fits in the contact and no more");
    assert!(clock.now() > start, "it waited for the contact");
    let mut kept = 0;
    while let Ok(event) = events.try_recv() {
        kept += usize::from(matches!(event, Event::PartKept { .. }));
    }
    assert_eq!(kept, 9);

    // A contact that is over sends nothing at all.
    let error = send_files(config.clone(), vec![one.clone()], |_, _| {})
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SendError::ContactClosed { report, .. } if report.bundles == 0),
        "{error}"
    );

    config.contact_window = window(60, 600);
    let report = send_files(config, vec![one], |_, _| {}).await.unwrap();
    assert!(clock.now() >= start + SignedDuration::from_secs(60));
    assert_eq!(report.bundles, 7, "only what was missing");
    assert_eq!(fs::read(out.join("scene.tif")).unwrap(), content);
    node.shutdown().await;
    consumer.await.unwrap();
}

/// Speed and memory, for the page of this crate: run with `--release -- --ignored --nocapture figures`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement, not a check"]
async fn figures_of_a_large_file() {
    let dir = tempfile::tempdir().unwrap();
    let (node, mut files) = receiver(&dir.path().join("spool")).await;
    let consumer = tokio::spawn(async move {
        while let Some(file) = files.recv().await {
            file.accept().await.unwrap();
        }
    });
    let length = 256 << 20;
    let path = dir.path().join("large.bin");
    let block = bytes(1 << 20, 1);
    let mut target = fs::File::create(&path).unwrap();
    for _ in 0..length >> 20 {
        std::io::Write::write_all(&mut target, &block).unwrap();
    }
    drop(target);
    let one = corridor_transmit::bundle::sender::FileToSend {
        path,
        name: "large.bin".into(),
        media_type: "application/octet-stream".into(),
        metadata: serde_json::Value::Null,
    };
    let mut config = sender(node.local_addr());
    config.part_size_bytes = corridor_transmit::bundle::PART_SIZE_BYTES;
    let began = Instant::now();
    let report = send_files(config, vec![one], |_, _| {}).await.unwrap();
    let elapsed_s = began.elapsed().as_secs_f64();
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status
        .lines()
        .find(|line| line.starts_with("VmHWM"))
        .unwrap_or("VmHWM: unknown");
    println!(
        "{} bundles, {:.0} MB/s, {peak}",
        report.bundles,
        length as f64 / 1e6 / elapsed_s
    );
    node.shutdown().await;
    consumer.await.unwrap();
}
