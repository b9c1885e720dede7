//! A session in the words of a decoder that no one here wrote: Wireshark's dissectors of TCPCLv4 and BPv7, run by
//! `tshark` over a capture file.

use std::{path::Path, process::Command};

/// Fields asked of tshark, one column each.
const FIELDS: [&str; 17] = [
    "tcp.stream",
    "ip.src",
    "tcpcl.contact_hdr.version",
    "tcpcl.v4.mhdr.type",
    "tcpcl.v4.xfer_flags",
    "tcpcl.v4.xfer_segment.data_len",
    "tcpcl.v4.xfer_ack.ack_len",
    "tcpcl.v4.sess_init.nodeid_data",
    "tcpcl.v4.sess_init.seg_mru",
    "tcpcl.v4.sess_term.flags",
    "tcpcl.xfer.reassembled.length",
    "bpv7.primary.src_uri",
    "bpv7.primary.dst_uri",
    "bpv7.crc_status",
    "bpv7.primary.bundle_flags.is_fragment",
    "_ws.expert.message",
    "_ws.malformed",
];

/// What tshark says where a bundle's payload is that of an application it does not know.
const UNKNOWN_PAYLOAD: &str = "Unknown type code";

/// Message types of RFC 9174 §4.
pub(crate) const SEGMENT: u64 = 1;
pub(crate) const ACK: u64 = 2;
pub(crate) const KEEPALIVE: u64 = 4;
pub(crate) const TERM: u64 = 5;
pub(crate) const INIT: u64 = 7;

/// Flags of a segment and of its acknowledgement, RFC 9174 §5.2.2.
pub(crate) const END: u64 = 1;
pub(crate) const START: u64 = 2;

/// What one end of a session sent, in order.
#[derive(Debug, Default, Clone, PartialEq)]
pub(crate) struct Said {
    /// Versions of contact headers.
    pub(crate) versions: Vec<u64>,
    /// Types of messages.
    pub(crate) types: Vec<u64>,
    /// Flags of segments and acknowledgements.
    pub(crate) flags: Vec<u64>,
    /// Bytes of each segment.
    pub(crate) segments: Vec<u64>,
    /// Bytes acknowledged by each acknowledgement.
    pub(crate) acknowledged: Vec<u64>,
    /// Its node.
    pub(crate) nodes: Vec<String>,
    /// The largest segment that it takes.
    pub(crate) segment_mru: Vec<u64>,
    /// Flags of the messages that end the session.
    pub(crate) terms: Vec<u64>,
    /// Bytes of each transfer of more than one segment.
    pub(crate) transfers: Vec<u64>,
    /// Source and destination of each bundle.
    pub(crate) bundles: Vec<(String, String)>,
    /// Blocks by their CRCs: right, and all others.
    pub(crate) crcs: (usize, usize),
    /// Bundles that are fragments.
    pub(crate) fragments: usize,
    /// Whatever a decoder is not content with.
    pub(crate) complaints: Vec<String>,
}

impl Said {
    pub(crate) fn count(&self, kind: u64) -> usize {
        self.types.iter().filter(|t| **t == kind).count()
    }
}

/// Both ends of one session: who opened it, and the other.
pub(crate) type Session = [Said; 2];

/// Whether tshark is here; says so where it is not, and fails where it has to be.
pub(crate) fn is_here() -> bool {
    let here = Command::new("tshark").arg("--version").output();
    if here.is_ok_and(|o| o.status.success()) {
        return true;
    }
    println!("skipped: there is no tshark");
    let required = std::env::var("CI").is_ok_and(|v| v == "true");
    assert!(!required, "dev/tools.sh installs it");
    false
}

/// The sessions of a capture file.
pub(crate) fn sessions(capture: &Path) -> Vec<Session> {
    let mut tshark = Command::new("tshark");
    // Twice over the file: what belongs together is known only at the end.
    tshark.args([
        "-2",
        "-n",
        "-T",
        "fields",
        "-E",
        "occurrence=a",
        "-E",
        "aggregator=|",
        "-r",
    ]);
    tshark.arg(capture);
    for field in FIELDS {
        tshark.args(["-e", field]);
    }
    let output = tshark.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let mut found = Vec::<Session>::new();
    for line in String::from_utf8(output.stdout).unwrap().lines() {
        let columns: Vec<Vec<&str>> = line
            .split('\t')
            .map(|column| column.split('|').filter(|v| !v.is_empty()).collect())
            .collect();
        assert_eq!(columns.len(), FIELDS.len(), "{line}");
        let stream = number(columns[0][0]) as usize;
        found.resize_with(found.len().max(stream + 1), Session::default);
        let side = usize::from(columns[1][0] != "127.0.0.1");
        read(&mut found[stream][side], &columns);
    }
    found
}

fn read(said: &mut Said, columns: &[Vec<&str>]) {
    let numbers = |column: usize| columns[column].iter().map(|text| number(text));
    said.versions.extend(numbers(2));
    said.types.extend(numbers(3));
    said.flags.extend(numbers(4));
    said.segments.extend(numbers(5));
    said.acknowledged.extend(numbers(6));
    said.nodes
        .extend(columns[7].iter().map(ToString::to_string));
    said.segment_mru.extend(numbers(8));
    said.terms.extend(numbers(9));
    said.transfers.extend(numbers(10));
    let pairs = columns[11].iter().zip(&columns[12]);
    said.bundles
        .extend(pairs.map(|(from, to)| (from.to_string(), to.to_string())));
    for status in numbers(13) {
        match status {
            1 => said.crcs.0 += 1,
            _ => said.crcs.1 += 1,
        }
    }
    said.fragments += numbers(14).filter(|f| *f == 1).count();
    let of_tcp = |message: &&&str| {
        let tcp = message.starts_with("Connection ") || message.starts_with("This frame ");
        !tcp && !message.starts_with(UNKNOWN_PAYLOAD)
    };
    said.complaints
        .extend(columns[15].iter().filter(of_tcp).map(ToString::to_string));
    said.complaints
        .extend(columns[16].iter().map(|m| format!("malformed: {m}")));
}

fn number(text: &str) -> u64 {
    let read = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    read.unwrap_or_else(|e| panic!("{text}: {e}"))
}
