//! The plan as arrays: contacts by pair of nodes, pairs by sender and by receiver.

use super::OwltMargin;
use super::when::{Slot, When};
use crate::plan::{ContactPlan, NodeIndex};
use std::collections::HashMap;

/// Memory kept for distances to destinations, bytes.
const DISTANCES_MAX_BYTES: usize = 64 << 20;

/// A node from which the destination cannot be reached whatever the time.
pub(super) const NEVER: u8 = u8::MAX;

/// One contact, as the search wants it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Window {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) rate_byte_s: f64,
    pub(super) owlt_s: f64,
}

/// All contacts of one node to one other.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) to: NodeIndex,
    /// First contact and the first of the next edge.
    pub(super) first: u32,
    pub(super) past: u32,
    /// Latest end of its contacts.
    pub(super) last_end_s: f64,
    /// Largest volume of its contacts.
    pub(super) volume_max_bytes: f64,
}

#[derive(Debug, Clone)]
pub(super) struct Graph {
    /// Edges of node n: `edges[from[n]..from[n + 1]]`, by receiver.
    from: Vec<u32>,
    edges: Vec<Edge>,
    /// Senders to node n and their edges: `senders[into[n]..into[n + 1]]`.
    into: Vec<u32>,
    senders: Vec<(NodeIndex, u32)>,
    /// Contacts of each sender by time.
    pub(super) leaving: When,
    pub(super) windows: Vec<Window>,
    /// Latest end of an edge's contacts up to and with this one.
    ends_s: Vec<f64>,
    /// Fastest rate and shortest light time of all contacts.
    rate_max_byte_s: f64,
    owlt_min_s: f64,
    /// Fewest contacts to a destination from each node, whatever the time.
    distances: HashMap<NodeIndex, Box<[u8]>>,
}

impl Graph {
    pub(super) fn new(plan: &ContactPlan, margin: OwltMargin) -> Self {
        let nodes = plan.nodes.len();
        let mut graph = Self {
            from: Vec::with_capacity(nodes + 1),
            edges: Vec::new(),
            into: vec![0; nodes + 2],
            senders: Vec::new(),
            leaving: When::default(),
            windows: Vec::with_capacity(plan.contacts.len()),
            ends_s: Vec::with_capacity(plan.contacts.len()),
            rate_max_byte_s: 0.0,
            owlt_min_s: f64::INFINITY,
            distances: HashMap::new(),
        };
        let mut last = None;
        for (i, c) in plan.contacts.iter().enumerate() {
            let i = i as u32;
            if last != Some((c.from, c.to)) {
                while graph.from.len() <= c.from as usize {
                    graph.from.push(graph.edges.len() as u32);
                }
                graph.edges.push(Edge {
                    to: c.to,
                    first: i,
                    past: i,
                    last_end_s: f64::NEG_INFINITY,
                    volume_max_bytes: 0.0,
                });
                last = Some((c.from, c.to));
            }
            if let Some(edge) = graph.edges.last_mut() {
                edge.past = i + 1;
                edge.last_end_s = edge.last_end_s.max(c.end_s);
                // A little more, for the sum of times that decides is rounded otherwise.
                let volume_bytes = c.volume_bytes() * (1.0 + 1e-9);
                edge.volume_max_bytes = edge.volume_max_bytes.max(volume_bytes);
                graph.ends_s.push(edge.last_end_s);
            }
            let window = Window {
                start_s: c.start_s,
                end_s: c.end_s,
                rate_byte_s: c.rate_bit_s / 8.0,
                owlt_s: c.owlt_s + margin.fixed_s + margin.share * c.owlt_s,
            };
            graph.rate_max_byte_s = graph.rate_max_byte_s.max(window.rate_byte_s);
            graph.owlt_min_s = graph.owlt_min_s.min(window.owlt_s);
            graph.windows.push(window);
        }
        while graph.from.len() <= nodes {
            graph.from.push(graph.edges.len() as u32);
        }
        graph.turn_round(nodes);
        graph.leaving = When::new(
            (0..nodes as u32).map(|node| graph.slots_from(node)),
            plan.contacts.len(),
        );
        graph
    }

    /// Fills the senders of each node, by counting.
    fn turn_round(&mut self, nodes: usize) {
        for edge in &self.edges {
            self.into[edge.to as usize + 2] += 1;
        }
        for n in 2..self.into.len() {
            self.into[n] += self.into[n - 1];
        }
        self.senders = vec![(0, 0); self.edges.len()];
        for node in 0..nodes as u32 {
            let (low, high) = (self.from[node as usize], self.from[node as usize + 1]);
            for edge in low..high {
                let to = self.edges[edge as usize].to as usize;
                let place = &mut self.into[to + 1];
                self.senders[*place as usize] = (node, edge);
                *place += 1;
            }
        }
        self.into.pop();
    }

