//! The contacts of each node by time: those that are on at an instant, and those that start before another,
//! without a look at the rest.
//!
//! The contacts of a node lie in classes by their length, a factor of [`LENGTHS`] apart, and within a class
//! by start. A contact that is on at `t` started at most the longest length of its class before, so it is in
//! one run of each class, most of which is on. Where a run begins is read from a table of starts at equal
//! steps, one for [`PER_STEP`] contacts.

use crate::plan::NodeIndex;

/// How much longer the longest contact of a class may be than its shortest: with more, more of a run is over
/// already; with less, a node has more classes.
const LENGTHS: f64 = 4.0;

/// Contacts for a step of the table of starts, on average: of more, a run's begin is searched longer; of
/// fewer, the table grows beyond a byte a contact.
const PER_STEP: usize = 4;

/// A contact seen from one of its ends.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub(super) start_s: f64,
    /// When it was made; a contact that was cut short since ends earlier.
    pub(super) end_s: f64,
    /// The other end.
    pub(super) node: NodeIndex,
    pub(super) contact: u32,
}

/// Contacts of one node of about one length.
#[derive(Debug, Clone, Copy)]
struct Class {
    longest_s: f64,
    /// Start of the first contact, and steps of the table a second.
    first_s: f64,
    steps_a_second: f64,
    /// Slots of the class.
    first: u32,
    past: u32,
    /// Its table: `table[step]` is the first slot that starts in that step or later.
    table: u32,
    steps: u32,
}

/// All contacts by one of their ends.
#[derive(Debug, Clone, Default)]
pub(super) struct When {
    /// Classes of node n: `classes[of[n]..of[n + 1]]`.
    of: Vec<u32>,
    classes: Vec<Class>,
    slots: Vec<Slot>,
    table: Vec<u32>,
}

impl When {
    /// From the slots of each node in turn, in any order.
    pub(super) fn new<I: IntoIterator<Item = Slot>>(
        nodes: impl Iterator<Item = I>,
        contacts: usize,
    ) -> Self {
        let mut when = Self {
            slots: Vec::with_capacity(contacts),
            ..Self::default()
        };
        let mut own: Vec<(i32, Slot)> = Vec::new();
        for slots in nodes {
            when.of.push(when.classes.len() as u32);
            own.clear();
            own.extend(slots.into_iter().map(|slot| (class(&slot), slot)));
            own.sort_unstable_by(|(a_class, a), (b_class, b)| {
                a_class
                    .cmp(b_class)
                    .then(a.start_s.total_cmp(&b.start_s))
                    .then(a.contact.cmp(&b.contact))
            });
            for run in own.chunk_by(|a, b| a.0 == b.0) {
                when.push(run);
            }
        }
        when.of.push(when.classes.len() as u32);
        when
    }

    fn push(&mut self, run: &[(i32, Slot)]) {
        let (Some((_, first)), Some((_, last))) = (run.first(), run.last()) else {
            return;
        };
        let slot_first = self.slots.len() as u32;
        let steps = (run.len() / PER_STEP).max(1) as u32;
        let span_s = last.start_s - first.start_s;
        let rate = if span_s > 0.0 {
            f64::from(steps) / span_s
        } else {
            0.0
        };
        let mut class = Class {
            longest_s: 0.0,
            first_s: first.start_s,
            steps_a_second: if rate.is_finite() { rate } else { 0.0 },
            first: slot_first,
            past: slot_first + run.len() as u32,
            table: self.table.len() as u32,
            steps,
        };
        let mut next = 0;
        for (i, (_, slot)) in run.iter().enumerate() {
            class.longest_s = class.longest_s.max(slot.end_s - slot.start_s);
            let step = class.step(slot.start_s);
            while next <= step {
                self.table.push(slot_first + i as u32);
                next += 1;
            }
            self.slots.push(*slot);
        }
        while next <= steps {
            self.table.push(class.past);
            next += 1;
        }
        // A little more, for start and end are subtracted and added with rounding.
        class.longest_s += 1e-9 * (class.longest_s + first.start_s.abs() + last.end_s.abs());
        self.classes.push(class);
    }

