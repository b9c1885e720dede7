//! Prices: what an observation of each target, and a use of each limit, is charged.

use super::line::Line;

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Unit {
    /// Observations.
    Images,
    /// Seconds of observing.
    Seconds,
}

/// A limit on the nodes of a satellite from `first` to before `end`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Budget {
    pub(super) satellite: u32,
    pub(super) first: u32,
    pub(super) end: u32,
    pub(super) unit: Unit,
    pub(super) most: f64,
}

impl Budget {
    /// How much of it a sequence uses.
    pub(super) fn used(&self, line: &Line, nodes: &[u32]) -> f64 {
        let from = nodes.partition_point(|&n| n < self.first);
        let to = nodes.partition_point(|&n| n < self.end);
        let of = |&node: &u32| match self.unit {
            Unit::Images => 1.0,
            Unit::Seconds => line.duration_s[node as usize],
        };
        nodes[from..to].iter().map(of).sum()
    }
}

/// A price for each target and for each budget.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prices {
    pub(super) targets: Vec<f64>,
    pub(super) budgets: Vec<f64>,
}

impl Prices {
    /// Without slewing the most profitable targets would be taken, as many as there are images: the
    /// profit of the next is what an image is worth, and the rest of its profit a target.
    pub(super) fn first(lines: &[Line], profits: &[f64], reachable: &[f64]) -> Self {
        let images = |line: &Line| {
            line.craft
                .max_images
                .map_or(line.len(), |most| most as usize)
        };
        let images: usize = lines.iter().map(images).sum();
        let mut sorted = reachable.to_vec();
        sorted.sort_by(|a, b| b.total_cmp(a));
        let image = sorted.get(images).copied().unwrap_or(0.0);
        let limited = lines
            .iter()
            .filter(|l| l.craft.max_images.is_some())
            .count();
        Self {
            targets: profits.iter().map(|p| (p - image).max(0.0)).collect(),
            budgets: vec![image; limited],
        }
    }

    /// Between these and others.
    pub(super) fn towards(&self, other: &Self, share: f64) -> Self {
        let mix = |a: &[f64], b: &[f64]| -> Vec<f64> {
            // A budget found since has had no price yet.
            let earlier = a.iter().copied().chain(std::iter::repeat(0.0));
            earlier.zip(b).map(|(a, b)| a + share * (b - a)).collect()
        };
        Self {
            targets: mix(&self.targets, &other.targets),
            budgets: mix(&self.budgets, &other.budgets),
        }
    }
}
