//! TCPCLv4 sessions with a process that has no code of ours, and with a peer made by hand from RFC 9174; every
//! session recorded on its way and decoded by Wireshark ([`crate::dissect`]).

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use corridor_transmit::{
    bundle::{
        gate::Contacts,
        message::{AnswerState, FileHeader, Message, PartHeader, decode, sha256_hex},
        receiver::{Carriage, Receiver, ReceiverConfig},
        sender::{SenderConfig, send_files},
    },
    plan::Builder,
};
use hardy_bpa::{
    bpa::{Bpa, BpaRegistration},
    node_ids::NodeIds,
};
use hardy_bpv7::{
    bpsec::no_keys,
    bundle::ParsedBundle,
    eid::{Eid, NodeId},
};
use tokio::sync::mpsc;

use crate::{
    dissect::{self, ACK, END, INIT, KEEPALIVE, SEGMENT, START, TERM},
    raw::bundle,
    rehearsal::{NODE, SPACECRAFT, bytes, file, free_port, receiver, store_all},
    wire::Recorder,
};

const LISTEN_VARIABLE: &str = "CORRIDOR_TEST_HARDY_LISTEN";
const ONWARD_VARIABLE: &str = "CORRIDOR_TEST_HARDY_ONWARD";
const READY: &str = "hardy is ready";

/// The node between.
const BETWEEN: &str = "ipn:977002.0";

/// Largest segment that hardy takes when nothing else is set.
const HARDY_SEGMENT: u64 = 16_384;

/// Not a test by itself: the body of the child process, hardy's agent and adapter put together as hardy's server
/// does, every setting as it comes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn child_hardy() {
    let Ok(listen) = std::env::var(LISTEN_VARIABLE) else {
        return;
    };
    let onward: SocketAddr = std::env::var(ONWARD_VARIABLE).unwrap().parse().unwrap();
    let node: NodeId = BETWEEN.parse::<Eid>().unwrap().to_node_id().unwrap();
    let nodes = NodeIds::try_from([node].as_slice()).unwrap();
    let agent = Bpa::builder().node_ids(nodes).build().await.unwrap();
    agent.start(false);
    let config = hardy_tcpclv4::config::Config {
        address: Some(listen.parse().unwrap()),
        ..Default::default()
    };
    let adapter = Arc::new(hardy_tcpclv4::Cla::new(&config).unwrap());
    agent
        .register_cla("tcpclv4".into(), adapter.clone(), None)
        .await
        .unwrap();
    adapter.connect(&onward).await.unwrap();
    println!("{READY}");
    // Ends by itself should the parent die without killing it.
    tokio::time::sleep(Duration::from_secs(120)).await;
    agent.shutdown().await;
}

/// The child process, killed with this.
struct Hardy(Child);

impl Hardy {
    /// One that listens, and has opened a session to `onward`.
    fn start(listen: SocketAddr, onward: SocketAddr) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "session::child_hardy", "--nocapture"])
            .env(LISTEN_VARIABLE, listen.to_string())
            .env(ONWARD_VARIABLE, onward.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let said = BufReader::new(child.stdout.take().unwrap());
        let started = Self(child);
        let ready = said
            .lines()
            .map_while(Result::ok)
            .any(|line| line.contains(READY));
        assert!(ready, "hardy's process ended early");
        started
    }
}

