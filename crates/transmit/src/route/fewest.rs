//! Of the routes that arrive at the earliest instant, one with the fewest contacts.
//!
//! From the destination backwards: the latest instant at which a node must have the bundle for it to
//! arrive in time after one contact, two, and so on. Few nodes can have it by then, for nothing arrives
//! earlier; this leaves hardly more to look at than the routes that tie. Sums of times are rounded
//! otherwise backwards than forwards, so the way found is followed forwards, and where it is late by the
//! last digit an exact search forwards, layer by layer, decides.

use super::graph::Edge;
use super::search::{NONE, Search};
use super::{Hop, Route};
use crate::plan::NodeIndex;

/// Memory of both searches, kept between queries.
#[derive(Debug, Clone)]
pub(super) struct Fewest {
    seen: Vec<Seen>,
    /// Counts layers over all searches.
    layer: u32,
    layers: Vec<Vec<Step>>,
}

impl Fewest {
    pub(super) fn new(nodes: usize) -> Self {
        Self {
            seen: vec![Seen::default(); nodes],
            layer: 0,
            layers: Vec::new(),
        }
    }

    /// A new search: what was seen of a node counts only with the stamp this gives.
    fn next(&mut self) -> u32 {
        if self.layer >= u32::MAX - 1_000_000 {
            self.seen.fill(Seen::default());
            self.layer = 0;
        }
        for layer in &mut self.layers {
            layer.clear();
        }
        self.layer += 1;
        self.layer
    }
}

/// What the search by layers knows of a node.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
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

