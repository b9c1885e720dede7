//! Routes through a contact plan: schedule-aware bundle routing (CCSDS 734.3-B) by earliest arrival, then
//! fewest contacts, then a fixed rule.
//!
//! # The model
//! A bundle of `size` bytes that is at a node at `t` starts over a contact at the first instant from
//! `max(t, start)` at which the contact is free for `size / rate` seconds on end; its last byte leaves no
//! later than the contact's end (the window is closed at its end, 3.2.4.1.1), and is at the other node one
//! light time later. Only whole bundles go on. Later is never earlier: of two bundles of one size the
//! later arrives no sooner, so labels by earliest arrival are exact whatever the order of the queries'
//! times and whatever is booked.
//!
//! # The order of routes
//! 1. earliest arrival of the last byte;
//! 2. fewest contacts of all routes that arrive then;
//! 3. of routes equal in both, the one that is found first: nodes are looked at in the order of arrival,
//!    contacts and name (numbers by value before other names), the contacts of each in the order of
//!    receiver and start or of length and start, whichever is less to look at, and from a node that is newly
//!    reached those straight to the destination at once. The same plan and question give the same route,
//!    whatever the order of the file's lines and whatever was asked before.
//!
//! # How
//! Contacts lie sorted by sender, receiver and start, with the running maximum of their ends, so the first
//! useful one is a binary search away. [`Router::route`] sets labels by (arrival, contacts, node), looks from
//! each node it reaches straight at the destination, and leaves out what cannot be there before the best way
//! known so far: by its distance in contacts and the shortest crossing there is. Where nodes have many
//! contacts a pair, the contacts of a node also lie by length and start, so that those on now and those that
//! start before the best arrival known are read without the rest. To a destination that was asked for
//! twice at about one size, and took long, it keeps until when each node can still reach it: who has no way
//! is told at once. When the way found has more
//! contacts than the plan's static distance, a search back from the destination looks for one with fewer that
//! arrives at the same instant, among the nodes that can have the bundle in time.
//!
//! Cost of a query: O(E log C) at worst, with E pairs of nodes that have contacts and C contacts a pair, and
//! about the contacts that are on between the question and the answer where that is less;
//! `cargo bench -p corridor-transmit --bench route` prints it.

mod book;
mod fewest;
mod flow;
mod graph;
mod reach;
mod search;
mod when;

pub use book::{Booking, BookingId, Displaced};
pub use flow::{PARTS_MAX, Part};

use crate::plan::{ContactPlan, NodeIndex};
use graph::Graph;
use reach::Reach;
use search::Scratch;
use serde::{Deserialize, Serialize};

/// How much longer than planned the light may take: the standard names an OWLT margin and leaves its size
/// open (734.3-B 2.4.2). Added to the light time of each contact.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct OwltMargin {
    /// A fixed time, s.
    pub fixed_s: f64,
    /// A share of the light time, for example 2 × relative speed / c.
    pub share: f64,
}

/// Priorities of bundles: a higher one may take what is booked for a lower one.
pub const PRIORITY_MAX: u8 = 255;

/// What to find a way for.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Query<'a> {
    /// Where the bundle is.
    pub from: NodeIndex,
    /// Where it goes.
    pub to: NodeIndex,
    /// From when, s on the plan's clock.
    pub at_s: f64,
    /// Its bytes.
    pub size_bytes: f64,
    /// Bookings of lower priority do not stand in its way.
    pub priority: u8,
    /// Nodes it may not pass; ends are never excluded.
    pub without: &'a [NodeIndex],
}

/// One contact of a route.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Hop {
    /// Place of the contact in [`ContactPlan::contacts`].
    pub contact: u32,
    /// Sender.
    pub from: NodeIndex,
    /// Receiver.
    pub to: NodeIndex,
    /// First byte leaves, s.
    pub start_s: f64,
    /// Last byte leaves, s.
    pub end_s: f64,
    /// Last byte is at the receiver, s.
    pub arrival_s: f64,
}

