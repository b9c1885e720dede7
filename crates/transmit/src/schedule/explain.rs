//! Why a pass is not taken.

use super::candidate::outside_outages;
use super::{Candidate, Problem};
use serde::Serialize;

/// Why a pass is not taken. Passes are named by their numbers.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// The station does not work for some or all of it, and too little or nothing is left.
    Outage,
    /// It ends before data would flow.
    TooShort,
    /// All antennas are with these passes or turning round.
    StationBusy {
        /// Passes that hold them.
        with: Vec<u64>,
    },
    /// The satellite sends to another station meanwhile.
    SatelliteElsewhere {
        /// Passes by which.
        with: Vec<u64>,
    },
    /// The satellite's demand is met by other passes.
    DemandMet,
    /// Nothing stands in its way: the search ended before it was tried.
    Free,
}

/// For each pass of which nothing is chosen, its number and why, in the order of the passes.
pub fn explain(problem: &Problem, chosen: &[Candidate]) -> Vec<(u64, Reason)> {
    let mut taken = vec![false; problem.passes.len()];
    let mut sent_bit = vec![0.0; problem.satellites.len()];
    for c in chosen {
        taken[c.pass] = true;
        sent_bit[problem.passes[c.pass].satellite] += c.volume_bit;
    }
    let mut found = Vec::new();
    for (place, pass) in problem.passes.iter().enumerate() {
        if !taken[place] {
            found.push((pass.id, why(problem, chosen, place, &sent_bit)));
        }
    }
    found
}

fn why(problem: &Problem, chosen: &[Candidate], place: usize, sent_bit: &[f64]) -> Reason {
    let (pass, rules) = (problem.passes[place], problem.rules);
    let longest_s = outside_outages(problem, &pass)
        .into_iter()
        .map(|(start_s, end_s)| end_s - start_s)
        .fold(0.0, f64::max);
    let whole_s = pass.end_s - pass.start_s;
    if whole_s <= rules.acquisition_s {
        return Reason::TooShort;
    }
    let needed_s = rules.part_min_s.unwrap_or(whole_s).min(whole_s);
    if longest_s < needed_s || longest_s <= rules.acquisition_s {
        return Reason::Outage;
    }
    let demand_bit = problem.satellites[pass.satellite].demand_bit;
    if demand_bit.is_some_and(|demand_bit| sent_bit[pass.satellite] >= demand_bit) {
        return Reason::DemandMet;
    }
    let meets = |c: &&Candidate, gap_s: f64| {
        c.start_s < pass.end_s + gap_s && pass.start_s < c.end_s + gap_s
    };
    let ids = |found: Vec<&Candidate>| found.iter().map(|c| problem.passes[c.pass].id).collect();
    let of_satellite: Vec<&Candidate> = chosen
        .iter()
        .filter(|c| problem.passes[c.pass].satellite == pass.satellite && meets(c, 0.0))
        .collect();
    let on_station: Vec<&Candidate> = chosen
        .iter()
        .filter(|c| problem.passes[c.pass].station == pass.station && meets(c, rules.turnaround_s))
        .collect();
    if on_station.len() >= problem.stations[pass.station].antennas as usize {
        return Reason::StationBusy {
            with: ids(on_station),
        };
    }
    if !of_satellite.is_empty() {
        return Reason::SatelliteElsewhere {
            with: ids(of_satellite),
        };
    }
    Reason::Free
}
