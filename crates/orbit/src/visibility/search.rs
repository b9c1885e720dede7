//! One satellite and many places: every window in which the limits hold.

use super::limits::Limits;
use super::plane::Plane;
use super::site::{Motion, Quantity, Sight, Site};
use crate::event::{Collector, Search, Span};
use crate::frame::{Itrf, State};
use crate::grid::{Grids, Piece, Positions};
use crate::propagate::{PropagateError, Track, Trajectory};
use std::ops::Range;

/// Orbits slower than this have their edges put right on exact states, seconds: a metre there is
/// milliseconds.
const SLOW_PERIOD_S: f64 = 225.0 * 60.0;

/// What is searched to, and what is never missed.
const SEARCH: Search = Search {
    min_window_s: super::MIN_WINDOW_S,
    tolerance_s: 1e-3,
};

/// A window of sight, with what is best in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// From and to, seconds from the start of the search.
    pub span: Span,
    /// Greatest elevation of the satellite at the place, degrees.
    pub max_elevation_deg: f64,
    /// Least angle at the satellite between the geodetic nadir and the place, degrees.
    pub min_off_nadir_deg: f64,
}

/// A satellite over a span of time, for places to ask when they see it.
///
/// 1. The orbit's plane says, without propagation, when it is near the place at all.
/// 2. Positions are computed there alone, once for all places.
/// 3. Of each piece between two positions the least angle at the Earth's centre is bounded by how fast
///    the satellite turns: pieces out of reach are dropped.
/// 4. In what is left the limits are searched by value, slope and curvature: no window longer than
///    [`super::MIN_WINDOW_S`] is skipped.
/// 5. Edges of slow orbits are put right on exact states.
#[derive(Debug)]
pub struct Flight<'a> {
    track: Track<'a>,
    positions: Positions<'a>,
    plane: Option<Plane>,
    motion: Motion,
    duration_s: f64,
}

impl<'a> Flight<'a> {
    /// Prepares a satellite over the span of the grids.
    pub fn new(trajectory: &'a Trajectory, grids: &'a Grids<'a>) -> Self {
        let duration_s = grids.duration_s();
        Self {
            track: trajectory.track_with(grids.origin(), grids.earth()),
            positions: Positions::new(grids.for_trajectory(trajectory)),
            plane: Plane::new(trajectory, grids.origin(), duration_s),
            motion: Motion::new(trajectory),
            duration_s,
        }
    }

