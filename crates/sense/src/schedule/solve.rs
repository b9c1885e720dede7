//! The solver: annealing and bound side by side, in rounds that do not depend on the clock.

use super::anneal::{Anneal, Place};
use super::bound::Relaxation;
use super::line::{Line, lines};
use super::problem::{Problem, ProblemError};

/// Moves of one annealing in one round.
const MOVES: u32 = 40_000;
/// Where the cycles of annealing end, as shares of the whole: a quick one, a longer one, a long one.
const CYCLES: [f64; 3] = [0.1, 0.3, 1.0];
/// Temperature at the start and at the end of a cycle, in units of the mean profit.
const HOT: f64 = 0.2;
const COLD: f64 = 0.02;

/// A profit this close to the bound, as a share of it, is the greatest: the rest is rounding.
const PROVEN: f64 = 1e-6;

/// A schedule and how good it can be.
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    /// The candidates to observe, by their places in the problem, by satellite and time.
    pub selected: Vec<u32>,
    /// Their profit.
    pub profit: f64,
    /// No schedule's profit is more.
    pub bound: f64,
    /// Rounds made. The same problem, seed and rounds give the same schedule.
    pub rounds: u32,
}

/// Searches for the schedule of the greatest profit.
///
/// `progress` is asked before each round, with the number of rounds made, how much of the effort is
/// spent: from 0, at 1 the search stops. For a result that can be had again, let it be a share of
/// rounds; for a deadline, of time. Before either, the search stops where nothing better can be.
/// There is always one round. `threads` beyond two are not used, and fewer only take longer: they do not
/// change the result of a round.
///
/// # Errors
/// [`ProblemError`]: a figure of the problem that cannot be.
pub fn solve(
    problem: &Problem,
    seed: u64,
    threads: usize,
    mut progress: impl FnMut(u32) -> f64,
) -> Result<Schedule, ProblemError> {
    problem.check()?;
    let lines = lines(problem);
    let profits = &problem.profits;
    let places = places(&lines, profits.len());
    let reachable: Vec<f64> = profits
        .iter()
        .zip(&places)
        .filter(|(_, places)| !places.is_empty())
        .map(|(profit, _)| *profit)
        .collect();
    let scale = reachable.iter().sum::<f64>() / reachable.len().max(1) as f64;
    let mut search = Search {
        first: Anneal::new(&lines, profits, &places, seed),
        second: Anneal::new(&lines, profits, &places, seed ^ 0x9e37_79b9_7f4a_7c15),
        relaxation: Relaxation::new(&lines, profits, &reachable),
        whole: profits.iter().all(|p| p.fract() == 0.0),
        sequences: vec![Vec::new(); lines.len()],
        profit: 0.0,
    };
    let mut rounds = 0;
    while !search.proven() {
        let share = progress(rounds);
        if rounds > 0 && share >= 1.0 {
            break;
        }
        search.round(scale * temperature(share), threads);
        rounds += 1;
    }
    let selected = search.selected(&lines);
    let bound = search.bound();
    let profit_of = |&i: &u32| profits[problem.candidates[i as usize].target as usize];
    Ok(Schedule {
        profit: selected.iter().map(profit_of).sum(),
        selected,
        bound,
        rounds,
    })
}

/// The candidates of each target.
fn places(lines: &[Line], targets: usize) -> Vec<Vec<Place>> {
    let mut places = vec![Vec::new(); targets];
    for (satellite, line) in lines.iter().enumerate() {
        for (node, &target) in line.targets.iter().enumerate() {
            places[target as usize].push((satellite as u32, node as u32));
        }
    }
    places
}

/// Falls from hot to cold in each cycle.
fn temperature(share: f64) -> f64 {
    let mut from = 0.0;
    for to in CYCLES {
        if share < to {
            let within = ((share - from) / (to - from)).clamp(0.0, 1.0);
            return HOT * (COLD / HOT).powf(within);
        }
        from = to;
    }
    COLD
}

struct Search<'a> {
    first: Anneal<'a>,
    second: Anneal<'a>,
    relaxation: Relaxation<'a>,
    /// Whether all profits are whole numbers: so are sums of them.
    whole: bool,
    sequences: Vec<Vec<u32>>,
    profit: f64,
}

impl Search<'_> {
    /// Anneals, and beside it works on the bound until that hardly moves, then anneals a second
    /// schedule.
    fn round(&mut self, temperature: f64, threads: usize) {
        let reached = self.profit;
        // The bound starts from a schedule, and so after the first round.
        let bounding = reached > 0.0 && !self.relaxation.settled();
        let (first, second, relaxation) = (&mut self.first, &mut self.second, &mut self.relaxation);
        let mut anneal = || first.moves(MOVES, temperature);
        let mut beside = || {
            if bounding {
                relaxation.step();
            } else {
                second.moves(MOVES, temperature);
            }
        };
        if threads < 2 {
            anneal();
            beside();
        } else {
            std::thread::scope(|scope| {
                scope.spawn(beside);
                anneal();
            });
        }
        for chain in [&mut self.first, &mut self.second] {
            if chain.best() > self.profit {
                self.profit = chain.best();
                self.sequences = chain.best_sequences().to_vec();
                self.relaxation.learn(&self.sequences);
            }
        }
    }

    fn bound(&self) -> f64 {
        let bound = self.relaxation.bound();
        let rounding = 1e-6 * bound.max(1.0);
        let bound = if self.whole {
            (bound + rounding).floor()
        } else {
            bound
        };
        bound.max(self.profit)
    }

    fn proven(&self) -> bool {
        self.bound() <= self.profit * (1.0 + PROVEN)
    }

    fn selected(&self, lines: &[Line]) -> Vec<u32> {
        let of = |(sequence, line): (&Vec<u32>, &Line)| -> Vec<u32> {
            sequence
                .iter()
                .map(|&n| line.candidates[n as usize])
                .collect()
        };
        self.sequences.iter().zip(lines).flat_map(of).collect()
    }
}
