//! Setting labels by (arrival, contacts, node).

use super::book::Book;
use super::graph::{Edge, Graph, NEVER};
use super::{Hop, Query, Route};
use crate::plan::NodeIndex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

const NONE: u32 = u32::MAX;

/// How a node is reached.
#[derive(Debug, Clone, Copy)]
struct Label {
    arrival_s: f64,
    /// Seconds at which the first byte left the previous node.
    start_s: f64,
    contacts: u32,
    previous: NodeIndex,
    contact: u32,
    /// The search that set it.
    stamp: u32,
}

/// Memory of a search, kept between searches.
#[derive(Debug, Clone)]
pub(super) struct Scratch {
    labels: Vec<Label>,
    stamp: u32,
    heap: BinaryHeap<Reverse<u128>>,
    excluded: Vec<u32>,
    seen: Vec<Seen>,
    layer: u32,
    layers: Vec<Vec<Step>>,
}

/// What the search by layers knows of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// The search that set it.
    stamp: u32,
    /// The layer that set it last, counted over all searches.
    layer: u32,
    /// Its place in that layer.
    place: u32,
    best_s: f64,
}

/// A node reached after as many contacts as its layer says.
#[derive(Debug, Clone, Copy)]
struct Step {
    node: NodeIndex,
    arrival_s: f64,
    start_s: f64,
    contact: u32,
    /// Place of the node before in the layer before.
    previous: u32,
}

impl Scratch {
    pub(super) fn new(nodes: usize) -> Self {
        let none = Label {
            arrival_s: f64::INFINITY,
            start_s: 0.0,
            contacts: 0,
            previous: NONE,
            contact: NONE,
            stamp: 0,
        };
        Self {
            labels: vec![none; nodes],
            stamp: 0,
            heap: BinaryHeap::new(),
            excluded: vec![0; nodes],
            seen: vec![Seen::default(); nodes],
            layer: 0,
            layers: Vec::new(),
        }
    }

    fn next(&mut self) {
        if self.stamp == u32::MAX {
            for label in &mut self.labels {
                label.stamp = 0;
            }
            self.excluded.fill(0);
            self.seen.fill(Seen::default());
            self.stamp = 0;
        }
        self.stamp += 1;
        self.heap.clear();
    }
}

/// Bits of a double in the order of its values.
#[inline]
fn ordered(value: f64) -> u64 {
    let bits = value.to_bits();
    if bits >> 63 == 1 {
        !bits
    } else {
        bits | 1 << 63
    }
}

#[inline]
fn value(ordered: u64) -> f64 {
    f64::from_bits(if ordered >> 63 == 1 {
        ordered & !(1 << 63)
    } else {
        !ordered
    })
}

#[inline]
fn key(arrival_s: f64, contacts: u32, node: NodeIndex) -> Reverse<u128> {
    // Adding 0.0 makes -0.0 the same as 0.0.
    let time = u128::from(ordered(arrival_s + 0.0)) << 64;
    Reverse(time | u128::from(contacts) << 32 | u128::from(node))
}

pub(super) struct Search<'a> {
    graph: &'a Graph,
    book: &'a Book,
    scratch: &'a mut Scratch,
    from: NodeIndex,
    at_s: f64,
    size_bytes: f64,
    priority: u8,
    restricted: bool,
}

/// A crossing of one edge.
#[derive(Clone, Copy)]
struct Crossing {
    contact: u32,
    start_s: f64,
    arrival_s: f64,
}

impl<'a> Search<'a> {
    /// The graph must be prepared for the destinations.
    pub(super) fn new(
        graph: &'a Graph,
        book: &'a Book,
        scratch: &'a mut Scratch,
        query: &Query<'_>,
    ) -> Self {
        scratch.next();
        let stamp = scratch.stamp;
        for &node in query.without {
            if node != query.from {
                scratch.excluded[node as usize] = stamp;
            }
        }
        Self {
            graph,
            book,
            from: query.from,
            at_s: query.at_s,
            size_bytes: query.size_bytes,
            priority: query.priority,
            restricted: !query.without.is_empty(),
            scratch,
        }
    }

    pub(super) fn route_one(mut self, to: NodeIndex) -> Option<Route> {
        if to == self.from {
            return Some(self.here());
        }
        let contacts = self.earliest(to)?;
        if contacts > u32::from(self.graph.distance(to)[self.from as usize]) {
            let arrival_s = self.scratch.labels[to as usize].arrival_s;
            if let Some(route) = self.fewer(to, arrival_s, contacts) {
                return Some(route);
            }
        }
        Some(self.walk(to))
    }

