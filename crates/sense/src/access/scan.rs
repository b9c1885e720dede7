//! The area as a passing satellite scans it: each point of the outline by the instant at which it is
//! broadside and its angle from nadir across the track.
//!
//! In these coordinates what an instrument can take is a strip between two angles, the share of the
//! area in it is a clipped polygon's, and first and last sight are its ends in time. Time along the
//! track and the sine of the angle at the Earth's centre across it are Lambert's cylindrical equal-area
//! coordinates about the track, so areas compare truly.

use super::frame::Axes;
use corridor_orbit::event::Span;
use corridor_orbit::frame::{Itrf, State};
use corridor_orbit::propagate::{PropagateError, Track};

/// Turn between the states that positions are interpolated from, radians; Hermite's error is then below
/// 0.1 m (r x^4 / 384).
const STEP_RAD: f64 = 0.025;

/// Strip positions tried for the best coverage.
const STRIPS: usize = 64;

/// A point of the outline in scan coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scanned {
    /// When it is broadside, seconds.
    pub(super) t_s: f64,
    /// Angle from nadir to the right, radians.
    pub(super) angle: f64,
    /// Sine of the angle at the Earth's centre to the right of the track.
    pub(super) sine: f64,
    /// Incidence angle, to the right positive, radians.
    pub(super) incidence: f64,
}

/// What an instrument sees of the line across the track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Across {
    /// From one angle from nadir to another, to the right positive, radians.
    Angle(f64, f64),
    /// From one incidence angle to another, to the right positive, radians.
    Incidence(f64, f64),
}

impl Across {
    /// The value that is limited, and its limits.
    fn of(self, point: &Scanned) -> (f64, f64, f64) {
        match self {
            Self::Angle(low, high) => (point.angle, low, high),
            Self::Incidence(low, high) => (point.incidence, low, high),
        }
    }

    /// Whether a point is between the limits.
    pub(super) fn holds(self, point: &Scanned) -> bool {
        let (value, low, high) = self.of(point);
        low <= value && value <= high
    }
}

/// The outline of an area in the scan coordinates of one pass.
#[derive(Debug, Clone)]
pub(super) struct Scan {
    rings: Vec<Vec<Scanned>>,
    /// Axes in the middle of the pass.
    pub(super) middle: Axes,
    whole: f64,
}

/// States at equal steps, interpolated by Hermite's cubic.
struct Table {
    start_s: f64,
    step_s: f64,
    states: Vec<State<Itrf>>,
}

impl Table {
    fn new(track: &Track<'_>, span: Span) -> Result<Self, PropagateError> {
        let step_s = STEP_RAD / track.trajectory().turn_rate_max_rad_s();
        let n = ((span.end_s - span.start_s) / step_s).ceil().max(1.0) as usize;
        let states = (0..=n)
            .map(|k| track.state_itrf(span.start_s + k as f64 * step_s))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            start_s: span.start_s,
            step_s,
            states,
        })
    }

    fn end_s(&self) -> f64 {
        self.start_s + self.step_s * (self.states.len() - 1) as f64
    }

    fn axes(&self, t_s: f64) -> Axes {
        let place = (t_s - self.start_s) / self.step_s;
        let index = (place.max(0.0) as usize).min(self.states.len() - 2);
        let x = place - index as f64;
        let (a, b, h) = (&self.states[index], &self.states[index + 1], self.step_s);
        let (x2, x3) = (x * x, x * x * x);
        let r = std::array::from_fn(|k| {
            a.r_m[k] * (2.0 * x3 - 3.0 * x2 + 1.0)
                + b.r_m[k] * (3.0 * x2 - 2.0 * x3)
                + h * (a.v_m_s[k] * (x3 - 2.0 * x2 + x) + b.v_m_s[k] * (x3 - x2))
        });
        let v = std::array::from_fn(|k| {
            (a.r_m[k] - b.r_m[k]) * (6.0 * x2 - 6.0 * x) / h
                + a.v_m_s[k] * (3.0 * x2 - 4.0 * x + 1.0)
                + b.v_m_s[k] * (3.0 * x2 - 2.0 * x)
        });
        Axes::new(&State::new(r, v))
    }
}

