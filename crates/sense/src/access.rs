//! Access: when an instrument can see an area, from how far off nadir, and how much of it.
//!
//! **What counts as seeing.** An agile instrument sees the area while any part of it is within the
//! greatest angle from the geodetic nadir, ahead, behind or to the side, and on the near side of the
//! horizon. A nadir swath or a radar sees what is broadside: on the line across the ground track,
//! within half the swath of it, or between the radar's least and greatest angle to the left, to the
//! right or on either side. The window is from the first part of the area seen to the last. The line
//! lies across the velocity relative to the turning ground, as yaw steering makes it. Satellites slower
//! than two revolutions a day do not scan: all their instruments are taken as agile.
//!
//! **Coverage** is the share of the area that one strip, `swath_km` wide and laid along the track at the
//! best place within the field of regard, takes in one pass.
//!
//! **Daylight** is the Sun's elevation at the middle of the area.
//!
//! Where the span or the daylight cuts a window, a scanning instrument's coverage counts what is left;
//! an agile one's counts the whole pass, since it can look ahead and behind.

mod frame;
mod scan;

use crate::area::Area;
use crate::instrument::{Instrument, Look};
use crate::opportunity::Opportunity;
use corridor_orbit::earth::Geodetic;
use corridor_orbit::event::{Bounded, Search, Span, find_spans_in};
use corridor_orbit::propagate::{PropagateError, Track, Trajectory};
use corridor_orbit::visibility::LimitError;
use corridor_orbit::window::{Window, WindowSet, offset};
use corridor_orbit::{sun, visibility};
use frame::Axes;
use jiff::Timestamp;
use scan::Scan;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Longest span that is searched, days.
pub const SPAN_MAX_DAYS: i64 = 400;

/// Agile windows longer than this are never missed, seconds; broadside ones are never missed at all.
pub const MIN_WINDOW_S: f64 = 0.5;

/// A revolution slower than this stares and does not scan, seconds.
const SLOW_PERIOD_S: f64 = 43_000.0;

/// Mean radius of the Earth, km: what a swath's width is measured on.
const EARTH_RADIUS_KM: f64 = 6_371.0;

