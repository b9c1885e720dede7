//! The search for the windows of one sensor over one target.

use super::field::Field;
use super::frame::Axes;
use super::scan::{Across, Scan, Sweep};
use super::{
    AccessError, EARTH_RADIUS_KM, MIN_WINDOW_S, SLOW_PERIOD_S, Sensor, half_swath_rad, seen,
};
use crate::ageing::Ageing;
use crate::instrument::{Instrument, Look};
use crate::opportunity::Opportunity;
use crate::target::Outline;
use corridor_orbit::event::{Bounded, Search, Span, find_spans_in};
use corridor_orbit::propagate::{PropagateError, Track, Trajectory};
use corridor_orbit::window::{Window, offset};
use corridor_orbit::{sun, visibility};
use jiff::Timestamp;

/// Always.
pub(super) const EVER: Span = Span {
    start_s: f64::NEG_INFINITY,
    end_s: f64::INFINITY,
};

/// How an instrument meets the ground.
#[derive(Debug, Clone, Copy)]
pub(super) enum Regard {
    /// Whatever is within an angle from nadir.
    Cone { max_rad: f64 },
    /// Whatever is within a fixed field of view.
    Fixed(Field),
    /// What lies across the track.
    Broadside,
}

impl Regard {
    pub(super) fn of(sensor: &Sensor<'_>) -> Self {
        let (instrument, trajectory) = (sensor.instrument, sensor.trajectory);
        if let Some(field) = Field::of(instrument) {
            return Self::Fixed(field);
        }
        let slow = trajectory.period_s() > SLOW_PERIOD_S;
        let r_km = trajectory.semi_major_axis_m() / 1e3;
        match instrument.look {
            Look::Agile => Self::Cone {
                max_rad: instrument.max_off_nadir_deg.to_radians(),
            },
            Look::Nadir if slow => {
                let arc = half_swath_rad(instrument);
                Self::Cone {
                    max_rad: (EARTH_RADIUS_KM * arc.sin())
                        .atan2(r_km - EARTH_RADIUS_KM * arc.cos()),
                }
            }
            _ if slow => Self::Cone {
                max_rad: far_off_nadir_rad(instrument, r_km),
            },
            _ => Self::Broadside,
        }
    }
}

/// Greatest angle from nadir that a scan or a side-looking instrument reaches from a distance of the
/// Earth's centre, radians.
fn far_off_nadir_rad(instrument: &Instrument, r_km: f64) -> f64 {
    let view = &instrument.view;
    if let Some(incidence_deg) = view.max_incidence_deg {
        let sine = EARTH_RADIUS_KM / r_km * incidence_deg.to_radians().sin();
        return sine.min(1.0).asin();
    }
    let scan = [view.scan_from_deg, view.scan_to_deg];
    let widest = scan.into_iter().flatten().map(f64::abs);
    widest
        .fold(instrument.max_off_nadir_deg, f64::max)
        .to_radians()
}

/// What a scanning instrument sees of the line across the track, side by side.
pub(super) fn sides(instrument: &Instrument, middle: &Axes) -> Vec<Across> {
    let view = &instrument.view;
    let both = |low: f64, high: f64, limit: fn(f64, f64) -> Across| match instrument.look {
        Look::Left => vec![limit(-high, -low)],
        Look::Right => vec![limit(low, high)],
        _ => vec![limit(-high, -low), limit(low, high)],
    };
    match instrument.look {
        Look::Nadir | Look::Conical | Look::Rectangular => {
            let edge = middle.angle_of_arc(half_swath_rad(instrument));
            vec![Across::Angle(-edge, edge)]
        }
        Look::Agile => {
            let most = instrument.max_off_nadir_deg.to_radians();
            vec![Across::Angle(-most, most)]
        }
        Look::Scan => {
            let angle = |deg: Option<f64>| deg.unwrap_or(0.0).to_radians();
            vec![Across::Angle(
                angle(view.scan_from_deg),
                angle(view.scan_to_deg),
            )]
        }
        Look::Left | Look::Right | Look::Both => match view.max_incidence_deg {
            Some(most) => both(
                view.min_incidence_deg.unwrap_or(0.0).to_radians(),
                most.to_radians(),
                Across::Incidence,
            ),
            None => both(
                instrument.min_off_nadir_deg.to_radians(),
                instrument.max_off_nadir_deg.to_radians(),
                Across::Angle,
            ),
        },
    }
}

