//! Until when a node can still reach a destination.
//!
//! Where a bundle has no way, a search finds out only when it has looked at all there is. One search back
//! from the destination gives for every node the last instant at which a bundle of some size there can still
//! arrive, whatever is booked; who comes later is left out, whatever the time of the query. What is known of
//! a destination is kept for sizes an eighth apart, as if bundles were of the lower size: a bound, so that
//! routes are the same with it and without. It is made when a second search to one destination at such a
//! size had to look far.

use super::graph::{Edge, Graph};
use crate::plan::NodeIndex;
use std::collections::BinaryHeap;

/// Memory kept for it, bytes.
const MAX_BYTES: usize = 64 << 20;

/// Sums of times are rounded otherwise backwards than forwards: relative to the times, with hundreds of
/// contacts on the way.
const ROUNDING: f64 = 1e-12;

/// The last instants, s, for one destination and sizes from one on; none before the second far search.
#[derive(Debug, Clone)]
struct Known {
    class: u32,
    latest_s: Option<Box<[f64]>>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Reach {
    of: Vec<Vec<Known>>,
    bytes: usize,
}

/// Sizes of one class begin with the same bits: exponent and three of the fraction.
const CLASS_SHIFT: u32 = 49;

fn class(size_bytes: f64) -> u32 {
    ((size_bytes + 0.0).to_bits() >> CLASS_SHIFT) as u32
}

impl Reach {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            of: vec![Vec::new(); nodes],
            bytes: 0,
        }
    }

    /// Until when each node reaches the destination with a bundle of this size or a little less; `None`
    /// where that is not known.
    #[inline]
    pub(super) fn latest_s(&self, to: NodeIndex, size_bytes: f64) -> Option<&[f64]> {
        let known = &self.of[to as usize];
        if known.is_empty() {
            return None;
        }
        let class = class(size_bytes);
        known
            .iter()
            .find(|k| k.class == class)
            .and_then(|k| k.latest_s.as_deref())
    }

    /// A search to there at this size looked far: the second one pays for the table.
    #[cold]
    pub(super) fn looked_far(&mut self, graph: &Graph, to: NodeIndex, size_bytes: f64) {
        let class = class(size_bytes);
        let Some(known) = self.of[to as usize].iter_mut().find(|k| k.class == class) else {
            self.of[to as usize].push(Known {
                class,
                latest_s: None,
            });
            self.grow(graph, size_of::<Known>());
            return;
        };
        if known.latest_s.is_some() {
            return;
        }
        let lower_bytes = f64::from_bits(u64::from(class) << CLASS_SHIFT);
        known.latest_s = Some(latest(graph, to, lower_bytes));
        self.grow(graph, 8 * graph.nodes());
    }

    fn grow(&mut self, graph: &Graph, bytes: usize) {
        self.bytes += bytes;
        if self.bytes > MAX_BYTES {
            *self = Self::new(graph.nodes());
        }
    }
}

/// Bits of a double in the order of its values.
#[inline]
pub(super) fn ordered(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

#[inline]
pub(super) fn value(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 {
        ordered & !(1 << 63)
    } else {
        !ordered
    })
}

/// From the destination backwards, the node that can wait longest first.
fn latest(graph: &Graph, to: NodeIndex, size_bytes: f64) -> Box<[f64]> {
    let mut latest_s = vec![f64::NEG_INFINITY; graph.nodes()].into_boxed_slice();
    latest_s[to as usize] = f64::INFINITY;
    let mut heap = BinaryHeap::from([(ordered(f64::INFINITY), to)]);
    while let Some((key, node)) = heap.pop() {
        let by_s = value(key);
        if latest_s[node as usize] > by_s {
            continue;
        }
        for &(sender, edge) in graph.senders_to(node) {
            let known_s = latest_s[sender as usize];
            let edge = graph.edge_at(edge);
            // Nobody can wait longer than for the edge's last contact.
            if known_s >= edge.last_end_s.min(by_s) || edge.volume_max_bytes < size_bytes {
                continue;
            }
            let found_s = leave(graph, edge, by_s, size_bytes, known_s);
            if found_s > known_s {
                latest_s[sender as usize] = found_s;
                heap.push((ordered(found_s), sender));
            }
        }
    }
    for latest_s in latest_s.iter_mut().filter(|s| s.is_finite()) {
        *latest_s += ROUNDING * latest_s.abs();
    }
    latest_s
}

/// The last instant at which a bundle can leave over an edge to be there by `by_s`, where it is later than
/// `known_s`.
fn leave(graph: &Graph, edge: &Edge, by_s: f64, size_bytes: f64, known_s: f64) -> f64 {
    let mut best_s = known_s;
    let slack_s = ROUNDING * if by_s.is_finite() { by_s.abs() } else { 0.0 };
    for contact in (edge.first..graph.first_after(edge, by_s)).rev() {
        let end_s = graph.end_up_to_s(contact);
        if end_s <= best_s {
            break;
        }
        let window = &graph.windows[contact as usize];
        let duration_s = size_bytes / window.rate_byte_s;
        let last_s = (by_s - window.owlt_s).min(window.end_s) - duration_s + slack_s;
        // A window as long as the bundle takes is long enough, however its ends are rounded.
        let slack_s = slack_s + ROUNDING * (window.end_s.abs() + window.start_s.abs());
        if last_s + slack_s >= window.start_s {
            // Never later than there, or two nodes would put each other off for ever.
            best_s = best_s.max(last_s.max(window.start_s).min(by_s));
        }
    }
    best_s
}
