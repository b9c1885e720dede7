//! A recording of TCP sessions without the right to capture: a port that passes everything on, and what passed as
//! a capture file (the classic format, link type 101: IPv4 as it is).

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Mutex},
    time::SystemTime,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream, tcp},
};

use crate::rehearsal::loopback;

/// The port of TCPCL (RFC 9174 §8.1), by which a decoder knows the sessions.
const PORT: u16 = 4556;

/// Most bytes of one TCP segment of the capture file: an IPv4 packet has 65,535.
const SEGMENT_BYTES: usize = 60_000;

const SYN: u8 = 0x02;
const FIN: u8 = 0x01;
const ACK: u8 = 0x10;
const PUSH: u8 = 0x08;

enum What {
    Opened,
    Passed(Vec<u8>),
    Ended,
}

struct Entry {
    at: SystemTime,
    session: u16,
    forth: bool,
    what: What,
}

/// What passed, in order.
#[derive(Clone, Default)]
pub(crate) struct Recorder(Arc<Mutex<Vec<Entry>>>);

impl Recorder {
    /// A port that passes everything on to `to`. Its first session breaks off after `cut_after` bytes that way.
    pub(crate) async fn tap(&self, to: SocketAddr, cut_after: Option<usize>) -> SocketAddr {
        let listener = TcpListener::bind(loopback()).await.unwrap();
        let address = listener.local_addr().unwrap();
        let recorder = self.clone();
        tokio::spawn(async move {
            let mut session = 0;
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(to).await else {
                    continue;
                };
                recorder.note(session, true, What::Opened);
                let limit = cut_after.filter(|_| session == 0).unwrap_or(usize::MAX);
                tokio::spawn(recorder.clone().carry(session, near, far, limit));
                session += 1;
            }
        });
        address
    }

    fn note(&self, session: u16, forth: bool, what: What) {
        let at = SystemTime::now();
        self.0.lock().unwrap().push(Entry {
            at,
            session,
            forth,
            what,
        });
    }

    async fn carry(self, session: u16, near: TcpStream, far: TcpStream, limit: usize) {
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        let forth = self.pass(session, near_in, far_out, true, limit);
        let back = self.pass(session, far_in, near_out, false, usize::MAX);
        // A session that is cut is cut both ways.
        tokio::pin!(forth, back);
        tokio::select! {
            cut = &mut forth => if !cut { back.await; },
            _ = &mut back => { forth.await; },
        }
    }

    /// Passes bytes on one way until they end; whether that was a cut.
    async fn pass(
        &self,
        session: u16,
        mut from: tcp::OwnedReadHalf,
        mut to: tcp::OwnedWriteHalf,
        forth: bool,
        limit: usize,
    ) -> bool {
        let mut piece = vec![0; 64 << 10];
        let mut left = limit;
        while let Ok(read) = from.read(&mut piece).await {
            let passed = read.min(left);
            if passed == 0 {
                break;
            }
            left -= passed;
            // Noted before it is passed on: an answer can never stand before its question.
            let bytes = piece[..passed].to_vec();
            self.note(session, forth, What::Passed(bytes));
            if to.write_all(&piece[..passed]).await.is_err() {
                break;
            }
        }
        self.note(session, forth, What::Ended);
        left == 0
    }

    /// Writes what passed as a capture file, in which the near ends are 127.0.0.1 and the far ones 127.0.0.2.
    pub(crate) fn capture(&self, path: &Path) {
        let mut file = Vec::new();
        for word in [0xa1b2_c3d4_u32, 4 << 16 | 2, 0, 0, 1 << 18, 101] {
            file.extend(word.to_le_bytes());
        }
        let mut next = std::collections::BTreeMap::new();
        for entry in self.0.lock().unwrap().iter() {
            let numbers = next.entry(entry.session).or_insert([1_u32; 2]);
            let mut packet = |forth: bool, flags: u8, bytes: &[u8]| {
                let (own, other) = if forth { (0, 1) } else { (1, 0) };
                let packet = ip(
                    entry.session,
                    forth,
                    numbers[own],
                    numbers[other],
                    flags,
                    bytes,
                );
                let controls = u32::from(flags & (SYN | FIN) != 0);
                numbers[own] = numbers[own].wrapping_add(bytes.len() as u32 + controls);
                let since = entry.at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let length = packet.len() as u32;
                for word in [
                    since.as_secs() as u32,
                    since.subsec_micros(),
                    length,
                    length,
                ] {
                    file.extend(word.to_le_bytes());
                }
                file.extend(packet);
            };
            match &entry.what {
                What::Opened => {
                    packet(true, SYN, &[]);
                    packet(false, SYN | ACK, &[]);
                    packet(true, ACK, &[]);
                }
                What::Passed(bytes) => {
                    for piece in bytes.chunks(SEGMENT_BYTES) {
                        packet(entry.forth, PUSH | ACK, piece);
                    }
                }
                What::Ended => packet(entry.forth, FIN | ACK, &[]),
            }
        }
        std::fs::write(path, file).unwrap();
    }
}

/// An IPv4 packet with one TCP segment (RFC 791 §3.1, RFC 9293 §3.1).
fn ip(
    session: u16,
    forth: bool,
    sequence: u32,
    acknowledged: u32,
    flags: u8,
    data: &[u8],
) -> Vec<u8> {
    let (mut near, mut far) = ([127, 0, 0, 1], [127, 0, 0, 2]);
    let (mut from, mut to) = (40_000 + session, PORT);
    if !forth {
        std::mem::swap(&mut near, &mut far);
        std::mem::swap(&mut from, &mut to);
    }
    let length = (40 + data.len()) as u16;
    let mut head = vec![0x45, 0];
    head.extend(length.to_be_bytes());
    // Identification, do not fragment, time to live, TCP, and a place for the checksum.
    head.extend([0, 0, 0x40, 0, 64, 6, 0, 0]);
    head.extend(near.into_iter().chain(far));
    let sum: u32 = head
        .chunks(2)
        .map(|pair| u32::from(u16::from_be_bytes([pair[0], pair[1]])))
        .sum();
    let checksum = !((sum & 0xffff) + (sum >> 16)) as u16;
    head[10..12].copy_from_slice(&checksum.to_be_bytes());
    head.extend(from.to_be_bytes().into_iter().chain(to.to_be_bytes()));
    head.extend(sequence.to_be_bytes());
    let acknowledged = if flags & ACK == 0 { 0 } else { acknowledged };
    head.extend(acknowledged.to_be_bytes());
    // Five words of header; a window; no checksum, which loopback has none of either; nothing urgent.
    head.extend([5 << 4, flags, 0xff, 0xff, 0, 0, 0, 0]);
    head.extend(data);
    head
}