/// Width of the strip that a pointed instrument takes of what it reaches, radians at the Earth's centre;
/// `None` where it takes all of it.
pub(super) fn strip_rad(instrument: &Instrument) -> Option<f64> {
    match instrument.look {
        Look::Agile | Look::Left | Look::Right | Look::Both => {
            Some(2.0 * half_swath_rad(instrument))
        }
        Look::Nadir | Look::Scan | Look::Conical | Look::Rectangular => None,
    }
}

pub(super) struct TargetSearch<'a> {
    sensor: &'a Sensor<'a>,
    outline: &'a Outline<'a>,
    track: Track<'a>,
    from: Timestamp,
    to: Timestamp,
    whole: Span,
    regard: Regard,
}

impl<'a> TargetSearch<'a> {
    pub(super) fn new(
        sensor: &'a Sensor<'a>,
        outline: &'a Outline<'a>,
        from: Timestamp,
        to: Timestamp,
    ) -> Self {
        let end_s = to.duration_since(from).as_secs_f64();
        Self {
            sensor,
            outline,
            track: sensor.trajectory.track(from),
            from,
            to,
            whole: Span {
                start_s: 0.0,
                end_s,
            },
            regard: Regard::of(sensor),
        }
    }

    /// Every opportunity, in order.
    pub(super) fn opportunities(&self) -> Result<Vec<Opportunity>, AccessError> {
        if self.never_near() {
            return Ok(Vec::new());
        }
        let reach_rad = self.reach_rad();
        let near = visibility::near(&self.track, self.outline.centre, reach_rad, self.whole)?;
        let mut found = Vec::new();
        for span in near {
            match self.regard {
                Regard::Cone { max_rad } => self.stare(span, max_rad, &mut found)?,
                Regard::Fixed(field) => self.fixed(span, &field, &mut found)?,
                Regard::Broadside => self.scan(span, &mut found)?,
            }
        }
        found.sort_by_key(|o| (o.start, o.end));
        Ok(found)
    }

    /// Angle at the Earth's centre within which the satellite may see some of the target, radians.
    fn reach_rad(&self) -> f64 {
        let instrument = self.sensor.instrument;
        let apogee_m = self.sensor.trajectory.apogee_radius_m();
        let of_angle = |deg| visibility::reach_of_off_nadir_rad(apogee_m, deg);
        // Nadir leans by up to 0.2 degrees.
        let lean = 0.0034 * (apogee_m / 6_350_000.0 - 1.0);
        let sight = match (self.regard, instrument.look) {
            (Regard::Cone { max_rad }, _) => of_angle(max_rad.to_degrees()),
            (Regard::Fixed(field), _) => of_angle(field.far_rad().to_degrees()),
            // The swath is measured on the mean radius.
            (_, Look::Nadir) => 1.01 * half_swath_rad(instrument) + lean + 0.001,
            _ => match instrument.view.max_incidence_deg {
                Some(deg) => visibility::reach_of_elevation_rad(apogee_m, 90.0 - deg) + 0.004,
                None => of_angle(far_off_nadir_rad(instrument, EARTH_RADIUS_KM).to_degrees()),
            },
        };
        self.outline.radius_rad + sight
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
        let latitude = self.outline.centre[2].asin().abs();
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
        let off_nadir = |t_s: f64| self.off_nadir(t_s, max_rad + 0.01);
        let mut condition = Bounded {
            value: |t_s| off_nadir(t_s).map(|angle| max_rad - angle),
            rate_max: visibility::sight_rate_max_rad_s(trajectory),
        };
        for seen in find_spans_in(&mut condition, span, SEARCH)? {
            for lit in self.lit(seen) {
                let least = least_in(lit, &off_nadir)?;
                let coverage = self.agile_coverage(seen, max_rad)?;
                self.push(lit, least, coverage, found);
            }
        }
        Ok(())
    }

