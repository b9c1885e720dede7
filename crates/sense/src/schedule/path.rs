//! The longest path through one satellite's nodes at given prices.

use super::line::{Line, Transitions};
use super::price::{Budget, Unit};

/// No node.
const NONE: u32 = u32::MAX;

/// Work space for longest paths, and the last one found.
#[derive(Debug, Default)]
pub(super) struct Path {
    /// What each node is worth, prices taken off.
    worth: Vec<f64>,
    /// The best sum of a path that ends at each node, and the node before it.
    best: Vec<f64>,
    before: Vec<u32>,
    /// The best end among the nodes of the stretch up to each.
    leading: Vec<u32>,
    /// The path found last.
    nodes: Vec<u32>,
}

impl Path {
    /// Prices the nodes: `prices` of targets, and of budgets of this satellite.
    pub(super) fn price<'b>(
        &mut self,
        line: &Line,
        profits: &[f64],
        prices: &[f64],
        budgets: impl Iterator<Item = (&'b Budget, f64)>,
    ) {
        let count = line.len();
        // Price of an observation and of each second of it, as differences from node to node.
        let mut rises = vec![(0.0, 0.0); count + 1];
        for (budget, price) in budgets {
            for (node, price) in [(budget.first, price), (budget.end, -price)] {
                match budget.unit {
                    Unit::Images => rises[node as usize].0 += price,
                    Unit::Seconds => rises[node as usize].1 += price,
                }
            }
        }
        let (mut image, mut second) = (0.0, 0.0);
        self.worth.clear();
        self.worth.extend((0..count).map(|node| {
            image += rises[node].0;
            second += rises[node].1;
            let target = line.targets[node] as usize;
            // Sums of rises and falls come back to zero but for rounding, which must not pay.
            let limits = (image + second * line.duration_s[node]).max(0.0);
            profits[target] - prices[target] - limits
        }));
        self.best.clear();
        self.best.resize(count, f64::NEG_INFINITY);
        self.before.clear();
        self.before.resize(count, NONE);
        self.leading.clear();
        self.leading.resize(count, NONE);
    }

    /// Finds the longest path within a stretch that nothing outside of touches; its length.
    pub(super) fn longest(&mut self, transitions: &Transitions, (from, to): (u32, u32)) -> f64 {
        self.nodes.clear();
        let mut leader = NONE;
        for node in from as usize..to as usize {
            // What is worth nothing is left out: those around it may follow one another.
            if self.worth[node] > 0.0 {
                let mut sum = 0.0;
                let mut before = NONE;
                let free = transitions.free[node];
                if free > from {
                    before = self.leading[free as usize - 1];
                    if before != NONE {
                        sum = self.best[before as usize];
                    }
                }
                for &other in transitions.before(node) {
                    let best = self.best[other as usize];
                    if best > sum {
                        sum = best;
                        before = other;
                    }
                }
                self.best[node] = sum + self.worth[node];
                self.before[node] = before;
                if leader == NONE || self.best[node] > self.best[leader as usize] {
                    leader = node as u32;
                }
            }
            self.leading[node] = leader;
        }
        let mut at = leader;
        while at != NONE {
            self.nodes.push(at);
            at = self.before[at as usize];
        }
        self.nodes.reverse();
        match leader {
            NONE => 0.0,
            leader => self.best[leader as usize],
        }
    }

    /// The path found last.
    pub(super) fn nodes(&self) -> &[u32] {
        &self.nodes
    }
}
