//! The linear program over known paths: how much of each to fly so that no target is observed more
//! than once and no limit is passed, and the prices at which nothing known would pay more.

use super::line::Line;
use super::price::{Budget, Prices};
use clarabel::algebra::CscMatrix;
use clarabel::solver::{
    DefaultSettingsBuilder, DefaultSolver, IPSolver, NonnegativeConeT, SolverStatus,
};

/// A path through one stretch of one satellite's nodes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Column {
    pub(super) satellite: u32,
    /// Which of the stretches, over all satellites.
    pub(super) stretch: u32,
    pub(super) nodes: Vec<u32>,
}

/// What the linear program says.
pub(super) struct Answer {
    pub(super) prices: Prices,
    /// The share of each column, and the profit of all.
    pub(super) shares: Vec<f64>,
    pub(super) value: f64,
}

/// Solves the linear program; `None` where the numbers defeat it.
pub(super) fn solve(
    lines: &[Line],
    profits: &[f64],
    budgets: &[Budget],
    stretches: usize,
    columns: &[Column],
) -> Option<Answer> {
    let (targets, limits) = (profits.len(), budgets.len());
    let rows = targets + limits + stretches + columns.len();
    let mut starts = vec![0];
    let (mut at, mut values) = (Vec::new(), Vec::new());
    let mut costs = Vec::with_capacity(columns.len());
    let mut entries: Vec<(usize, f64)> = Vec::new();
    for (place, column) in columns.iter().enumerate() {
        let line = &lines[column.satellite as usize];
        let target_of = |&n: &u32| line.targets[n as usize] as usize;
        let profit = |t: usize| profits[t];
        costs.push(-column.nodes.iter().map(target_of).map(profit).sum::<f64>());
        entries.clear();
        entries.extend(column.nodes.iter().map(|n| (target_of(n), 1.0)));
        entries.sort_by_key(|&(row, _)| row);
        entries.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                first.1 += later.1;
            }
            same
        });
        for (number, budget) in budgets.iter().enumerate() {
            if budget.satellite == column.satellite {
                let used = budget.used(line, &column.nodes);
                if used > 0.0 {
                    entries.push((targets + number, used));
                }
            }
        }
        entries.push((targets + limits + column.stretch as usize, 1.0));
        entries.push((targets + limits + stretches + place, -1.0));
        for &(row, value) in &entries {
            at.push(row);
            values.push(value);
        }
        starts.push(at.len());
    }
    let mut right = vec![1.0; rows];
    for (number, budget) in budgets.iter().enumerate() {
        right[targets + number] = budget.most;
    }
    right[targets + limits + stretches..].fill(0.0);
    let matrix = CscMatrix::new(rows, columns.len(), starts, at, values);
    let settings = DefaultSettingsBuilder::default()
        .verbose(false)
        .max_iter(60)
        .tol_gap_abs(1e-5)
        .tol_gap_rel(1e-7)
        .tol_feas(1e-7)
        .build()
        .ok()?;
    let quadratic = CscMatrix::zeros((columns.len(), columns.len()));
    let cones = [NonnegativeConeT(rows)];
    let mut solver =
        DefaultSolver::new(&quadratic, &costs, &matrix, &right, &cones, settings).ok()?;
    solver.solve();
    let solution = solver.solution;
    let solved = matches!(
        solution.status,
        SolverStatus::Solved | SolverStatus::AlmostSolved
    );
    let finite = solution.z.iter().all(|z| z.is_finite());
    (solved && finite).then(|| Answer {
        prices: Prices {
            targets: solution.z[..targets].iter().map(|z| z.max(0.0)).collect(),
            budgets: solution.z[targets..targets + limits]
                .iter()
                .map(|z| z.max(0.0))
                .collect(),
        },
        shares: solution.x,
        value: -solution.obj_val,
    })
}
