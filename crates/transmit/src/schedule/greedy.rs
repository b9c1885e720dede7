//! A schedule at once: the most valuable first, then exchanges of one for what it keeps out.

use super::{Candidate, Problem};

/// Most rounds of exchanges.
const ROUNDS_MAX: usize = 20;

/// Places of chosen candidates, without conflict. The search starts from it, and it is the answer where the
/// search finds none in its time.
pub fn greedy(problem: &Problem, candidates: &[Candidate]) -> Vec<usize> {
    let worth = |c: &Candidate| {
        c.volume_bit * problem.satellites[problem.passes[c.pass].satellite].priority
    };
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by(|a, b| worth(&candidates[*b]).total_cmp(&worth(&candidates[*a])));
    let mut state = State::new(problem, candidates);
    for &i in &order {
        if state.gain(i) > 0.0 && state.in_the_way(i).is_empty() {
            state.put(i);
        }
    }
    for _ in 0..ROUNDS_MAX {
        let mut better = false;
        for &i in &order {
            if state.chosen[i] {
                continue;
            }
            let out = state.in_the_way(i);
            let before = state.value();
            for &k in &out {
                state.take_out(k);
            }
            state.put(i);
            let mut added = vec![i];
            // What the exchange made room for.
            for &k in &out {
                if state.in_the_way(k).is_empty() && state.gain(k) > 0.0 {
                    state.put(k);
                    added.push(k);
                }
            }
            if state.value() > before * (1.0 + 1e-12) {
                better = true;
                continue;
            }
            for k in added {
                state.take_out(k);
            }
            for k in out {
                state.put(k);
            }
        }
        if !better {
            break;
        }
    }
    (0..candidates.len()).filter(|i| state.chosen[*i]).collect()
}

struct State<'a> {
    problem: &'a Problem,
    candidates: &'a [Candidate],
    chosen: Vec<bool>,
    /// Chosen candidates by station and by satellite.
    on_station: Vec<Vec<usize>>,
    of_satellite: Vec<Vec<usize>>,
    sent_bit: Vec<f64>,
}

impl<'a> State<'a> {
    fn new(problem: &'a Problem, candidates: &'a [Candidate]) -> Self {
        Self {
            problem,
            candidates,
            chosen: vec![false; candidates.len()],
            on_station: vec![Vec::new(); problem.stations.len()],
            of_satellite: vec![Vec::new(); problem.satellites.len()],
            sent_bit: vec![0.0; problem.satellites.len()],
        }
    }

    fn places(&self, i: usize) -> (usize, usize) {
        let pass = &self.problem.passes[self.candidates[i].pass];
        (pass.station, pass.satellite)
    }

    fn value(&self) -> f64 {
        self.problem.value(&self.sent_bit)
    }

    fn gain(&self, i: usize) -> f64 {
        let (_, satellite) = self.places(i);
        let s = &self.problem.satellites[satellite];
        let room = s
            .demand_bit
            .map_or(f64::INFINITY, |d| d - self.sent_bit[satellite]);
        s.priority * self.candidates[i].volume_bit.min(room.max(0.0))
    }

    /// Chosen candidates that must go for this one.
    fn in_the_way(&self, i: usize) -> Vec<usize> {
        let (station, satellite) = self.places(i);
        let (c, turn_s) = (&self.candidates[i], self.problem.rules.turnaround_s);
        let meets = |k: &usize, gap_s: f64| {
            let other = &self.candidates[*k];
            other.start_s < c.end_s + gap_s && c.start_s < other.end_s + gap_s
        };
        let mut found: Vec<usize> = self.of_satellite[satellite]
            .iter()
            .copied()
            .filter(|k| meets(k, 0.0))
            .collect();
        let mut busy: Vec<usize> = self.on_station[station]
            .iter()
            .copied()
            .filter(|k| meets(k, turn_s) && !found.contains(k))
            .collect();
        // All others that it meets may be at work at once: keep one antenna free of the least.
        let antennas = self.problem.stations[station].antennas as usize;
        busy.sort_by(|a, b| self.gain_of(*a).total_cmp(&self.gain_of(*b)));
        let too_many = (busy.len() + 1).saturating_sub(antennas);
        found.extend(busy.into_iter().take(too_many));
        found
    }

    fn gain_of(&self, i: usize) -> f64 {
        let (_, satellite) = self.places(i);
        self.problem.satellites[satellite].priority * self.candidates[i].volume_bit
    }

    fn put(&mut self, i: usize) {
        let (station, satellite) = self.places(i);
        self.chosen[i] = true;
        self.on_station[station].push(i);
        self.of_satellite[satellite].push(i);
        self.sent_bit[satellite] += self.candidates[i].volume_bit;
    }

    fn take_out(&mut self, i: usize) {
        let (station, satellite) = self.places(i);
        self.chosen[i] = false;
        self.on_station[station].retain(|k| *k != i);
        self.of_satellite[satellite].retain(|k| *k != i);
        self.sent_bit[satellite] -= self.candidates[i].volume_bit;
    }
}
