//! Positions at equal steps, computed once and interpolated for every place that asks.
//!
//! A [`Grid`] holds the instants and the Earth's rotation at each, shared by all satellites that take
//! the same step. [`Positions`] hold one satellite's ITRF positions at those instants, filled only
//! where they are needed. Between two instants the position is the polynomial of degree seven through the
//! four positions on either side (three and five, or fewer, at the ends of what is known).
//!
//! **Error.** For a motion of angular rate `w` at radius `r` and step `h`, the remainder of
//! eight-point interpolation is at most `r (w h)^8 x 43.1 / 40320` in the middle. Steps are at most 0.3
//! radians of the fastest turn, so that is 0.5 m in low orbits: 0.07 ms of the fastest crossing of a
//! horizon. Measured over every twentieth object of the catalogue (`tests/suite/flights.rs`): at most
//! 0.73 m in low orbits, 0.36 m in slow ones, millimetres in eccentric ones.

use crate::frame::{EarthOrientation, EarthRotation, Itrf, Position, State, Teme};
use crate::propagate::{PropagateError, States, Trajectory};
use crate::time::Days;
use crate::window::offset;
use jiff::Timestamp;
use std::ops::Range;
use std::sync::OnceLock;

/// Steps that grids come in, seconds.
const STEPS_S: [f64; 9] = [15.0, 30.0, 60.0, 120.0, 240.0, 480.0, 960.0, 1920.0, 3840.0];

/// Most turn between two positions, radians, of a circular orbit.
const TURN_MAX_RAD: f64 = 0.3;

/// Positions kept before the start and after the end, so that the ends are interpolated as well as
/// the middle.
const PAD: usize = 4;

/// Positions that one polynomial goes through.
const POINTS: usize = 8;

/// Instants at equal steps, and the rotation from TEME to ITRF at each.
#[derive(Debug)]
pub struct Grid {
    origin: Timestamp,
    step_s: f64,
    duration_s: f64,
    rotations: Vec<EarthRotation>,
}

/// Grids of every step over one span, each made when first asked for.
#[derive(Debug)]
pub struct Grids<'a> {
    origin: Timestamp,
    duration_s: f64,
    earth: &'a EarthOrientation,
    grids: [OnceLock<Grid>; STEPS_S.len()],
}

impl<'a> Grids<'a> {
    /// Grids over `[from, to)`; empty where `to` is not after `from`.
    pub fn new(from: Timestamp, to: Timestamp, earth: &'a EarthOrientation) -> Self {
        Self {
            origin: from,
            duration_s: to.duration_since(from).as_secs_f64().max(0.0),
            earth,
            grids: [const { OnceLock::new() }; STEPS_S.len()],
        }
    }

    /// The start of the span.
    pub fn origin(&self) -> Timestamp {
        self.origin
    }

    /// The length of the span, seconds.
    pub fn duration_s(&self) -> f64 {
        self.duration_s
    }

    /// The Earth orientation that the grids turn by.
    pub fn earth(&self) -> &'a EarthOrientation {
        self.earth
    }

    /// The grid whose steps suit a trajectory.
    pub fn for_trajectory(&self, trajectory: &Trajectory) -> &Grid {
        // An eccentric orbit is less like a circle near its perigee, and takes shorter steps.
        let turn = TURN_MAX_RAD / (1.0 + 2.0 * trajectory.eccentricity());
        let longest_s = turn / trajectory.turn_rate_max_rad_s();
        let place = STEPS_S
            .iter()
            .rposition(|step_s| *step_s <= longest_s)
            .unwrap_or(0);
        self.grids[place]
            .get_or_init(|| Grid::new(self.origin, self.duration_s, STEPS_S[place], self.earth))
    }
}

impl Grid {
    fn new(origin: Timestamp, duration_s: f64, step_s: f64, earth: &EarthOrientation) -> Self {
        let steps = (duration_s / step_s).ceil().max(1.0) as usize;
        let start = Days::utc(origin).get();
        let rotations = (0..steps + 1 + 2 * PAD)
            .map(|node| {
                let t_s = (node as f64 - PAD as f64) * step_s;
                let days = Days::since_j2000(start + t_s / 86_400.0);
                EarthRotation::at(days, &earth.at(days))
            })
            .collect();
        Self {
            origin,
            step_s,
            duration_s,
            rotations,
        }
    }

    /// Time between two positions, seconds.
    pub fn step_s(&self) -> f64 {
        self.step_s
    }

    /// Number of positions.
    fn len(&self) -> usize {
        self.rotations.len()
    }

