//! What of a target an instrument sees in one window: which of its samples, and when.
//!
//! A scanning instrument sees a sample when it is broadside, within the limits across the track. One that
//! looks ahead and behind sees it while it is within its field of view; the window is walked in steps of
//! an eighth of the time that the field of view takes over a place, and between the steps a parabola finds
//! what only grazes its edge: what is missed by that is less than 0.1 % of the field of view's width.

use super::field::Field;
use super::ground::Ground;
use super::scan::{Across, Sweep};
use super::search::{EVER, Regard, axes_at, is_slow, sides, strip_rad};
use super::{AccessError, EARTH_RADIUS_KM, Sensor, check_span};
use crate::target::{Outline, Sample, Target};
use corridor_orbit::earth::{angle_between, dot, unit};
use corridor_orbit::event::Span;
use corridor_orbit::propagate::{PropagateError, Track};
use corridor_orbit::window::Window;

/// Steps that a window is walked in.
const STEPS: (f64, f64) = (16.0, 4_000.0);

/// Places tried for the middle of a frame from a slow orbit.
const FRAMES: usize = 200;

/// A sample that is seen.
#[derive(Debug, Clone, Copy, PartialEq)]
struct SeenSample {
    sample: u32,
    t_s: f64,
    /// Angle from nadir, to the right positive, radians; and at the Earth's centre.
    angle: f64,
    arc: f64,
    side: usize,
}

/// All of a target that an instrument can see in a window.
#[derive(Debug, Clone)]
pub struct Seen {
    seen: Vec<SeenSample>,
    pick: Pick,
    /// What is reached, to draw, side by side.
    reach: Vec<Ground>,
    /// Axes in the middle of the window.
    middle: super::frame::Axes,
}

/// How much of it is taken.
#[derive(Debug, Clone, Copy)]
enum Pick {
    All,
    Strip { width_rad: f64 },
    Frame { radius_rad: f64 },
}

/// What is taken of a target in a window.
#[derive(Debug, Clone, PartialEq)]
pub struct Taken {
    /// Number of the sample, and seconds from the start of the window at which it is first seen.
    pub samples: Vec<(u32, f64)>,
    /// Their share of the target, in 0..=1.
    pub share: f64,
    /// The ground that is taken.
    pub ground: Vec<Ground>,
}

/// Finds what `sensor` sees of `target` in a window that [`super::target_opportunities`] gave.
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn seen_in(sensor: &Sensor<'_>, target: &Target, window: Window) -> Result<Seen, AccessError> {
    check_span(window.start, window.end)?;
    let track = sensor.trajectory.track(window.start);
    let span = Span {
        start_s: 0.0,
        end_s: window.duration_s(),
    };
    let outline = target.outline();
    Ok(find(sensor, &outline, target.samples(), &track, span)?)
}

pub(super) fn find(
    sensor: &Sensor<'_>,
    outline: &Outline<'_>,
    samples: &[Sample],
    track: &Track<'_>,
    span: Span,
) -> Result<Seen, PropagateError> {
    match Regard::of(sensor) {
        Regard::Fixed(field) => walk(sensor, samples, track, span, &field, Pick::All),
        Regard::Cone { max_rad } if is_slow(sensor.trajectory) => {
            let pick = match strip_rad(sensor.instrument) {
                Some(width_rad) => Pick::Frame {
                    radius_rad: 0.5 * width_rad,
                },
                None => Pick::All,
            };
            walk(
                sensor,
                samples,
                track,
                span,
                &Field::about_nadir(max_rad),
                pick,
            )
        }
        // Ahead and behind count as broadside: within the angle then means within it there.
        Regard::Cone { .. } => sweep(sensor, outline, samples, track, span, EVER),
        Regard::Broadside => sweep(sensor, outline, samples, track, span, span),
    }
}

/// What an agile instrument could see of a target in a window if it took all of it: whatever comes
/// within its field of regard at some time. Of others, [`seen_in`].
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn reached_in(
    sensor: &Sensor<'_>,
    target: &Target,
    window: Window,
) -> Result<Seen, AccessError> {
    let Regard::Cone { max_rad } = Regard::of(sensor) else {
        return seen_in(sensor, target, window);
    };
    check_span(window.start, window.end)?;
    let track = sensor.trajectory.track(window.start);
    let span = Span {
        start_s: 0.0,
        end_s: window.duration_s(),
    };
    let field = Field::about_nadir(max_rad);
    Ok(walk(
        sensor,
        target.samples(),
        &track,
        span,
        &field,
        Pick::All,
    )?)
}

