//! Which bytes of a file are there.

use serde::{Deserialize, Serialize};

/// Most separate stretches kept: past them what comes out of order waits to be asked for again.
pub const STRETCHES_MAX: usize = 1 << 16;

/// Stretches of bytes [from, to) that are there: sorted, apart from one another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extents(Vec<(u64, u64)>);

impl Extents {
    /// Adds a stretch; false where it would make one too many, and nothing is added.
    pub fn add(&mut self, from: u64, to: u64) -> bool {
        if from >= to {
            return true;
        }
        let first = self.0.partition_point(|(_, end)| *end < from);
        let last = self.0.partition_point(|(start, _)| *start <= to);
        if first == last && self.0.len() >= STRETCHES_MAX {
            return false;
        }
        let joined = self.0[first..last]
            .iter()
            .fold((from, to), |(a, b), (c, d)| (a.min(*c), b.max(*d)));
        self.0.splice(first..last, [joined]);
        true
    }

    /// Bytes there.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|(from, to)| to - from).sum()
    }

    /// Whether nothing is there.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One past the last byte that is there.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |(_, to)| *to)
    }

    /// Whether every byte below `size` is there.
    pub fn covers(&self, size: u64) -> bool {
        size == 0
            || self
                .0
                .first()
                .is_some_and(|(from, to)| *from == 0 && *to >= size)
    }

    /// Stretches below `size` that are missing.
    pub fn missing(&self, size: u64) -> Vec<(u64, u64)> {
        let mut gaps = Vec::new();
        let mut at = 0;
        for (from, to) in &self.0 {
            if *from >= size {
                break;
            }
            if *from > at {
                gaps.push((at, *from));
            }
            at = *to;
        }
        if at < size {
            gaps.push((at, size));
        }
        gaps
    }

    /// Whether the stretches are sorted and apart, as those of a file that was read back must be.
    pub fn is_sound(&self) -> bool {
        self.0.len() <= STRETCHES_MAX
            && self.0.iter().all(|(from, to)| from < to)
            && self.0.windows(2).all(|w| w[0].1 < w[1].0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn stretches_are_a_set_of_bytes(adds in prop::collection::vec((0_u64..200, 0_u64..30), 0..40), size in 0_u64..240) {
            let mut extents = Extents::default();
            let mut bytes = [false; 240];
            for (from, len) in adds {
                prop_assert!(extents.add(from, from + len));
                bytes[from as usize..(from + len) as usize].fill(true);
            }
            prop_assert!(extents.is_sound());
            prop_assert_eq!(extents.len(), bytes.iter().filter(|b| **b).count() as u64);
            let mut missing = [false; 240];
            for (from, to) in extents.missing(size) {
                missing[from as usize..to as usize].fill(true);
            }
            for (i, there) in bytes.iter().enumerate() {
                prop_assert_eq!(missing[i], !there && (i as u64) < size);
            }
            prop_assert_eq!(extents.covers(size), extents.missing(size).is_empty());
        }
    }
}