    /// Least angle from nadir to any of the outline, radians; `beyond` where none is in sight: more than
    /// any angle looked for, and short enough steps to meet it again.
    fn off_nadir(&self, t_s: f64, beyond: f64) -> Result<f64, PropagateError> {
        let axes = Axes::new(&self.track.state_itrf(t_s)?);
        let least = axes.least_off_nadir(self.outline.rings);
        Ok(least.unwrap_or(beyond))
    }

    /// Windows of a fixed field of view within `span`.
    fn fixed(
        &self,
        span: Span,
        field: &Field,
        found: &mut Vec<Opportunity>,
    ) -> Result<(), AccessError> {
        let trajectory = self.sensor.trajectory;
        let (cap, rate) = field.cap();
        let slow = is_slow(trajectory);
        let value = |t_s: f64| -> Result<f64, PropagateError> {
            let axes = axes_at(&self.track, t_s, slow)?;
            Ok(1.0 - field.at(&axes).least(self.outline.rings).min(cap))
        };
        let turn = visibility::sight_rate_max_rad_s(trajectory) + trajectory.turn_rate_max_rad_s();
        let mut condition = Bounded {
            value,
            rate_max: rate * turn,
        };
        for seen in find_spans_in(&mut condition, span, SEARCH)? {
            for lit in self.lit(seen) {
                let off_nadir = |t_s: f64| self.off_nadir(t_s, field.far_rad());
                let least = least_in(lit, &off_nadir)?.clamp(field.near_rad(), field.far_rad());
                let coverage = self.sampled_coverage(lit)?;
                self.push(lit, least, coverage, found);
            }
        }
        Ok(())
    }

    /// Share of the samples that are taken in the window.
    fn sampled_coverage(&self, window: Span) -> Result<f64, PropagateError> {
        let samples = self.outline.samples();
        let seen = seen::find(self.sensor, self.outline, &samples, &self.track, window)?;
        Ok(seen.take(&samples, &|_| false, false).share)
    }

    /// Share of the area that one strip takes, within the angle on either side.
    fn agile_coverage(&self, seen: Span, max_rad: f64) -> Result<f64, PropagateError> {
        let Some(area) = self.outline.area else {
            return self.sampled_coverage(seen);
        };
        let width = 2.0 * half_swath_rad(self.sensor.instrument);
        if self.sensor.trajectory.period_s() > SLOW_PERIOD_S {
            let frame_km2 = (width * EARTH_RADIUS_KM).powi(2);
            let most = frame_km2 / area.area_km2().max(1e-9);
            return Ok(self.disc_coverage(seen, max_rad)?.min(most));
        }
        let scan = self.scan_of(seen)?;
        Ok(scan.best_strip(Across::Angle(-max_rad, max_rad), width, EVER))
    }

    /// From a slow orbit: the share of the outline within the cone in the middle of the window.
    fn disc_coverage(&self, seen: Span, max_rad: f64) -> Result<f64, PropagateError> {
        let middle_s = 0.5 * (seen.start_s + seen.end_s);
        let axes = Axes::new(&self.track.state_itrf(middle_s)?);
        let (mut inside, mut all) = (0_u32, 0_u32);
        for point in self.outline.rings.iter().flatten() {
            all += 1;
            let one = [vec![*point]];
            inside += u32::from(axes.least_off_nadir(&one).is_some_and(|a| a <= max_rad));
        }
        Ok(f64::from(inside) / f64::from(all.max(1)))
    }

