//! What a capture held, in the field names of the JSON of `corridor transmit decode`.

use crate::frame::decoder::Decoder;
use crate::frame::framing::Coding;
use crate::frame::spacecraft;
use crate::frame::sync::SyncCounts;
use crate::packet::account::ApidCounts;
use crate::packet::header::IDLE_APID;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a capture held.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Report {
    /// Frames.
    Frames(Box<FramesReport>),
    /// Packets one after another.
    Packets(PacketsReport),
}

/// Packets one after another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct PacketsReport {
    /// Whole packets.
    pub packets: u64,
    /// Bytes the last packet lacks.
    pub missing_bytes_at_end: u64,
    /// Idle packets among them.
    pub idle_packets: u64,
    /// By application.
    pub apids: BTreeMap<u16, ApidCounts>,
}

/// Packets of one application on one virtual channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ApidSummary {
    /// Packets.
    pub n: u64,
    /// Bytes.
    pub bytes: u64,
    /// Places where the sequence count does not follow.
    pub seq_gaps: u64,
    /// Packets missing there.
    pub missing: u64,
    /// Packets that came twice in a row.
    pub duplicates: u64,
}

/// A spacecraft whose frames were seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpacecraftSummary {
    /// Identifier in the frames.
    pub scid: u16,
    /// Name, where the identifier is known.
    pub name: Option<&'static str>,
    /// Catalogue number, where the identifier is known.
    pub norad_id: Option<u32>,
    /// Good frames.
    pub frames: u64,
}

/// Frames. Keys of channels are the virtual channel, or `spacecraft/channel` where the capture has several
/// spacecraft; keys of packets have the application after another `/`.
#[derive(Debug, Clone, Serialize)]
pub struct FramesReport {
    /// Bits to shift the stream left so that the first marker starts a byte.
    pub bit_shift_left: Option<u64>,
    /// Byte at which the first marker starts then.
    pub first_asm_byte_after_shift: Option<u64>,
    /// Bytes from marker to marker.
    pub cadu_len: usize,
    /// Whether a pseudo-random sequence was taken off.
    pub randomized: bool,
    /// Reed-Solomon code and basis.
    pub rs: Option<String>,
    /// Codewords in a frame.
    pub interleave: Option<usize>,
    /// Symbols of virtual fill in all codewords of a frame.
    pub virtual_fill: usize,
    /// Bytes of insert zone.
    pub insert_zone_len: usize,
    /// Whether frames end with an operational control field that their header does not announce.
    pub operational_control: bool,
    /// Whether frames end with a CRC-16.
    pub error_control: bool,
    /// Frames found.
    pub cadus: u64,
    /// Frames that can be trusted.
    pub good_frames: u64,
    /// Frames with more errors than the code corrects.
    pub rs_uncorrectable_frames: u64,
    /// Symbols corrected.
    pub rs_corrected_symbols: u64,
    /// Frames with corrected symbols.
    pub frames_with_corrections: u64,
    /// Frames whose CRC does not match.
    pub crc_failed_frames: u64,
    /// Frames whose fields contradict each other.
    pub malformed_frames: u64,
    /// Good frames by version field.
    pub tf_version: BTreeMap<u8, u64>,
    /// Good frames by spacecraft identifier.
    pub scid: BTreeMap<u16, u64>,
    /// The same with names.
    pub spacecraft: Vec<SpacecraftSummary>,
    /// Good frames by channel.
    pub frames_per_vcid: BTreeMap<String, u64>,
    /// Places where the frame count of a channel does not follow; channels without any are left out.
    pub vc_counter_gaps: BTreeMap<String, u64>,
    /// Frames missing there.
    pub vc_missing_frames: BTreeMap<String, u64>,
    /// Frames that came twice in a row, by channel.
    pub vc_duplicate_frames: BTreeMap<String, u64>,
    /// Packets by channel and application.
    pub packets_per_vcid_apid: BTreeMap<String, ApidSummary>,
    /// Encapsulation packets by channel.
    pub encapsulation_packets_per_vcid: BTreeMap<String, u64>,
    /// Packets begun whose end did not come, by channel.
    pub cut_packets_per_vcid: BTreeMap<String, u64>,
    /// Space packets, idle ones included.
    pub packets_total: u64,
    /// Idle packets.
    pub idle_packets: u64,
    /// What the search for frames has seen.
    pub sync: SyncCounts,
}