/// A satellite with one of its instruments.
#[derive(Debug, Clone, Copy)]
pub struct Sensor<'a> {
    /// Name of the satellite.
    pub satellite: &'a str,
    /// Catalogue number; `None` where the satellite is planned.
    pub norad_id: Option<u32>,
    /// Whether the satellite does not fly yet.
    pub planned: bool,
    /// Where it is when.
    pub trajectory: &'a Trajectory,
    /// What looks.
    pub instrument: &'a Instrument,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum AccessError {
    /// The span ends before it starts.
    #[error("span ends at {to}, before its start at {from}")]
    Span {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The span is longer than [`SPAN_MAX_DAYS`].
    #[error("span from {from} to {to} is longer than {SPAN_MAX_DAYS} days")]
    Long {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// An angle cannot be.
    #[error("{field} is {value}; {right}")]
    Angle {
        /// Which angle.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// A limit cannot be.
    #[error(transparent)]
    Limit(#[from] LimitError),
    /// The trajectory has no state at some instant of the span.
    #[error(transparent)]
    Propagate(#[from] PropagateError),
}

/// Every opportunity of `sensor` to see some of `area` in `[from, to)`, in order.
///
/// Edges are within 1 ms of the geometry described above and, for fresh elements, within
/// milliseconds of other tools (`tests/reference`); what the elements' age adds is not in them.
///
/// # Errors
/// [`AccessError`]: a wrong span, or a trajectory without a state.
pub fn opportunities(
    sensor: &Sensor<'_>,
    area: &Area,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Opportunity>, AccessError> {
    check_span(from, to)?;
    let search = AreaSearch::new(sensor, area, from, to);
    if search.never_near() {
        return Ok(Vec::new());
    }
    let near = visibility::near(
        &search.track,
        area.centre(),
        search.reach_rad(),
        search.whole,
    )?;
    let mut found = Vec::new();
    for span in near {
        match search.regard {
            Regard::Cone { max_rad } => search.stare(span, max_rad, &mut found)?,
            Regard::Broadside => search.scan(span, &mut found)?,
        }
    }
    found.sort_by_key(|o| (o.start, o.end));
    Ok(found)
}

/// [`opportunities`] of many sensors at once, on `threads` threads; the answers stand in the order
/// of the sensors.
pub fn opportunities_of(
    sensors: &[Sensor<'_>],
    area: &Area,
    from: Timestamp,
    to: Timestamp,
    threads: usize,
) -> Vec<Result<Vec<Opportunity>, AccessError>> {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut part = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(sensor) = sensors.get(index) else {
                break part;
            };
            part.push((index, opportunities(sensor, area, from, to)));
        }
    };
    let mut all: Vec<_> = std::thread::scope(|scope| {
        let threads = threads.clamp(1, sensors.len().max(1));
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut all = work();
        for handle in others {
            // A thread that panicked passes its panic on: nothing is left out silently.
            all.extend(
                handle
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        all
    });
    all.sort_by_key(|(index, _)| *index);
    all.into_iter().map(|(_, answer)| answer).collect()
}

/// Every window in `[from, to)` in which one place is within `max_off_nadir_deg` of the satellite's
/// geodetic nadir, the satellite above its horizon and, where asked for, the Sun at
/// `min_sun_elevation_deg` or more.
///
/// # Errors
/// [`AccessError`]: a wrong span or angle, or a trajectory without a state.
pub fn point_windows(
    trajectory: &Trajectory,
    place: &Geodetic,
    max_off_nadir_deg: f64,
    min_sun_elevation_deg: Option<f64>,
    from: Timestamp,
    to: Timestamp,
) -> Result<WindowSet, AccessError> {
    check_span(from, to)?;
    if !(max_off_nadir_deg > 0.0 && max_off_nadir_deg <= 90.0) {
        return Err(AccessError::Angle {
            field: "max_off_nadir_deg",
            value: max_off_nadir_deg,
            right: "should be more than 0 and at most 90 degrees",
        });
    }
    let seen = visibility::sights(trajectory, place, max_off_nadir_deg, from, to)?;
    Ok(match min_sun_elevation_deg {
        Some(least) if !seen.is_empty() => seen.and(&sun::daylight(place, least, from, to)),
        _ => seen,
    })
}

pub(crate) fn check_span(from: Timestamp, to: Timestamp) -> Result<(), AccessError> {
    if to < from {
        return Err(AccessError::Span { from, to });
    }
    if to.duration_since(from).as_hours() > SPAN_MAX_DAYS * 24 {
        return Err(AccessError::Long { from, to });
    }
    Ok(())
}

/// How an instrument meets the ground.
#[derive(Debug, Clone, Copy)]
enum Regard {
    Cone { max_rad: f64 },
    Broadside,
}

struct AreaSearch<'a> {
    sensor: &'a Sensor<'a>,
    area: &'a Area,
    track: Track<'a>,
    from: Timestamp,
    to: Timestamp,
    whole: Span,
    regard: Regard,
}

impl<'a> AreaSearch<'a> {
    fn new(sensor: &'a Sensor<'a>, area: &'a Area, from: Timestamp, to: Timestamp) -> Self {
        let instrument = sensor.instrument;
        let slow = sensor.trajectory.period_s() > SLOW_PERIOD_S;
        let regard = match instrument.look {
            Look::Agile => Regard::Cone {
                max_rad: instrument.max_off_nadir_deg.to_radians(),
            },
            Look::Nadir if slow => {
                let r_km = sensor.trajectory.semi_major_axis_m() / 1e3;
                let arc = half_swath_rad(instrument);
                let max_rad =
                    (EARTH_RADIUS_KM * arc.sin()).atan2(r_km - EARTH_RADIUS_KM * arc.cos());
                Regard::Cone { max_rad }
            }
            _ if slow => Regard::Cone {
                max_rad: instrument.max_off_nadir_deg.to_radians(),
            },
            _ => Regard::Broadside,
        };
        let end_s = to.duration_since(from).as_secs_f64();
        Self {
            sensor,
            area,
            track: sensor.trajectory.track(from),
            from,
            to,
            whole: Span {
                start_s: 0.0,
                end_s,
            },
            regard,
        }
    }

    /// Angle at the Earth's centre within which the satellite may see some of the area, radians.
    fn reach_rad(&self) -> f64 {
        let instrument = self.sensor.instrument;
        let apogee_m = self.sensor.trajectory.apogee_radius_m();
        let of_angle = |deg| visibility::reach_of_off_nadir_rad(apogee_m, deg);
        let sight = match (self.regard, instrument.look) {
            (Regard::Cone { max_rad }, _) => of_angle(max_rad.to_degrees()),
            // The swath is measured on the mean radius, and nadir leans by up to 0.2 degrees.
            (_, Look::Nadir) => {
                let lean = 0.0034 * (apogee_m / 6_350_000.0 - 1.0);
                1.01 * half_swath_rad(instrument) + lean + 0.001
            }
            _ => of_angle(instrument.max_off_nadir_deg),
        };
        self.area.radius_rad() + sight
    }

    /// Whether the satellite's latitudes are never within reach of the area.
    fn never_near(&self) -> bool {
        let i = self.sensor.trajectory.inclination_deg().to_radians();
        let highest = i.min(std::f64::consts::PI - i);
        // SGP4's inclination wavers by less than a degree in a year; deep-space orbits more.
        let waver = if self.sensor.trajectory.period_s() > 13_500.0 {
            0.3
        } else {
            0.02
        };
        let latitude = self.area.centre()[2].asin().abs();
        latitude - self.reach_rad() > highest + waver
    }

    /// Windows of an agile instrument within `span`.
    fn stare(
        &self,
        span: Span,
        max_rad: f64,
        found: &mut Vec<Opportunity>,
    ) -> Result<(), AccessError> {
        let trajectory = self.sensor.trajectory;
        let rings = self.area.rings();
        let off_nadir = |t_s: f64| -> Result<f64, PropagateError> {
            let axes = Axes::new(&self.track.state_itrf(t_s)?);
            // Beyond the horizon: more than any angle, and short enough steps to meet it again.
            Ok(axes.least_off_nadir(rings).unwrap_or(max_rad + 0.01))
        };
        let mut condition = Bounded {
            value: |t_s| off_nadir(t_s).map(|angle| max_rad - angle),
            rate_max: visibility::sight_rate_max_rad_s(trajectory),
        };
        let search = Search {
            min_window_s: MIN_WINDOW_S,
            tolerance_s: 1e-3,
        };
        for seen in find_spans_in(&mut condition, span, search)? {
            for lit in self.lit(seen) {
                let least = least_in(lit, &off_nadir)?;
                let coverage = self.agile_coverage(seen, max_rad)?;
                self.push(lit, least, coverage, found);
            }
        }
        Ok(())
    }

    /// Share of the area that one strip takes, within the angle on either side.
    fn agile_coverage(&self, seen: Span, max_rad: f64) -> Result<f64, PropagateError> {
        let width = 2.0 * half_swath_rad(self.sensor.instrument);
        if self.sensor.trajectory.period_s() > SLOW_PERIOD_S {
            return self.disc_coverage(seen, max_rad, width);
        }
        let scan = self.scan_of(seen)?;
        let ever = Span {
            start_s: f64::NEG_INFINITY,
            end_s: f64::INFINITY,
        };
        Ok(scan.best_strip((-max_rad, max_rad), width, ever))
    }

    /// From a slow orbit: the share of the outline within the cone in the middle of the window, and
    /// no more than the swath's square holds.
    fn disc_coverage(&self, seen: Span, max_rad: f64, width: f64) -> Result<f64, PropagateError> {
        let middle_s = 0.5 * (seen.start_s + seen.end_s);
        let axes = Axes::new(&self.track.state_itrf(middle_s)?);
        let points = self.area.rings().iter().flatten();
        let (mut inside, mut all) = (0_u32, 0_u32);
        for point in points {
            all += 1;
            let one = [vec![*point]];
            inside += u32::from(axes.least_off_nadir(&one).is_some_and(|a| a <= max_rad));
        }
        let share = f64::from(inside) / f64::from(all.max(1));
        let frame_km2 = (width * EARTH_RADIUS_KM).powi(2);
        Ok(share.min(frame_km2 / self.area.area_km2().max(1e-9)))
    }

    /// The opportunity of a scanning instrument in the pass within `span`, if any.
    fn scan(&self, span: Span, found: &mut Vec<Opportunity>) -> Result<(), AccessError> {
        let scan = self.scan_of(span)?;
        let instrument = self.sensor.instrument;
        let (least, most) = (
            instrument.min_off_nadir_deg.to_radians(),
            instrument.max_off_nadir_deg.to_radians(),
        );
        let half_swath = half_swath_rad(instrument);
        let sides = match instrument.look {
            Look::Nadir | Look::Agile => {
                let edge = scan.middle.angle_of_arc(half_swath);
                vec![(-edge, edge)]
            }
            Look::Left => vec![(-most, -least)],
            Look::Right => vec![(least, most)],
            Look::Both => vec![(-most, -least), (least, most)],
        };
        let seen: Vec<Scan> = sides
            .iter()
            .map(|angles| scan.clip(*angles, self.whole))
            .collect();
        let spans: Vec<Span> = seen.iter().filter_map(Scan::span).collect();
        let Some(all) = hull(&spans) else {
            return Ok(());
        };
        for lit in self.lit(all) {
            let lit_sides = || sides.iter().map(|angles| scan.clip(*angles, lit));
            let spans: Vec<Span> = lit_sides().filter_map(|s| s.span()).collect();
            let Some(window) = hull(&spans) else { continue };
            let angle = lit_sides()
                .filter(|s| s.span().is_some())
                .map(|s| s.least_off_nadir())
                .fold(f64::INFINITY, f64::min);
            let strip = |angles: &(f64, f64)| scan.best_strip(*angles, 2.0 * half_swath, lit);
            let coverage = sides.iter().map(strip).fold(0.0, f64::max);
            self.push(window, angle, coverage, found);
        }
        Ok(())
    }

    fn scan_of(&self, span: Span) -> Result<Scan, PropagateError> {
        let area = self.area;
        Scan::new(
            &self.track,
            area.rings(),
            area.centre(),
            area.radius_rad(),
            span,
        )
    }

    /// The parts of `seen` in which the Sun is high enough.
    fn lit(&self, seen: Span) -> Vec<Span> {
        let instrument = self.sensor.instrument;
        if !instrument.daylight_only {
            return vec![seen];
        }
        let window = Window::new(
            offset(self.from, seen.start_s),
            offset(self.from, seen.end_s),
        );
        let Some(Window { start, end }) = window else {
            return Vec::new();
        };
        let least = instrument.min_sun_elevation_deg;
        let seconds = |t: Timestamp| t.duration_since(self.from).as_secs_f64();
        sun::daylight(&self.area.middle(), least, start, end)
            .windows()
            .iter()
            .map(|w| Span {
                start_s: seconds(w.start),
                end_s: seconds(w.end),
            })
            .collect()
    }

    fn push(&self, span: Span, off_nadir_rad: f64, coverage: f64, found: &mut Vec<Opportunity>) {
        let ends = (
            offset(self.from, span.start_s),
            offset(self.from, span.end_s).min(self.to),
        );
        let Some(window) = Window::new(ends.0, ends.1) else {
            return;
        };
        let sensor = self.sensor;
        found.push(Opportunity {
            satellite: sensor.satellite.to_string(),
            norad_id: sensor.norad_id,
            planned: sensor.planned,
            instrument: sensor.instrument.id.clone(),
            start: window.start,
            end: window.end,
            min_off_nadir_deg: off_nadir_rad.to_degrees(),
            coverage,
            sun_elevation_deg: sun::elevation_deg(&self.area.middle(), window.middle()),
            element_age_days: sensor.trajectory.age_days(window.start),
        });
    }
}

/// Half the swath as an angle at the Earth's centre, radians.
fn half_swath_rad(instrument: &Instrument) -> f64 {
    (0.5 * instrument.swath_km / EARTH_RADIUS_KM).min(std::f64::consts::FRAC_PI_2)
}

/// From the first start to the last end.
fn hull(spans: &[Span]) -> Option<Span> {
    spans.iter().copied().reduce(|a, b| Span {
        start_s: a.start_s.min(b.start_s),
        end_s: a.end_s.max(b.end_s),
    })
}

/// The least value in a span: by samples, then by golden section about the least of them.
fn least_in<E>(span: Span, value: &impl Fn(f64) -> Result<f64, E>) -> Result<f64, E> {
    const SAMPLES: usize = 16;
    let step = (span.end_s - span.start_s) / SAMPLES as f64;
    let mut least = (f64::INFINITY, span.start_s);
    for k in 0..=SAMPLES {
        let t = span.start_s + step * k as f64;
        let v = value(t)?;
        if v < least.0 {
            least = (v, t);
        }
    }
    let golden = 0.5 * (5_f64.sqrt() - 1.0);
    let (mut a, mut b) = (
        (least.1 - step).max(span.start_s),
        (least.1 + step).min(span.end_s),
    );
    for _ in 0..24 {
        let (c, d) = (b - golden * (b - a), a + golden * (b - a));
        if value(c)? < value(d)? {
            b = d;
        } else {
            a = c;
        }
    }
    Ok(least.0.min(value(0.5 * (a + b))?))
}
