//! Simulated annealing over schedules: put a candidate in, take out what is in its way.

use super::limit;
use super::line::Line;
use fastrand::Rng;

/// One satellite and one of its nodes.
pub(super) type Place = (u32, u32);

/// A schedule under change: always one that every limit allows.
pub(super) struct Anneal<'a> {
    lines: &'a [Line],
    profits: &'a [f64],
    /// The candidates of each target.
    places: &'a [Vec<Place>],
    sequences: Vec<Vec<u32>>,
    /// Where each target is observed.
    observed: Vec<Option<Place>>,
    /// The targets that have candidates and are not observed, and where each stands in that list.
    open: Vec<u32>,
    open_at: Vec<u32>,
    profit: f64,
    best: f64,
    best_sequences: Vec<Vec<u32>>,
    rng: Rng,
    /// Nodes to be taken out.
    out: Vec<u32>,
    /// A sequence as it would be.
    tried: Vec<u32>,
}

const NOT_OPEN: u32 = u32::MAX;

impl<'a> Anneal<'a> {
    pub(super) fn new(
        lines: &'a [Line],
        profits: &'a [f64],
        places: &'a [Vec<Place>],
        seed: u64,
    ) -> Self {
        let mut search = Self {
            lines,
            profits,
            places,
            sequences: vec![Vec::new(); lines.len()],
            observed: vec![None; profits.len()],
            open: Vec::new(),
            open_at: vec![NOT_OPEN; profits.len()],
            profit: 0.0,
            best: 0.0,
            best_sequences: vec![Vec::new(); lines.len()],
            rng: Rng::with_seed(seed),
            out: Vec::new(),
            tried: Vec::new(),
        };
        for (target, places) in places.iter().enumerate() {
            if !places.is_empty() {
                search.push_open(target as u32);
            }
        }
        search
    }

    /// The best profit so far.
    pub(super) fn best(&self) -> f64 {
        self.best
    }

    /// The schedule of the best profit: the nodes of each satellite in order.
    pub(super) fn best_sequences(&self) -> &[Vec<u32>] {
        &self.best_sequences
    }

    /// Tries `count` moves at a temperature in units of profit.
    pub(super) fn moves(&mut self, count: u32, temperature: f64) {
        if self.profits.is_empty() {
            return;
        }
        for _ in 0..count {
            self.step(temperature);
        }
        self.keep_if_best();
    }

    fn keep_if_best(&mut self) {
        if self.profit > self.best {
            self.best_sequences.clone_from(&self.sequences);
            self.best = self.profit;
        }
    }

    fn push_open(&mut self, target: u32) {
        self.open_at[target as usize] = self.open.len() as u32;
        self.open.push(target);
    }

    fn remove_open(&mut self, target: u32) {
        let at = self.open_at[target as usize];
        if at == NOT_OPEN {
            return;
        }
        self.open.swap_remove(at as usize);
        if let Some(&moved) = self.open.get(at as usize) {
            self.open_at[moved as usize] = at;
        }
        self.open_at[target as usize] = NOT_OPEN;
    }

    fn step(&mut self, temperature: f64) {
        let target = if !self.open.is_empty() && self.rng.bool() {
            self.open[self.rng.usize(..self.open.len())]
        } else {
            self.rng.u32(..self.profits.len() as u32)
        };
        let places = &self.places[target as usize];
        if places.is_empty() {
            return;
        }
        let place = places[self.rng.usize(..places.len())];
        let now = self.observed[target as usize];
        if now == Some(place) {
            return;
        }
        let loss = self.in_the_way(place, target, now);
        let gain = if now.is_some() {
            0.0
        } else {
            self.profits[target as usize]
        };
        let change = gain - loss;
        if change < 0.0 && self.rng.f64() >= (change / temperature).exp() {
            return;
        }
        if change < 0.0 {
            self.keep_if_best();
        }
        self.put(place, target);
        self.profit += change;
    }

