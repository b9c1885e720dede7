//! An upper bound on the profit: Lagrangian relaxation of one observation a target and of every limit
//! but slewing. With prices on targets and on limits, the best sequence of each satellite is a longest
//! path through its nodes; the sum of those and of what the limits are worth bounds every schedule.
//! Prices come from a linear program over the paths met so far (column generation with smoothed
//! prices: Dantzig and Wolfe 1960, Wentges 1997).

use super::limit::{self, Breach};
use super::line::{Line, Transitions};
use super::master::{self, Column};
use super::path::Path;
use super::price::{Budget, Prices, Unit};
use std::collections::BTreeSet;

/// Most budgets: each is a row of the linear program.
const BUDGETS_MAX: usize = 2_000;
/// Most targets with which a linear program is worth its time; beyond it the first prices stand.
const TARGETS_MAX: usize = 5_000;
/// Past this many columns those that the linear program leaves out go.
const COLUMNS_MAX: usize = 8_000;
/// How far from the best prices to those of the linear program.
const SMOOTHED: f64 = 0.4;
/// A bound this close to the value of the linear program, as a share of it, will not come down.
const CLOSE: f64 = 1e-6;

/// The relaxed problem and its prices.
pub(super) struct Relaxation<'a> {
    lines: &'a [Line],
    profits: &'a [f64],
    transitions: Vec<Transitions>,
    /// Stretches of nodes that touch no others: satellite, first node, end.
    stretches: Vec<(u32, u32, u32)>,
    budgets: Vec<Budget>,
    columns: Vec<Column>,
    known: BTreeSet<Column>,
    prices: Prices,
    /// The value at `prices`, and the least upper bound.
    best: f64,
    bound: f64,
    settled: bool,
    path: Path,
}

impl<'a> Relaxation<'a> {
    /// `reachable` are the profits of the targets that have candidates.
    pub(super) fn new(lines: &'a [Line], profits: &'a [f64], reachable: &[f64]) -> Self {
        let whole = |(satellite, line): (usize, &Line)| {
            line.craft.max_images.map(|most| Budget {
                satellite: satellite as u32,
                first: 0,
                end: line.len() as u32,
                unit: Unit::Images,
                most: f64::from(most),
            })
        };
        let stretches = |(satellite, line): (usize, &'a Line)| {
            let of = move |(first, end)| (satellite as u32, first, end);
            line.stretches().into_iter().map(of)
        };
        Self {
            lines,
            profits,
            transitions: lines.iter().map(Line::transitions).collect(),
            stretches: lines.iter().enumerate().flat_map(stretches).collect(),
            budgets: lines.iter().enumerate().filter_map(whole).collect(),
            columns: Vec::new(),
            known: BTreeSet::new(),
            prices: Prices::first(lines, profits, reachable),
            best: f64::INFINITY,
            bound: reachable.iter().sum(),
            settled: false,
            path: Path::default(),
        }
    }

    /// The least upper bound so far.
    pub(super) fn bound(&self) -> f64 {
        self.bound
    }

    /// Whether more steps would not help.
    pub(super) fn settled(&self) -> bool {
        self.settled
    }

    /// Makes the paths of a schedule known.
    pub(super) fn learn(&mut self, sequences: &[Vec<u32>]) {
        for stretch in 0..self.stretches.len() {
            let (satellite, first, end) = self.stretches[stretch];
            let sequence = &sequences[satellite as usize];
            let from = sequence.partition_point(|&n| n < first);
            let to = sequence.partition_point(|&n| n < end);
            self.add(stretch, sequence[from..to].to_vec());
        }
    }

    fn add(&mut self, stretch: usize, nodes: Vec<u32>) {
        let column = Column {
            satellite: self.stretches[stretch].0,
            stretch: stretch as u32,
            nodes,
        };
        if !column.nodes.is_empty() && self.known.insert(column.clone()) {
            self.columns.push(column);
        }
    }

    /// Bounds once more: first with prices from a count of images alone, then with those of the linear
    /// program.
    pub(super) fn step(&mut self) {
        if self.best.is_infinite() {
            let first = self.prices.clone();
            self.evaluate(first);
            self.settled = self.profits.len() > TARGETS_MAX;
            return;
        }
        let (lines, stretches) = (self.lines, self.stretches.len());
        let solved = master::solve(lines, self.profits, &self.budgets, stretches, &self.columns);
        let Some(answer) = solved else {
            self.settled = true;
            return;
        };
        if self.columns.len() > COLUMNS_MAX {
            let mut shares = answer.shares.iter();
            self.columns
                .retain(|_| shares.next().is_some_and(|&s| s > 1e-6));
            self.known = self.columns.iter().cloned().collect();
        }
        let known = (self.columns.len(), self.budgets.len());
        let smoothed = self.prices.towards(&answer.prices, SMOOTHED);
        self.evaluate(smoothed);
        self.evaluate(answer.prices);
        let nothing_new = known == (self.columns.len(), self.budgets.len());
        let reached = self.bound <= answer.value * (1.0 + CLOSE);
        self.settled = nothing_new || (reached && known.1 == self.budgets.len());
    }

    /// Finds the value of the relaxation at the prices; keeps the paths, the limits they break and,
    /// if they are better, the prices.
    fn evaluate(&mut self, prices: Prices) {
        let mut value: f64 = prices.targets.iter().sum();
        let limits = self.budgets.iter().zip(&prices.budgets);
        value += limits
            .map(|(budget, price)| budget.most * price)
            .sum::<f64>();
        let mut broken = Vec::new();
        let mut stretch = 0;
        for (satellite, line) in self.lines.iter().enumerate() {
            let budgets = self.budgets.iter().zip(prices.budgets.iter().copied());
            let own = budgets.filter(|(b, p)| b.satellite as usize == satellite && *p > 0.0);
            self.path.price(line, self.profits, &prices.targets, own);
            let mut whole = Vec::new();
            while let Some(&(of, first, end)) = self.stretches.get(stretch)
                && of as usize == satellite
            {
                value += self
                    .path
                    .longest(&self.transitions[satellite], (first, end));
                whole.extend_from_slice(self.path.nodes());
                self.add(stretch, self.path.nodes().to_vec());
                stretch += 1;
            }
            let mut rest = &whole[..];
            while let Some(Breach { budget, to, .. }) = limit::breach(line, rest) {
                broken.push(Budget {
                    satellite: satellite as u32,
                    ..budget
                });
                rest = &rest[to..];
            }
        }
        for budget in broken {
            if self.budgets.len() < BUDGETS_MAX && !self.budgets.contains(&budget) {
                self.budgets.push(budget);
            }
        }
        self.bound = self.bound.min(value);
        if value < self.best {
            self.best = value;
            self.prices = prices;
        }
    }
}
