//! A trajectory that is a table of states.

use super::PropagateError;
use crate::earth::{cross, dot};
use crate::elements::ephemeris::{Ephemeris, EphemerisFrame};
use crate::frame::{CelestialRotation, EarthOrientation, EarthRotation, State, Teme};
use crate::time::Days;
use crate::window::offset;
use jiff::Timestamp;
use std::f64::consts::TAU;

/// Gravitational parameter of the Earth, m^3/s^2 (EGM96, WGS 84).
const MU_M3_S2: f64 = 3.986_004_418e14;

/// An ephemeris, checked, with its times counted from its first useable instant.
#[derive(Debug)]
pub(super) struct Table {
    ephemeris: Ephemeris,
    epoch: Timestamp,
    epoch_days: f64,
    last: Timestamp,
    /// Useable start, useable stop and origin of each segment, seconds from the epoch.
    spans_s: Vec<[f64; 3]>,
}

/// What the orbit is like, roughly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) period_s: f64,
    pub(super) eccentricity: f64,
    pub(super) mean_radius_m: f64,
    pub(super) inclination_deg: f64,
}

impl Table {
    pub(super) fn new(ephemeris: Ephemeris) -> Result<Self, PropagateError> {
        let refuse = |name: &str, field: &str, reason: String| PropagateError::Ephemeris {
            name: name.into(),
            field: field.into(),
            reason,
        };
        ephemeris.check().map_err(|wrong| {
            let reason = format!("{} {}", wrong.value, wrong.reason);
            refuse(&ephemeris.name, &wrong.field, reason)
        })?;
        let Some((epoch, last)) = ephemeris.span() else {
            return Err(refuse(&ephemeris.name, "segment", "has none".into()));
        };
        let seconds = |t: Timestamp| t.duration_since(epoch).as_secs_f64();
        let spans_s = (ephemeris.segments.iter())
            .map(|s| [s.useable_start, s.useable_stop, s.origin].map(seconds))
            .collect();
        let table = Self {
            epoch,
            epoch_days: Days::utc(epoch).get(),
            last,
            spans_s,
            ephemeris,
        };
        // A circle at the Earth's surface has 11,068,000 m^3/s^2 of energy to spare; a state that is not
        // bound to the Earth has no period.
        let [r_m, v_m_s] = table.first_state();
        let energy = dot(v_m_s, v_m_s) / 2.0 - MU_M3_S2 / dot(r_m, r_m).sqrt().max(1.0);
        if !(energy < 0.0 && energy.is_finite()) {
            let reason = "the first state is on no orbit around the Earth".into();
            return Err(refuse(&table.ephemeris.name, "states", reason));
        }
        Ok(table)
    }

    pub(super) fn epoch(&self) -> Timestamp {
        self.epoch
    }

    pub(super) fn span(&self) -> (Timestamp, Timestamp) {
        (self.epoch, self.last)
    }

    fn first_state(&self) -> [[f64; 3]; 2] {
        let state = self.state(0.0);
        state.map_or([[0.0; 3]; 2], |s| [s.r_m, s.v_m_s])
    }

    /// Position and velocity in TEME, `seconds` after the epoch.
    pub(super) fn state(&self, seconds: f64) -> Result<State<Teme>, PropagateError> {
        let after = self.spans_s.partition_point(|s| s[0] <= seconds);
        let found = after
            .checked_sub(1)
            .filter(|k| seconds <= self.spans_s[*k][1]);
        let Some(place) = found else {
            return Err(PropagateError::NotCovered {
                name: self.ephemeris.name.clone(),
                from: self.epoch,
                to: self.last,
                at: offset(self.epoch, seconds),
            });
        };
        let segment = &self.ephemeris.segments[place];
        let (r, v) = segment.state(seconds - self.spans_s[place][2]);
        let days = || Days::since_j2000(self.epoch_days + seconds / 86_400.0);
        Ok(match segment.frame {
            EphemerisFrame::Teme => State::new(r, v),
            EphemerisFrame::Gcrf => CelestialRotation::at(days()).state(&State::new(r, v)),
            EphemerisFrame::Eme2000 => {
                CelestialRotation::from_j2000(days()).state(&State::new(r, v))
            }
            EphemerisFrame::Itrf => {
                let orientation = EarthOrientation::shipped().at(days());
                EarthRotation::at(days(), &orientation).state_back(&State::new(r, v))
            }
        })
    }

    pub(super) fn shape(&self) -> Shape {
        let radii = self.ephemeris.segments.iter().flat_map(|s| &s.r_m);
        let (low, high) = radii.fold((f64::INFINITY, 0.0_f64), |(low, high), r| {
            let radius = dot(*r, *r).sqrt();
            (low.min(radius), high.max(radius))
        });
        let [r, v] = self.first_state();
        let energy = dot(v, v) / 2.0 - MU_M3_S2 / dot(r, r).sqrt();
        let a_m = -MU_M3_S2 / (2.0 * energy);
        let normal = cross(r, v);
        let length = dot(normal, normal).sqrt().max(f64::MIN_POSITIVE);
        Shape {
            period_s: TAU * (a_m * a_m * a_m / MU_M3_S2).sqrt(),
            eccentricity: (high - low) / (high + low),
            mean_radius_m: (high + low) / 2.0,
            inclination_deg: (normal[2] / length).clamp(-1.0, 1.0).acos().to_degrees(),
        }
    }
}