    /// Fills `out` with the nodes that must go for `place`, and says what they are worth.
    fn in_the_way(&mut self, place: Place, target: u32, now: Option<Place>) -> f64 {
        let (satellite, node) = place;
        let line = &self.lines[satellite as usize];
        let sequence = &self.sequences[satellite as usize];
        let at = sequence.partition_point(|&n| n < node);
        self.out.clear();
        let mut loss = 0.0;
        for &before in sequence[..at].iter().rev() {
            let same = line.targets[before as usize] == target;
            if !same {
                if line.follows(before, node) {
                    break;
                }
                loss += self.profits[line.targets[before as usize] as usize];
                self.out.push(before);
            }
        }
        for &after in &sequence[at..] {
            let same = line.targets[after as usize] == target;
            if !same {
                if line.follows(node, after) {
                    break;
                }
                loss += self.profits[line.targets[after as usize] as usize];
                self.out.push(after);
            }
        }
        let own = now.is_some_and(|(s, _)| s == satellite);
        let images = sequence.len() - self.out.len() - usize::from(own) + 1;
        if line
            .craft
            .max_images
            .is_some_and(|most| images > most as usize)
        {
            loss += self.least_of_all(place, target);
        }
        if line.craft.duty_cycle.is_some() || line.craft.memory.is_some() {
            loss += self.least_of_breaches(place, target);
        }
        loss
    }

    /// Adds the observation of least profit of the whole sequence to `out`; its profit, or infinity
    /// where there is none to take.
    fn least_of_all(&mut self, (satellite, _): Place, target: u32) -> f64 {
        let line = &self.lines[satellite as usize];
        let sequence = &self.sequences[satellite as usize];
        let from = self.rng.usize(..sequence.len().max(1));
        let mut least: Option<(f64, u32)> = None;
        for &node in sequence[from..].iter().chain(&sequence[..from]) {
            let its = line.targets[node as usize];
            let profit = self.profits[its as usize];
            if its != target && least.is_none_or(|(p, _)| profit < p) && !self.out.contains(&node) {
                least = Some((profit, node));
            }
        }
        let Some((profit, node)) = least else {
            return f64::INFINITY;
        };
        self.out.push(node);
        profit
    }

    /// Adds observations to `out` until duty cycle and memory hold; their profit, or infinity where
    /// the new one cannot be made at all.
    fn least_of_breaches(&mut self, (satellite, node): Place, target: u32) -> f64 {
        let line = &self.lines[satellite as usize];
        let sequence = &self.sequences[satellite as usize];
        let stays = |n: &u32| line.targets[*n as usize] != target && !self.out.contains(n);
        self.tried.clear();
        self.tried.extend(sequence.iter().copied().filter(stays));
        let at = self.tried.partition_point(|&n| n < node);
        self.tried.insert(at, node);
        let mut loss = 0.0;
        while let Some(breach) = limit::breach(line, &self.tried) {
            let mut least: Option<(f64, usize)> = None;
            for place in breach.from..breach.to {
                let other = self.tried[place];
                let profit = self.profits[line.targets[other as usize] as usize];
                if other != node && least.is_none_or(|(p, _)| profit < p) {
                    least = Some((profit, place));
                }
            }
            let Some((profit, place)) = least else {
                return f64::INFINITY;
            };
            self.out.push(self.tried.remove(place));
            loss += profit;
        }
        loss
    }

    /// Puts `place` in, takes `out` out.
    fn put(&mut self, place: Place, target: u32) {
        let (satellite, node) = place;
        match self.observed[target as usize] {
            Some((s, n)) => self.sequences[s as usize].retain(|&m| m != n),
            None => self.remove_open(target),
        }
        let sequence = &mut self.sequences[satellite as usize];
        if !self.out.is_empty() {
            sequence.retain(|n| !self.out.contains(n));
        }
        let at = sequence.partition_point(|&n| n < node);
        sequence.insert(at, node);
        self.observed[target as usize] = Some(place);
        for k in 0..self.out.len() {
            let gone = self.lines[satellite as usize].targets[self.out[k] as usize];
            self.observed[gone as usize] = None;
            self.push_open(gone);
        }
    }
}