    pub(super) fn route_any(mut self, to: &[NodeIndex]) -> Option<(NodeIndex, Route)> {
        if to.contains(&self.from) {
            return Some((self.from, self.here()));
        }
        self.spread(to, true);
        let reached = |node: &&NodeIndex| self.reached(**node);
        let arrival_s = |node: NodeIndex| self.scratch.labels[node as usize].arrival_s;
        let best_s = to
            .iter()
            .filter(reached)
            .map(|node| arrival_s(*node))
            .reduce(f64::min)?;
        // Of those that are reached at the same instant: fewest contacts, then the lower place.
        let mut first: Vec<NodeIndex> = to
            .iter()
            .filter(reached)
            .copied()
            .filter(|node| arrival_s(*node) <= best_s)
            .collect();
        first.sort_unstable();
        first.dedup();
        let mut best: Option<(NodeIndex, Route)> = None;
        for node in first {
            let contacts = self.scratch.labels[node as usize].contacts;
            let route = self
                .fewer(node, best_s, contacts)
                .unwrap_or_else(|| self.walk(node));
            if best
                .as_ref()
                .is_none_or(|(_, b)| route.hops.len() < b.hops.len())
            {
                best = Some((node, route));
            }
        }
        best
    }

    pub(super) fn route_all(mut self, to: &[NodeIndex]) -> Vec<Option<Route>> {
        self.spread(to, false);
        to.iter()
            .map(|&node| {
                if node == self.from {
                    return Some(self.here());
                }
                self.reached(node).then(|| self.walk(node))
            })
            .collect()
    }

    fn here(&self) -> Route {
        Route {
            arrival_s: self.at_s,
            hops: Vec::new(),
        }
    }

    fn reached(&self, node: NodeIndex) -> bool {
        self.scratch.labels[node as usize].stamp == self.scratch.stamp
    }

    fn start(&mut self) {
        let stamp = self.scratch.stamp;
        self.scratch.labels[self.from as usize] = Label {
            arrival_s: self.at_s,
            start_s: self.at_s,
            contacts: 0,
            previous: NONE,
            contact: NONE,
            stamp,
        };
    }

    /// Earliest arrival at one node; how many contacts the way found has.
    fn earliest(&mut self, to: NodeIndex) -> Option<u32> {
        let graph = self.graph;
        let distance = graph.distance(to);
        if distance[self.from as usize] == NEVER {
            return None;
        }
        self.start();
        let stamp = self.scratch.stamp;
        let mut bound_s = f64::INFINITY;
        let (mut node, mut t_s, mut contacts) = (self.from, self.at_s, 0_u32);
        loop {
            for edge in graph.edges_of(node) {
                if edge.last_end_s < t_s || distance[edge.to as usize] == NEVER {
                    continue;
                }
                let label = self.scratch.labels[edge.to as usize];
                let known_s = if label.stamp == stamp {
                    label.arrival_s.min(bound_s)
                } else {
                    bound_s
                };
                // At the same instant only the destination, and only by fewer contacts.
                if known_s <= t_s && edge.to != to
                    || self.restricted && edge.to != to && self.is_excluded(edge.to)
                {
                    continue;
                }
                let Some(crossing) = self.cross(edge, t_s, known_s) else {
                    continue;
                };
                let better = crossing.arrival_s < known_s
                    || label.stamp == stamp
                        && crossing.arrival_s <= label.arrival_s
                        && contacts + 1 < label.contacts;
                if !better {
                    continue;
                }
                if edge.to == to {
                    bound_s = crossing.arrival_s;
                }
                self.put(edge.to, node, contacts + 1, crossing);
            }
            // The next label that still stands.
            loop {
                let Reverse(top) = self.scratch.heap.pop()?;
                node = top as u32;
                t_s = value((top >> 64) as u64);
                contacts = (top >> 32) as u32;
                if node == to {
                    return Some(contacts);
                }
                let label = &self.scratch.labels[node as usize];
                if label.arrival_s >= t_s && label.contacts == contacts {
                    break;
                }
            }
        }
    }