    /// When a position is, seconds from the origin.
    fn time_s(&self, node: usize) -> f64 {
        (node as f64 - PAD as f64) * self.step_s
    }

    /// The positions about the pieces that hold every instant of a span.
    pub(crate) fn pieces(&self, start_s: f64, end_s: f64) -> Range<usize> {
        let place = |t_s: f64| (t_s.clamp(0.0, self.duration_s) / self.step_s).max(0.0);
        let last = self.len() - PAD - 1;
        let first = (place(start_s) as usize + PAD).min(last - 1);
        let end = (place(end_s).ceil() as usize + PAD).clamp(first + 1, last);
        first..end
    }
}

/// One satellite's positions on a grid.
#[derive(Debug)]
pub struct Positions<'a> {
    grid: &'a Grid,
    r_m: Vec<[f64; 3]>,
    /// Unit vectors of the positions, axis by axis; zero where unknown.
    direction: [Vec<f32>; 3],
    known: Vec<bool>,
    asked: Vec<bool>,
    fault: Option<PropagateError>,
    states: States<Teme>,
}

impl<'a> Positions<'a> {
    /// No position known yet.
    pub fn new(grid: &'a Grid) -> Self {
        let n = grid.len();
        Self {
            grid,
            r_m: vec![[0.0; 3]; n],
            direction: [vec![0.0; n], vec![0.0; n], vec![0.0; n]],
            known: vec![false; n],
            asked: vec![false; n],
            fault: None,
            states: States::new(),
        }
    }