    /// The trajectory.
    pub fn trajectory(&self) -> &'a Trajectory {
        self.track.trajectory()
    }

    /// Why some of the span could not be searched: the first position that does not exist. Windows are
    /// found where positions do.
    pub fn fault(&self) -> Option<&PropagateError> {
        self.positions.fault()
    }

    /// Adds every window inside `within` (in order, apart, seconds from the start) in which the limits
    /// hold at a site; cut at the ends of each. What is within a step of a missing state is left out.
    pub fn windows(
        &mut self,
        site: &Site,
        limits: &Limits,
        within: &[Span],
        found: &mut Vec<Seen>,
    ) {
        let (hold, fail) = limits.quantities(self.trajectory());
        let mut spans = Vec::new();
        self.spans(site, limits, within, &mut spans);
        let slow = self.trajectory().period_s() > SLOW_PERIOD_S;
        for mut span in spans {
            if slow {
                span.start_s = self.exact(site, &hold, &fail, span.start_s, within);
                span.end_s = self.exact(site, &hold, &fail, span.end_s, within);
            }
            found.push(self.best(site, span));
        }
    }

    /// Adds the spans of those windows alone, without what is best in them: half the work. Edges of slow
    /// orbits are not put right: they are good to the interpolation, a metre.
    pub fn spans(&mut self, site: &Site, limits: &Limits, within: &[Span], found: &mut Vec<Span>) {
        let reach_rad = limits.reach_rad(self.trajectory());
        let (hold, fail) = limits.quantities(self.trajectory());
        let Some((first, others)) = hold.split_first() else {
            return;
        };
        let mut spans = Vec::new();
        for near in self.near(site.direction, reach_rad, within) {
            self.holds(site, *first, near, &mut spans);
        }
        for quantity in others {
            let wider = std::mem::take(&mut spans);
            for span in wider {
                self.holds(site, *quantity, span, &mut spans);
            }
        }
        for quantity in &fail {
            let wider = std::mem::take(&mut spans);
            for span in wider {
                let mut out = Vec::new();
                self.holds(site, *quantity, span, &mut out);
                without(span, &out, &mut spans);
            }
        }
        found.extend(spans);
    }

    /// Spans inside `within` that hold every instant at which the satellite is within `reach_rad` of
    /// `direction` as seen from the Earth's centre; a little more than asked for. Positions are known
    /// there, where they exist.
    pub fn near(&mut self, direction: [f64; 3], reach_rad: f64, within: &[Span]) -> Vec<Span> {
        let mut planes = Vec::new();
        match &self.plane {
            Some(plane) => plane.near(direction, reach_rad, &mut planes),
            None => planes.push(Span {
                start_s: 0.0,
                end_s: self.duration_s,
            }),
        }
        let rate = self.trajectory().turn_rate_max_rad_s();
        let mut near = Vec::new();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for span in overlaps(&planes, within) {
            let trajectory = self.track.trajectory();
            let pieces = self.positions.fill(trajectory, span.start_s, span.end_s);
            runs.clear();
            self.positions
                .near(direction, reach_rad, rate, pieces, &mut runs);
            for run in &runs {
                let start_s = self.positions.span_s(run.start).0.max(span.start_s);
                let end_s = self.positions.span_s(run.end - 1).1.min(span.end_s);
                if start_s < end_s {
                    near.push(Span { start_s, end_s });
                }
            }
        }
        near
    }

    /// Upper bound of the speed over the ground-fixed axes, m/s.
    pub fn speed_max_m_s(&self) -> f64 {
        self.motion.speed_m_s
    }

    /// Position and velocity by interpolation, where positions are known.
    pub fn state(&self, t_s: f64) -> Option<State<Itrf>> {
        let piece = self.positions.grid().pieces(t_s, t_s).start;
        Some(self.positions.piece(piece)?.state(t_s))
    }

    /// The known pieces of a span, with the part of each inside it.
    fn pieces(&self, span: Span) -> impl Iterator<Item = (Piece, Span)> + '_ {
        let pieces = self.positions.grid().pieces(span.start_s, span.end_s);
        pieces.filter_map(move |index| {
            let (start_s, end_s) = self.positions.span_s(index);
            let part = Span {
                start_s: start_s.max(span.start_s),
                end_s: end_s.min(span.end_s),
            };
            let piece = self.positions.piece(index)?;
            (part.start_s < part.end_s).then_some((piece, part))
        })
    }

    /// Adds the parts of a span in which a quantity is positive.
    fn holds(&self, site: &Site, quantity: Quantity, span: Span, found: &mut Vec<Span>) {
        let mut collector = Collector::new(SEARCH);
        for (piece, part) in self.pieces(span) {
            let sight = Sight {
                site,
                piece: &piece,
                motion: &self.motion,
                quantity,
            };
            collector.interval(&sight, part, found);
        }
        collector.finish(found);
    }

    /// A window with its greatest elevation and least angle from nadir; positions have to be known in it.
    pub fn best(&self, site: &Site, span: Span) -> Seen {
        // Each has at most one summit a piece.
        let (mut sin_elevation, mut cos_off_nadir) = (-1.0_f64, -1.0_f64);
        let mut before: Option<[(f64, f64); 2]> = None;
        for (piece, part) in self.pieces(span) {
            let at = |t_s: f64| {
                let state = piece.state(t_s);
                [site.sin_elevation(&state), site.cos_off_nadir(&state)]
            };
            let start = before.unwrap_or_else(|| at(part.start_s));
            let end = at(part.end_s);
            before = Some(end);
            let mut guess_s = None;
            let mut most = |k: usize, value: &dyn Fn(&State<Itrf>) -> (f64, f64)| {
                let ends = start[k].0.max(end[k].0);
                if start[k].1 <= 0.0 || end[k].1 >= 0.0 {
                    return ends;
                }
                let (t_s, summit) = summit(
                    (part.start_s, start[k].1),
                    (part.end_s, end[k].1),
                    guess_s,
                    |t_s| value(&piece.state(t_s)),
                );
                guess_s = Some(t_s);
                ends.max(summit)
            };
            sin_elevation = sin_elevation.max(most(0, &|state| site.sin_elevation(state)));
            cos_off_nadir = cos_off_nadir.max(most(1, &|state| site.cos_off_nadir(state)));
        }
        Seen {
            span,
            max_elevation_deg: sin_elevation.min(1.0).asin().to_degrees(),
            min_off_nadir_deg: cos_off_nadir.min(1.0).acos().to_degrees(),
        }
    }

    /// An edge found by interpolation, put right on exact states; ends of what was searched stay.
    fn exact(
        &self,
        site: &Site,
        hold: &[Quantity],
        fail: &[Quantity],
        edge_s: f64,
        within: &[Span],
    ) -> f64 {
        let cut = |s: &Span| (s.start_s - edge_s).abs() < 1e-6 || (s.end_s - edge_s).abs() < 1e-6;
        if within.iter().any(cut) {
            return edge_s;
        }
        let mut t_s = edge_s;
        for _ in 0..3 {
            let Ok(state) = self.track.state_itrf(t_s) else {
                return edge_s;
            };
            // The edge is where the quantity nearest to zero changes sign.
            let step_s = hold
                .iter()
                .chain(fail)
                .map(|quantity| quantity.at(site, &state))
                .map(|(value, rate, _)| -value / rate)
                .fold(f64::INFINITY, |a, b| if b.abs() < a.abs() { b } else { a });
            // Further off is another edge, or one that grazes its limit.
            if !step_s.is_finite() || (t_s + step_s - edge_s).abs() > 5.0 {
                return edge_s;
            }
            t_s += step_s;
            if step_s.abs() < 1e-4 {
                break;
            }
        }
        t_s.clamp(0.0, self.duration_s)
    }
}