    /// Earliest arrivals at all of several nodes, or at the first of them.
    fn spread(&mut self, to: &[NodeIndex], first_only: bool) {
        self.start();
        let stamp = self.scratch.stamp;
        let mut left: Vec<NodeIndex> = to.iter().copied().filter(|n| *n != self.from).collect();
        left.sort_unstable();
        left.dedup();
        let wanted = left.clone();
        let mut until_s = f64::INFINITY;
        let (mut node, mut t_s, mut contacts) = (self.from, self.at_s, 0_u32);
        while !left.is_empty() && t_s <= until_s {
            for edge in self.graph.edges_of(node) {
                let label = self.scratch.labels[edge.to as usize];
                let known_s = if label.stamp == stamp {
                    label.arrival_s
                } else {
                    f64::INFINITY
                };
                if known_s < t_s
                    || self.is_excluded(edge.to) && wanted.binary_search(&edge.to).is_err()
                {
                    continue;
                }
                let Some(crossing) = self.cross(edge, t_s, known_s) else {
                    continue;
                };
                if crossing.arrival_s < known_s
                    || label.stamp == stamp
                        && crossing.arrival_s <= known_s
                        && contacts + 1 < label.contacts
                {
                    self.put(edge.to, node, contacts + 1, crossing);
                }
            }
            loop {
                let Some(Reverse(top)) = self.scratch.heap.pop() else {
                    return;
                };
                node = top as u32;
                t_s = value((top >> 64) as u64);
                contacts = (top >> 32) as u32;
                let label = &self.scratch.labels[node as usize];
                if label.arrival_s < t_s || label.contacts != contacts {
                    continue;
                }
                if let Ok(i) = left.binary_search(&node) {
                    left.remove(i);
                    if first_only {
                        until_s = t_s;
                    }
                }
                // An excluded node may be an end, not a way.
                if !self.is_excluded(node) {
                    break;
                }
            }
        }
    }

    #[inline]
    fn put(&mut self, node: NodeIndex, previous: NodeIndex, contacts: u32, crossing: Crossing) {
        self.scratch.labels[node as usize] = Label {
            arrival_s: crossing.arrival_s,
            start_s: crossing.start_s,
            contacts,
            previous,
            contact: crossing.contact,
            stamp: self.scratch.stamp,
        };
        let entry = key(crossing.arrival_s, contacts, node);
        self.scratch.heap.push(entry);
    }

    #[inline]
    fn is_excluded(&self, node: NodeIndex) -> bool {
        self.scratch.excluded[node as usize] == self.scratch.stamp
    }

    /// The earliest crossing of an edge from `t_s` that arrives no later than `known_s`.
    #[inline]
    fn cross(&self, edge: &Edge, t_s: f64, known_s: f64) -> Option<Crossing> {
        let mut best: Option<Crossing> = None;
        let mut best_s = known_s;
        for contact in self.graph.first_useful(edge, t_s)..edge.past {
            let window = &self.graph.windows[contact as usize];
            if window.start_s > best_s {
                break;
            }
            let duration_s = self.size_bytes / window.rate_byte_s;
            let mut start_s = t_s.max(window.start_s);
            if self.book.is_booked(contact) {
                start_s = self
                    .book
                    .free_from(contact, start_s, duration_s, self.priority);
            }
            if window.end_s - start_s < duration_s {
                continue;
            }
            let arrival_s = start_s + duration_s + window.owlt_s;
            if arrival_s < best_s || best.is_none() && arrival_s <= best_s {
                best_s = arrival_s;
                best = Some(Crossing {
                    contact,
                    start_s,
                    arrival_s,
                });
            }
        }
        best
    }

    /// A route with fewer contacts than `contacts` that arrives by `arrival_s`: one layer a contact.
    /// A layer holds the nodes that are reached earlier than after fewer contacts.
    fn fewer(&mut self, to: NodeIndex, arrival_s: f64, contacts: u32) -> Option<Route> {
        let mut layers = std::mem::take(&mut self.scratch.layers);
        let place = self.layers(to, arrival_s, contacts, &mut layers);
        let route = place.map(|(depth, place)| self.walk_layers(&layers[..=depth], place));
        self.scratch.layers = layers;
        route
    }

