//! The independent check of a schedule. Shares no code with the solver: angles, gaps, duty and memory
//! are worked out here again, from the problem alone and in the plainest way.

use super::problem::{Memory, Problem, Spacecraft};
use std::collections::BTreeMap;

/// How much a rule may be broken by rounding: times, seconds, and volumes, Mbit.
const ROUNDING: f64 = 1e-6;

/// A rule that a schedule breaks.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Violation {
    /// A selected candidate is not in the problem.
    #[error("candidate {candidate} is not in the problem, which has {count}")]
    Unknown {
        /// The candidate.
        candidate: u32,
        /// How many the problem has.
        count: usize,
    },
    /// A target is observed twice.
    #[error("target {target} is observed by candidates {first} and {second}")]
    Twice {
        /// The target.
        target: u32,
        /// One candidate.
        first: u32,
        /// The other.
        second: u32,
    },
    /// The satellite cannot turn that fast.
    #[error(
        "satellite {satellite}: {gap_s:.3} s from the end of candidate {first} to the start of \
         candidate {second}; {needed_s:.3} s are needed"
    )]
    Gap {
        /// The satellite.
        satellite: u32,
        /// The earlier candidate.
        first: u32,
        /// The later candidate.
        second: u32,
        /// What there is, seconds.
        gap_s: f64,
        /// What would be right, seconds.
        needed_s: f64,
    },
    /// More observations than the satellite may make.
    #[error("satellite {satellite}: {images} observations; at most {most} are allowed")]
    Images {
        /// The satellite.
        satellite: u32,
        /// How many it makes.
        images: usize,
        /// How many it may make.
        most: u32,
    },
    /// Too much observing within the duty cycle's window.
    #[error(
        "satellite {satellite}: {observing_s:.3} s of observing in the window from {from_s:.3} s; at \
         most {most_s:.3} s are allowed"
    )]
    Duty {
        /// The satellite.
        satellite: u32,
        /// Start of the window, seconds.
        from_s: f64,
        /// Time of observing, seconds.
        observing_s: f64,
        /// What is allowed, seconds.
        most_s: f64,
    },
    /// The recorder would overflow.
    #[error(
        "satellite {satellite}: {stored_mbit:.3} Mbit recorded with candidate {candidate}; \
         {capacity_mbit:.3} Mbit fit"
    )]
    Memory {
        /// The satellite.
        satellite: u32,
        /// The candidate that does not fit.
        candidate: u32,
        /// What would be stored, Mbit.
        stored_mbit: f64,
        /// What fits, Mbit.
        capacity_mbit: f64,
    },
}

/// The profit of a schedule, given as the places of its candidates in the problem.
///
/// # Errors
/// The first rule that it breaks.
pub fn check(problem: &Problem, selected: &[u32]) -> Result<f64, Violation> {
    let mut observed: BTreeMap<u32, u32> = BTreeMap::new();
    let mut by_satellite: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut profit = 0.0;
    for &index in selected {
        let count = problem.candidates.len();
        let Some(candidate) = problem.candidates.get(index as usize) else {
            return Err(Violation::Unknown {
                candidate: index,
                count,
            });
        };
        if let Some(first) = observed.insert(candidate.target, index) {
            return Err(Violation::Twice {
                target: candidate.target,
                first,
                second: index,
            });
        }
        profit += problem.profits[candidate.target as usize];
        by_satellite
            .entry(candidate.satellite)
            .or_default()
            .push(index);
    }
    for (satellite, mut sequence) in by_satellite {
        sequence.sort_by(|a, b| {
            let start = |i: &u32| problem.candidates[*i as usize].start_s;
            start(a).total_cmp(&start(b)).then(a.cmp(b))
        });
        let craft = &problem.satellites[satellite as usize];
        check_gaps(problem, craft, satellite, &sequence)?;
        check_images(craft, satellite, &sequence)?;
        check_duty(problem, craft, satellite, &sequence)?;
        check_memory(problem, craft, satellite, &sequence)?;
    }
    Ok(profit)
}

fn angle_deg(a: [f64; 3], b: [f64; 3]) -> f64 {
    let length = |v: [f64; 3]| (v[0] * v[0] + v[1] * v[1] + v[2] * v[2]).sqrt();
    let dot = a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
    let cross = [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
    length(cross).atan2(dot).to_degrees()
}

fn check_gaps(
    problem: &Problem,
    craft: &Spacecraft,
    satellite: u32,
    sequence: &[u32],
) -> Result<(), Violation> {
    for pair in sequence.windows(2) {
        let [a, b] = [pair[0], pair[1]].map(|i| &problem.candidates[i as usize]);
        let gap_s = b.start_s - (a.start_s + a.duration_s);
        let turn_deg = angle_deg(a.line_of_sight, b.line_of_sight);
        let needed_s = craft.settle_s + turn_deg / craft.slew_rate_deg_s;
        if gap_s < needed_s - ROUNDING {
            return Err(Violation::Gap {
                satellite,
                first: pair[0],
                second: pair[1],
                gap_s,
                needed_s,
            });
        }
    }
    Ok(())
}

fn check_images(craft: &Spacecraft, satellite: u32, sequence: &[u32]) -> Result<(), Violation> {
    match craft.max_images {
        Some(most) if sequence.len() > most as usize => Err(Violation::Images {
            satellite,
            images: sequence.len(),
            most,
        }),
        _ => Ok(()),
    }
}

fn check_duty(
    problem: &Problem,
    craft: &Spacecraft,
    satellite: u32,
    sequence: &[u32],
) -> Result<(), Violation> {
    let Some(duty) = craft.duty_cycle else {
        return Ok(());
    };
    for (place, &first) in sequence.iter().enumerate() {
        let from_s = problem.candidates[first as usize].start_s;
        let observing_s: f64 = sequence[place..]
            .iter()
            .map(|&i| &problem.candidates[i as usize])
            .take_while(|c| c.start_s < from_s + duty.window_s)
            .map(|c| c.duration_s)
            .sum();
        if observing_s > duty.max_observing_s + ROUNDING {
            return Err(Violation::Duty {
                satellite,
                from_s,
                observing_s,
                most_s: duty.max_observing_s,
            });
        }
    }
    Ok(())
}

fn check_memory(
    problem: &Problem,
    craft: &Spacecraft,
    satellite: u32,
    sequence: &[u32],
) -> Result<(), Violation> {
    let Some(memory) = &craft.memory else {
        return Ok(());
    };
    let mut stored_mbit = memory.initial_mbit;
    let mut clock_s = 0.0;
    for &index in sequence {
        let candidate = &problem.candidates[index as usize];
        stored_mbit = drained(memory, stored_mbit, clock_s, candidate.start_s);
        clock_s = candidate.start_s;
        stored_mbit += candidate.duration_s * memory.record_mbit_s;
        if stored_mbit > memory.capacity_mbit + ROUNDING {
            return Err(Violation::Memory {
                satellite,
                candidate: index,
                stored_mbit,
                capacity_mbit: memory.capacity_mbit,
            });
        }
    }
    Ok(())
}

/// What is left of `stored_mbit` after the downlinks between two times.
fn drained(memory: &Memory, mut stored_mbit: f64, from_s: f64, to_s: f64) -> f64 {
    for downlink in &memory.downlinks {
        let shared_s = downlink.end_s.min(to_s) - downlink.start_s.max(from_s);
        if shared_s > 0.0 {
            stored_mbit = (stored_mbit - shared_s * downlink.rate_mbit_s).max(0.0);
        }
    }
    stored_mbit
}
