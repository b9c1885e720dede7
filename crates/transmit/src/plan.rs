//! Contact plans: which node can send to which, from when to when, how fast and how far away; read from
//! and written to the formats that routers use.
//!
//! Every reader gives what it could use and a report of what it could not: a contact that cannot be is
//! dropped with its line and the reason ([`Dropped`]), never silently and never with the rest of the plan.
//!
//! | format | module | times | rates | nodes |
//! |---|---|---|---|---|
//! | Corridor's own | [`own`] | seconds from `epoch` | bit/s | names |
//! | NASA HDTN JSON | [`hdtn`] | whole seconds | bit/s | numbers |
//! | ION (`a contact`, `a range`) and DtnSim | [`ion`] | whole seconds or dates | byte/s | numbers |
//! | A-SABR | [`asabr`] | seconds | byte/s | numbers with names |
//! | tvgutil JSON | [`tvgutil`] | seconds | bit/s | names |

pub mod asabr;
mod check;
pub mod hdtn;
pub mod ion;
mod json;
pub mod own;
mod read;
pub mod tvgutil;

pub use check::{Builder, Dropped};
pub use read::{Format, PlanError, read, write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Largest plan file read, bytes: a million contacts of HDTN JSON are about 150 MB.
pub const FILE_MAX_BYTES: usize = 512 << 20;

/// Most contacts in one plan: memory, about 50 bytes each here and in the router.
pub const CONTACTS_MAX: usize = 8_000_000;

/// Most nodes in one plan: a router keeps some tens of bytes for each.
pub const NODES_MAX: usize = 1 << 20;

/// Longest name of a node, bytes.
pub const NAME_MAX_BYTES: usize = 255;

/// Place of a node in [`ContactPlan::nodes`].
pub type NodeIndex = u32;

/// One window in which one node can send to another; one direction.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PlanContact {
    /// The sender.
    pub from: NodeIndex,
    /// The receiver.
    pub to: NodeIndex,
    /// First instant of sending, s on the plan's clock.
    pub start_s: f64,
    /// Last instant of sending, s; the last byte may leave exactly then.
    pub end_s: f64,
    /// Rate, bit/s.
    pub rate_bit_s: f64,
    /// One-way light time, s.
    pub owlt_s: f64,
}

impl PlanContact {
    /// Bytes that fit: rate × duration.
    pub fn volume_bytes(&self) -> f64 {
        self.rate_bit_s * (self.end_s - self.start_s) / 8.0
    }
}

/// Contacts between named nodes.
///
/// Nodes are in order of their names, numbers by value; contacts in order of sender, receiver, start and
/// end, so that two files that say the same are one plan whatever the order of their lines.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContactPlan {
    /// Names of the nodes.
    pub nodes: Vec<String>,
    /// Contacts.
    pub contacts: Vec<PlanContact>,
    /// The instant of second 0, where the format has one.
    pub epoch: Option<Timestamp>,
}

impl ContactPlan {
    /// The node of a name.
    pub fn node(&self, name: &str) -> Option<NodeIndex> {
        let found = self
            .nodes
            .binary_search_by(|node| check::name_order(node, name));
        found.ok().and_then(|i| u32::try_from(i).ok())
    }

    /// The name of a node; empty where there is none.
    pub fn name(&self, node: NodeIndex) -> &str {
        self.nodes.get(node as usize).map_or("", String::as_str)
    }

    /// Seconds of an instant on the plan's clock; where the plan has no epoch, seconds of UNIX time.
    pub fn seconds(&self, t: Timestamp) -> f64 {
        let epoch = self.epoch.unwrap_or(Timestamp::UNIX_EPOCH);
        t.duration_since(epoch).as_secs_f64()
    }
}

/// A plan and what was left out of it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Read {
    /// What can be used.
    pub plan: ContactPlan,
    /// What was dropped, in order of the file's lines.
    pub dropped: Vec<Dropped>,
}