impl Drop for Hardy {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Over the node between, all the time.
fn contacts(neighbours: BTreeMap<String, SocketAddr>) -> Carriage {
    let mut plan = Builder::new("test");
    for (from, to) in [(SPACECRAFT, BETWEEN), (BETWEEN, NODE)] {
        plan.contact(1, from, to, 0.0, 120.0, 8e8, 0.0);
        plan.contact(1, to, from, 0.0, 120.0, 8e8, 0.0);
    }
    let read = plan.finish(Some(jiff::Timestamp::now()));
    Carriage {
        contacts: Some(Contacts::new(read.plan, neighbours)),
        ..Carriage::default()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_goes_over_a_process_of_hardy_alone_and_a_cut_in_a_bundle_costs_that_bundle() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out");
    fs::create_dir(&out).unwrap();
    let (sink, files) = mpsc::channel(4);
    let config = ReceiverConfig {
        carriage: contacts(BTreeMap::new()),
        ..ReceiverConfig::new(NODE, free_port(), dir.path().join("spool"))
    };
    let node = Receiver::start(config, sink).await.unwrap();
    let storing = tokio::spawn(store_all(files, out.clone()));
    // Between us and hardy, and between hardy and us; the first session of the former is cut in its first large bundle.
    let (near, far) = (Recorder::default(), Recorder::default());
    let onward = far.tap(node.local_addr(), None).await;
    let between = free_port();
    let hardy = tokio::task::spawn_blocking(move || Hardy::start(between, onward));
    let hardy = hardy.await.unwrap();
    let tap = near.tap(between, Some(700_000)).await;

    const PART: u32 = 1 << 20;
    let content = bytes(4_500_000, 21);
    let parts = content.len().div_ceil(PART as usize);
    let config = SenderConfig {
        part_size_bytes: PART,
        carriage: contacts(BTreeMap::from([(BETWEEN.to_string(), tap)])),
        ..SenderConfig::new(SPACECRAFT, NODE, tap)
    };
    let sent = file(dir.path(), "scene.tif", &content);
    let report = send_files(config, vec![sent], |_, _| {}).await.unwrap();
    assert_eq!(fs::read(out.join("scene.tif")).unwrap(), content);
    node.shutdown().await;
    storing.abort();
    drop(hardy);
    println!("{} bundles of data for {parts} parts", report.bundles);
    assert_eq!(
        report.bundles as usize, parts,
        "the cut bundle is sent again by the link"
    );

    if !dissect::is_here() {
        return;
    }
    let (near, far) = (decoded(&near, dir.path()), decoded(&far, dir.path()));
    // The session that was cut, and others after it: bundles are shared out between those that are open. Nothing is
    // wrong with any of them but that a transfer has no end, and that last segments are not acknowledged any more.
    assert!(near.len() >= 2, "{} sessions with hardy", near.len());
    let data = |said: &dissect::Said| {
        let large = said.transfers.iter().filter(|t| **t > u64::from(PART) / 4);
        large.count()
    };
    let endless = sound(&near, [SPACECRAFT, BETWEEN]);
    for session in &near {
        assert_eq!(session[1].segment_mru, [HARDY_SEGMENT]);
        assert!(session[0].segments.iter().all(|s| *s <= HARDY_SEGMENT));
    }
    let whole_parts: usize = near.iter().map(|session| data(&session[0])).sum();
    assert!(whole_parts >= parts, "{whole_parts} of {parts} parts");
    // What hardy sends on.
    sound(&far, [BETWEEN, NODE]);
    let onward_parts: usize = far.iter().map(|session| data(&session[0])).sum();
    assert!(onward_parts >= parts, "{onward_parts} of {parts} parts");
    let only = |said: &dissect::Said, from: &str, to: &str| {
        let mut pairs = said.bundles.iter();
        pairs.all(|pair| pair.0.starts_with(from) && pair.1.starts_with(to))
    };
    for session in &far {
        let forth = only(&session[0], "ipn:977001.", "ipn:977000.");
        let back = only(&session[1], "ipn:977000.", "ipn:977001.");
        assert!(forth && back, "{session:?}");
    }
    let sum = |of: fn(&dissect::Session) -> usize, all: &[dissect::Session]| -> usize {
        all.iter().map(of).sum()
    };
    println!(
        "tshark: {} segments to hardy in {} sessions, {} from it; {} bundles, {} blocks with CRCs, none wrong; {} \
         transfers without an end",
        sum(|s| s[0].count(SEGMENT), &near),
        near.len(),
        sum(|s| s[0].count(SEGMENT), &far),
        sum(|s| s[0].bundles.len() + s[1].bundles.len(), &far),
        sum(|s| s[0].crcs.0 + s[1].crcs.0, &far),
        endless,
    );
}

/// Sessions between two nodes, who opened them first, that nothing is wrong with but that they may end at any moment:
/// the last transfer of a side may have no end, its last segments no acknowledgement. How many transfers have no end.
fn sound(sessions: &[dissect::Session], nodes: [&str; 2]) -> usize {
    let known = ["missing END", "no related XFER_ACK"];
    let mut endless = 0;
    for session in sessions {
        for (side, node) in nodes.into_iter().enumerate() {
            let (said, other) = (&session[side], &session[1 - side]);
            assert_eq!((said.types[0], said.count(INIT)), (INIT, 1));
            assert_eq!(
                (&said.versions[..], &said.nodes[..]),
                (&[4][..], &[node.to_string()][..])
            );
            assert_eq!((said.crcs.1, said.fragments), (0, 0), "{said:?}");
            let odd = |c: &&String| !known.iter().any(|word| c.contains(word));
            assert_eq!(said.complaints.iter().find(odd), None);
            let ends = said.complaints.iter().filter(|c| c.contains(known[0]));
            endless += ends.count();
            // What is acknowledged is so in its order, with its flags and the length so far (RFC 9174 §5.2.3).
            let flags = flags_of(said, SEGMENT);
            let (lengths, answered) = (running(&flags, &said.segments), other.count(ACK));
            assert_eq!(other.acknowledged, lengths[..answered]);
            assert_eq!(flags_of(other, ACK), flags[..answered]);
        }
    }
    endless
}

fn decoded(recorder: &Recorder, dir: &Path) -> Vec<dissect::Session> {
    let path = dir.join("session.pcap");
    recorder.capture(&path);
    dissect::sessions(&path)
}

/// A side of a session that nothing is wrong with, by what the other said; how many of its segments were not
/// acknowledged: the last, where the process that was told all it waits for ends at once.
fn whole(said: &dissect::Said, other: &dissect::Said, node: &str) -> usize {
    assert_eq!(said.versions, [4]);
    assert_eq!((said.types[0], said.count(INIT)), (INIT, 1));
    assert_eq!(said.nodes, [node]);
    assert!(!said.bundles.is_empty() && said.fragments == 0);
    assert!(said.crcs.0 >= 2 * said.bundles.len(), "{:?}", said.crcs);
    assert_eq!(said.crcs.1, 0, "CRCs that are wrong");
    let flags = flags_of(said, SEGMENT);
    let bundles = said.bundles.len();
    assert_eq!(ends_of(&flags), (bundles, bundles));
    // Every segment is acknowledged in its order, with its flags and the length so far (RFC 9174 §5.2.3).
    let (lengths, answered) = (running(&flags, &said.segments), other.count(ACK));
    assert_eq!(other.acknowledged, lengths[..answered]);
    assert_eq!(flags_of(other, ACK), flags[..answered]);
    let unanswered = lengths.len() - answered;
    assert_eq!(said.complaints.len(), unanswered, "{:?}", said.complaints);
    let mut complaints = said.complaints.iter();
    assert!(
        complaints.all(|c| c.contains("no related XFER_ACK")),
        "{said:?}"
    );
    unanswered
}

fn ends_of(flags: &[u64]) -> (usize, usize) {
    let with = |flag| flags.iter().filter(|f| **f & flag != 0).count();
    (with(START), with(END))
}

/// Flags of the messages of one kind: both segments and acknowledgements have some.
fn flags_of(said: &dissect::Said, kind: u64) -> Vec<u64> {
    let flagged = said.types.iter().filter(|t| [SEGMENT, ACK].contains(t));
    let pairs = flagged.zip(&said.flags);
    pairs
        .filter(|(t, _)| **t == kind)
        .map(|(_, f)| *f)
        .collect()
}

/// The length of each transfer so far, at each of its segments.
fn running(flags: &[u64], segments: &[u64]) -> Vec<u64> {
    let mut sum = 0;
    let each = flags.iter().zip(segments).map(|(flag, bytes)| {
        sum = if flag & START != 0 {
            *bytes
        } else {
            sum + bytes
        };
        sum
    });
    each.collect()
}

/// One end of a session made by hand, as RFC 9174 writes it.
struct ByHand(TcpStream);

/// A message of the other end.
#[derive(Debug, PartialEq)]
enum Heard {
    Segment { flags: u8, id: u64, data: Vec<u8> },
    Ack { flags: u8, id: u64, length: u64 },
    Keepalive,
    Term { flags: u8, reason: u8 },
}

impl ByHand {
    /// Contact headers and session parameters exchanged (§4.2, §4.6); the largest segment that is taken.
    fn open(to: SocketAddr, node: &str, segment_mru: u64) -> (Self, u64) {
        let mut stream = TcpStream::connect(to).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        stream.write_all(b"dtn!\x04\x00").unwrap();
        let mut own = Self(stream);
        assert_eq!(own.take::<6>(), *b"dtn!\x04\x00");
        let mut init = vec![7];
        init.extend(60_u16.to_be_bytes());
        init.extend(segment_mru.to_be_bytes());
        init.extend((1_u64 << 24).to_be_bytes());
        init.extend((node.len() as u16).to_be_bytes());
        init.extend(node.bytes());
        init.extend([0; 4]);
        own.0.write_all(&init).unwrap();
        assert_eq!(own.take::<1>(), [7]);
        own.take::<2>();
        let (segment, _transfer) = (own.number(), own.number());
        let length = usize::from(u16::from_be_bytes(own.take()));
        assert_eq!(own.bytes(length), NODE.as_bytes());
        assert_eq!(own.take::<4>(), [0; 4], "no extensions");
        (own, segment)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).unwrap();
        bytes
    }

    fn take<const N: usize>(&mut self) -> [u8; N] {
        self.bytes(N).try_into().unwrap()
    }

    fn number(&mut self) -> u64 {
        u64::from_be_bytes(self.take())
    }

    /// One segment of a transfer (§5.2.2).
    fn segment(&mut self, id: u64, flags: u64, data: &[u8]) {
        let mut message = vec![1, flags as u8];
        message.extend(id.to_be_bytes());
        if flags & START != 0 {
            message.extend([0; 4]);
        }
        message.extend((data.len() as u64).to_be_bytes());
        message.extend(data);
        self.0.write_all(&message).unwrap();
    }

    /// A bundle in segments of these lengths, again and again; each is acknowledged as it should be.
    fn send(&mut self, id: u64, bundle: &[u8], lengths: &[usize]) -> Vec<Heard> {
        let mut others = Vec::new();
        let mut at = 0;
        for length in lengths.iter().cycle() {
            let end = (at + length).min(bundle.len());
            let first = if at == 0 { START } else { 0 };
            let flags = if end == bundle.len() {
                first | END
            } else {
                first
            };
            self.segment(id, flags, &bundle[at..end]);
            at = end;
            loop {
                match self.hear() {
                    Heard::Ack {
                        flags: f,
                        id: i,
                        length,
                    } => {
                        assert_eq!((u64::from(f), i, length), (flags, id, at as u64));
                        break;
                    }
                    // The other direction goes on meanwhile.
                    other => others.push(other),
                }
            }
            if at == bundle.len() {
                return others;
            }
        }
        others
    }

    fn hear(&mut self) -> Heard {
        match self.take::<1>()[0] {
            1 => {
                let (flags, id) = (self.take::<1>()[0], self.number());
                if u64::from(flags) & START != 0 {
                    assert_eq!(self.take::<4>(), [0; 4], "no extensions");
                }
                let length = self.number() as usize;
                let data = self.bytes(length);
                Heard::Segment { flags, id, data }
            }
            2 => Heard::Ack {
                flags: self.take::<1>()[0],
                id: self.number(),
                length: self.number(),
            },
            4 => Heard::Keepalive,
            5 => {
                let [flags, reason] = self.take();
                Heard::Term { flags, reason }
            }
            other => panic!("a message of type {other}"),
        }
    }

    /// Takes the other end's next bundle, acknowledging each segment (§5.2.3).
    fn receive(&mut self, ahead: &mut Vec<Heard>) -> (Vec<u8>, usize) {
        let (mut bundle, mut segments) = (Vec::new(), 0);
        loop {
            let heard = match ahead.is_empty() {
                true => self.hear(),
                false => ahead.remove(0),
            };
            let (flags, id, data) = match heard {
                Heard::Segment { flags, id, data } => (flags, id, data),
                Heard::Keepalive => continue,
                other => panic!("{other:?}"),
            };
            bundle.extend(data);
            segments += 1;
            let mut message = vec![2, flags];
            message.extend(id.to_be_bytes());
            message.extend((bundle.len() as u64).to_be_bytes());
            self.0.write_all(&message).unwrap();
            if u64::from(flags) & END != 0 {
                return (bundle, segments);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_made_by_hand_from_the_rfc_is_held_and_ended_as_the_rfc_says() {
    const PEER: &str = "ipn:977005.0";
    const MRU: u64 = 50;
    let dir = tempfile::tempdir().unwrap();
    let (node, mut files) = receiver(&dir.path().join("spool")).await;
    let wire = Recorder::default();
    let tap = wire.tap(node.local_addr(), None).await;

    let content = bytes(40_000, 8);
    let sha256 = sha256_hex(&content);
    let header = FileHeader::new("a.bin", "a/b", 40_000, &sha256, 1 << 20, "{}").unwrap();
    let transfer = header.transfer.clone();
    let part = PartHeader {
        file: header,
        part: 0,
        offset_bytes: 0,
        sha256,
    };
    let payload = Message::Part(part, Bytes::from(content.clone()));
    let data = bundle(PEER, "ipn:977000.70016", &payload.encode().unwrap());
    let length = data.len() as u64;

    let mut talk = tokio::task::spawn_blocking(move || {
        let (mut peer, segment_mru) = ByHand::open(tap, PEER, MRU);
        assert!(segment_mru >= 20_000);
        // Segments of no special size, a single byte and an empty one among them.
        let mut ahead = peer.send(0, &data, &[1, 20_000, 0, 777]);
        let (kept, segments) = peer.receive(&mut ahead);
        (peer, kept, segments, ahead)
    });
    let (mut peer, kept, segments, mut ahead) = (&mut talk).await.unwrap();
    let got = tokio::time::timeout(Duration::from_secs(20), files.recv());
    let got = got.await.expect("the file is whole").unwrap();
    assert_eq!(fs::read(&got.path).unwrap(), content);
    let answered = move |data: Vec<u8>| {
        let data = Bytes::from(data);
        let parsed = ParsedBundle::parse(&data, no_keys).unwrap().bundle;
        match decode(&parsed.blocks[&1].payload(&data).unwrap().to_vec().into()).unwrap() {
            Message::Answer(answer) if answer.transfer == transfer => answer.state,
            other => panic!("{other:?}"),
        }
    };
    assert!(segments > 1, "an answer is longer than {MRU} bytes");
    assert_eq!(answered(kept), AnswerState::Kept { part: 0 });
    let ending = tokio::task::spawn_blocking(move || {
        // All that is still said of the file, however much: nothing is under way when the session is ended.
        let mut states = Vec::new();
        while !matches!(states.last(), Some(AnswerState::Whole {})) {
            states.push(answered(peer.receive(&mut ahead).0));
        }
        peer.0.write_all(&[4, 5, 0, 0]).unwrap();
        while peer.hear()
            != (Heard::Term {
                flags: 1,
                reason: 0,
            })
        {}
        assert_eq!(peer.0.read(&mut [0]).unwrap(), 0, "and closed");
    });
    ending.await.unwrap();
    node.shutdown().await;

    if !dissect::is_here() {
        return;
    }
    let sessions = decoded(&wire, dir.path());
    let [[ours, theirs]] = &sessions[..] else {
        panic!("{} sessions", sessions.len())
    };
    assert_eq!(
        (whole(ours, theirs, PEER), whole(theirs, ours, NODE)),
        (0, 0)
    );
    assert_eq!(ours.transfers, [length]);
    assert_eq!(ours.types.last(), Some(&TERM));
    assert_eq!(
        (ours.count(KEEPALIVE), &ours.terms[..], &theirs.terms[..]),
        (1, &[0][..], &[1][..])
    );
    assert_eq!(theirs.types.last(), Some(&TERM));
    assert_eq!(
        theirs.segments.iter().max(),
        Some(&MRU),
        "no segment is larger than was said"
    );
    println!(
        "tshark: {} segments of {length} bytes one way, {} segments of {} bundles the other, ended by {:?}",
        ours.segments.len(),
        theirs.segments.len(),
        theirs.bundles.len(),
        (&ours.terms, &theirs.terms),
    );
}