    /// Runs of a node's slots in which are all that end at or after `from_s` and start before `until_s`.
    #[inline]
    pub(super) fn runs(
        &self,
        node: NodeIndex,
        from_s: f64,
        until_s: f64,
    ) -> impl Iterator<Item = &[Slot]> {
        let classes = self.of[node as usize] as usize..self.of[node as usize + 1] as usize;
        self.classes[classes].iter().map(move |class| {
            let first = self.starting(class, from_s - class.longest_s);
            let past = self.starting(class, until_s).max(first);
            &self.slots[first as usize..past as usize]
        })
    }

    /// About how many slots those runs have.
    #[inline]
    pub(super) fn count(&self, node: NodeIndex, from_s: f64, until_s: f64) -> usize {
        let classes = self.of[node as usize] as usize..self.of[node as usize + 1] as usize;
        self.classes[classes]
            .iter()
            .map(|class| {
                let first = self.bounds(class, from_s - class.longest_s).0;
                self.bounds(class, until_s).1.saturating_sub(first) as usize
            })
            .sum()
    }

    /// The first slot of a class that starts at `t_s` or later.
    #[inline]
    fn starting(&self, class: &Class, t_s: f64) -> u32 {
        let (first, past) = self.bounds(class, t_s);
        let slots = &self.slots[first as usize..past as usize];
        first + slots.partition_point(|slot| slot.start_s < t_s) as u32
    }

    /// Between which two slots that is.
    #[inline]
    fn bounds(&self, class: &Class, t_s: f64) -> (u32, u32) {
        if t_s <= class.first_s {
            return (class.first, class.first);
        }
        let step = class.step(t_s);
        if step >= class.steps {
            return (self.table[(class.table + class.steps) as usize], class.past);
        }
        let place = (class.table + step) as usize;
        (self.table[place], self.table[place + 1])
    }
}

impl Class {
    /// The step of the table an instant is in; it grows with time and ends at `steps`.
    #[inline]
    fn step(&self, t_s: f64) -> u32 {
        // A cast of a double keeps to the range of the integer.
        (((t_s - self.first_s) * self.steps_a_second) as u32).min(self.steps)
    }
}

/// The class of a contact's length.
fn class(slot: &Slot) -> i32 {
    let length_s = (slot.end_s - slot.start_s).max(1e-3);
    (length_s.ln() / LENGTHS.ln()).floor() as i32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_contact_is_missed(
            rows in prop::collection::vec((0_u32..3, -50_i32..50, 1_i32..400), 0..80),
            epoch_s in prop::sample::select(vec![0.0, 1.7e9]),
            from in -60_i32..300, length in 0_i32..100,
        ) {
            let slots: Vec<(u32, Slot)> = rows.iter().enumerate().map(|(i, (node, start, length))| {
                let start_s = epoch_s + f64::from(*start) * 0.7;
                let end_s = start_s + f64::from(*length) * 0.3;
                (*node, Slot { start_s, end_s, node: 0, contact: i as u32 })
            }).collect();
            let of = |node| slots.iter().filter(move |(n, _)| *n == node).map(|(_, slot)| *slot);
            let when = When::new((0..3).map(of), slots.len());
            let from_s = epoch_s + f64::from(from) * 0.7;
            let until_s = from_s + f64::from(length) * 0.7;
            for node in 0..3 {
                let found: Vec<u32> = when.runs(node, from_s, until_s).flatten().map(|slot| slot.contact).collect();
                let mut once = found.clone();
                once.sort_unstable();
                once.dedup();
                prop_assert_eq!(once.len(), found.len());
                for slot in of(node) {
                    let wanted = slot.end_s >= from_s && slot.start_s < until_s;
                    prop_assert!(!wanted || found.contains(&slot.contact), "{:?}", slot);
                    prop_assert!(slot.start_s < until_s || !found.contains(&slot.contact));
                }
                prop_assert!(when.count(node, from_s, until_s) >= found.len());
                let all = when.runs(node, f64::NEG_INFINITY, f64::INFINITY).flatten().count();
                prop_assert_eq!(all, of(node).count());
            }
        }
    }
}
