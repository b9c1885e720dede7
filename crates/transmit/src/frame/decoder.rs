//! The whole chain: bits in, frames and packets out, everything counted.

use super::framing::{Coding, Framing, FramingFault};
use super::reed_solomon::{Correction, ReedSolomon};
use super::sync::{Found, Strictness, SyncCounts, Synchronizer};
use super::transfer::{FrameFault, TransferFrame, Version, parse};
use super::{check, randomizer};
use crate::packet::account::ApidCounts;
use crate::packet::assemble::{Assembler, AssemblyCounts};
use crate::packet::header::Header;
use std::collections::BTreeMap;

/// Most virtual channels kept apart: 64 of each of 16 spacecraft; what noise makes of an uncoded stream
/// must not fill memory.
pub const CHANNELS_MAX: usize = 1024;

/// Whether a frame can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// It can; so many symbols were corrected.
    Good {
        /// Symbols corrected.
        corrected: usize,
    },
    /// More errors than the code corrects.
    Uncorrectable,
    /// The CRC does not match.
    CheckFailed,
    /// Its own fields contradict each other.
    Malformed(FrameFault),
}

/// A frame, good or not.
#[derive(Debug)]
pub struct FrameEvent<'a> {
    /// Whether it can be trusted.
    pub quality: Quality,
    /// The transfer frame; as received where it could not be corrected.
    pub bytes: &'a [u8],
    /// Taken apart, where it is good.
    pub frame: Option<&'a TransferFrame<'a>>,
    /// Where its marker starts, bits from the start of the stream.
    pub at_bit: u64,
}

/// A whole packet out of good frames.
#[derive(Debug)]
pub struct PacketEvent<'a> {
    /// Spacecraft.
    pub spacecraft_id: u16,
    /// Virtual channel.
    pub virtual_channel: u8,
    /// The header; `None` for an encapsulation packet.
    pub header: Option<Header>,
    /// The packet, header included.
    pub bytes: &'a [u8],
}

/// What comes out of a decoder.
#[derive(Debug)]
pub enum Event<'a> {
    /// A frame.
    Frame(FrameEvent<'a>),
    /// A packet; it comes after the frame that ends it.
    Packet(PacketEvent<'a>),
}

/// Counts over all channels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Frames found.
    pub frames: u64,
    /// Frames of which every byte is right as far as code and check can tell.
    pub good: u64,
    /// Frames with more errors than the code corrects.
    pub uncorrectable: u64,
    /// Frames with corrected symbols.
    pub with_corrections: u64,
    /// Symbols corrected.
    pub corrected_symbols: u64,
    /// Frames whose CRC does not match.
    pub check_failed: u64,
    /// Frames whose fields contradict each other.
    pub malformed: u64,
    /// Good frames by version field.
    pub by_version: BTreeMap<u8, u64>,
    /// Good frames of channels past [`CHANNELS_MAX`], which are counted and not read.
    pub past_channels: u64,
}

/// One virtual channel.
#[derive(Debug)]
pub struct Channel {
    /// Kind of its frames.
    pub version: Version,
    /// Good frames.
    pub frames: u64,
    /// Places where the frame count does not follow the one before.
    pub counter_gaps: u64,
    /// Frames missing at the places where the count goes forward.
    pub missing_frames: u64,
    /// Frames whose count is that of the one before; they are not read again.
    pub duplicates: u64,
    /// Frames played back from store.
    pub replayed: u64,
    /// Packets by application.
    pub apids: BTreeMap<u16, ApidCounts>,
    /// Encapsulation packets.
    pub encapsulated: u64,
    /// Their bytes.
    pub encapsulated_bytes: u64,
    assembler: Assembler,
    last_count: Option<u64>,
}

impl Channel {
    fn new(version: Version) -> Self {
        Self {
            version,
            frames: 0,
            counter_gaps: 0,
            missing_frames: 0,
            duplicates: 0,
            replayed: 0,
            apids: BTreeMap::new(),
            encapsulated: 0,
            encapsulated_bytes: 0,
            assembler: Assembler::default(),
            last_count: None,
        }
    }

    /// How packets fitted together.
    pub fn assembly(&self) -> &AssemblyCounts {
        self.assembler.counts()
    }

    /// Whether the frame is to be read: one that came twice is not.
    fn follow(&mut self, frame: &TransferFrame<'_>) -> bool {
        self.frames += 1;
        self.replayed += u64::from(frame.replay);
        let Some(count) = frame.count else {
            return true;
        };
        let modulus = frame.count_modulus;
        let step = self
            .last_count
            .map(|last| count.wrapping_sub(last).wrapping_add(modulus) % modulus);
        self.last_count = Some(count);
        match step {
            None | Some(1) => true,
            Some(0) => {
                self.duplicates += 1;
                false
            }
            Some(step) => {
                self.counter_gaps += 1;
                // Half the range or more is a step back: a restart, nothing known to be lost.
                if step < modulus / 2 {
                    self.missing_frames += step - 1;
                }
                self.assembler.gap();
                true
            }
        }
    }
}

/// Bits in, packets out.
#[derive(Debug)]
pub struct Decoder {
    synchronizer: Synchronizer,
    reader: Reader,
}