    /// The instants.
    pub fn grid(&self) -> &'a Grid {
        self.grid
    }

    /// Why a position inside the span that was asked for is not known: the first such.
    pub fn fault(&self) -> Option<&PropagateError> {
        self.fault.as_ref()
    }

    /// Makes every position known that interpolation within `[start_s, end_s]` needs; gives the
    /// pieces of the grid that hold it.
    pub fn fill(&mut self, trajectory: &Trajectory, start_s: f64, end_s: f64) -> Range<usize> {
        let grid = self.grid;
        let pieces = grid.pieces(start_s, end_s);
        // The positions about the pieces, and what lies beyond for the polynomials at either end.
        let first = (pieces.start + 1).saturating_sub(PAD);
        let end = (pieces.end + PAD).min(grid.len());
        if self.asked[first..end].iter().all(|asked| *asked) {
            return pieces;
        }
        let wanted: Vec<usize> = (first..end).filter(|node| !self.asked[*node]).collect();
        let offsets_s: Vec<f64> = wanted.iter().map(|node| grid.time_s(*node)).collect();
        let mut states = std::mem::take(&mut self.states);
        trajectory.fill_teme(grid.origin, &offsets_s, &mut states);
        let [x, y, z] = states.r_m();
        for (k, node) in wanted.into_iter().enumerate() {
            self.asked[node] = true;
            if states.codes()[k] == 0 {
                let teme = Position::new([x[k], y[k], z[k]]);
                self.set(node, grid.rotations[node].position(&teme).r_m);
            } else if (0.0..=grid.duration_s).contains(&offsets_s[k]) && self.fault.is_none() {
                let t = offset(grid.origin, offsets_s[k]);
                self.fault = trajectory.state_teme(t).err();
            }
        }
        self.states = states;
        pieces
    }

    fn set(&mut self, node: usize, r_m: [f64; 3]) {
        let radius = (r_m[0] * r_m[0] + r_m[1] * r_m[1] + r_m[2] * r_m[2]).sqrt();
        for (axis, r) in self.direction.iter_mut().zip(r_m) {
            axis[node] = (r / radius) as f32;
        }
        self.r_m[node] = r_m;
        self.known[node] = true;
    }

    /// Pieces of `within` in which the satellite may come within `reach_rad` of `direction`, as seen
    /// from the Earth's centre, where its direction turns no faster than `rate_rad_s`: runs of
    /// pieces, in order. All of those in which it does are among them.
    pub fn near(
        &self,
        direction: [f64; 3],
        reach_rad: f64,
        rate_rad_s: f64,
        within: Range<usize>,
        runs: &mut Vec<Range<usize>>,
    ) {
        // In a piece of length h whose ends are at angles a and b, no instant is nearer than
        // (a + b - rate h) / 2; and the nearer end is then within reach + rate h / 2.
        let room = rate_rad_s * self.grid.step_s;
        let sum_max = 2.0 * reach_rad + room + 1e-6;
        if sum_max >= std::f64::consts::TAU {
            if within.start < within.end {
                runs.push(within);
            }
            return;
        }
        let least = (0.5 * sum_max).cos() as f32 - 1e-6;
        let p = direction.map(|x| x as f32);
        let [x, y, z] = &self.direction;
        let nodes = within.start..(within.end + 1).min(x.len());
        let (x, y, z) = (&x[nodes.clone()], &y[nodes.clone()], &z[nodes.clone()]);
        let cosine = |k: usize| x[k] * p[0] + y[k] * p[1] + z[k] * p[2];
        const BLOCK: usize = 16;
        let mut open: Option<Range<usize>> = None;
        let mut consider = |piece: usize| {
            let angle = |k: usize| f64::from(cosine(k).clamp(-1.0, 1.0)).acos();
            if angle(piece) + angle(piece + 1) > sum_max + 1e-3 {
                return;
            }
            let piece = piece + within.start;
            match &mut open {
                Some(run) if run.end == piece => run.end += 1,
                _ => runs.extend(open.replace(piece..piece + 1)),
            }
        };
        let pieces = nodes.len().saturating_sub(1);
        let mut done = 0;
        for block in (0..nodes.len()).step_by(BLOCK) {
            let end = (block + BLOCK).min(nodes.len());
            let most = x[block..end]
                .iter()
                .zip(&y[block..end])
                .zip(&z[block..end])
                .map(|((x, y), z)| x * p[0] + y * p[1] + z * p[2])
                .fold(-2.0_f32, f32::max);
            if most < least {
                continue;
            }
            for k in block..end {
                if cosine(k) < least {
                    continue;
                }
                // The pieces on either side of this position.
                for piece in k.saturating_sub(1).max(done)..(k + 1).min(pieces) {
                    consider(piece);
                    done = piece + 1;
                }
            }
        }
        runs.extend(open);
    }

    /// The motion within a piece; `None` where too few positions are known.
    pub fn piece(&self, piece: usize) -> Option<Piece> {
        if !(*self.known.get(piece)? && *self.known.get(piece + 1)?) {
            return None;
        }
        let back = (0..PAD)
            .take_while(|k| piece >= *k && self.known[piece - k])
            .count();
        let ahead = (1..=PAD)
            .take_while(|k| self.known.get(piece + k).copied().unwrap_or(false))
            .count();
        if back + ahead == POINTS {
            return Some(self.through(piece + 1 - PAD));
        }
        self.lopsided(piece, back, ahead)
    }

    /// A piece near the end of what is known: the polynomial leans to where positions are.
    fn lopsided(&self, piece: usize, back: usize, ahead: usize) -> Option<Piece> {
        let known = |node: usize| self.known.get(node).copied().unwrap_or(false);
        let mut first = piece + 1 - back;
        let mut last = piece + ahead;
        while last - first + 1 < POINTS {
            if ahead < PAD && first > 0 && known(first - 1) {
                first -= 1;
            } else if back < PAD && known(last + 1) {
                last += 1;
            } else {
                return None;
            }
        }
        Some(self.through(first))
    }

    /// The polynomial through eight positions from `first`.
    fn through(&self, first: usize) -> Piece {
        let points = &self.r_m[first..first + POINTS];
        let mut even = [[0.0; 4]; 3];
        let mut odd = [[0.0; 4]; 3];
        for axis in 0..3 {
            let y = |k: usize| points[k][axis];
            even[axis] = in_squares([
                0.5 * (y(4) + y(3)),
                0.5 * (y(5) + y(2)),
                0.5 * (y(6) + y(1)),
                0.5 * (y(7) + y(0)),
            ]);
            odd[axis] = in_squares([
                y(4) - y(3),
                (y(5) - y(2)) / 3.0,
                (y(6) - y(1)) / 5.0,
                (y(7) - y(0)) / 7.0,
            ]);
        }
        let step_s = self.grid.step_s;
        Piece {
            middle_s: self.grid.time_s(first) + 3.5 * step_s,
            per_step: 1.0 / step_s,
            even,
            odd,
        }
    }

    /// The span of a piece, seconds from the origin, cut to the grid's own.
    pub fn span_s(&self, piece: usize) -> (f64, f64) {
        let start_s = self.grid.time_s(piece);
        (
            start_s.max(0.0),
            (start_s + self.grid.step_s).min(self.grid.duration_s),
        )
    }
}