/// A pass over a place: where the satellite is, to tell when a point of the place is broadside.
pub(super) struct Sweep {
    table: Table,
    /// When the middle of the place is broadside, seconds.
    pub(super) centre_s: f64,
    /// Axes at that instant.
    pub(super) middle: Axes,
}

impl Sweep {
    /// Of the pass in `span` over what reaches `radius_rad` from a direction.
    ///
    /// # Errors
    /// Where the trajectory has no state.
    pub(super) fn new(
        track: &Track<'_>,
        centre: [f64; 3],
        radius_rad: f64,
        span: Span,
    ) -> Result<Self, PropagateError> {
        let middle_s = 0.5 * (span.start_s + span.end_s);
        let turn = Axes::new(&track.state_itrf(middle_s)?).turn_rad_s.max(1e-5);
        let room_s = (2.0 * radius_rad + 0.05) / turn;
        let wide = Span {
            start_s: span.start_s - room_s,
            end_s: span.end_s + room_s,
        };
        let table = Table::new(track, wide)?;
        let surface = centre.map(|x| x * 6_371_000.0);
        let centre_s = broadside(&table, surface, middle_s);
        Ok(Self {
            middle: table.axes(centre_s),
            table,
            centre_s,
        })
    }

    /// A point, from a guess of when it is broadside.
    pub(super) fn scan(&self, point: [f64; 3], guess_s: f64) -> Scanned {
        let t_s = broadside(&self.table, point, guess_s);
        let axes = self.table.axes(t_s);
        let (angle, sine) = axes.across(point);
        Scanned {
            t_s,
            angle,
            sine,
            incidence: axes.incidence(point),
        }
    }

    /// Whether the satellite stands above the horizon of a point when it is broadside.
    pub(super) fn sees(&self, point: [f64; 3], t_s: f64) -> bool {
        self.table.axes(t_s).sees(point)
    }
}

impl Scan {
    /// The outline as a pass scans it.
    pub(super) fn new(sweep: &Sweep, rings: &[Vec<[f64; 3]>]) -> Self {
        let mut t_s = sweep.centre_s;
        let mut scan = |point: &[f64; 3]| {
            let scanned = sweep.scan(*point, t_s);
            t_s = scanned.t_s;
            scanned
        };
        let rings: Vec<Vec<Scanned>> = rings
            .iter()
            .map(|ring| ring.iter().map(&mut scan).collect())
            .collect();
        let whole = signed_area(&rings).abs();
        Self {
            rings,
            middle: sweep.middle,
            whole,
        }
    }
    /// What of the outline lies within the limits and the time.
    pub(super) fn clip(&self, across: Across, time: Span) -> Scan {
        let above = |p: &Scanned| {
            let (value, low, _) = across.of(p);
            value - low
        };
        let below = |p: &Scanned| {
            let (value, _, high) = across.of(p);
            high - value
        };
        let rings = self
            .rings
            .iter()
            .map(|ring| {
                let ring = half(ring, above);
                let ring = half(&ring, below);
                let ring = half(&ring, |p| p.t_s - time.start_s);
                half(&ring, |p| time.end_s - p.t_s)
            })
            .filter(|ring| ring.len() > 2)
            .collect();
        Scan { rings, ..*self }
    }

    /// Every point of the outline.
    fn points(&self) -> impl Iterator<Item = &Scanned> {
        self.rings.iter().flatten()
    }

    /// From the first to the last instant at which some of it is broadside.
    pub(super) fn span(&self) -> Option<Span> {
        let start_s = self.points().map(|p| p.t_s).fold(f64::INFINITY, f64::min);
        let end_s = self
            .points()
            .map(|p| p.t_s)
            .fold(f64::NEG_INFINITY, f64::max);
        (start_s < end_s).then_some(Span { start_s, end_s })
    }