/// Everything behind the synchroniser.
#[derive(Debug)]
struct Reader {
    framing: Framing,
    code: Option<(ReedSolomon, usize)>,
    counts: FrameCounts,
    channels: BTreeMap<(u16, u8), Channel>,
}

impl Decoder {
    /// A decoder of one physical channel.
    pub fn new(framing: Framing, strictness: Strictness) -> Result<Self, FramingFault> {
        framing.check()?;
        let code = match framing.coding {
            Coding::Uncoded => None,
            Coding::ReedSolomon {
                strength,
                basis,
                interleave,
            } => Some((ReedSolomon::new(strength, basis), interleave)),
        };
        Ok(Self {
            synchronizer: Synchronizer::new(framing.body_len, strictness),
            reader: Reader {
                framing,
                code,
                counts: FrameCounts::default(),
                channels: BTreeMap::new(),
            },
        })
    }

    /// Takes more of the stream.
    pub fn push(&mut self, bytes: &[u8], mut each: impl FnMut(Event<'_>)) {
        let reader = &mut self.reader;
        self.synchronizer
            .push(bytes, |found| reader.take(found, &mut each));
    }

    /// Ends the stream.
    pub fn finish(&mut self, mut each: impl FnMut(Event<'_>)) {
        let reader = &mut self.reader;
        self.synchronizer
            .finish(|found| reader.take(found, &mut each));
    }

    /// How the channel is framed.
    pub fn framing(&self) -> &Framing {
        &self.reader.framing
    }

    /// What the search for frames has seen.
    pub fn sync(&self) -> &SyncCounts {
        self.synchronizer.counts()
    }

    /// Counts over all channels.
    pub fn counts(&self) -> &FrameCounts {
        &self.reader.counts
    }

    /// Virtual channels by spacecraft and number.
    pub fn channels(&self) -> &BTreeMap<(u16, u8), Channel> {
        &self.reader.channels
    }
}

/// Corrects and checks one body in place: its quality as far as code and check tell.
pub(super) fn repair(
    framing: &Framing,
    code: Option<&(ReedSolomon, usize)>,
    body: &mut [u8],
) -> Quality {
    if framing.randomized {
        randomizer::randomize(body);
    }
    let done = match code {
        None => Some(Correction::default()),
        Some((code, interleave)) => code.correct(body, *interleave),
    };
    let Some(done) = done.filter(|c| c.is_good()) else {
        return Quality::Uncorrectable;
    };
    let frame = &body[..framing.frame_len()];
    if framing.layout.error_control && !check::is_whole(frame) {
        return Quality::CheckFailed;
    }
    Quality::Good {
        corrected: done.symbols,
    }
}

impl Reader {
    fn take(&mut self, found: Found<'_>, each: &mut impl FnMut(Event<'_>)) {
        self.counts.frames += 1;
        let mut quality = repair(&self.framing, self.code.as_ref(), found.body);
        let bytes = &found.body[..self.framing.frame_len()];
        let mut frame = None;
        if let Quality::Good { corrected } = quality {
            self.counts.with_corrections += u64::from(corrected > 0);
            self.counts.corrected_symbols += corrected as u64;
            match parse(bytes, &self.framing.layout) {
                Ok(read) => frame = Some(read),
                Err(fault) => quality = Quality::Malformed(fault),
            }
        }
        match quality {
            Quality::Good { .. } => self.counts.good += 1,
            Quality::Uncorrectable => self.counts.uncorrectable += 1,
            Quality::CheckFailed => self.counts.check_failed += 1,
            Quality::Malformed(_) => self.counts.malformed += 1,
        }
        each(Event::Frame(FrameEvent {
            quality,
            bytes,
            frame: frame.as_ref(),
            at_bit: found.at_bit,
        }));
        if let Some(frame) = frame {
            self.read(&frame, each);
        }
    }

    fn read(&mut self, frame: &TransferFrame<'_>, each: &mut impl FnMut(Event<'_>)) {
        *self
            .counts
            .by_version
            .entry(frame.version.number())
            .or_default() += 1;
        let key = (frame.spacecraft_id, frame.virtual_channel);
        if self.channels.len() >= CHANNELS_MAX && !self.channels.contains_key(&key) {
            self.counts.past_channels += 1;
            return;
        }
        let channel = self
            .channels
            .entry(key)
            .or_insert_with(|| Channel::new(frame.version));
        if frame.version.idle_channel() == Some(frame.virtual_channel) {
            channel.frames += 1; // only fills: its count means nothing
            return;
        }
        if !channel.follow(frame) {
            return;
        }
        let Channel {
            assembler,
            apids,
            encapsulated,
            encapsulated_bytes,
            ..
        } = channel;
        assembler.push(frame.first_header, frame.data, &mut |bytes| {
            let header = bytes.first_chunk().and_then(Header::parse);
            match &header {
                Some(header) => apids.entry(header.apid).or_default().add(header),
                None => {
                    *encapsulated += 1;
                    *encapsulated_bytes += bytes.len() as u64;
                }
            }
            each(Event::Packet(PacketEvent {
                spacecraft_id: key.0,
                virtual_channel: key.1,
                header,
                bytes,
            }));
        });
    }
}
