//! Packets out of the data fields of one virtual channel (multiplexing protocol data units).

use super::header::{Length, PACKET_LEN_MAX, length};
use crate::frame::transfer::FirstHeader;

/// What went wrong between frames.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssemblyCounts {
    /// Frames whose pointer fits the packet that was open.
    pub pointers_right: u64,
    /// Frames whose pointer contradicts the packet that was open.
    pub pointers_wrong: u64,
    /// Packets begun and never whole.
    pub cut: u64,
    /// Places where no packet header was found where one had to be.
    pub no_header: u64,
}

/// Puts the packets of one virtual channel together; holds at most one packet.
#[derive(Debug, Default)]
pub struct Assembler {
    open: Vec<u8>,
    /// Whether the end of the last frame's data was a known place in a packet or between two.
    in_step: bool,
    counts: AssemblyCounts,
}

impl Assembler {
    /// What went wrong so far.
    pub fn counts(&self) -> &AssemblyCounts {
        &self.counts
    }

    /// A frame was lost: the open packet cannot be finished.
    pub fn gap(&mut self) {
        self.counts.cut += u64::from(!self.open.is_empty());
        self.open.clear();
        self.in_step = false;
    }

    /// Takes the data of the next frame; packets that are whole now go to `each`.
    pub fn push(&mut self, first: FirstHeader, data: &[u8], each: &mut impl FnMut(&[u8])) {
        match first {
            FirstHeader::Idle | FirstHeader::NoPackets => {}
            FirstHeader::None => {
                if self.in_step {
                    let used = self.fill(data);
                    // The open packet must take all, and may end exactly here.
                    let right = used == data.len() && used > 0;
                    self.judge(right, each);
                }
            }
            FirstHeader::At(at) => {
                let at = at.min(data.len());
                if self.in_step {
                    let used = self.fill(&data[..at]);
                    let right = used == at && self.open_is_whole_or_none();
                    self.judge(right, each);
                }
                self.walk(&data[at..], each);
            }
        }
    }

    /// Adds bytes to the open packet until it is whole; how many it took.
    fn fill(&mut self, bytes: &[u8]) -> usize {
        let mut used = 0;
        while used < bytes.len() && !self.open.is_empty() {
            let wanted = match length(&self.open) {
                Length::Space(len) | Length::Encapsulation(len) => len,
                Length::Needs(len) => len,
                Length::Not => return used,
            };
            let more = wanted
                .saturating_sub(self.open.len())
                .min(bytes.len() - used);
            if more == 0 {
                break;
            }
            self.open.extend_from_slice(&bytes[used..used + more]);
            used += more;
        }
        used
    }

    fn open_is_whole_or_none(&self) -> bool {
        self.open.is_empty()
            || matches!(length(&self.open), Length::Space(len) | Length::Encapsulation(len) if len == self.open.len())
    }

    /// Hands out the open packet where it is whole, or gives it up where the pointer contradicts it.
    fn judge(&mut self, right: bool, each: &mut impl FnMut(&[u8])) {
        if right {
            self.counts.pointers_right += 1;
            if !self.open.is_empty() && self.open_is_whole_or_none() {
                each(&self.open);
                self.open.clear();
            }
        } else {
            self.counts.pointers_wrong += 1;
            self.gap();
        }
    }

    /// Packets from a place where one starts.
    fn walk(&mut self, mut rest: &[u8], each: &mut impl FnMut(&[u8])) {
        self.in_step = true;
        loop {
            match length(rest) {
                Length::Space(len) | Length::Encapsulation(len) if len <= rest.len() => {
                    each(&rest[..len]);
                    rest = &rest[len..];
                }
                Length::Not => {
                    self.counts.no_header += 1;
                    self.in_step = false;
                    return;
                }
                _ => {
                    debug_assert!(rest.len() <= PACKET_LEN_MAX);
                    self.open.extend_from_slice(rest);
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn packet(count: u8, len: usize) -> Vec<u8> {
        let mut bytes = vec![0x08, 5, 0xc0, count, 0, 0];
        bytes.extend((0..len).map(|i| i as u8 ^ count));
        let field = (len - 1) as u16;
        bytes[4..6].copy_from_slice(&field.to_be_bytes());
        bytes
    }

    proptest! {
        /// Packets of any length cut into frames of any length come out again; after a lost frame only
        /// packets that were in it are missing.
        #[test]
        fn what_is_cut_into_frames_comes_out(
            lengths in prop::collection::vec(1_usize..400, 1..30), frame_len in 8_usize..200, lost in 0_usize..40,
        ) {
            let packets: Vec<Vec<u8>> = lengths.iter().enumerate().map(|(i, l)| packet(i as u8, *l)).collect();
            let all = packets.concat();
            let mut starts = vec![0];
            for p in &packets {
                starts.push(starts.last().unwrap() + p.len());
            }
            let mut assembler = Assembler::default();
            let mut out = Vec::new();
            let mut gone = false;
            for (i, data) in all.chunks(frame_len).enumerate() {
                let (from, to) = (i * frame_len, i * frame_len + data.len());
                let first = starts[..packets.len()].iter().find(|s| (from..to).contains(*s));
                if i == lost {
                    assembler.gap();
                    gone = true;
                    continue;
                }
                let first = first.map_or(FirstHeader::None, |s| FirstHeader::At(s - from));
                assembler.push(first, data, &mut |p| out.push(p.to_vec()));
            }
            prop_assert_eq!(assembler.counts().pointers_wrong, 0);
            let right: Vec<Vec<u8>> = packets.iter().enumerate().filter(|(i, _)| {
                let (from, to) = (starts[*i], starts[*i + 1]);
                !gone || to <= lost * frame_len || from >= (lost + 1) * frame_len
            }).map(|(_, p)| p.clone()).collect();
            prop_assert_eq!(out, right);
        }

        #[test]
        fn any_data_and_pointers_are_taken(frames in prop::collection::vec((any::<Vec<u8>>(), 0_usize..80), 0..20)) {
            let mut assembler = Assembler::default();
            for (data, at) in frames {
                let first = if at % 3 == 0 { FirstHeader::None } else { FirstHeader::At(at) };
                assembler.push(first, &data, &mut |_| {});
            }
        }
    }

    #[test]
    fn a_pointer_that_contradicts_the_open_packet_gives_it_up() {
        let mut assembler = Assembler::default();
        let mut out = Vec::new();
        let whole = packet(1, 20);
        assembler.push(FirstHeader::At(0), &whole[..10], &mut |p| {
            out.push(p.to_vec())
        });
        let mut next = whole[10..14].to_vec();
        next.extend(packet(2, 5));
        assembler.push(FirstHeader::At(4), &next, &mut |p| out.push(p.to_vec()));
        assert_eq!(out, [packet(2, 5)]);
        assert_eq!(
            (assembler.counts().pointers_wrong, assembler.counts().cut),
            (1, 1)
        );
    }
}