impl Search<'_> {
    /// A route with fewer contacts than `contacts` that arrives by `arrival_s`, which is the earliest.
    pub(super) fn fewer(&mut self, to: NodeIndex, arrival_s: f64, contacts: u32) -> Option<Route> {
        let mut layers = std::mem::take(&mut self.scratch.fewest.layers);
        let depth = self.backwards(to, arrival_s, contacts, &mut layers);
        let route = match depth.map(|depth| self.follow(&layers[..=depth], arrival_s)) {
            None => None,
            Some(Some(route)) => Some(route),
            // Late by rounding.
            Some(None) => {
                let place = self.forwards(to, arrival_s, contacts, &mut layers);
                place.map(|(depth, place)| self.walk_layers(&layers[..=depth], place))
            }
        };
        self.scratch.fewest.layers = layers;
        route
    }

    /// Fills layers from the destination until the start is in one: which. In these steps `arrival_s` is
    /// the latest instant at which the node must have the bundle.
    fn backwards(
        &mut self,
        to: NodeIndex,
        until_s: f64,
        contacts: u32,
        layers: &mut Vec<Vec<Step>>,
    ) -> Option<usize> {
        let first = self.scratch.fewest.next();
        while layers.len() < contacts as usize {
            layers.push(Vec::new());
        }
        for layer in layers.iter_mut() {
            layer.clear();
        }
        layers.first_mut()?.push(Step {
            node: to,
            arrival_s: until_s,
            start_s: until_s,
            contact: NONE,
            previous: NONE,
        });
        self.scratch.fewest.seen[to as usize] = Seen {
            layer: first,
            place: 0,
            best_s: until_s,
        };
        let rounding_s = 16.0 * f64::EPSILON * (until_s.abs() + 1.0);
        for used in 1..contacts {
            let (before, rest) = layers.split_at_mut(used as usize);
            let (before, next) = (before.last()?, rest.first_mut()?);
            self.layer_back(
                to,
                until_s,
                rounding_s,
                used + 1 == contacts,
                first,
                before,
                next,
            );
            if next.iter().any(|step| step.node == self.from) {
                return Some(used as usize);
            }
        }
        None
    }

    #[allow(clippy::too_many_arguments, reason = "the state of one loop")]
    fn layer_back(
        &mut self,
        to: NodeIndex,
        until_s: f64,
        rounding_s: f64,
        last: bool,
        first: u32,
        before: &[Step],
        next: &mut Vec<Step>,
    ) {
        let graph = self.graph;
        let distance = graph.distance(to);
        self.scratch.fewest.layer += 1;
        let layer = self.scratch.fewest.layer;
        let mut look =
            |search: &mut Self, i: usize, step: &Step, sender: NodeIndex, edge: &Edge| {
                let early_s = if sender == search.from {
                    search.at_s
                } else {
                    search.not_before_s(sender, distance[sender as usize], until_s)
                };
                let early_s = early_s - rounding_s;
                let Some(latest_s) = search.latest(edge, step.arrival_s + rounding_s, early_s)
                else {
                    return;
                };
                let seen = search.scratch.fewest.seen[sender as usize];
                let known = seen.layer >= first;
                // No later than after fewer contacts: of no use.
                if latest_s < early_s || known && latest_s <= seen.best_s {
                    return;
                }
                let found = Step {
                    node: sender,
                    arrival_s: latest_s,
                    start_s: latest_s,
                    contact: NONE,
                    previous: i as u32,
                };
                let place = if known && seen.layer == layer {
                    next[seen.place as usize] = found;
                    seen.place
                } else {
                    next.push(found);
                    next.len() as u32 - 1
                };
                search.scratch.fewest.seen[sender as usize] = Seen {
                    layer,
                    place,
                    best_s: latest_s,
                };
            };
        for (i, step) in before.iter().enumerate() {
            if last {
                if let Some(edge) = graph.edge(self.from, step.node) {
                    look(self, i, step, self.from, edge);
                }
                continue;
            }
            for &(sender, edge) in graph.senders_to(step.node) {
                let edge = graph.edge_at(edge);
                if sender == to
                    || edge.volume_max_bytes < self.size_bytes
                    || sender != self.from && self.is_excluded(sender)
                {
                    continue;
                }
                look(self, i, step, sender, edge);
            }
        }
    }

    /// The latest start over an edge that arrives by `by_s`; `None` where that is before `early_s`.
    fn latest(&self, edge: &Edge, by_s: f64, early_s: f64) -> Option<f64> {
        let mut best_s = f64::NEG_INFINITY;
        let past = self.graph.first_after(edge, by_s);
        for contact in (edge.first..past).rev() {
            // No contact from here back ends later than this.
            let end_s = self.graph.end_up_to_s(contact);
            if end_s < early_s || end_s <= best_s {
                break;
            }
            let window = &self.graph.windows[contact as usize];
            let duration_s = self.size_bytes / window.rate_byte_s;
            let mut start_s = (by_s - window.owlt_s - duration_s).min(window.end_s - duration_s);
            if self.book.is_booked(contact) {
                start_s = self
                    .book
                    .free_until(contact, start_s, duration_s, self.priority);
            }
            // By rounding the last start may fall just before the first.
            let slack_s = 16.0 * f64::EPSILON * (by_s.abs() + 1.0);
            if start_s >= window.start_s - slack_s {
                best_s = best_s.max(start_s);
            }
        }
        (best_s >= early_s).then_some(best_s)
    }

    /// The way found backwards, forwards; `None` where it is late.
    fn follow(&self, layers: &[Vec<Step>], arrival_s: f64) -> Option<Route> {
        let last = layers.last()?;
        let mut place = last.iter().position(|step| step.node == self.from)?;
        let (mut node, mut t_s) = (self.from, self.at_s);
        let mut hops = Vec::with_capacity(layers.len());
        for pair in layers.windows(2).rev() {
            let step = pair[1][place];
            place = step.previous as usize;
            let next = pair[0][place].node;
            let edge = self.graph.edge(node, next)?;
            let crossing = self.cross(edge, t_s, arrival_s)?;
            hops.push(self.hop(
                crossing.contact,
                crossing.start_s,
                crossing.arrival_s,
                node,
                next,
            ));
            (node, t_s) = (next, crossing.arrival_s);
        }
        Some(Route {
            arrival_s: t_s,
            hops,
        })
    }

    /// Fills layers until the destination is in one: which, and its place there.
    fn forwards(
        &mut self,
        to: NodeIndex,
        arrival_s: f64,
        contacts: u32,
        layers: &mut Vec<Vec<Step>>,
    ) -> Option<(usize, usize)> {
        let first = self.scratch.fewest.next();
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
        self.scratch.fewest.seen[self.from as usize] = Seen {
            layer: first,
            place: 0,
            best_s: self.at_s,
        };
        for used in 1..contacts {
            let (before, rest) = layers.split_at_mut(used as usize);
            let (before, next) = (before.last()?, rest.first_mut()?);
            self.layer(to, arrival_s, contacts - 1 - used, first, before, next);
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
        first: u32,
        before: &[Step],
        next: &mut Vec<Step>,
    ) {
        let graph = self.graph;
        let distance = graph.distance(to);
        self.scratch.fewest.layer += 1;
        let layer = self.scratch.fewest.layer;
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
                let seen = self.scratch.fewest.seen[edge.to as usize];
                let known = seen.layer >= first;
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
                self.scratch.fewest.seen[edge.to as usize] = Seen {
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
}
