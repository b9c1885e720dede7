//! The mixed-integer model and its solution.

use super::{Candidate, Problem, ProblemError, candidates, check, greedy};
use microlp::{
    ComparisonOp, OptimizationDirection, Problem as Model, SolveOptions, SolveOutcome, Variable,
};
use std::time::Duration;

/// How long to search.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Budget {
    /// At most this time.
    Time(Duration),
    /// At most so many nodes of the tree: the same number gives the same schedule.
    Nodes(u64),
}

/// A schedule with its proof.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// Passes and parts taken, by start.
    pub chosen: Vec<Candidate>,
    /// Its value, Gbit weighed by priority.
    pub value: f64,
    /// No schedule of these candidates is worth more, Gbit weighed by priority.
    pub bound: f64,
    /// Whether that is proven to the last.
    pub optimal: bool,
}

/// The best schedule found within the budget, without conflict.
///
/// # Errors
/// [`ProblemError`] where a figure cannot be.
pub fn solve(problem: &Problem, budget: Budget) -> Result<Schedule, ProblemError> {
    problem.check()?;
    let candidates = candidates(problem);
    let start = greedy(problem, &candidates);
    let mut model = Built::new(problem, &candidates, OptimizationDirection::Maximize);
    let hint = model.hint(&start);
    let solved = model.solve(budget, Some(hint))?;
    let (found, bound) = solved;
    let greedy_value = check::value(problem, &of(&candidates, &start));
    let trivial = trivial_bound(problem, &candidates);
    let mut chosen = of(&candidates, &start);
    if let Some(found) = found {
        let found = of(&candidates, &found);
        // The solver works to a tolerance; the rules are exact.
        if check::check(problem, &found).is_ok() && check::value(problem, &found) >= greedy_value {
            chosen = found;
        }
    }
    chosen.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.pass.cmp(&b.pass)));
    let value = check::value(problem, &chosen);
    let bound = bound.unwrap_or(trivial).min(trivial).max(value);
    Ok(Schedule {
        optimal: bound - value <= 1e-6 * value.abs().max(1.0),
        chosen,
        value,
        bound,
    })
}

fn of(candidates: &[Candidate], places: &[usize]) -> Vec<Candidate> {
    places.iter().map(|i| candidates[*i]).collect()
}

/// All passes, each satellite up to its demand.
fn trivial_bound(problem: &Problem, candidates: &[Candidate]) -> f64 {
    let mut best_bit = vec![0.0_f64; problem.passes.len()];
    for c in candidates {
        // Parts outside an outage may be taken together.
        best_bit[c.pass] += c.volume_bit;
    }
    let mut sent_bit = vec![0.0; problem.satellites.len()];
    for (pass, volume_bit) in problem.passes.iter().zip(best_bit) {
        sent_bit[pass.satellite] += volume_bit;
    }
    problem.value(&sent_bit)
}

/// A model with its variables.
pub(super) struct Built {
    pub(super) model: Model,
    /// One a candidate.
    pub(super) taken: Vec<Variable>,
    /// Terms of the value in Gbit, for rows over it.
    pub(super) value: Vec<(Variable, f64)>,
}

impl Built {
    /// The rules as rows; the objective is the value where it is to be maximised, nothing otherwise.
    pub(super) fn new(
        problem: &Problem,
        candidates: &[Candidate],
        direction: OptimizationDirection,
    ) -> Self {
        let weigh = matches!(direction, OptimizationDirection::Maximize);
        let mut model = Model::new(direction);
        let mut value = Vec::new();
        let satellite = |c: &Candidate| problem.passes[c.pass].satellite;
        let mut taken = Vec::with_capacity(candidates.len());
        for c in candidates {
            let s = &problem.satellites[satellite(c)];
            let worth = if s.demand_bit.is_some() {
                0.0
            } else {
                s.priority * c.volume_bit / 1e9
            };
            let variable = model.add_binary_var(if weigh { worth } else { 0.0 });
            value.push((variable, worth));
            taken.push(variable);
        }
        for (place, s) in problem.satellites.iter().enumerate() {
            let Some(demand_bit) = s.demand_bit else {
                continue;
            };
            let sent = model.add_var(
                if weigh { s.priority } else { 0.0 },
                (0.0, demand_bit / 1e9),
            );
            value.push((sent, s.priority));
            let mut row: Vec<(Variable, f64)> = candidates
                .iter()
                .zip(&taken)
                .filter(|(c, _)| satellite(c) == place)
                .map(|(c, variable)| (*variable, -c.volume_bit / 1e9))
                .collect();
            row.push((sent, 1.0));
            model.add_constraint(row, ComparisonOp::Le, 0.0);
        }
        let mut built = Self {
            model,
            taken,
            value,
        };
        built.rows(problem, candidates);
        built
    }

