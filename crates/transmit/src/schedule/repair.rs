//! A schedule after an outage: nearly as good as the best, with as few changes as that allows.

use super::solve::Built;
use super::{Budget, Candidate, Problem, ProblemError, candidates, check, solve};
use microlp::{ComparisonOp, OptimizationDirection};

/// A repaired schedule.
#[derive(Debug, Clone, PartialEq)]
pub struct Repair {
    /// Passes and parts taken, by start.
    pub chosen: Vec<Candidate>,
    /// Its value, Gbit weighed by priority.
    pub value: f64,
    /// The best value the new problem allows, as proven, Gbit weighed by priority.
    pub bound: f64,
    /// Passes taken before and not now, by number.
    pub removed: Vec<u64>,
    /// Passes taken now and not before, by number.
    pub added: Vec<u64>,
}

/// Schedules `problem` (with its new outages) again, keeping what it can of `before`: among schedules
/// worth at least `1 - loss_share` of the best, one that changes the fewest passes. What starts before
/// `now_s` is past: it stays where it was taken and cannot be taken where it was not.
///
/// # Errors
/// [`ProblemError`] where a figure cannot be.
pub fn repair(
    problem: &Problem,
    before: &[Candidate],
    now_s: f64,
    loss_share: f64,
    budget: Budget,
) -> Result<Repair, ProblemError> {
    let mut problem = problem.clone();
    let was_taken: Vec<bool> = (0..problem.passes.len())
        .map(|place| before.iter().any(|c| c.pass == place))
        .collect();
    // The past: passes that were not taken cannot be; their places stay, their time goes.
    for (place, pass) in problem.passes.iter_mut().enumerate() {
        if pass.start_s < now_s && !was_taken[place] {
            pass.end_s = pass.start_s;
        }
    }
    let best = solve(&problem, budget)?;
    let choice = candidates(&problem);
    let mut built = Built::new(&problem, &choice, OptimizationDirection::Minimize);
    let least = best.value * (1.0 - loss_share.clamp(0.0, 1.0));
    let value = built.value.clone();
    built.model.add_constraint(value, ComparisonOp::Ge, least);
    // A pass kept counts -1, one added +1; what was removed follows.
    let mut costs = Vec::new();
    for (c, variable) in choice.iter().zip(&built.taken) {
        costs.push((*variable, if was_taken[c.pass] { -1.0 } else { 1.0 }));
        let same = before.contains(c);
        if same && problem.passes[c.pass].start_s < now_s {
            built
                .model
                .add_constraint([(*variable, 1.0)], ComparisonOp::Eq, 1.0);
        }
    }
    let changes = built
        .model
        .add_var(1.0, (-(choice.len() as f64), choice.len() as f64));
    let mut row: Vec<_> = costs.iter().map(|(v, cost)| (*v, -cost)).collect();
    row.push((changes, 1.0));
    built.model.add_constraint(row, ComparisonOp::Ge, 0.0);
    let found = built.solve(budget, None).ok().and_then(|(found, _)| found);
    let found = found.map(|places| places.iter().map(|i| choice[*i]).collect::<Vec<_>>());
    let mut chosen = match found {
        Some(found) if check::check(&problem, &found).is_ok() => found,
        _ => best.chosen,
    };
    chosen.sort_by(|a, b| a.start_s.total_cmp(&b.start_s).then(a.pass.cmp(&b.pass)));
    let is_taken = |place: usize| chosen.iter().any(|c| c.pass == place);
    let pick = |wanted: &dyn Fn(usize) -> bool| -> Vec<u64> {
        let places = (0..problem.passes.len()).filter(|place| wanted(*place));
        places.map(|place| problem.passes[place].id).collect()
    };
    Ok(Repair {
        removed: pick(&|place| was_taken[place] && !is_taken(place)),
        added: pick(&|place| !was_taken[place] && is_taken(place)),
        value: check::value(&problem, &chosen),
        bound: best.bound,
        chosen,
    })
}