    /// Fills layers until the destination is in one: which, and its place there.
    fn layers(
        &mut self,
        to: NodeIndex,
        arrival_s: f64,
        contacts: u32,
        layers: &mut Vec<Vec<Step>>,
    ) -> Option<(usize, usize)> {
        let stamp = self.scratch.stamp;
        for layer in layers.iter_mut() {
            layer.clear();
        }
        while layers.len() < contacts as usize {
            layers.push(Vec::new());
        }
        layers.first_mut()?.push(Step {
            node: self.from,
            arrival_s: self.at_s,
            start_s: self.at_s,
            contact: NONE,
            previous: NONE,
        });
        self.scratch.seen[self.from as usize] = Seen {
            stamp,
            layer: 0,
            place: 0,
            best_s: self.at_s,
        };
        for used in 1..contacts {
            let (before, rest) = layers.split_at_mut(used as usize);
            let (before, next) = (before.last()?, rest.first_mut()?);
            self.layer(to, arrival_s, contacts - 1 - used, before, next);
            if let Some(place) = next.iter().position(|step| step.node == to) {
                return Some((used as usize, place));
            }
            // In the order of the rule: earlier first, then the lower place of the node.
            next.sort_by(|a, b| {
                a.arrival_s
                    .total_cmp(&b.arrival_s)
                    .then(a.node.cmp(&b.node))
            });
        }
        None
    }

    /// One contact further than `before`, with at most `left` contacts to go after it.
    fn layer(
        &mut self,
        to: NodeIndex,
        arrival_s: f64,
        left: u32,
        before: &[Step],
        next: &mut Vec<Step>,
    ) {
        let graph = self.graph;
        let distance = graph.distance(to);
        let stamp = self.scratch.stamp;
        self.scratch.layer = self.scratch.layer.wrapping_add(1).max(1);
        let layer = self.scratch.layer;
        for (i, step) in before.iter().enumerate() {
            let edges: &[Edge] = if left == 0 {
                graph.edge(step.node, to).map_or(&[], std::slice::from_ref)
            } else {
                graph.edges_of(step.node)
            };
            for edge in edges {
                if u32::from(distance[edge.to as usize]) > left
                    || edge.last_end_s < step.arrival_s
                    || edge.to != to && self.is_excluded(edge.to)
                {
                    continue;
                }
                let seen = self.scratch.seen[edge.to as usize];
                let known = seen.stamp == stamp;
                // Ways no earlier than one with fewer contacts are of no use.
                let limit_s = if known {
                    seen.best_s.min(arrival_s)
                } else {
                    arrival_s
                };
                let Some(crossing) = self.cross(edge, step.arrival_s, limit_s) else {
                    continue;
                };
                if known && crossing.arrival_s >= seen.best_s {
                    continue;
                }
                let found = Step {
                    node: edge.to,
                    arrival_s: crossing.arrival_s,
                    start_s: crossing.start_s,
                    contact: crossing.contact,
                    previous: i as u32,
                };
                let place = if known && seen.layer == layer {
                    next[seen.place as usize] = found;
                    seen.place
                } else {
                    next.push(found);
                    next.len() as u32 - 1
                };
                self.scratch.seen[edge.to as usize] = Seen {
                    stamp,
                    layer,
                    place,
                    best_s: crossing.arrival_s,
                };
            }
        }
    }

    fn walk_layers(&self, layers: &[Vec<Step>], mut place: usize) -> Route {
        let mut hops = Vec::with_capacity(layers.len());
        for pair in layers.windows(2).rev() {
            let step = pair[1][place];
            place = step.previous as usize;
            hops.push(self.hop(
                step.contact,
                step.start_s,
                step.arrival_s,
                pair[0][place].node,
                step.node,
            ));
        }
        hops.reverse();
        Route {
            arrival_s: hops.last().map_or(self.at_s, |hop: &Hop| hop.arrival_s),
            hops,
        }
    }

    fn walk(&self, to: NodeIndex) -> Route {
        let mut node = to;
        let labels = &self.scratch.labels;
        let mut hops = Vec::with_capacity(labels[to as usize].contacts as usize);
        while node != self.from {
            let label = &labels[node as usize];
            hops.push(self.hop(
                label.contact,
                label.start_s,
                label.arrival_s,
                label.previous,
                node,
            ));
            node = label.previous;
        }
        hops.reverse();
        Route {
            arrival_s: labels[to as usize].arrival_s,
            hops,
        }
    }

    fn hop(
        &self,
        contact: u32,
        start_s: f64,
        arrival_s: f64,
        from: NodeIndex,
        to: NodeIndex,
    ) -> Hop {
        let window = &self.graph.windows[contact as usize];
        Hop {
            contact,
            from,
            to,
            start_s,
            end_s: start_s + self.size_bytes / window.rate_byte_s,
            arrival_s,
        }
    }
}
