//! Setting labels by (arrival, contacts, node).

use super::book::Book;
use super::fewest::Fewest;
use super::graph::{Edge, Graph, NEVER};
use super::reach::{Reach, ordered, value};
use super::{Hop, Query, Route};
use crate::plan::NodeIndex;
use std::cmp::Reverse;
use std::collections::BinaryHeap;

pub(super) const NONE: u32 = u32::MAX;

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
    pub(super) stamp: u32,
    heap: BinaryHeap<Reverse<u128>>,
    excluded: Vec<u32>,
    pub(super) fewest: Fewest,
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
            fewest: Fewest::new(nodes),
        }
    }

    fn next(&mut self) {
        if self.stamp == u32::MAX {
            for label in &mut self.labels {
                label.stamp = 0;
            }
            self.excluded.fill(0);
            self.fewest = Fewest::new(self.labels.len());
            self.stamp = 0;
        }
        self.stamp += 1;
        self.heap.clear();
    }
}

#[inline]
fn key(arrival_s: f64, contacts: u32, node: NodeIndex) -> Reverse<u128> {
    let time = u128::from(ordered(arrival_s)) << 64;
    Reverse(time | u128::from(contacts) << 32 | u128::from(node))
}

pub(super) struct Search<'a> {
    pub(super) graph: &'a Graph,
    pub(super) book: &'a Book,
    pub(super) scratch: &'a mut Scratch,
    pub(super) from: NodeIndex,
    pub(super) at_s: f64,
    pub(super) size_bytes: f64,
    pub(super) priority: u8,
    restricted: bool,
    /// Contacts and pairs of nodes looked at.
    looked: usize,
}

/// With no more contacts a pair of nodes, looking at the pairs one by one is as fast.
const CONTACTS_FEW: usize = 4;

/// Where a search goes and what is known of the way there.
struct Goal<'a> {
    to: NodeIndex,
    /// Fewest contacts from each node.
    distance: &'a [u8],
    /// Until when each node can reach it, where that is known.
    latest_s: Option<&'a [f64]>,
    /// No contact is crossed faster.
    step_s: f64,
}

/// A node that is looked at: reached when, after how many contacts.
#[derive(Clone, Copy)]
struct At {
    node: NodeIndex,
    t_s: f64,
    contacts: u32,
}

