//! Which contacts a node goes by: a plan, addresses of neighbours, and what is wrong with them.

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};

use hardy_bpv7::eid::{Eid, IpnNodeId, NodeId};
use thiserror::Error;

use crate::{
    plan::ContactPlan,
    route::{OwltMargin, RouteError},
};

/// How long a contact may not come about before what waits for it is planned over others, unless configured.
pub const FAILS_AFTER: Duration = Duration::from_secs(5);

/// A contact plan for the links of a node.
#[derive(Clone)]
pub struct Contacts {
    /// The plan. Its nodes are named as endpoints (`ipn:977000.0`) or by their `ipn` numbers (`977000`).
    pub plan: ContactPlan,
    /// TCPCLv4 addresses of neighbours by their names in the plan. One without an address is sent to over the
    /// session that it opens itself.
    pub neighbours: BTreeMap<String, SocketAddr>,
    /// How much longer than planned the light may take.
    pub margin: OwltMargin,
    /// How long, in real time, a contact may not come about before what waits for it is planned over others.
    pub fails_after: Duration,
}

impl Contacts {
    /// A plan with neighbours, and the defaults.
    pub fn new(plan: ContactPlan, neighbours: BTreeMap<String, SocketAddr>) -> Self {
        Self {
            plan,
            neighbours,
            margin: OwltMargin::default(),
            fails_after: FAILS_AFTER,
        }
    }
}

impl std::fmt::Debug for Contacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Contacts")
            .field("nodes", &self.plan.nodes.len())
            .field("contacts", &self.plan.contacts.len())
            .field("neighbours", &self.neighbours)
            .finish_non_exhaustive()
    }
}

/// A contact plan that a node cannot go by.
#[derive(Debug, Error)]
pub enum GateError {
    /// The node is not in it.
    #[error("node {node} is not in the contact plan; it has {known}")]
    Own {
        /// The node.
        node: String,
        /// Those that are, shortened.
        known: String,
    },
    /// An address for a node that is not in it.
    #[error("neighbour {name:?} is not in the contact plan")]
    Neighbour {
        /// The name given.
        name: String,
    },
    /// Two names for one node.
    #[error("nodes {first:?} and {second:?} of the contact plan are the same node")]
    Twice {
        /// One name.
        first: String,
        /// The other.
        second: String,
    },
    /// The plan or its margin is unusable.
    #[error(transparent)]
    Route(#[from] RouteError),
}

/// The node of a name in a plan.
pub(super) fn node_named(name: &str) -> Option<NodeId> {
    if let Ok(number) = name.parse::<u32>() {
        return Some(NodeId::Ipn(IpnNodeId {
            allocator_id: 0,
            node_number: number,
        }));
    }
    let eid: Eid = name.parse().ok()?;
    match eid.to_node_id() {
        Ok(node @ (NodeId::Ipn(_) | NodeId::Dtn(_))) => Some(node),
        _ => None,
    }
}
