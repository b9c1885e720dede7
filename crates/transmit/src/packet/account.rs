//! Counting packets: how many, how many bytes, what is missing, what came twice.

use super::header::{COUNT_MODULUS, Header};
use serde::Serialize;
use std::collections::BTreeSet;

/// Packets of one application on one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ApidCounts {
    /// Packets.
    pub packets: u64,
    /// Their bytes, headers included.
    pub bytes: u64,
    /// Sequence count of the first.
    pub first_seq: u16,
    /// Sequence count of the last.
    pub last_seq: u16,
    /// Places where the sequence count does not follow the one before.
    pub seq_gaps: u64,
    /// Packets missing at the places where the count goes forward.
    pub missing: u64,
    /// Packets whose count is that of the one before.
    pub duplicates: u64,
    /// Values of the type bit: 0 telemetry, 1 telecommand.
    pub types: BTreeSet<u8>,
    /// Values of the secondary-header flag.
    pub secflag: BTreeSet<u8>,
}

impl ApidCounts {
    /// Counts one packet.
    pub fn add(&mut self, header: &Header) {
        let seq = header.count;
        if self.packets == 0 {
            self.first_seq = seq;
        } else if !header.is_idle() {
            // Idle packets need not count (133.0-B-2 §4.1.3.4.3 leaves it open).
            match seq.wrapping_sub(self.last_seq) & (COUNT_MODULUS - 1) {
                1 => {}
                0 => self.duplicates += 1,
                step => {
                    self.seq_gaps += 1;
                    // Half the range or more is a step back: a restart or another order, nothing lost.
                    if step < COUNT_MODULUS / 2 {
                        self.missing += u64::from(step - 1);
                    }
                }
            }
        }
        self.last_seq = seq;
        self.packets += 1;
        self.bytes += header.packet_len as u64;
        self.types.insert(u8::from(header.telecommand));
        self.secflag.insert(u8::from(header.secondary));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(counts: &[u16]) -> ApidCounts {
        let mut sum = ApidCounts::default();
        for count in counts {
            let [hi, lo] = (0xc000 | count).to_be_bytes();
            sum.add(&Header::parse(&[0x08, 1, hi, lo, 0, 3]).unwrap());
        }
        sum
    }

    #[test]
    fn gaps_duplicates_wrap_and_restart() {
        let sum = count(&[16381, 16382, 16383, 0, 1, 1, 5, 6, 2]);
        assert_eq!((sum.packets, sum.bytes), (9, 90));
        assert_eq!((sum.first_seq, sum.last_seq), (16381, 2));
        assert_eq!((sum.seq_gaps, sum.missing, sum.duplicates), (2, 3, 1));
    }
}
