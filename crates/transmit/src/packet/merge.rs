//! One pass from the copies of it that several stations received.
//!
//! Packets that both have are kept once; the order is that of their times, inside a group that of their counts. Idle
//! packets are dropped, and of groups that were received twice only one reception is kept unless asked otherwise. Two packets of one application and count whose bytes differ are both kept and counted:
//! which is right cannot be told here.

use super::header::{COUNT_MODULUS, Header, Segment};
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

/// Most packets of one merge: at 100 bytes each their index stays below 7 GB; a pass of 15 minutes at
/// 520 Mbit/s in packets of 1 kB has 58 million.
pub const PACKETS_MAX: usize = 64_000_000;

/// Too many packets for one merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("more than {PACKETS_MAX} packets in one merge: merge shorter stretches")]
pub struct TooMany;

/// What is kept of a group of packets (133.0-B-2 §4.1.3.4.2) that several copies have parts of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Policy {
    /// Groups are taken whole from the copy that began them first, as the crate `ccsds` does: no group is made of
    /// two receptions, and what another copy has more of it is set aside and counted.
    #[default]
    Groups,
    /// Every packet that any copy has.
    Packets,
}

/// A packet that is kept: which copy holds it and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// Its header.
    pub header: Header,
    /// Number of the copy, in the order they were added.
    pub copy: u32,
    /// Which packet of all that were kept, from 0, in the order they were added.
    pub index: u64,
    /// Time of the packet or of its group, microseconds since 1958; where neither has one, the nearest before
    /// it in its copy, else the first after it.
    pub time_us: Option<u64>,
    /// Whether the time is its own or its group's.
    timed: bool,
}

/// What a merge came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    /// Packets in their order.
    pub kept: Vec<Kept>,
    /// Packets that another copy, or the same one, had already.
    pub duplicates: u64,
    /// Idle packets, dropped.
    pub idle: u64,
    /// Packets of the same application, count and time as another, with other bytes.
    pub contradictions: u64,
    /// Packets of groups that an earlier copy began, or that no copy began: see [`Policy::Groups`].
    pub set_aside: u64,
}

/// Takes packets of one copy after another, then orders them.
#[derive(Debug, Default)]
pub struct Merger {
    policy: Policy,
    merged: Merged,
    /// The copy that began a group, by application and time.
    begun_by: HashMap<(u16, u64), u32>,
    /// By application and count: digests of what is kept, and where.
    seen: HashMap<(u16, u16), Vec<(u64, usize)>>,
    /// Count of the first packet of a group, by application and time.
    first_of: HashMap<(u16, u64), u16>,
    hasher: std::hash::RandomState,
    copies: u32,
    /// Where the copy at hand starts in what is kept.
    copy_from: usize,
    /// Time of the last packet with one, by application of the copy at hand.
    times: HashMap<u16, u64>,
    last_time_us: Option<u64>,
}

impl Merger {
    /// A merge that keeps what the policy says.
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            ..Self::default()
        }
    }

    /// The next packets are those of another copy.
    pub fn next_copy(&mut self) {
        self.copies += 1;
        self.copy_from = self.merged.kept.len();
        self.times.clear();
        self.last_time_us = None;
    }

    /// Adds a packet; `own_time_us` is its own time, microseconds since 1958, where it carries one. Whether
    /// it is kept.
    pub fn add(
        &mut self,
        header: &Header,
        packet: &[u8],
        own_time_us: Option<u64>,
    ) -> Result<bool, TooMany> {
        if header.is_idle() {
            self.merged.idle += 1;
            return Ok(false);
        }
        if let Some(time) = own_time_us {
            self.times.insert(header.apid, time);
            self.first_of.insert((header.apid, time), header.count);
            if self.last_time_us.is_none() {
                for kept in &mut self.merged.kept[self.copy_from..] {
                    kept.time_us = kept.time_us.or(own_time_us);
                }
            }
            self.last_time_us = own_time_us;
        }
        // Inside a group only the first packet has a time; the others are of the same.
        let grouped = matches!(header.segment, Segment::Continuation | Segment::Last);
        let group = self.times.get(&header.apid).filter(|_| grouped).copied();
        let timed = own_time_us.or(group);
        let mut hasher = self.hasher.build_hasher();
        hasher.write(packet);
        let digest = hasher.finish();
        let same = self.seen.entry((header.apid, header.count)).or_default();
        if let Some((_, at)) = same.iter().find(|(d, _)| *d == digest) {
            // A copy that starts inside a group does not know its time; another may.
            let kept = &mut self.merged.kept[*at];
            if !kept.timed && timed.is_some() {
                (kept.time_us, kept.timed) = (timed, true);
            }
            self.merged.duplicates += 1;
            return Ok(false);
        }
        let begun_by = timed.map(|time| {
            let begun = self.begun_by.entry((header.apid, time));
            *begun.or_insert(self.copies)
        });
        let in_group = header.segment != Segment::Whole;
        if self.policy == Policy::Groups && in_group && begun_by != Some(self.copies) {
            self.merged.set_aside += 1;
            return Ok(false);
        }
        if self.merged.kept.len() >= PACKETS_MAX {
            return Err(TooMany);
        }
        let other = |(_, at): &(u64, usize)| {
            let kept = &self.merged.kept[*at];
            kept.timed && kept.time_us == timed
        };
        self.merged.contradictions += u64::from(timed.is_some() && same.iter().any(other));
        let at = self.merged.kept.len();
        same.push((digest, at));
        self.merged.kept.push(Kept {
            header: *header,
            copy: self.copies,
            index: at as u64,
            time_us: timed.or(self.last_time_us),
            timed: timed.is_some(),
        });
        Ok(true)
    }

    /// The packets in order: by time, inside a group by count, else by copy and place in it.
    pub fn finish(mut self) -> Merged {
        let first_of = &self.first_of;
        let rank = |k: &Kept| {
            let first = k.time_us.and_then(|t| first_of.get(&(k.header.apid, t)));
            k.header.count.wrapping_sub(*first.unwrap_or(&0)) & (COUNT_MODULUS - 1)
        };
        self.merged
            .kept
            .sort_by_key(|k| (k.time_us, k.header.apid, rank(k), k.index));
        self.merged
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(apid: u8, count: u8, fill: u8) -> (Header, Vec<u8>) {
        let bytes = vec![8, apid, 0xc0, count, 0, 1, fill, fill];
        (Header::parse(bytes.first_chunk().unwrap()).unwrap(), bytes)
    }

    #[test]
    fn two_copies_become_one_in_order() {
        let mut merger = Merger::default();
        let add = |merger: &mut Merger, n: u8, fill: u8| {
            let (header, bytes) = packet(1, n, fill);
            merger
                .add(&header, &bytes, Some(u64::from(n) * 10))
                .unwrap()
        };
        for n in [1, 2, 5, 6] {
            assert!(add(&mut merger, n, 0));
        }
        merger.next_copy();
        for (n, kept) in [(2, false), (3, true), (4, true), (5, false)] {
            assert_eq!(add(&mut merger, n, 0), kept);
        }
        assert!(add(&mut merger, 6, 9), "other bytes are kept");
        let merged = merger.finish();
        let order: Vec<u64> = merged
            .kept
            .iter()
            .map(|k| k.time_us.unwrap() / 10)
            .collect();
        assert_eq!(order, [1, 2, 3, 4, 5, 6, 6]);
        assert_eq!((merged.duplicates, merged.contradictions), (2, 1));
    }
}
