//! When the plane of an orbit passes near a place: the first sieve, before any propagation.
//!
//! The pole of a near-Earth orbit moves steadily along a parallel, and the place turns with the Earth:
//! the place's distance from the plane is `asin(cos i sin lat - sin i cos lat sin psi)`, where `psi` is
//! the place's right ascension less the node's and grows steadily. Twice a sidereal day or not at all
//! the distance is within reach; only then can the satellite be.
//!
//! **Room.** The osculating pole wavers about its mean by at most 1.5 J2 / 2 (R / p)^2, below 0.001 rad, and
//! drag bends the node's motion by less than 0.001 rad between states two days apart, so that the
//! straight line between them is within 0.003 rad. [`ROOM_RAD`] is three times that.

use crate::earth::{cross, unit};
use crate::event::Span;
use crate::frame::gmst82_rad;
use crate::propagate::Trajectory;
use crate::time::Days;
use crate::window::offset;
use jiff::Timestamp;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Added to the reach for what the steady motion of the plane leaves out, radians.
const ROOM_RAD: f64 = 0.01;

/// Longest time between the states that the motion of the plane is taken from, seconds.
const BETWEEN_MAX_S: f64 = 2.0 * 86_400.0;

/// Orbits slower than this are moved by Sun and Moon, and their planes less steadily, seconds.
const PERIOD_MAX_S: f64 = 225.0 * 60.0;

/// Orbits flatter than this have no steady node, radians.
const INCLINATION_MIN_RAD: f64 = 0.05;

/// Sidereal rate of GMST, rad/s (Aoki et al. 1982).
const SIDEREAL_RAD_S: f64 = TAU * 1.002_737_909_35 / 86_400.0;

/// The plane of an orbit over a span: node and inclination at a few instants, straight in between.
#[derive(Debug, Clone)]
pub struct Plane {
    knots: Vec<Knot>,
}

#[derive(Debug, Clone, Copy)]
struct Knot {
    t_s: f64,
    /// Greenwich sidereal time less the node's right ascension, unrolled.
    psi: f64,
    inclination: f64,
}

impl Plane {
    /// The plane over `duration_s` from `origin`; `None` where it does not move steadily or a state is
    /// missing.
    pub fn new(trajectory: &Trajectory, origin: Timestamp, duration_s: f64) -> Option<Self> {
        if trajectory.period_s() > PERIOD_MAX_S {
            return None;
        }
        let parts = (duration_s / BETWEEN_MAX_S).ceil().max(1.0);
        let mut knots: Vec<Knot> = Vec::with_capacity(parts as usize + 1);
        for k in 0..=parts as usize {
            let t_s = duration_s * k as f64 / parts;
            let t = offset(origin, t_s);
            let state = trajectory.state_teme(t).ok()?;
            let pole = unit(cross(state.r_m, state.v_m_s));
            let inclination = pole[0].hypot(pole[1]).atan2(pole[2]);
            if !(INCLINATION_MIN_RAD..=PI - INCLINATION_MIN_RAD).contains(&inclination) {
                return None;
            }
            let node = pole[0].atan2(-pole[1]);
            // UT1 - UTC is below a second, which turns the Earth by 0.00007 rad.
            let sidereal = gmst82_rad(Days::utc(t).ut1(0.0));
            let mut psi = sidereal - node;
            if let Some(last) = knots.last() {
                let expected = last.psi + SIDEREAL_RAD_S * (t_s - last.t_s);
                psi += ((expected - psi) / TAU).round() * TAU;
            }
            knots.push(Knot {
                t_s,
                psi,
                inclination,
            });
        }
        Some(Self { knots })
    }

    /// Spans in which the place in `direction` (ITRF, from the Earth's centre) is within `reach_rad` of
    /// the plane, in order; a little more than asked for.
    pub fn near(&self, direction: [f64; 3], reach_rad: f64, found: &mut Vec<Span>) {
        let [x, y, sin_lat] = unit(direction);
        let (cos_lat, lon) = (x.hypot(y), y.atan2(x));
        let most = (reach_rad + ROOM_RAD).min(FRAC_PI_2).sin();
        let first = found.len();
        for pair in self.knots.windows(2) {
            let (a, b) = (&pair[0], &pair[1]);
            let (sin_i, cos_i) = (0.5 * (a.inclination + b.inclination)).sin_cos();
            let across = sin_i * cos_lat;
            let low = (cos_i * sin_lat - most) / across.max(1e-9);
            let high = (cos_i * sin_lat + most) / across.max(1e-9);
            if low > 1.0 || high < -1.0 {
                continue;
            }
            if low <= -1.0 && high >= 1.0 {
                join(found, first, a.t_s, b.t_s);
                continue;
            }
            let (low, high) = (low.max(-1.0).asin(), high.min(1.0).asin());
            let (psi_a, psi_b) = (a.psi + lon, b.psi + lon);
            let rate = (psi_b - psi_a) / (b.t_s - a.t_s);
            let at = |psi: f64| a.t_s + (psi - psi_a) / rate;
            let mut turn = ((psi_a - PI - high) / TAU).floor() * TAU;
            while turn + low <= psi_b {
                for (from, to) in [(low, high), (PI - high, PI - low)] {
                    let start_s = at(turn + from).max(a.t_s);
                    let end_s = at(turn + to).min(b.t_s);
                    if start_s < end_s {
                        join(found, first, start_s, end_s);
                    }
                }
                turn += TAU;
            }
        }
    }
}

/// Adds a span, or makes the last one longer where they touch; spans before `first` stay.
fn join(found: &mut Vec<Span>, first: usize, start_s: f64, end_s: f64) {
    match found.last().copied() {
        Some(last) if found.len() > first && start_s <= last.end_s + 1e-6 => {
            let end_s = last.end_s.max(end_s);
            if let Some(last) = found.last_mut() {
                last.end_s = end_s;
            }
        }
        _ => found.push(Span { start_s, end_s }),
    }
}