    fn slots_from(&self, node: NodeIndex) -> impl Iterator<Item = Slot> {
        self.edges_of(node).iter().flat_map(|edge| {
            (edge.first..edge.past).map(|contact| {
                let window = &self.windows[contact as usize];
                Slot {
                    start_s: window.start_s,
                    end_s: window.end_s,
                    node: edge.to,
                    contact,
                }
            })
        })
    }

    pub(super) fn nodes(&self) -> usize {
        self.from.len() - 1
    }

    /// Pairs of nodes that have contacts.
    pub(super) fn pairs(&self) -> usize {
        self.edges.len()
    }

    /// No bundle of this size crosses any contact faster, s; a little less, for sums of such times are
    /// rounded.
    pub(super) fn crossing_min_s(&self, size_bytes: f64) -> f64 {
        (self.owlt_min_s + size_bytes / self.rate_max_byte_s) * (1.0 - 1e-9)
    }

    /// Edges from a node, by receiver.
    #[inline]
    pub(super) fn edges_of(&self, node: NodeIndex) -> &[Edge] {
        let node = node as usize;
        &self.edges[self.from[node] as usize..self.from[node + 1] as usize]
    }

    /// Contacts of edges that lie together, as those of a node.
    #[inline]
    pub(super) fn contacts_of(edges: &[Edge]) -> usize {
        let (first, last) = (edges.first(), edges.last());
        first
            .zip(last)
            .map_or(0, |(first, last)| (last.past - first.first) as usize)
    }

    /// Senders to a node with their edges.
    #[inline]
    pub(super) fn senders_to(&self, node: NodeIndex) -> &[(NodeIndex, u32)] {
        let node = node as usize;
        &self.senders[self.into[node] as usize..self.into[node + 1] as usize]
    }

    /// An edge by its place.
    #[inline]
    pub(super) fn edge_at(&self, place: u32) -> &Edge {
        &self.edges[place as usize]
    }

    /// Latest end of the edge's contacts up to and with this one; of contacts cut short, what it was.
    #[inline]
    pub(super) fn end_up_to_s(&self, contact: u32) -> f64 {
        self.ends_s[contact as usize]
    }

    /// The first contact of an edge that starts after `t_s`.
    pub(super) fn first_after(&self, edge: &Edge, t_s: f64) -> u32 {
        let windows = &self.windows[edge.first as usize..edge.past as usize];
        edge.first + windows.partition_point(|w| w.start_s <= t_s) as u32
    }

    /// The edge of a pair.
    pub(super) fn edge(&self, from: NodeIndex, to: NodeIndex) -> Option<&Edge> {
        let edges = self.edges_of(from);
        edges
            .binary_search_by_key(&to, |e| e.to)
            .ok()
            .map(|i| &edges[i])
    }

    /// The first contact of an edge that has not ended before `t_s`.
    #[inline]
    pub(super) fn first_useful(&self, edge: &Edge, t_s: f64) -> u32 {
        if edge.past - edge.first == 1 {
            return edge.first;
        }
        let ends = &self.ends_s[edge.first as usize..edge.past as usize];
        edge.first + ends.partition_point(|end| *end < t_s) as u32
    }

    /// Takes the contact out of use from `t_s`.
    pub(super) fn cut(&mut self, contact: u32, t_s: f64) {
        // The running maxima of ends stay as bounds; the window itself decides.
        let window = &mut self.windows[contact as usize];
        window.end_s = window.end_s.min(t_s);
    }

    /// Makes the distances to a destination known.
    pub(super) fn prepare(&mut self, to: NodeIndex) {
        if self.distances.contains_key(&to) {
            return;
        }
        let nodes = self.nodes();
        if (self.distances.len() + 1) * nodes > DISTANCES_MAX_BYTES {
            self.distances.clear();
        }
        let mut distance = vec![NEVER; nodes].into_boxed_slice();
        distance[to as usize] = 0;
        let mut ring = vec![to];
        let mut step = 0_u8;
        while !ring.is_empty() {
            // From 254 contacts on the bound stays: still a lower bound, only a weaker one.
            step = step.saturating_add(1).min(NEVER - 1);
            let mut next = Vec::new();
            for node in ring {
                for &(sender, _) in self.senders_to(node) {
                    if distance[sender as usize] == NEVER {
                        distance[sender as usize] = step;
                        next.push(sender);
                    }
                }
            }
            ring = next;
        }
        self.distances.insert(to, distance);
    }

    /// Fewest contacts from each node to a destination that was prepared.
    pub(super) fn distance(&self, to: NodeIndex) -> &[u8] {
        self.distances.get(&to).map_or(&[], |d| d)
    }
}