/// Coefficients of the cubic in z through values at z = 1/4, 9/4, 25/4 and 49/4: the squares of
/// the places of eight points at equal steps about their middle.
fn in_squares([y0, y1, y2, y3]: [f64; 4]) -> [f64; 4] {
    let (d01, d12, d23) = ((y1 - y0) / 2.0, (y2 - y1) / 4.0, (y3 - y2) / 6.0);
    let (d012, d123) = ((d12 - d01) / 6.0, (d23 - d12) / 10.0);
    let d = (d123 - d012) / 12.0;
    [
        y0 - 0.25 * d01 + 0.5625 * d012 - 3.515_625 * d,
        d01 - 2.5 * d012 + 16.1875 * d,
        d012 - 8.75 * d,
        d,
    ]
}

/// The motion over a piece of a grid: a polynomial of degree seven in each axis of ITRF.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    middle_s: f64,
    per_step: f64,
    even: [[f64; 4]; 3],
    odd: [[f64; 4]; 3],
}

impl Piece {
    /// Position and ground-relative velocity, `t_s` seconds after the origin.
    pub fn state(&self, t_s: f64) -> State<Itrf> {
        let s = (t_s - self.middle_s) * self.per_step;
        let z = s * s;
        let mut r_m = [0.0; 3];
        let mut v_m_s = [0.0; 3];
        for axis in 0..3 {
            let (e, o) = (&self.even[axis], &self.odd[axis]);
            let even = e[0] + z * (e[1] + z * (e[2] + z * e[3]));
            let odd = o[0] + z * (o[1] + z * (o[2] + z * o[3]));
            let even_rate = e[1] + z * (2.0 * e[2] + z * 3.0 * e[3]);
            let odd_rate = o[1] + z * (2.0 * o[2] + z * 3.0 * o[3]);
            r_m[axis] = even + s * odd;
            v_m_s[axis] = (2.0 * s * even_rate + odd + 2.0 * z * odd_rate) * self.per_step;
        }
        State::new(r_m, v_m_s)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_polynomial_of_degree_seven_is_met_exactly() {
        let f = |t: f64| 1.0 + t * (2.0 - t * (0.3 - t * (0.05 + t * t * t * (1e-3 - 1e-4 * t))));
        let rate = |t: f64| (f(t + 1e-5) - f(t - 1e-5)) / 2e-5;
        let earth = EarthOrientation::shipped();
        let grid = Grid::new(Timestamp::UNIX_EPOCH, 10.0, 1.0, earth);
        let mut positions = Positions::new(&grid);
        for node in 0..grid.len() {
            positions.set(node, [f(grid.time_s(node)), 1.0, 2.0]);
        }
        for piece in 0..grid.len() - 1 {
            let motion = positions.piece(piece).unwrap();
            for part in [0.0, 0.3, 1.0] {
                let t = grid.time_s(piece) + part;
                let state = motion.state(t);
                assert!((state.r_m[0] - f(t)).abs() < 1e-9);
                assert!((state.v_m_s[0] - rate(t)).abs() < 1e-6);
                assert!((state.r_m[2] - 2.0).abs() < 1e-12 && state.v_m_s[1].abs() < 1e-12);
            }
        }
    }

    #[test]
    fn near_finds_every_piece_of_a_turning_direction() {
        let earth = EarthOrientation::shipped();
        let grid = Grid::new(Timestamp::UNIX_EPOCH, 1000.0, 1.0, earth);
        let mut positions = Positions::new(&grid);
        let rate = 0.02;
        for node in 0..grid.len() {
            let (sin, cos) = (rate * grid.time_s(node)).sin_cos();
            positions.set(node, [7e6 * cos, 7e6 * sin, 0.0]);
        }
        let place = [0.0, 1.0, 0.0];
        let mut runs = Vec::new();
        let all = grid.pieces(0.0, 1000.0);
        positions.near(place, 0.1, rate, all.clone(), &mut runs);
        assert_eq!(runs.len(), 3);
        for run in &runs {
            // 0.2 radians at 0.02 a second are ten pieces, and one or two for the room at the ends.
            assert!((10..=13).contains(&run.len()), "{run:?}");
            let middle = rate * grid.time_s(run.start + run.len() / 2);
            assert!((middle.rem_euclid(std::f64::consts::TAU) - 1.57).abs() < 0.05);
        }
        let mut none = Vec::new();
        positions.near([0.0, 0.0, 1.0], 1.4, rate, all.clone(), &mut none);
        assert!(none.is_empty());
        positions.near(place, 3.2, rate, all.clone(), &mut none);
        assert_eq!(none, [all]);
    }
}
