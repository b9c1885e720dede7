//! What one satellite can do, laid out for the solver: its candidates in order of time, and which may
//! follow which.

use super::problem::{Candidate, Problem, Spacecraft};

/// Gaps may be short by this much, seconds: the rounding of sums of times.
const ROUNDING_S: f64 = 1e-9;

/// Most transitions that are listed for one satellite; 80 MB.
const LISTED_MAX: usize = 20_000_000;

/// One satellite's candidates, called nodes here, in order of their starts.
#[derive(Debug)]
pub(super) struct Line {
    /// The candidate of each node, by its place in the problem.
    pub(super) candidates: Vec<u32>,
    /// The target of each node.
    pub(super) targets: Vec<u32>,
    pub(super) start_s: Vec<f64>,
    pub(super) duration_s: Vec<f64>,
    sight: Vec<[f64; 3]>,
    pub(super) craft: Spacecraft,
    /// After a gap this long anything may follow, seconds.
    longest_gap_s: f64,
}

/// The satellites of a problem.
pub(super) fn lines(problem: &Problem) -> Vec<Line> {
    let mut lines: Vec<Line> = problem.satellites.iter().map(Line::empty).collect();
    let mut order: Vec<u32> = (0..problem.candidates.len() as u32).collect();
    order.sort_by(|a, b| {
        let start = |i: &u32| problem.candidates[*i as usize].start_s;
        start(a).total_cmp(&start(b)).then(a.cmp(b))
    });
    for index in order {
        let candidate = &problem.candidates[index as usize];
        lines[candidate.satellite as usize].push(index, candidate);
    }
    for line in &mut lines {
        line.set_longest_gap();
    }
    lines
}

impl Line {
    fn empty(craft: &Spacecraft) -> Self {
        Self {
            candidates: Vec::new(),
            targets: Vec::new(),
            start_s: Vec::new(),
            duration_s: Vec::new(),
            sight: Vec::new(),
            craft: craft.clone(),
            longest_gap_s: 0.0,
        }
    }

    fn push(&mut self, index: u32, candidate: &Candidate) {
        let [x, y, z] = candidate.line_of_sight;
        let length = (x * x + y * y + z * z).sqrt();
        self.candidates.push(index);
        self.targets.push(candidate.target);
        self.start_s.push(candidate.start_s);
        self.duration_s.push(candidate.duration_s);
        self.sight.push([x / length, y / length, z / length]);
    }

    /// No two lines of sight are further apart than twice the furthest from the nadir.
    fn set_longest_gap(&mut self) {
        let furthest_rad = self
            .sight
            .iter()
            .map(|s| s[2].clamp(-1.0, 1.0).acos())
            .fold(0.0, f64::max);
        let turn_deg = (2.0 * furthest_rad).to_degrees().min(180.0);
        self.longest_gap_s = self.craft.settle_s + turn_deg / self.craft.slew_rate_deg_s;
    }

    pub(super) fn len(&self) -> usize {
        self.candidates.len()
    }

    /// Whether `second` may come next after `first`. Where it may and a third may follow `second`,
    /// that third may follow `first` too: turning in one go is never longer.
    pub(super) fn follows(&self, first: u32, second: u32) -> bool {
        let (a, b) = (first as usize, second as usize);
        let gap_s = self.start_s[b] - self.start_s[a] - self.duration_s[a] + ROUNDING_S;
        if gap_s >= self.longest_gap_s {
            return true;
        }
        let turn_s = gap_s - self.craft.settle_s;
        turn_s >= 0.0 && {
            let most_rad = (turn_s * self.craft.slew_rate_deg_s).to_radians();
            angle_rad(&self.sight[a], &self.sight[b]) <= most_rad
        }
    }

    /// For each node, those before it that it may follow: all up to a place, and a list of later ones.
    /// Where the lists would be too long, all that end a settling time before: more than the truth.
    pub(super) fn transitions(&self) -> Transitions {
        // Nodes end in another order than they start where durations differ.
        let longest_s = self.duration_s.iter().copied().fold(0.0, f64::max);
        let free = self.started_before(self.longest_gap_s + longest_s);
        let mut first = Vec::with_capacity(self.len() + 1);
        let mut before = Vec::new();
        for (node, &free) in free.iter().enumerate() {
            first.push(before.len());
            let later = free..node as u32;
            before.extend(later.filter(|&other| self.follows(other, node as u32)));
            if before.len() > LISTED_MAX {
                let shortest_s = self.duration_s.iter().copied().fold(longest_s, f64::min);
                return Transitions {
                    free: self.started_before(self.craft.settle_s + shortest_s - ROUNDING_S),
                    first: vec![0; self.len() + 1],
                    before: Vec::new(),
                };
            }
        }
        first.push(before.len());
        Transitions {
            free,
            first,
            before,
        }
    }

    /// Runs of nodes, first and end, such that anything in one may come after anything in those before.
    pub(super) fn stretches(&self) -> Vec<(u32, u32)> {
        let mut runs = Vec::new();
        let mut first = 0;
        let mut busy_s = f64::NEG_INFINITY;
        for node in 0..self.len() {
            if node > first && self.start_s[node] >= busy_s + self.longest_gap_s {
                runs.push((first as u32, node as u32));
                first = node;
            }
            busy_s = busy_s.max(self.start_s[node] + self.duration_s[node]);
        }
        if first < self.len() {
            runs.push((first as u32, self.len() as u32));
        }
        runs
    }

    /// For each node, the first that does not start at least `lead_s` before it.
    fn started_before(&self, lead_s: f64) -> Vec<u32> {
        let mut free = 0;
        let of = |node: usize| {
            while free < node && self.start_s[free] <= self.start_s[node] - lead_s {
                free += 1;
            }
            free as u32
        };
        (0..self.len()).map(of).collect()
    }
}

/// Which node may come next after which.
#[derive(Debug)]
pub(super) struct Transitions {
    /// Every node before this one may come before.
    pub(super) free: Vec<u32>,
    /// Where in `before` the list of each node starts; one more for the end.
    first: Vec<usize>,
    before: Vec<u32>,
}

impl Transitions {
    /// The listed nodes that may come before `node`, besides those before `free[node]`.
    pub(super) fn before(&self, node: usize) -> &[u32] {
        &self.before[self.first[node]..self.first[node + 1]]
    }
}

/// Angle between two unit vectors, radians; right for small angles too.
fn angle_rad(a: &[f64; 3], b: &[f64; 3]) -> f64 {
    let difference = [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    let chord = difference.iter().map(|d| d * d).sum::<f64>().sqrt();
    2.0 * (chord / 2.0).min(1.0).asin()
}
