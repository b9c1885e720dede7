//! One capture, whatever it holds: frames in bits or packets one after another, found out from its start.

mod report;

pub use report::{ApidSummary, FramesReport, PacketsReport, Report, SpacecraftSummary};

use crate::frame::decoder::{Decoder, Event};
use crate::frame::detect::{Content, Known, Unknown, detect};
use crate::frame::sync::Strictness;
use crate::packet::account::ApidCounts;
use crate::packet::header::Header;
use crate::packet::stream::{NoPacket, PacketStream};
use std::collections::BTreeMap;

/// Bytes looked at before the first attempt to tell how a stream is framed: a hundred frames of the longest
/// Reed-Solomon block and more.
pub const SAMPLE_LEN: usize = 1 << 20;

/// Bytes after which a stream that nothing fits is given up: two seconds of noise at 50 Mbit/s.
pub const SAMPLE_LEN_MAX: usize = 16 << 20;

/// Why a capture cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DecodeFault {
    /// What it holds is unknown.
    #[error(transparent)]
    Unknown(#[from] Unknown),
    /// A stream of packets breaks off.
    #[error(transparent)]
    NoPacket(#[from] NoPacket),
}

/// A packet of a capture.
#[derive(Debug)]
pub struct Packet<'a> {
    /// Spacecraft and virtual channel, where the capture holds frames.
    pub channel: Option<(u16, u8)>,
    /// Header; `None` for an encapsulation packet.
    pub header: Option<Header>,
    /// All of it.
    pub bytes: &'a [u8],
}

#[derive(Debug)]
enum State {
    /// Not enough seen: the bytes so far, and how many make the next attempt.
    Sampling(Vec<u8>, usize),
    Frames(Box<Decoder>),
    Packets(PacketStream, BTreeMap<u16, ApidCounts>, u64),
}

/// Takes a capture in pieces; holds [`SAMPLE_LEN_MAX`] bytes at most, and three frames once it knows.
#[derive(Debug)]
pub struct Capture {
    known: Known,
    strictness: Strictness,
    state: State,
}

impl Capture {
    /// A capture of which `known` is known beforehand.
    pub fn new(known: Known, strictness: Strictness) -> Self {
        Self {
            known,
            strictness,
            state: State::Sampling(Vec::new(), SAMPLE_LEN),
        }
    }

    /// Takes more bytes; packets go to `each`.
    pub fn push(
        &mut self,
        bytes: &[u8],
        mut each: impl FnMut(Packet<'_>),
    ) -> Result<(), DecodeFault> {
        if let State::Sampling(sample, wanted) = &mut self.state {
            sample.extend_from_slice(bytes);
            if sample.len() < *wanted {
                return Ok(());
            }
            match detect(sample, false, &self.known) {
                Err(Unknown::NoFrames { .. } | Unknown::NoCode { .. })
                    if sample.len() < SAMPLE_LEN_MAX =>
                {
                    *wanted = (sample.len() * 4).min(SAMPLE_LEN_MAX);
                    Ok(())
                }
                content => self.begin(content?, &mut each),
            }
        } else {
            self.feed(bytes, &mut each)
        }
    }

    /// The start of a capture whose content is known now.
    fn begin(
        &mut self,
        content: Content,
        each: &mut impl FnMut(Packet<'_>),
    ) -> Result<(), DecodeFault> {
        let next = match content {
            Content::Frames(framing) => State::Frames(Box::new(
                Decoder::new(framing, self.strictness).map_err(Unknown::Framing)?,
            )),
            Content::Packets => State::Packets(PacketStream::default(), BTreeMap::new(), 0),
        };
        match std::mem::replace(&mut self.state, next) {
            State::Sampling(sample, _) => self.feed(&sample, each),
            _ => Ok(()),
        }
    }

    fn feed(&mut self, bytes: &[u8], each: &mut impl FnMut(Packet<'_>)) -> Result<(), DecodeFault> {
        match &mut self.state {
            State::Sampling(..) => {}
            State::Frames(decoder) => decoder.push(bytes, |event| pass_on(event, each)),
            State::Packets(stream, apids, idle) => stream.push(bytes, |header, bytes| {
                *idle += u64::from(header.is_idle());
                apids.entry(header.apid).or_default().add(header);
                each(Packet {
                    channel: None,
                    header: Some(*header),
                    bytes,
                });
            })?,
        }
        Ok(())
    }

    /// Ends the capture: what is left goes to `each`, and what it held is told.
    pub fn finish(&mut self, mut each: impl FnMut(Packet<'_>)) -> Result<Report, DecodeFault> {
        if let State::Sampling(sample, _) = &self.state {
            let content = detect(sample, true, &self.known)?;
            self.begin(content, &mut each)?;
        }
        if let State::Frames(decoder) = &mut self.state {
            decoder.finish(|event| pass_on(event, &mut each));
        }
        Ok(self.report())
    }

    /// What was found so far; of nothing while it is still unknown what the capture holds.
    pub fn report(&self) -> Report {
        match &self.state {
            State::Sampling(..) => Report::Packets(PacketsReport::default()),
            State::Frames(decoder) => Report::Frames(Box::new(FramesReport::of(decoder))),
            State::Packets(stream, apids, idle) => Report::Packets(PacketsReport {
                packets: apids.values().map(|a| a.packets).sum(),
                missing_bytes_at_end: stream.missing_at_end(),
                idle_packets: *idle,
                apids: apids.clone(),
            }),
        }
    }
}

fn pass_on(event: Event<'_>, each: &mut impl FnMut(Packet<'_>)) {
    if let Event::Packet(packet) = event {
        each(Packet {
            channel: Some((packet.spacecraft_id, packet.virtual_channel)),
            header: packet.header,
            bytes: packet.bytes,
        });
    }
}