    fn rows(&mut self, problem: &Problem, candidates: &[Candidate]) {
        let mut spans: Vec<Vec<(f64, f64, usize)>> = vec![Vec::new(); problem.stations.len()];
        let mut own: Vec<Vec<(f64, f64, usize)>> = vec![Vec::new(); problem.satellites.len()];
        for (i, c) in candidates.iter().enumerate() {
            let pass = &problem.passes[c.pass];
            // An antenna is held to the end of its turnaround.
            let held_s = c.end_s + problem.rules.turnaround_s;
            spans[pass.station].push((c.start_s, held_s, i));
            own[pass.satellite].push((c.start_s, c.end_s, i));
        }
        for (spans, station) in spans.into_iter().zip(&problem.stations) {
            self.at_once(spans, station.antennas);
        }
        for spans in own {
            self.at_once(spans, 1);
        }
    }

    /// One row for each largest set of spans that share an instant.
    fn at_once(&mut self, mut spans: Vec<(f64, f64, usize)>, most: u32) {
        spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        // A set is complete when one of it ends before the next begins; spans come one by one, so a set
        // that was only shrunk lies within one already written.
        let mut open: Vec<(f64, f64, usize)> = Vec::new();
        for span in spans {
            if open.iter().any(|o| o.1 <= span.0) {
                self.row(&open, most);
                open.retain(|o| o.1 > span.0);
            }
            open.push(span);
        }
        self.row(&open, most);
    }

    fn row(&mut self, open: &[(f64, f64, usize)], most: u32) {
        if open.len() > most as usize {
            let terms: Vec<(Variable, f64)> = open.iter().map(|o| (self.taken[o.2], 1.0)).collect();
            self.model
                .add_constraint(terms, ComparisonOp::Le, f64::from(most));
        }
    }

    fn hint(&self, chosen: &[usize]) -> Vec<(Variable, f64)> {
        let mut hint: Vec<(Variable, f64)> = self.taken.iter().map(|v| (*v, 0.0)).collect();
        for &i in chosen {
            hint[i].1 = 1.0;
        }
        hint
    }

    /// Places of the candidates taken, `None` where nothing was found in time, and the bound.
    pub(super) fn solve(
        &mut self,
        budget: Budget,
        hint: Option<Vec<(Variable, f64)>>,
    ) -> Result<(Option<Vec<usize>>, Option<f64>), ProblemError> {
        let mut options = SolveOptions::default();
        match budget {
            Budget::Time(time) => options.time_limit = Some(time),
            Budget::Nodes(nodes) => options.node_limit = Some(nodes),
        }
        // One part in a million: beyond what any of the figures is known to.
        options.mip_gap = 1e-6;
        options.warm_start = hint;
        let outcome = self
            .model
            .solve_with(options)
            .map_err(|e| ProblemError::Solver(e.to_string()))?;
        let bound = outcome.stats().best_bound;
        let SolveOutcome::Solution(solution) = &outcome else {
            return Ok((None, bound));
        };
        let taken = (0..self.taken.len())
            .filter(|i| solution.var_value(self.taken[*i]) > 0.5)
            .collect();
        Ok((Some(taken), bound))
    }
}