impl FramesReport {
    /// What a decoder has seen so far.
    pub fn of(decoder: &Decoder) -> Self {
        let (framing, counts, sync) = (decoder.framing(), decoder.counts(), decoder.sync());
        let (rs, interleave) = match framing.coding {
            Coding::Uncoded => (None, None),
            Coding::ReedSolomon {
                strength,
                basis,
                interleave,
            } => (
                Some(format!("{} {} basis", strength.name(), basis.name())),
                Some(interleave),
            ),
        };
        let mut report = Self {
            bit_shift_left: sync.first_at_bit.map(|b| b % 8),
            first_asm_byte_after_shift: sync.first_at_bit.map(|b| b / 8),
            cadu_len: framing.unit_len(),
            randomized: framing.randomized,
            rs,
            interleave,
            virtual_fill: framing.virtual_fill(),
            insert_zone_len: framing.layout.insert_zone_len,
            operational_control: framing.layout.operational_control,
            error_control: framing.layout.error_control,
            cadus: counts.frames,
            good_frames: counts.good,
            rs_uncorrectable_frames: counts.uncorrectable,
            rs_corrected_symbols: counts.corrected_symbols,
            frames_with_corrections: counts.with_corrections,
            crc_failed_frames: counts.check_failed,
            malformed_frames: counts.malformed,
            tf_version: counts.by_version.clone(),
            scid: BTreeMap::new(),
            spacecraft: Vec::new(),
            frames_per_vcid: BTreeMap::new(),
            vc_counter_gaps: BTreeMap::new(),
            vc_missing_frames: BTreeMap::new(),
            vc_duplicate_frames: BTreeMap::new(),
            packets_per_vcid_apid: BTreeMap::new(),
            encapsulation_packets_per_vcid: BTreeMap::new(),
            cut_packets_per_vcid: BTreeMap::new(),
            packets_total: 0,
            idle_packets: 0,
            sync: sync.clone(),
        };
        report.add_channels(decoder);
        report
    }

    fn add_channels(&mut self, decoder: &Decoder) {
        for ((scid, _), channel) in decoder.channels() {
            *self.scid.entry(*scid).or_default() += channel.frames;
        }
        self.spacecraft = self
            .scid
            .iter()
            .map(|(scid, frames)| {
                let known = spacecraft::by_id(*scid);
                SpacecraftSummary {
                    scid: *scid,
                    name: known.map(|s| s.name),
                    norad_id: known.map(|s| s.norad_id),
                    frames: *frames,
                }
            })
            .collect();
        let several = self.scid.len() > 1;
        for ((scid, vcid), channel) in decoder.channels() {
            let key = if several {
                format!("{scid}/{vcid}")
            } else {
                vcid.to_string()
            };
            self.frames_per_vcid.insert(key.clone(), channel.frames);
            for (map, count) in [
                (&mut self.vc_counter_gaps, channel.counter_gaps),
                (&mut self.vc_missing_frames, channel.missing_frames),
                (&mut self.vc_duplicate_frames, channel.duplicates),
                (
                    &mut self.encapsulation_packets_per_vcid,
                    channel.encapsulated,
                ),
                (&mut self.cut_packets_per_vcid, channel.assembly().cut),
            ] {
                if count > 0 {
                    map.insert(key.clone(), count);
                }
            }
            for (apid, counts) in &channel.apids {
                self.packets_total += counts.packets;
                if *apid == IDLE_APID {
                    self.idle_packets += counts.packets;
                }
                let summary = ApidSummary {
                    n: counts.packets,
                    bytes: counts.bytes,
                    seq_gaps: counts.seq_gaps,
                    missing: counts.missing,
                    duplicates: counts.duplicates,
                };
                self.packets_per_vcid_apid
                    .insert(format!("{key}/{apid}"), summary);
            }
        }
    }
}
