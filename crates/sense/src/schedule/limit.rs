//! Duty cycle and memory of one satellite: where a sequence breaks them, and the sum over a run of
//! nodes that must come down for it to hold.

use super::line::Line;
use super::price::{Budget, Unit};
use super::problem::{DutyCycle, Memory};

/// A limit that a sequence breaks.
pub(super) struct Breach {
    /// The limit: over these nodes the sequence takes more than the most.
    pub(super) budget: Budget,
    /// Where in the sequence the observations stand that count.
    pub(super) from: usize,
    /// One past the last of them.
    pub(super) to: usize,
}

/// How far past a limit is rounding: seconds, Mbit.
const ROUNDING: f64 = 1e-9;

/// The first limit that `sequence` breaks.
pub(super) fn breach(line: &Line, sequence: &[u32]) -> Option<Breach> {
    let duty = line.craft.duty_cycle.as_ref();
    let memory = line.craft.memory.as_ref();
    duty.and_then(|duty| over_duty(line, duty, sequence))
        .or_else(|| memory.and_then(|memory| over_memory(line, memory, sequence)))
}

fn over_duty(line: &Line, duty: &DutyCycle, sequence: &[u32]) -> Option<Breach> {
    let start_s = |place: usize| line.start_s[sequence[place] as usize];
    let mut to = 0;
    let mut observing_s = 0.0;
    for from in 0..sequence.len() {
        let end_s = start_s(from) + duty.window_s;
        while to < sequence.len() && start_s(to) < end_s {
            observing_s += line.duration_s[sequence[to] as usize];
            to += 1;
        }
        if observing_s > duty.max_observing_s + ROUNDING {
            let end = line.start_s.partition_point(|&s| s < end_s);
            let budget = Budget {
                satellite: 0,
                first: line.start_s.partition_point(|&s| s < start_s(from)) as u32,
                end: end as u32,
                unit: Unit::Seconds,
                most: duty.max_observing_s,
            };
            return Some(Breach { budget, from, to });
        }
        observing_s -= line.duration_s[sequence[from] as usize];
    }
    None
}

fn over_memory(line: &Line, memory: &Memory, sequence: &[u32]) -> Option<Breach> {
    if memory.record_mbit_s <= 0.0 {
        return None;
    }
    let mut stored_mbit = memory.initial_mbit;
    let mut clock_s = 0.0;
    // Since when there has always been something stored, and what may be recorded since then.
    let (mut from, mut first) = (0, 0);
    let mut room_mbit = memory.capacity_mbit - memory.initial_mbit;
    for (place, &node) in sequence.iter().enumerate() {
        let start_s = line.start_s[node as usize];
        let drain_mbit = drain_mbit(memory, clock_s, start_s);
        clock_s = start_s;
        stored_mbit -= drain_mbit;
        room_mbit += drain_mbit;
        if stored_mbit <= 0.0 {
            stored_mbit = 0.0;
            (from, first) = (place, node);
            room_mbit = memory.capacity_mbit;
        }
        stored_mbit += line.duration_s[node as usize] * memory.record_mbit_s;
        if stored_mbit > memory.capacity_mbit + ROUNDING {
            let budget = Budget {
                satellite: 0,
                first,
                end: node + 1,
                unit: Unit::Seconds,
                most: room_mbit / memory.record_mbit_s,
            };
            return Some(Breach {
                budget,
                from,
                to: place + 1,
            });
        }
    }
    None
}

/// The most that downlinks take between two times.
fn drain_mbit(memory: &Memory, from_s: f64, to_s: f64) -> f64 {
    let first = memory.downlinks.partition_point(|d| d.end_s <= from_s);
    memory.downlinks[first..]
        .iter()
        .take_while(|d| d.start_s < to_s)
        .map(|d| (d.end_s.min(to_s) - d.start_s.max(from_s)) * d.rate_mbit_s)
        .sum()
}
