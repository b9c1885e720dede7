//! How good and how fast schedules are: `cargo bench -p corridor-sense --bench schedule -- FILE [SECONDS]`,
//! FILE being an instance (`schedule::instance`). The peers are the two rules that planners use where
//! they have no solver: greedy by profit, and earliest first.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints its figures"
)]

use corridor_sense::schedule::check::check;
use corridor_sense::schedule::problem::Problem;
use corridor_sense::schedule::{instance, solve};
use std::time::Instant;

/// Takes candidates in an order, each that still fits.
fn take_in_order(problem: &Problem, order: &[u32]) -> f64 {
    let mut by_satellite: Vec<Vec<u32>> = vec![Vec::new(); problem.satellites.len()];
    let mut observed = vec![false; problem.profits.len()];
    let mut profit = 0.0;
    for &index in order {
        let candidate = &problem.candidates[index as usize];
        if observed[candidate.target as usize] {
            continue;
        }
        let own = &mut by_satellite[candidate.satellite as usize];
        own.push(index);
        if check(problem, own).is_ok() {
            observed[candidate.target as usize] = true;
            profit += problem.profits[candidate.target as usize];
        } else {
            own.pop();
        }
    }
    profit
}

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let Some(file) = arguments.first() else {
        println!("an instance file is needed");
        return;
    };
    let seconds: f64 = arguments.get(1).map_or(10.0, |s| s.parse().unwrap());
    let problem = instance::parse(&std::fs::read_to_string(file).unwrap()).unwrap();
    println!(
        "{} satellites, {} targets, {} candidates",
        problem.satellites.len(),
        problem.profits.len(),
        problem.candidates.len()
    );
    let start_s = |i: &u32| problem.candidates[*i as usize].start_s;
    let mut order: Vec<u32> = (0..problem.candidates.len() as u32).collect();
    order.sort_by(|a, b| start_s(a).total_cmp(&start_s(b)));
    let earliest = take_in_order(&problem, &order);
    println!("earliest first: {earliest}");
    let profit = |i: &u32| problem.profits[problem.candidates[*i as usize].target as usize];
    order.sort_by(|a, b| profit(b).total_cmp(&profit(a)));
    let greedy = take_in_order(&problem, &order);
    println!("greedy by profit: {greedy}");
    for (seed, limit_s) in [(1, 1.0), (1, seconds), (2, seconds), (3, seconds)] {
        let begin = Instant::now();
        let spent = |_| begin.elapsed().as_secs_f64() / limit_s;
        let found = solve(&problem, seed, 2, spent).unwrap();
        assert_eq!(check(&problem, &found.selected), Ok(found.profit));
        println!(
            "seed {seed}, limit {limit_s} s: profit {} (bound {}), {:.4} of the bound, {:.3} of greedy, \
             {:.2} s, {} rounds",
            found.profit,
            found.bound,
            found.profit / found.bound,
            found.profit / greedy,
            begin.elapsed().as_secs_f64(),
            found.rounds
        );
    }
}
