//! What can be chosen: whole passes, and parts of them where parts are allowed.

use super::{Pass, Problem};

/// Most parts of one pass, beside the whole of it.
const PARTS_MAX: usize = 12;

/// A pass, or a part of one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Place of the pass in the problem.
    pub pass: usize,
    /// Start, s.
    pub start_s: f64,
    /// End, s.
    pub end_s: f64,
    /// What it brings, bits.
    pub volume_bit: f64,
}

/// Everything that may be chosen, by pass, and within a pass by start and end.
///
/// Parts, where the rules allow them: what outages leave of a pass, and that cut where another pass over
/// the same station or of the same satellite begins (less the turnaround) or ends (plus the turnaround),
/// the places where an exchange can gain.
pub fn candidates(problem: &Problem) -> Vec<Candidate> {
    let mut found = Vec::with_capacity(problem.passes.len());
    let by_start = Neighbours::new(problem);
    for (place, pass) in problem.passes.iter().enumerate() {
        let mut spans = outside_outages(problem, pass);
        if problem.rules.part_min_s.is_none() {
            spans.retain(|s| s.0 <= pass.start_s && s.1 >= pass.end_s);
        } else {
            by_start.cut(problem, pass, &mut spans);
        }
        spans.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
        spans.dedup();
        for (start_s, end_s) in spans {
            let volume_bit = problem.volume_bit(pass.satellite, start_s, end_s);
            if volume_bit > 0.0 {
                found.push(Candidate {
                    pass: place,
                    start_s,
                    end_s,
                    volume_bit,
                });
            }
        }
    }
    found
}

/// The parts of a pass in which the station works.
pub(super) fn outside_outages(problem: &Problem, pass: &Pass) -> Vec<(f64, f64)> {
    let mut spans = vec![(pass.start_s, pass.end_s)];
    for outage in problem.outages.iter().filter(|o| o.station == pass.station) {
        spans = spans
            .into_iter()
            .flat_map(|(start_s, end_s)| {
                if outage.end_s <= start_s || outage.start_s >= end_s {
                    return vec![(start_s, end_s)];
                }
                let mut left = Vec::new();
                if outage.start_s > start_s {
                    left.push((start_s, outage.start_s));
                }
                if outage.end_s < end_s {
                    left.push((outage.end_s, end_s));
                }
                left
            })
            .collect();
    }
    spans
}

/// Passes in order of their start, for looking up those nearby.
struct Neighbours {
    order: Vec<usize>,
    longest_s: f64,
}

impl Neighbours {
    fn new(problem: &Problem) -> Self {
        let passes = &problem.passes;
        let mut order: Vec<usize> = (0..passes.len()).collect();
        order.sort_by(|a, b| passes[*a].start_s.total_cmp(&passes[*b].start_s));
        let length_s = passes.iter().map(|p| p.end_s - p.start_s);
        Self {
            order,
            longest_s: length_s.fold(0.0, f64::max),
        }
    }

    fn cut(&self, problem: &Problem, pass: &Pass, spans: &mut Vec<(f64, f64)>) {
        let min_s = problem.rules.part_min_s.unwrap_or(f64::INFINITY);
        spans.retain(|(start_s, end_s)| end_s - start_s >= min_s);
        let whole = spans.clone();
        let turn_s = problem.rules.turnaround_s;
        let passes = &problem.passes;
        let low_s = pass.start_s - self.longest_s - turn_s;
        let first = self.order.partition_point(|i| passes[*i].start_s < low_s);
        for &i in &self.order[first..] {
            let other = &passes[i];
            if other.start_s > pass.end_s + turn_s || spans.len() > PARTS_MAX {
                break;
            }
            let gap_s = if other.station == pass.station {
                turn_s
            } else if other.satellite == pass.satellite {
                0.0
            } else {
                continue;
            };
            for &(start_s, end_s) in &whole {
                let before = (start_s, end_s.min(other.start_s - gap_s));
                let after = (start_s.max(other.end_s + gap_s), end_s);
                for part in [before, after] {
                    if part.1 - part.0 >= min_s && !spans.contains(&part) {
                        spans.push(part);
                    }
                }
            }
        }
    }
}