/// A crossing of one edge.
#[derive(Clone, Copy)]
pub(super) struct Crossing {
    pub(super) contact: u32,
    pub(super) start_s: f64,
    pub(super) arrival_s: f64,
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
            looked: 0,
            scratch,
        }
    }

    /// The best route, and whether the search for it looked at much of the plan.
    pub(super) fn route_one(mut self, to: NodeIndex, reach: &Reach) -> (Option<Route>, bool) {
        if to == self.from {
            return (Some(self.here()), false);
        }
        let found = self.earliest(to, reach);
        let far = self.looked > self.graph.pairs() / 4;
        if !found {
            return (None, far);
        }
        let route = self.walk(to);
        let contacts = route.hops.len() as u32;
        if contacts > u32::from(self.graph.distance(to)[self.from as usize]) {
            let fewer = self.fewer(to, route.arrival_s, contacts);
            return (Some(fewer.unwrap_or(route)), far);
        }
        (Some(route), far)
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

    /// Sets the label of one node to the earliest arrival there; whether there is one.
    ///
    /// From each node that is newly reached the contacts straight to the destination are looked at at
    /// once, so that a bound is known early; what cannot get there before it is left out. A way from a node
    /// takes at least its distance in contacts times the shortest crossing of any contact.
    fn earliest(&mut self, to: NodeIndex, reach: &Reach) -> bool {
        let graph = self.graph;
        let goal = Goal {
            to,
            distance: graph.distance(to),
            latest_s: reach.latest_s(to, self.size_bytes),
            step_s: graph.crossing_min_s(self.size_bytes),
        };
        let from = self.from as usize;
        if goal.distance[from] == NEVER || goal.latest_s.is_some_and(|l| self.at_s > l[from]) {
            return false;
        }
        self.start();
        let mut bound_s = f64::INFINITY;
        let mut at = At {
            node: self.from,
            t_s: self.at_s,
            contacts: 0,
        };
        if goal.distance[from] == 1 {
            bound_s = self.last_contact(at.node, to, at.t_s, 1, bound_s);
        }
        loop {
            bound_s = self.look_from(&goal, at, bound_s);
            // The next label that still stands and could still help: by two contacts at least.
            loop {
                let Some(Reverse(top)) = self.scratch.heap.pop() else {
                    return self.reached(to);
                };
                at = At {
                    node: top as u32,
                    t_s: value((top >> 64) as u64),
                    contacts: (top >> 32) as u32,
                };
                if at.t_s + 2.0 * goal.step_s >= bound_s {
                    return true;
                }
                let label = &self.scratch.labels[at.node as usize];
                if label.arrival_s >= at.t_s && label.contacts == at.contacts {
                    break;
                }
            }
        }
    }

    /// Looks at all contacts from a node that could be on a way that arrives before the bound; the bound
    /// after it. What is on already comes first, for it may lower the bound; then either the contacts that
    /// start before the bound or, where those are more, the pairs of nodes one by one.
    fn look_from(&mut self, goal: &Goal<'_>, at: At, mut bound_s: f64) -> f64 {
        let graph = self.graph;
        let edges = graph.edges_of(at.node);
        if Graph::contacts_of(edges) > CONTACTS_FEW * edges.len() {
            if graph.leaving.count(at.node, at.t_s, bound_s) > edges.len() {
                bound_s = self.look_at_runs(goal, at, at.t_s.next_up(), bound_s);
            }
            if graph.leaving.count(at.node, at.t_s, bound_s) <= 2 * edges.len() {
                return self.look_at_runs(goal, at, bound_s, bound_s);
            }
        }
        self.looked += edges.len();
        for edge in edges {
            if edge.last_end_s < at.t_s || edge.volume_max_bytes < self.size_bytes {
                continue;
            }
            let Some(known_s) = self.known_s(goal, at, edge.to, at.t_s, bound_s) else {
                continue;
            };
            if let Some(crossing) = self.cross(edge, at.t_s, known_s) {
                bound_s = self.reach(goal, at, edge.to, crossing, known_s, bound_s);
            }
        }
        bound_s
    }

    /// Looks at the contacts from a node that start before `until_s`.
    fn look_at_runs(&mut self, goal: &Goal<'_>, at: At, until_s: f64, mut bound_s: f64) -> f64 {
        for run in self.graph.leaving.runs(at.node, at.t_s, until_s) {
            self.looked += run.len();
            for slot in run {
                if slot.end_s < at.t_s {
                    continue;
                }
                let start_s = at.t_s.max(slot.start_s);
                let Some(known_s) = self.known_s(goal, at, slot.node, start_s, bound_s) else {
                    continue;
                };
                if let Some(crossing) = self.cross_one(slot.contact, at.t_s, known_s) {
                    bound_s = self.reach(goal, at, slot.node, crossing, known_s, bound_s);
                }
            }
        }
        bound_s
    }

    /// By when a node must be reached from another, starting at `start_s` or later, for it to be of use;
    /// `None` where it cannot be.
    #[inline]
    fn known_s(
        &self,
        goal: &Goal<'_>,
        at: At,
        node: NodeIndex,
        start_s: f64,
        bound_s: f64,
    ) -> Option<f64> {
        let left = goal.distance[node as usize];
        // The destination itself was looked at when this node was reached.
        if start_s + (f64::from(left) + 1.0) * goal.step_s >= bound_s
            || node == goal.to
            || left == NEVER
        {
            return None;
        }
        let label = &self.scratch.labels[node as usize];
        let known_s = if label.stamp == self.scratch.stamp {
            label.arrival_s.min(bound_s)
        } else {
            bound_s
        };
        let useful = known_s > at.t_s && start_s + goal.step_s <= known_s;
        (useful && !(self.restricted && self.is_excluded(node))).then_some(known_s)
    }

    /// Takes a crossing to a node where it is better than what is known; the bound after it.
    #[inline]
    fn reach(
        &mut self,
        goal: &Goal<'_>,
        at: At,
        node: NodeIndex,
        crossing: Crossing,
        known_s: f64,
        bound_s: f64,
    ) -> f64 {
        let left = goal.distance[node as usize];
        if crossing.arrival_s + f64::from(left) * goal.step_s >= bound_s {
            return bound_s;
        }
        let contacts = at.contacts + 1;
        let fewer = || contacts < self.scratch.labels[node as usize].contacts;
        if crossing.arrival_s >= known_s && !fewer() {
            return bound_s;
        }
        self.label(node, at.node, contacts, crossing);
        if goal
            .latest_s
            .is_some_and(|latest_s| crossing.arrival_s > latest_s[node as usize])
        {
            return bound_s;
        }
        self.scratch
            .heap
            .push(key(crossing.arrival_s, contacts, node));
        if left == 1 {
            return self.last_contact(node, goal.to, crossing.arrival_s, contacts + 1, bound_s);
        }
        bound_s
    }

    /// Looks at the contacts from a node straight to the destination; the bound after it.
    fn last_contact(
        &mut self,
        node: NodeIndex,
        to: NodeIndex,
        t_s: f64,
        contacts: u32,
        bound_s: f64,
    ) -> f64 {
        let Some(edge) = self.graph.edge(node, to) else {
            return bound_s;
        };
        if edge.last_end_s < t_s {
            return bound_s;
        }
        let Some(crossing) = self.cross(edge, t_s, bound_s) else {
            return bound_s;
        };
        let label = &self.scratch.labels[to as usize];
        let known = label.stamp == self.scratch.stamp;
        if known && crossing.arrival_s >= bound_s && contacts >= label.contacts {
            return bound_s;
        }
        self.scratch.labels[to as usize] = Label {
            arrival_s: crossing.arrival_s,
            start_s: crossing.start_s,
            contacts,
            previous: node,
            contact: crossing.contact,
            stamp: self.scratch.stamp,
        };
        crossing.arrival_s
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
        self.label(node, previous, contacts, crossing);
        let entry = key(crossing.arrival_s, contacts, node);
        self.scratch.heap.push(entry);
    }

    #[inline]
    fn label(&mut self, node: NodeIndex, previous: NodeIndex, contacts: u32, crossing: Crossing) {
        self.scratch.labels[node as usize] = Label {
            arrival_s: crossing.arrival_s,
            start_s: crossing.start_s,
            contacts,
            previous,
            contact: crossing.contact,
            stamp: self.scratch.stamp,
        };
    }

    /// A node is not reached before this: exactly where it was looked at, by its distance where it was
    /// left out or the search ended first.
    pub(super) fn not_before_s(&self, node: NodeIndex, distance: u8, until_s: f64) -> f64 {
        let left = f64::from(distance.max(2));
        let unknown_s = until_s - left * self.graph.crossing_min_s(self.size_bytes);
        let label = &self.scratch.labels[node as usize];
        if label.stamp == self.scratch.stamp {
            return label.arrival_s.min(unknown_s);
        }
        unknown_s
    }

    #[inline]
    pub(super) fn is_excluded(&self, node: NodeIndex) -> bool {
        self.scratch.excluded[node as usize] == self.scratch.stamp
    }

    /// The earliest crossing of an edge from `t_s` that arrives no later than `known_s`.
    #[inline]
    pub(super) fn cross(&self, edge: &Edge, t_s: f64, known_s: f64) -> Option<Crossing> {
        let mut best: Option<Crossing> = None;
        let mut best_s = known_s;
        for contact in self.graph.first_useful(edge, t_s)..edge.past {
            let window = &self.graph.windows[contact as usize];
            if window.start_s > best_s {
                break;
            }
            if let Some(crossing) = self.cross_one(contact, t_s, best_s)
                && (crossing.arrival_s < best_s || best.is_none())
            {
                best_s = crossing.arrival_s;
                best = Some(crossing);
            }
        }
        best
    }

    /// The crossing of one contact from `t_s`, where it arrives no later than `known_s`.
    #[inline]
    fn cross_one(&self, contact: u32, t_s: f64, known_s: f64) -> Option<Crossing> {
        let window = &self.graph.windows[contact as usize];
        let duration_s = self.size_bytes / window.rate_byte_s;
        let mut start_s = t_s.max(window.start_s);
        if self.book.is_booked(contact) {
            start_s = self
                .book
                .free_from(contact, start_s, duration_s, self.priority);
        }
        let arrival_s = start_s + duration_s + window.owlt_s;
        (window.end_s - start_s >= duration_s && arrival_s <= known_s).then_some(Crossing {
            contact,
            start_s,
            arrival_s,
        })
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

    pub(super) fn hop(
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