/// Samples as they come broadside.
fn sweep(
    sensor: &Sensor<'_>,
    outline: &Outline<'_>,
    samples: &[Sample],
    track: &Track<'_>,
    span: Span,
    time: Span,
) -> Result<Seen, PropagateError> {
    let sweep = Sweep::new(track, outline.centre, outline.radius_rad, span)?;
    let sides = sides(sensor.instrument, &sweep.middle);
    let mut seen = Vec::new();
    let mut guess_s = sweep.centre_s;
    for (number, sample) in samples.iter().enumerate() {
        let point = sweep.scan(sample.r_m, guess_s);
        guess_s = point.t_s;
        if !(time.start_s..=time.end_s).contains(&point.t_s) {
            continue;
        }
        let side = sides.iter().position(|across| across.holds(&point));
        let Some(side) = side.filter(|_| sweep.sees(sample.r_m, point.t_s)) else {
            continue;
        };
        seen.push(SeenSample {
            sample: number as u32,
            t_s: point.t_s.clamp(span.start_s, span.end_s) - span.start_s,
            angle: point.angle,
            arc: point.sine.clamp(-1.0, 1.0).asin(),
            side,
        });
    }
    let reach = sides.iter().map(|across| match *across {
        Across::Angle(from, to) => Ground::Strip { from, to },
        Across::Incidence(from, to) => Ground::Strip {
            from: sweep.middle.angle_of_incidence(from),
            to: sweep.middle.angle_of_incidence(to),
        },
    });
    Ok(Seen {
        seen,
        pick: match strip_rad(sensor.instrument) {
            Some(width_rad) => Pick::Strip { width_rad },
            None => Pick::All,
        },
        reach: reach.collect(),
        middle: sweep.middle,
    })
}

/// Samples as they come into a field of view.
fn walk(
    sensor: &Sensor<'_>,
    samples: &[Sample],
    track: &Track<'_>,
    span: Span,
    field: &Field,
    pick: Pick,
) -> Result<Seen, PropagateError> {
    let trajectory = sensor.trajectory;
    let slow = is_slow(trajectory);
    let length_s = span.end_s - span.start_s;
    let height_m = (trajectory.perigee_radius_m() - EARTH_RADIUS_KM * 1e3).max(1e5);
    let over_s = 2.0 * height_m * field.along_rad().tan()
        / (EARTH_RADIUS_KM * 1e3 * trajectory.turn_rate_max_rad_s());
    let steps = (8.0 * length_s / over_s.max(1e-9))
        .ceil()
        .clamp(STEPS.0, STEPS.1);
    let step_s = length_s / steps;
    let mut first: Vec<Option<f64>> = vec![None; samples.len()];
    // The last two measures of each sample.
    let mut before = vec![[f64::INFINITY; 2]; samples.len()];
    for k in 0..=steps as usize {
        let t_s = span.start_s + step_s * k as f64;
        let view = field.at(&axes_at(track, t_s, slow)?);
        for (number, sample) in samples.iter().enumerate() {
            if first[number].is_some() {
                continue;
            }
            let now = view.measure(sample.r_m);
            let [older, last] = before[number];
            before[number] = [last, now];
            if now <= 1.0 {
                let part = match last.is_finite() {
                    true => (last - 1.0) / (last - now).max(1e-12),
                    false => 1.0,
                };
                first[number] = Some(step_s * (k as f64 - 1.0 + part.clamp(0.0, 1.0)).max(0.0));
            } else if let Some(part) = grazes(older, last, now) {
                first[number] = Some(step_s * (k as f64 - 1.0 + part));
            }
        }
    }
    let middle = axes_at(track, 0.5 * (span.start_s + span.end_s), slow)?;
    let seen = first.iter().enumerate().filter_map(|(number, t_s)| {
        t_s.map(|t_s| SeenSample {
            sample: number as u32,
            t_s: t_s.clamp(0.0, length_s),
            angle: 0.0,
            arc: 0.0,
            side: 0,
        })
    });
    Ok(Seen {
        seen: seen.collect(),
        pick,
        reach: vec![Ground::Field(super::ground::View(*field))],
        middle,
    })
}

/// Where a parabola through three equal steps comes within the field of view between them, in steps from
/// the middle one.
fn grazes(older: f64, last: f64, now: f64) -> Option<f64> {
    if !(older >= last && now >= last && older.is_finite() && now.is_finite()) {
        return None;
    }
    let bend = 0.5 * (older + now) - last;
    let slope = 0.5 * (now - older);
    if bend <= 0.0 {
        return None;
    }
    let part = -0.5 * slope / bend;
    (last - 0.25 * slope * slope / bend <= 1.0).then_some(part)
}

impl Seen {
    /// What one strip or one frame takes, where the instrument takes no more: the one that adds most to
    /// what is `known`, and of those the one that holds most. All of it where the instrument sees so
    /// much at once, or where `all` is asked for.
    pub fn take(&self, samples: &[Sample], known: &dyn Fn(u32) -> bool, all: bool) -> Taken {
        match self.pick {
            Pick::Strip { width_rad } if !all => self.strip(samples, known, width_rad),
            Pick::Frame { radius_rad } if !all => self.frame(samples, known, radius_rad),
            _ => self.taken(samples, self.seen.iter(), self.reach.clone()),
        }
    }

