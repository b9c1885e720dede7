//! The node's workers: answers are computed the most urgent first, then in the order they came.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Runs that wait and workers that are free.
#[derive(Debug)]
pub(super) struct Node {
    /// By worth, highest first, then by arrival.
    waiting: BTreeSet<(Reverse<u8>, u64, u32)>,
    asked: u64,
    free: usize,
    running: usize,
    /// Most runs that waited at once.
    pub(super) queue_max: usize,
}

impl Node {
    pub(super) fn new(workers: usize) -> Self {
        Self {
            waiting: BTreeSet::new(),
            asked: 0,
            free: workers,
            running: 0,
            queue_max: 0,
        }
    }

    /// An observation is whole and asks for a run.
    pub(super) fn ask(&mut self, look: u32, worth: u8) {
        self.asked += 1;
        self.waiting.insert((Reverse(worth), self.asked, look));
    }

    /// A run has ended.
    pub(super) fn end(&mut self) {
        self.free += 1;
        self.running -= 1;
    }

    /// The runs that start now.
    pub(super) fn start(&mut self) -> Vec<u32> {
        let mut started = Vec::new();
        while self.free > 0 {
            let Some((_, _, look)) = self.waiting.pop_first() else {
                break;
            };
            self.free -= 1;
            self.running += 1;
            started.push(look);
        }
        self.queue_max = self.queue_max.max(self.waiting.len());
        started
    }
}
