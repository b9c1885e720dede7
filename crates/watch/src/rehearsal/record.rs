//! What happened, kept for the report.

use super::ledger::Step;
use super::world::World;
use std::collections::BTreeMap;

/// What became of one observation, s.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct LookRecord {
    /// The satellite did not observe.
    pub(super) missed: bool,
    /// Some of it was lost with the satellite.
    pub(super) lost: bool,
    /// Its run met a slow executor.
    pub(super) slow: bool,
    /// Bundles and fragments made of it.
    pub(super) pieces: u32,
    /// Bytes not at the node yet.
    pub(super) open_bytes: u64,
    /// The last part's first byte left the satellite.
    pub(super) left_s: Option<f64>,
    /// The last part was on the ground.
    pub(super) down_s: Option<f64>,
    /// All of it was at the node.
    pub(super) home_s: Option<f64>,
    /// The run started.
    pub(super) run_s: Option<f64>,
    /// The run ended.
    pub(super) processed_s: Option<f64>,
    /// Where the last part came down.
    pub(super) post: Option<u32>,
}

/// What happened at a station or relay.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PostRecord {
    pub(super) outages: u32,
    pub(super) line_outages: u32,
    pub(super) contacts_lost: u32,
    pub(super) contacts_rained_off: u32,
}

/// What a contact carried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Carried {
    pub(super) start_s: f64,
    pub(super) end_s: f64,
    pub(super) bytes: u64,
}

/// Everything kept.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) looks: Vec<LookRecord>,
    pub(super) posts: Vec<PostRecord>,
    /// By window.
    pub(super) contacts: BTreeMap<u32, Carried>,
    pub(super) rounds: u32,
    pub(super) safe_modes: u32,
    pub(super) satellites_lost: u32,
}

impl Record {
    pub(super) fn new(world: &World) -> Self {
        Self {
            looks: vec![LookRecord::default(); world.looks.len()],
            posts: vec![PostRecord::default(); world.posts.len()],
            contacts: BTreeMap::new(),
            rounds: 0,
            safe_modes: 0,
            satellites_lost: 0,
        }
    }

    /// A bundle came over a window.
    pub(super) fn carried(&mut self, window: u32, size_bytes: u64, step: &Step) {
        let contact = self.contacts.entry(window).or_insert(Carried {
            start_s: step.start_s,
            end_s: step.end_s,
            bytes: 0,
        });
        contact.start_s = contact.start_s.min(step.start_s);
        contact.end_s = contact.end_s.max(step.end_s);
        contact.bytes += size_bytes;
    }
}