    fn taken<'a>(
        &self,
        samples: &[Sample],
        seen: impl Iterator<Item = &'a SeenSample>,
        ground: Vec<Ground>,
    ) -> Taken {
        let samples_of: Vec<(u32, f64)> = seen.map(|s| (s.sample, s.t_s)).collect();
        let share: f64 = samples_of
            .iter()
            .map(|(number, _)| samples[*number as usize].share)
            .sum();
        Taken {
            samples: samples_of,
            share: share.min(1.0),
            ground,
        }
    }

    fn strip(&self, samples: &[Sample], known: &dyn Fn(u32) -> bool, width_rad: f64) -> Taken {
        let mut sorted: Vec<&SeenSample> = self.seen.iter().collect();
        sorted.sort_by(|a, b| {
            (a.side, a.arc)
                .partial_cmp(&(b.side, b.arc))
                .unwrap_or(std::cmp::Ordering::Equal)
        });
        let (mut best, mut worth) = (0..0, (0.0, 0.0));
        let (mut end, mut now) = (0, (0.0, 0.0));
        let value = |s: &SeenSample| {
            let share = samples[s.sample as usize].share;
            (if known(s.sample) { 0.0 } else { share }, share)
        };
        for start in 0..sorted.len() {
            let first = sorted[start];
            while sorted
                .get(end)
                .is_some_and(|s| s.side == first.side && s.arc - first.arc <= width_rad)
            {
                let (new, share) = value(sorted[end]);
                now = (now.0 + new, now.1 + share);
                end += 1;
            }
            // Sums of shares differ by rounding: what is alike counts as alike.
            let more =
                now.0 > worth.0 + 1e-12 || (now.0 > worth.0 - 1e-12 && now.1 > worth.1 + 1e-12);
            if more {
                (best, worth) = (start..end, now);
            }
            let (new, share) = value(first);
            now = (now.0 - new, now.1 - share);
        }
        let held = &sorted[best];
        let ground = self.strip_ground(held, width_rad);
        self.taken(samples, held.iter().copied(), ground)
    }

    /// The strip that holds these samples, as wide as it is, within what is reached.
    fn strip_ground(&self, held: &[&SeenSample], width_rad: f64) -> Vec<Ground> {
        let (Some(first), Some(last)) = (held.first(), held.last()) else {
            return Vec::new();
        };
        let angle = |arc: f64| arc.signum() * self.middle.angle_of_arc(arc.abs());
        let arc = |angle: f64| angle.signum() * self.middle.arc_of_angle(angle.abs());
        let Some(Ground::Strip { from, to }) = self.reach.get(first.side) else {
            return Vec::new();
        };
        let (low, high) = (arc(*from), arc(*to));
        let middle = 0.5 * (first.arc + last.arc);
        let width = width_rad.min(high - low);
        let left = (middle - 0.5 * width).clamp(low, high - width);
        vec![Ground::Strip {
            from: angle(left),
            to: angle(left + width),
        }]
    }

    /// A disc of the frame's width about one of the samples.
    fn frame(&self, samples: &[Sample], known: &dyn Fn(u32) -> bool, radius_rad: f64) -> Taken {
        let place = |s: &SeenSample| unit(samples[s.sample as usize].r_m);
        let cosine = radius_rad.cos();
        let value = |s: &SeenSample| {
            let share = samples[s.sample as usize].share;
            (if known(s.sample) { 0.0 } else { share }, share)
        };
        let step = self.seen.len().div_ceil(FRAMES).max(1);
        let mut best: Option<([f64; 3], (f64, f64))> = None;
        // About the middle first: of frames that hold as much it is the one to take.
        let sum = self
            .seen
            .iter()
            .map(place)
            .fold([0.0; 3], |sum: [f64; 3], p| {
                std::array::from_fn(|k| sum[k] + p[k])
            });
        let tried = std::iter::once(unit(sum)).chain(self.seen.iter().step_by(step).map(place));
        for middle in tried {
            let held = self.seen.iter().filter(|s| dot(place(s), middle) >= cosine);
            let worth = held
                .map(value)
                .fold((0.0, 0.0), |a, b| (a.0 + b.0, a.1 + b.1));
            let more = best.is_none_or(|(_, known)| {
                worth.0 > known.0 + 1e-12
                    || (worth.0 > known.0 - 1e-12 && worth.1 > known.1 + 1e-12)
            });
            if more {
                best = Some((middle, worth));
            }
        }
        let Some((middle, _)) = best.filter(|_| !self.seen.is_empty()) else {
            return self.taken(samples, std::iter::empty(), Vec::new());
        };
        let held = self
            .seen
            .iter()
            .filter(|s| angle_between(place(s), middle) <= radius_rad);
        self.taken(samples, held, vec![Ground::Disc { middle, radius_rad }])
    }
}