/// A way through the plan.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Route {
    /// Last byte at the destination, s on the plan's clock.
    pub arrival_s: f64,
    /// Contacts in order; none where the bundle is there already.
    pub hops: Vec<Hop>,
}

/// A question that has no answer because it is none.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RouteError {
    /// A node that the plan does not have.
    #[error("node {place} is not in the plan, expected less than {nodes}")]
    Node {
        /// The place given.
        place: NodeIndex,
        /// Nodes of the plan.
        nodes: usize,
    },
    /// A figure that is not finite or has the wrong sign.
    #[error("{field} is {value}, expected {expected}")]
    Figure {
        /// Argument at fault.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// A booking that does not exist.
    #[error("no booking {0}")]
    Booking(BookingId),
}

/// A contact plan made ready for queries, with what is booked on it.
#[derive(Debug, Clone)]
pub struct Router {
    graph: Graph,
    reach: Reach,
    scratch: Scratch,
    book: book::Book,
}

impl Router {
    /// Makes a plan ready: sorts nothing that is sorted, O(contacts).
    ///
    /// # Errors
    /// Where the margin is not finite or below 0.
    pub fn new(plan: &ContactPlan, margin: OwltMargin) -> Result<Self, RouteError> {
        let figures = [
            ("OWLT margin", margin.fixed_s),
            ("OWLT margin share", margin.share),
        ];
        for (field, value) in figures {
            figure(field, value, 0.0, "0 or more")?;
        }
        let graph = Graph::new(plan, margin);
        Ok(Self {
            reach: Reach::new(graph.nodes()),
            scratch: Scratch::new(graph.nodes()),
            book: book::Book::new(plan.contacts.len()),
            graph,
        })
    }

    /// The best route; `None` where there is none.
    ///
    /// # Errors
    /// Where the query names a node that is none, or a figure that cannot be.
    pub fn route(&mut self, query: &Query<'_>) -> Result<Option<Route>, RouteError> {
        self.check(query, &[query.to])?;
        self.graph.prepare(query.to);
        let search = search::Search::new(&self.graph, &self.book, &mut self.scratch, query);
        let (route, far) = search.route_one(query.to, &self.reach);
        if far {
            self.reach
                .looked_far(&self.graph, query.to, query.size_bytes);
        }
        Ok(route)
    }

    /// The best route to whichever of several nodes is reached first, and which that is.
    ///
    /// # Errors
    /// As [`Router::route`].
    pub fn route_to_any(
        &mut self,
        query: &Query<'_>,
        to: &[NodeIndex],
    ) -> Result<Option<(NodeIndex, Route)>, RouteError> {
        self.check(query, to)?;
        for &node in to {
            self.graph.prepare(node);
        }
        Ok(search::Search::new(&self.graph, &self.book, &mut self.scratch, query).route_any(to))
    }

    /// Routes to each of several nodes, `None` for those not reached. They are branches of one tree of
    /// earliest arrivals: where two share a contact it carries the bundle once.
    ///
    /// # Errors
    /// As [`Router::route`].
    pub fn route_to_all(
        &mut self,
        query: &Query<'_>,
        to: &[NodeIndex],
    ) -> Result<Vec<Option<Route>>, RouteError> {
        self.check(query, to)?;
        Ok(search::Search::new(&self.graph, &self.book, &mut self.scratch, query).route_all(to))
    }

    fn check(&self, query: &Query<'_>, to: &[NodeIndex]) -> Result<(), RouteError> {
        let nodes = self.graph.nodes();
        for &place in to.iter().chain([&query.from]).chain(query.without) {
            if place as usize >= nodes {
                return Err(RouteError::Node { place, nodes });
            }
        }
        figure("time", query.at_s, f64::MIN, "finite seconds")?;
        figure("size", query.size_bytes, 0.0, "0 bytes or more")
    }
}

fn figure(
    field: &'static str,
    value: f64,
    low: f64,
    expected: &'static str,
) -> Result<(), RouteError> {
    if value.is_finite() && value >= low {
        return Ok(());
    }
    Err(RouteError::Figure {
        field,
        value,
        expected,
    })
}
