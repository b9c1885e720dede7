//! A checker that shares nothing with the search: every pair is compared by the rules as they are written.

use super::{Candidate, Problem};

/// Whether a schedule keeps every rule.
///
/// # Errors
/// The first rule broken, in words.
pub fn check(problem: &Problem, chosen: &[Candidate]) -> Result<(), String> {
    for c in chosen {
        let pass = problem
            .passes
            .get(c.pass)
            .ok_or_else(|| format!("no pass at place {}", c.pass))?;
        if c.start_s < pass.start_s || c.end_s > pass.end_s || c.end_s < c.start_s {
            return Err(format!(
                "pass {}: {} to {} is not within it",
                pass.id, c.start_s, c.end_s
            ));
        }
        let whole = c.start_s <= pass.start_s && c.end_s >= pass.end_s;
        match problem.rules.part_min_s {
            None if !whole => return Err(format!("pass {} is taken in part", pass.id)),
            Some(min_s) if !whole && c.end_s - c.start_s < min_s => {
                return Err(format!("pass {}: part shorter than {min_s} s", pass.id));
            }
            _ => {}
        }
        for o in problem.outages.iter().filter(|o| o.station == pass.station) {
            if c.start_s < o.end_s && o.start_s < c.end_s {
                return Err(format!("pass {} meets an outage", pass.id));
            }
        }
    }
    for (i, a) in chosen.iter().enumerate() {
        let pass = problem.passes[a.pass];
        // Antennas in use when this one starts, turnaround included.
        let mut in_use = 1;
        for (k, b) in chosen.iter().enumerate() {
            let other = problem.passes[b.pass];
            if i == k {
                continue;
            }
            if other.satellite == pass.satellite && a.start_s < b.end_s && b.start_s < a.end_s {
                return Err(format!(
                    "passes {} and {} of one satellite overlap",
                    pass.id, other.id
                ));
            }
            let turn_s = problem.rules.turnaround_s;
            let earlier = b.start_s < a.start_s || b.start_s <= a.start_s && k < i;
            if other.station == pass.station && earlier && a.start_s < b.end_s + turn_s {
                in_use += 1;
            }
        }
        if in_use > problem.stations[pass.station].antennas {
            return Err(format!(
                "pass {} starts while every antenna of {} is in use or turning round",
                pass.id, problem.stations[pass.station].name
            ));
        }
    }
    Ok(())
}

/// Value of a schedule, counted anew.
pub fn value(problem: &Problem, chosen: &[Candidate]) -> f64 {
    let mut sent_bit = vec![0.0; problem.satellites.len()];
    for c in chosen {
        let satellite = problem.passes[c.pass].satellite;
        let data_s = (c.end_s - c.start_s - problem.rules.acquisition_s).max(0.0);
        sent_bit[satellite] += data_s * problem.satellites[satellite].rate_bit_s;
    }
    problem.value(&sent_bit)
}
