//! Contacts gate forwarding: real agents over real TCPCLv4 sessions on loopback, the wire watched between them.

use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use corridor_transmit::{
    bundle::{
        gate::Contacts,
        receiver::{Carriage, Event, ReceivedFile, Receiver, ReceiverConfig},
        sender::{SendError, SenderConfig, send_files},
        store::StoreConfig,
    },
    plan::{Builder, ContactPlan},
};
use jiff::Timestamp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

use crate::rehearsal::{NODE, SPACECRAFT, bytes, file, free_port, loopback, store_all};

const RELAY: &str = "ipn:977002.0";
const OTHER: &str = "ipn:977003.0";

/// One way of a contact: sender, receiver, start and end in seconds from now, bytes a second.
type Way<'a> = (&'a str, &'a str, f64, f64, f64);

/// A plan that begins now.
fn plan(ways: &[Way<'_>]) -> ContactPlan {
    let mut plan = Builder::new("test");
    for (from, to, start_s, end_s, bytes_s) in ways {
        plan.contact(1, from, to, *start_s, *end_s, bytes_s * 8.0, 0.0);
    }
    let read = plan.finish(Some(Timestamp::now()));
    assert_eq!(read.dropped.len(), 0, "{:?}", read.dropped);
    read.plan
}

fn contacts(plan: &ContactPlan, neighbours: &[(&str, SocketAddr)]) -> Contacts {
    let named = neighbours.iter().map(|(n, a)| ((*n).to_string(), *a));
    Contacts::new(plan.clone(), named.collect::<BTreeMap<_, _>>())
}

fn carriage(plan: &ContactPlan, neighbours: &[(&str, SocketAddr)]) -> Carriage {
    Carriage {
        contacts: Some(contacts(plan, neighbours)),
        ..Carriage::default()
    }
}

async fn node(
    eid: &str,
    listen: SocketAddr,
    dir: &Path,
    carriage: Carriage,
) -> (Receiver, mpsc::Receiver<ReceivedFile>) {
    let (sink, files) = mpsc::channel(4);
    let config = ReceiverConfig {
        carriage,
        ..ReceiverConfig::new(eid, listen, dir.join("spool"))
    };
    (Receiver::start(config, sink).await.unwrap(), files)
}

fn sender(peer: SocketAddr, carriage: Carriage) -> SenderConfig {
    SenderConfig {
        part_size_bytes: 64 << 10,
        carriage,
        ..SenderConfig::new(SPACECRAFT, NODE, peer)
    }
}

/// What passed on the wire: when, which way, how many bytes.
#[derive(Clone, Default)]
struct Wire(Arc<Mutex<Vec<(Instant, bool, usize)>>>);

impl Wire {
    /// A port that passes everything on to `to` and notes it.
    async fn tap(&self, to: SocketAddr) -> SocketAddr {
        self.cutting(to, usize::MAX).await
    }

    /// The same, where each session breaks off after so many bytes towards `to`.
    async fn cutting(&self, to: SocketAddr, session_bytes: usize) -> SocketAddr {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = self.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else {
                    continue;
                };
                let (near_in, near_out) = near.into_split();
                let (far_in, far_out) = far.into_split();
                tokio::spawn(wire.clone().pass(near_in, far_out, true, session_bytes));
                tokio::spawn(wire.clone().pass(far_in, near_out, false, usize::MAX));
            }
        });
        address
    }

    async fn pass(
        self,
        mut from: tokio::net::tcp::OwnedReadHalf,
        mut to: tokio::net::tcp::OwnedWriteHalf,
        forth: bool,
        session_bytes: usize,
    ) {
        let mut piece = vec![0; 64 << 10];
        let mut left = session_bytes;
        while let Ok(read) = from.read(&mut piece).await {
            let passed = read.min(left);
            if passed == 0 || to.write_all(&piece[..passed]).await.is_err() {
                break;
            }
            left -= passed;
            self.0.lock().unwrap().push((Instant::now(), forth, passed));
        }
    }

    /// Seconds from `epoch` and bytes, one way.
    fn passed(&self, epoch: Instant, forth: bool) -> Vec<(f64, usize)> {
        let passed = self.0.lock().unwrap();
        let one_way = passed.iter().filter(|p| p.1 == forth);
        one_way
            .map(|(at, _, bytes)| (at.saturating_duration_since(epoch).as_secs_f64(), *bytes))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_leaves_outside_a_window_and_what_waits_leaves_within_a_second() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let (at, tapped) = (free_port(), Wire::default());
    let tap = tapped.tap(at).await;
    let epoch = Instant::now();
    // The first contact carries 300 kB: four of the sixteen parts of 64 KiB, and the offer.
    let plan = plan(&[
        (SPACECRAFT, NODE, 2.0, 4.0, 150e3),
        (NODE, SPACECRAFT, 2.0, 4.0, 150e3),
        (SPACECRAFT, NODE, 6.5, 16.0, 150e3),
        (NODE, SPACECRAFT, 6.5, 16.0, 150e3),
    ]);
    let (receiver, files) = node(NODE, at, dir.path(), carriage(&plan, &[])).await;
    let storing = tokio::spawn(store_all(files, out.clone()));
    let content = bytes(1 << 20, 5);
    let one = file(dir.path(), "scene.tif", &content);
    let config = sender(tap, carriage(&plan, &[(NODE, tap)]));
    let report = send_files(config, vec![one], |_, _| {}).await.unwrap();
    let done_s = epoch.elapsed().as_secs_f64();
    assert_eq!(fs::read(out.join("scene.tif")).unwrap(), content);
    assert!(report.bundles >= 16);
    receiver.shutdown().await;
    storing.abort();

    let forth = tapped.passed(epoch, true);
    let back = tapped.passed(epoch, false);
    let first_s = forth[0].0;
    let second_s = forth.iter().find(|p| p.0 > 5.0).unwrap().0;
    let in_first: usize = forth.iter().filter(|p| p.0 < 5.0).map(|p| p.1).sum();
    println!(
        "opened at 2.000 s and 6.500 s, first bytes at {first_s:.3} s and {second_s:.3} s; \
         {in_first} bytes in the first contact of 300000; done at {done_s:.1} s, {} bundles for 16 parts",
        report.bundles
    );
    for (at_s, bytes) in forth.iter().chain(&back) {
        // The plan's clock and this one were read a few instructions apart.
        let inside = (1.99..=4.1).contains(at_s) || (6.49..=16.1).contains(at_s);
        assert!(inside, "{bytes} bytes at {at_s} s");
    }
    assert!(
        first_s <= 3.0 && second_s <= 7.5,
        "within 1 s of the opening"
    );
    assert!(in_first <= 300_000, "no more than the contact's volume");
    assert!(in_first >= 100_000, "the contact is used");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_holds_what_it_took_until_its_contact_and_high_priority_goes_first() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let [at_node, at_relay, at_first, at_second] = [0; 4].map(|_| free_port());
    let plan = plan(&[
        (SPACECRAFT, RELAY, 1.0, 40.0, 1e6),
        (RELAY, SPACECRAFT, 1.0, 40.0, 1e6),
        (OTHER, RELAY, 1.0, 40.0, 1e6),
        (RELAY, OTHER, 1.0, 40.0, 1e6),
        (RELAY, NODE, 5.0, 40.0, 200e3),
        (NODE, RELAY, 5.0, 40.0, 200e3),
    ]);
    let (receiver, mut files) = node(
        NODE,
        at_node,
        &dir.path().join("node"),
        carriage(&plan, &[(RELAY, at_relay)]),
    )
    .await;
    let relayed = Carriage {
        store: Some(StoreConfig {
            dir: dir.path().join("relay-store"),
            size_max_bytes: 1 << 30,
        }),
        ..carriage(
            &plan,
            &[(NODE, at_node), (SPACECRAFT, at_first), (OTHER, at_second)],
        )
    };
    let (relay, _none) = node(RELAY, at_relay, &dir.path().join("relay"), relayed).await;
    // An offer each; the low one is there first. Each file takes six seconds of the contact, so that a source
    // that answers late on a loaded machine is still in time.
    let mut sending = Vec::new();
    for (eid, listen, priority, name) in [
        (SPACECRAFT, at_first, 1, "low.bin"),
        (OTHER, at_second, 9, "high.bin"),
    ] {
        let one = file(dir.path(), name, &bytes(150_000, u64::from(priority)));
        let config = SenderConfig {
            node_eid: eid.into(),
            listen: Some(listen),
            ..sender(
                at_relay,
                Carriage {
                    priority,
                    ..carriage(&plan, &[(RELAY, at_relay)])
                },
            )
        };
        sending.push(tokio::spawn(send_files(config, vec![one], |_, _| {})));
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    tokio::time::sleep(Duration::from_millis(2_500)).await;
    let standing = relay.standing().unwrap();
    assert!(
        standing.booked >= 2,
        "both offers wait at the relay: {standing:?}"
    );
    let mut names = Vec::new();
    while names.len() < 2 {
        let got = files.recv().await.unwrap();
        names.push(got.name.clone());
        got.accept().await.unwrap();
    }
    for sent in sending {
        assert_eq!(sent.await.unwrap().unwrap().files.len(), 1);
    }
    assert_eq!(names, ["high.bin", "low.bin"]);
    receiver.shutdown().await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contact_that_does_not_come_about_is_planned_around() {
    let dir = tempfile::tempdir().unwrap();
    let [at_node, at_relay, nobody, at_first] = [0; 4].map(|_| free_port());
    // Straight to the node there is a contact on which nobody answers; over the relay it takes longer.
    let plan = plan(&[
        (SPACECRAFT, NODE, 0.5, 30.0, 1e6),
        (SPACECRAFT, RELAY, 1.5, 30.0, 1e6),
        (RELAY, NODE, 1.5, 30.0, 1e6),
        (NODE, RELAY, 1.5, 30.0, 1e6),
        (RELAY, SPACECRAFT, 1.5, 30.0, 1e6),
    ]);
    let (receiver, mut files) = node(
        NODE,
        at_node,
        &dir.path().join("node"),
        carriage(&plan, &[(RELAY, at_relay)]),
    )
    .await;
    let (relay, _none) = node(
        RELAY,
        at_relay,
        &dir.path().join("relay"),
        carriage(&plan, &[(NODE, at_node), (SPACECRAFT, at_first)]),
    )
    .await;
    let one = file(dir.path(), "a.bin", &bytes(100_000, 3));
    let mut sent = carriage(&plan, &[(NODE, nobody), (RELAY, at_relay)]);
    if let Some(contacts) = &mut sent.contacts {
        contacts.fails_after = Duration::from_secs(1);
    }
    let config = SenderConfig {
        listen: Some(at_first),
        ..sender(at_relay, sent)
    };
    let sending = tokio::spawn(send_files(config, vec![one], |_, _| {}));
    let got = tokio::time::timeout(Duration::from_secs(20), files.recv())
        .await
        .expect("the way over the relay is taken")
        .unwrap();
    got.accept().await.unwrap();
    sending.await.unwrap().unwrap();
    receiver.shutdown().await;
    relay.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_that_drops_in_the_middle_of_bundles_goes_on_where_it_was() {
    for gated in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let (at, wire) = (free_port(), Wire::default());
        // Six parts and a piece of the seventh in each session.
        let tap = wire.cutting(at, 420_000).await;
        let plan = plan(&[
            (SPACECRAFT, NODE, 0.0, 90.0, 10e6),
            (NODE, SPACECRAFT, 0.0, 90.0, 10e6),
        ]);
        let of = |neighbours: &[(&str, SocketAddr)]| match gated {
            true => carriage(&plan, neighbours),
            false => Carriage::default(),
        };
        let (receiver, mut files) = node(NODE, at, dir.path(), of(&[])).await;
        let content = bytes(1 << 20, 5);
        let one = file(dir.path(), "scene.tif", &content);
        let config = sender(tap, of(&[(NODE, tap)]));
        let sending = tokio::spawn(send_files(config, vec![one], |_, _| {}));
        let got = tokio::time::timeout(Duration::from_secs(60), files.recv())
            .await
            .expect("all of it gets through")
            .unwrap();
        assert_eq!(fs::read(&got.path).unwrap(), content);
        got.accept().await.unwrap();
        let report = sending.await.unwrap().unwrap();
        let forth = wire.passed(Instant::now(), true);
        let passed: usize = forth.iter().map(|p| p.1).sum();
        println!("gated: {gated}; {} bundles, {passed} bytes", report.bundles);
        assert!(passed > 2 * 420_000, "two sessions broke off");
        // What the node had is not sent again.
        assert!((16..32).contains(&report.bundles), "{}", report.bundles);
        receiver.shutdown().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_without_a_way_and_one_without_the_node_are_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let nobody = free_port();
    let one = || vec![file(dir.path(), "a.bin", b"x")];
    let over = plan(&[(NODE, SPACECRAFT, 0.0, 9.0, 1e6)]);
    let config = sender(nobody, carriage(&over, &[]));
    let error = send_files(config, one(), |_, _| {}).await.unwrap_err();
    assert!(
        matches!(
            &error,
            SendError::NoWay {
                direction: "to",
                ..
            }
        ),
        "{error}"
    );
    let one_way = plan(&[(SPACECRAFT, NODE, 0.0, 9.0, 1e6)]);
    let config = sender(nobody, carriage(&one_way, &[(NODE, nobody)]));
    let error = send_files(config, one(), |_, _| {}).await.unwrap_err();
    assert!(error.to_string().contains("no way back from"), "{error}");
    let foreign = plan(&[(RELAY, NODE, 0.0, 9.0, 1e6)]);
    let config = sender(nobody, carriage(&foreign, &[]));
    let error = send_files(config, one(), |_, _| {}).await.unwrap_err();
    assert!(
        error.to_string().contains("is not in the contact plan"),
        "{error}"
    );
    let config = sender(nobody, carriage(&one_way, &[("ipn:5.0", nobody)]));
    let error = send_files(config, one(), |_, _| {}).await.unwrap_err();
    assert!(
        error.to_string().contains("neighbour \"ipn:5.0\""),
        "{error}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_store_that_is_full_holds_peers_back_and_opens_again() {
    let dir = tempfile::tempdir().unwrap();
    let [at_node, at_relay, at_first] = [0; 3].map(|_| free_port());
    let plan = plan(&[
        (SPACECRAFT, RELAY, 0.5, 60.0, 2e6),
        (RELAY, SPACECRAFT, 0.5, 60.0, 2e6),
        (RELAY, NODE, 0.5, 60.0, 150e3),
        (NODE, RELAY, 0.5, 60.0, 2e6),
    ]);
    // Room for three parts: the fourth waits at the sender until one has left, which takes its time.
    let relayed = Carriage {
        store: Some(StoreConfig {
            dir: dir.path().join("relay-store"),
            size_max_bytes: 220_000,
        }),
        ..carriage(&plan, &[(NODE, at_node), (SPACECRAFT, at_first)])
    };
    let (relay, _none) = node(RELAY, at_relay, &dir.path().join("relay"), relayed).await;
    let mut events = relay.events();
    let one = file(dir.path(), "a.bin", &bytes(1_000_000, 3));
    let config = SenderConfig {
        listen: Some(at_first),
        ..sender(at_relay, carriage(&plan, &[(RELAY, at_relay)]))
    };
    let (receiver, mut files) = node(
        NODE,
        at_node,
        &dir.path().join("node"),
        carriage(&plan, &[(RELAY, at_relay)]),
    )
    .await;
    let sending = tokio::spawn(send_files(config, vec![one], |_, _| {}));
    let got = tokio::time::timeout(Duration::from_secs(60), files.recv())
        .await
        .expect("all of it gets through")
        .unwrap();
    got.accept().await.unwrap();
    sending.await.unwrap().unwrap();
    let (mut full, mut open) = (0, 0);
    while let Ok(event) = events.try_recv() {
        match event {
            Event::StoreFull { reason } => {
                assert!(reason.contains("at most 220000"), "{reason}");
                full += 1;
            }
            Event::StoreOpen => open += 1,
            _ => {}
        }
    }
    println!("full {full} times, open again {open} times");
    assert!(full >= 1 && open >= 1);
    receiver.shutdown().await;
    relay.shutdown().await;
}
