//! Events in order of time; at one instant in the order of their kinds, then of their numbers.

use super::ledger::{BundleId, Place};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// What happens. The order of the variants is that of one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A satellite is lost.
    Lost(u32),
    /// A satellite goes into safe mode.
    Safe(u32),
    /// A post stops working.
    Down(u32),
    /// A station's line to the node stops carrying.
    LineDown(u32),
    /// A window breaks off, under the plan of this number.
    Break(u32, u32),
    /// A bundle is stored at the end of its crossing, if that is still the one of this number.
    Arrive(BundleId, u32),
    /// A bundle can be sent from now on.
    Ready(BundleId),
    /// An observation ends.
    Look(u32),
    /// A run of a product ends.
    Done(u32),
    /// A satellite is back from safe mode.
    Back(u32),
    /// A station's line carries again.
    LineBack(u32),
    /// The stations are booked.
    Round,
    /// Something is due at a place, under the plan of this number.
    Wake(Place, u32),
}

/// When what happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Event {
    pub(super) at_s: f64,
    pub(super) what: What,
}

impl Eq for Event {}

impl Ord for Event {
    fn cmp(&self, other: &Self) -> Ordering {
        self.at_s
            .total_cmp(&other.at_s)
            .then_with(|| self.what.cmp(&other.what))
    }
}

impl PartialOrd for Event {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// What is to come.
#[derive(Debug, Default)]
pub(super) struct Events(BinaryHeap<Reverse<Event>>);

impl Events {
    pub(super) fn add(&mut self, at_s: f64, what: What) {
        self.0.push(Reverse(Event { at_s, what }));
    }

    pub(super) fn next(&mut self) -> Option<Event> {
        self.0.pop().map(|Reverse(event)| event)
    }
}