    /// The opportunity of a scanning instrument in the pass within `span`, if any.
    fn scan(&self, span: Span, found: &mut Vec<Opportunity>) -> Result<(), AccessError> {
        let scan = self.scan_of(span)?;
        let instrument = self.sensor.instrument;
        let sides = sides(instrument, &scan.middle);
        let seen: Vec<Scan> = sides
            .iter()
            .map(|across| scan.clip(*across, self.whole))
            .collect();
        let spans: Vec<Span> = seen.iter().filter_map(Scan::span).collect();
        let Some(all) = hull(&spans) else {
            return Ok(());
        };
        for lit in self.lit(all) {
            let lit_sides = || sides.iter().map(|across| scan.clip(*across, lit));
            let spans: Vec<Span> = lit_sides().filter_map(|s| s.span()).collect();
            let Some(window) = hull(&spans) else { continue };
            let angle = lit_sides()
                .filter(|s| s.span().is_some())
                .map(|s| s.least_off_nadir())
                .fold(f64::INFINITY, f64::min);
            let coverage = match (self.outline.area, strip_rad(instrument)) {
                (None, _) => self.sampled_coverage(window)?,
                (Some(_), None) if instrument.look == Look::Scan => {
                    lit_sides().map(|s| s.share()).fold(0.0, f64::max)
                }
                (Some(_), _) => {
                    let width = 2.0 * half_swath_rad(instrument);
                    let strip = |across: &Across| scan.best_strip(*across, width, lit);
                    sides.iter().map(strip).fold(0.0, f64::max)
                }
            };
            self.push(window, angle, coverage, found);
        }
        Ok(())
    }

    fn scan_of(&self, span: Span) -> Result<Scan, PropagateError> {
        let outline = self.outline;
        let sweep = Sweep::new(&self.track, outline.centre, outline.radius_rad, span)?;
        Ok(Scan::new(&sweep, outline.rings))
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
        sun::daylight(&self.outline.middle, least, start, end)
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
        let ageing = Ageing::at(sensor.trajectory, window.start);
        found.push(Opportunity {
            satellite: sensor.satellite.to_string(),
            norad_id: sensor.norad_id,
            planned: sensor.planned,
            instrument: sensor.instrument.id.clone(),
            start: window.start,
            end: window.end,
            min_off_nadir_deg: off_nadir_rad.to_degrees(),
            coverage,
            sun_elevation_deg: sun::elevation_deg(&self.outline.middle, window.middle()),
            element_age_days: ageing.element_age_days,
            timing_uncertainty_s: ageing.uncertainty.map(|u| u.timing_s),
            cross_track_uncertainty_km: ageing.uncertainty.map(|u| u.cross_track_km),
            stale: ageing.stale,
        });
    }
}

/// How finely windows are looked for.
const SEARCH: Search = Search {
    min_window_s: MIN_WINDOW_S,
    tolerance_s: 1e-3,
};

/// The satellite's axes; of a slow orbit with *along* on the velocity among the stars.
pub(super) fn axes_at(track: &Track<'_>, t_s: f64, slow: bool) -> Result<Axes, PropagateError> {
    let state = track.state_itrf(t_s)?;
    Ok(match slow {
        true => Axes::inertial(&state),
        false => Axes::new(&state),
    })
}

/// Whether an orbit is too slow to scan.
pub(super) fn is_slow(trajectory: &Trajectory) -> bool {
    trajectory.period_s() > SLOW_PERIOD_S
}

/// From the first start to the last end.
fn hull(spans: &[Span]) -> Option<Span> {
    spans.iter().copied().reduce(|a, b| Span {
        start_s: a.start_s.min(b.start_s),
        end_s: a.end_s.max(b.end_s),
    })
}

/// The least value in a span: by samples, then by golden section about the least of them.
pub(super) fn least_in<E>(span: Span, value: &impl Fn(f64) -> Result<f64, E>) -> Result<f64, E> {
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