/// Where the rate falls through zero, and the value there: the Illinois rule on the rate from a guess,
/// to five milliseconds before the last step, which leaves an angle short by less than 0.001 degrees.
fn summit(
    (mut a, mut rate_a): (f64, f64),
    (mut b, mut rate_b): (f64, f64),
    guess_s: Option<f64>,
    at: impl Fn(f64) -> (f64, f64),
) -> (f64, f64) {
    let mut best = (a, f64::NEG_INFINITY);
    let mut last = f64::NEG_INFINITY;
    let mut side = 0;
    for turn in 0..60 {
        let t = match guess_s {
            Some(t) if turn == 0 => t,
            _ => a + (b - a) * rate_a / (rate_a - rate_b),
        }
        .clamp(a, b);
        let (value, rate) = at(t);
        if value > best.1 {
            best = (t, value);
        }
        if (t - last).abs() < 5e-3 || b - a < 5e-3 {
            break;
        }
        last = t;
        // An end that stays twice is given half its weight.
        if rate > 0.0 {
            (a, rate_a) = (t, rate);
            rate_b *= if side == 1 { 0.5 } else { 1.0 };
            side = 1;
        } else {
            (b, rate_b) = (t, rate);
            rate_a *= if side == -1 { 0.5 } else { 1.0 };
            side = -1;
        }
    }
    best
}

/// What is in a span of both lists; each in order, its spans apart.
fn overlaps(a: &[Span], b: &[Span]) -> Vec<Span> {
    let (mut i, mut j) = (0, 0);
    let mut both = Vec::new();
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let span = Span {
            start_s: x.start_s.max(y.start_s),
            end_s: x.end_s.min(y.end_s),
        };
        if span.start_s < span.end_s {
            both.push(span);
        }
        if x.end_s <= y.end_s {
            i += 1;
        } else {
            j += 1;
        }
    }
    both
}

/// What of `span` is in none of `out`, which lies inside it in order.
fn without(span: Span, out: &[Span], kept: &mut Vec<Span>) {
    let mut start_s = span.start_s;
    for hole in out {
        if start_s < hole.start_s {
            kept.push(Span {
                start_s,
                end_s: hole.start_s,
            });
        }
        start_s = start_s.max(hole.end_s);
    }
    if start_s < span.end_s {
        kept.push(Span {
            start_s,
            end_s: span.end_s,
        });
    }
}