    /// Least and greatest angle, radians to the right.
    fn angles(&self) -> (f64, f64) {
        let least = self.points().map(|p| p.angle).fold(f64::INFINITY, f64::min);
        (
            least,
            self.points()
                .map(|p| p.angle)
                .fold(f64::NEG_INFINITY, f64::max),
        )
    }

    /// Least angle from nadir, radians.
    pub(super) fn least_off_nadir(&self) -> f64 {
        let (low, high) = self.angles();
        if low <= 0.0 && high >= 0.0 {
            0.0
        } else {
            low.abs().min(high.abs())
        }
    }

    /// Share of the whole area that is left.
    pub(super) fn share(&self) -> f64 {
        if self.whole > 0.0 {
            (signed_area(&self.rings).abs() / self.whole).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }

    /// Greatest share of the area that one strip of `width_rad` (at the Earth's centre) takes within
    /// the limits, in the given time.
    pub(super) fn best_strip(&self, across: Across, width_rad: f64, time: Span) -> f64 {
        let inside = self.clip(across, time);
        let (low, high) = inside.angles();
        if low >= high {
            return 0.0;
        }
        let arc = |angle: f64| angle.signum() * self.middle.arc_of_angle(angle);
        let (near, far) = (arc(low), arc(high));
        if far - near <= width_rad {
            return inside.share();
        }
        let everywhere = Span {
            start_s: f64::NEG_INFINITY,
            end_s: f64::INFINITY,
        };
        (0..STRIPS)
            .map(|k| {
                let left = near + (far - near - width_rad) * k as f64 / (STRIPS - 1) as f64;
                let angle = |arc: f64| arc.signum() * self.middle.angle_of_arc(arc.abs());
                let (left, right) = (angle(left).max(low), angle(left + width_rad).min(high));
                inside.clip(Across::Angle(left, right), everywhere).share()
            })
            .fold(0.0, f64::max)
    }
}

/// The instant at which the point is broadside, from a guess.
fn broadside(table: &Table, point: [f64; 3], guess_s: f64) -> f64 {
    let mut t_s = guess_s;
    for _ in 0..20 {
        let step = table.axes(t_s).seconds_to_broadside(point);
        t_s = (t_s + step).clamp(table.start_s, table.end_s());
        if step.abs() < 1e-5 {
            break;
        }
    }
    t_s
}

/// The part of a closed ring where `inside` is not negative (Sutherland and Hodgman).
fn half(ring: &[Scanned], inside: impl Fn(&Scanned) -> f64) -> Vec<Scanned> {
    let mut kept: Vec<Scanned> = Vec::with_capacity(ring.len() + 4);
    for edge in ring.windows(2) {
        let (a, b) = (&edge[0], &edge[1]);
        let (da, db) = (inside(a), inside(b));
        if da >= 0.0 {
            kept.push(*a);
        }
        if (da >= 0.0) != (db >= 0.0) && da.is_finite() && db.is_finite() {
            let part = da / (da - db);
            let mix = |x: f64, y: f64| x + (y - x) * part;
            kept.push(Scanned {
                t_s: mix(a.t_s, b.t_s),
                angle: mix(a.angle, b.angle),
                sine: mix(a.sine, b.sine),
                incidence: mix(a.incidence, b.incidence),
            });
        }
    }
    kept.extend(kept.first().copied());
    kept
}

/// Sum of the rings' signed areas, holes against their outer rings.
fn signed_area(rings: &[Vec<Scanned>]) -> f64 {
    let ring_area = |ring: &Vec<Scanned>| {
        let Some(first) = ring.first() else {
            return 0.0;
        };
        ring.windows(2)
            .map(|w| (w[0].t_s - first.t_s) * w[1].sine - (w[1].t_s - first.t_s) * w[0].sine)
            .sum::<f64>()
    };
    rings.iter().map(ring_area).sum()
}
