//! Propagation: one [`Trajectory`] for element sets, ephemerides and designed orbits.

mod batch;
mod ephemeris;
mod kepler;
mod states;

pub use batch::Batch;
pub use states::States;

use crate::elements::designed::{DesignError, DesignedOrbit};
use crate::elements::{ElementSet, Ephemeris};
use crate::frame::{EarthOrientation, EarthRotation, Itrf, Position, State, Teme};
use crate::sgp4::{self, Sgp4Error};
use crate::time::Days;
use ephemeris::Table;
use fearless_simd::Level;
use jiff::Timestamp;
use kepler::Kepler;
use std::sync::Arc;

/// Why there is no state.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PropagateError {
    /// The element set has a wrong figure.
    #[error("elements of {norad_id}: {field}: {reason}")]
    Elements {
        /// Catalogue number.
        norad_id: u32,
        /// Which figure.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// The design has a wrong figure.
    #[error("designed orbit: {0}")]
    Design(#[from] DesignError),
    /// SGP4 has no answer at that time, as where drag has brought the satellite down.
    #[error("sgp4 has no state of {norad_id} at {minutes:.3} min from its epoch: {reason}")]
    NoState {
        /// Catalogue number.
        norad_id: u32,
        /// Minutes from the epoch of the elements.
        minutes: f64,
        /// What SGP4 says.
        reason: Sgp4Error,
    },
    /// The ephemeris has a wrong figure.
    #[error("ephemeris of {name}: {field}: {reason}")]
    Ephemeris {
        /// Name of the object.
        name: String,
        /// Which figure.
        field: String,
        /// What is wrong.
        reason: String,
    },
    /// The ephemeris does not cover that time.
    #[error("the ephemeris of {name} covers {from} to {to}, not {at}")]
    NotCovered {
        /// Name of the object.
        name: String,
        /// First instant it covers; there may be gaps.
        from: Timestamp,
        /// Last instant it covers.
        to: Timestamp,
        /// The instant asked for.
        at: Timestamp,
    },
}

#[derive(Debug, Clone)]
enum Model {
    Sgp4(Arc<sgp4::Model>),
    Kepler(Arc<Kepler>),
    Table(Arc<Table>),
}

/// Where a satellite is when. Cheap to clone, free to share among threads.
///
/// Element sets: SGP4 and SDP4 in the improved mode of Vallado et al. 2006 with WGS 72 constants.
/// Designed orbits: Kepler with the secular rates of J2. Ephemerides: interpolated as they say, inside
/// the time they cover.
#[derive(Debug, Clone)]
pub struct Trajectory {
    model: Model,
    norad_id: u32,
    epoch: Timestamp,
    period_s: f64,
    eccentricity: f64,
    mean_radius_m: f64,
    inclination_deg: f64,
    mean_motion_dot: f64,
    designed: bool,
}

impl Trajectory {
    /// From mean elements.
    ///
    /// # Errors
    /// [`PropagateError::Elements`] where a figure is wrong.
    pub fn from_elements(set: &ElementSet) -> Result<Self, PropagateError> {
        set.check().map_err(|wrong| PropagateError::Elements {
            norad_id: set.norad_id,
            field: wrong.field,
            reason: format!("{} {}", wrong.value, wrong.reason),
        })?;
        let rate_rad_s = set.mean_motion_rev_day * std::f64::consts::TAU / 86_400.0;
        Ok(Self {
            model: Model::Sgp4(Arc::new(sgp4::Model::new(set))),
            norad_id: set.norad_id,
            epoch: set.epoch,
            period_s: set.period_s(),
            eccentricity: set.eccentricity,
            mean_radius_m: (sgp4::MU_KM3_S2 / (rate_rad_s * rate_rad_s)).cbrt() * 1e3,
            inclination_deg: set.inclination_deg,
            mean_motion_dot: set.mean_motion_dot,
            designed: false,
        })
    }

    /// From a designed orbit.
    ///
    /// # Errors
    /// [`PropagateError::Design`] where a figure is wrong.
    pub fn from_designed(orbit: &DesignedOrbit) -> Result<Self, PropagateError> {
        orbit.check()?;
        let kepler = Kepler::new(orbit);
        Ok(Self {
            norad_id: 0,
            epoch: orbit.epoch,
            period_s: kepler.period_s(),
            eccentricity: orbit.eccentricity,
            mean_radius_m: orbit.semi_major_axis_km * 1e3,
            inclination_deg: orbit.inclination_deg,
            mean_motion_dot: 0.0,
            designed: true,
            model: Model::Kepler(Arc::new(kepler)),
        })
    }

    /// From an ephemeris. The largest and smallest distance stand for apogee and perigee.
    ///
    /// # Errors
    /// [`PropagateError::Ephemeris`] where a figure is wrong.
    pub fn from_ephemeris(ephemeris: Ephemeris) -> Result<Self, PropagateError> {
        let table = Table::new(ephemeris)?;
        let shape = table.shape();
        Ok(Self {
            norad_id: 0,
            epoch: table.epoch(),
            period_s: shape.period_s,
            eccentricity: shape.eccentricity,
            mean_radius_m: shape.mean_radius_m,
            inclination_deg: shape.inclination_deg,
            mean_motion_dot: 0.0,
            designed: false,
            model: Model::Table(Arc::new(table)),
        })
    }

    /// First and last instant of an ephemeris; `None` for orbits that have a state at any time.
    pub fn covers(&self) -> Option<(Timestamp, Timestamp)> {
        match &self.model {
            Model::Table(table) => Some(table.span()),
            Model::Sgp4(_) | Model::Kepler(_) => None,
        }
    }

    /// Position and velocity in TEME.
    ///
    /// # Errors
    /// [`PropagateError::NoState`] where SGP4 has no answer, [`PropagateError::NotCovered`] where an
    /// ephemeris has none.
    pub fn state_teme(&self, t: Timestamp) -> Result<State<Teme>, PropagateError> {
        self.state_after(t.duration_since(self.epoch).as_secs_f64())
    }

    /// Position and velocity in TEME, `seconds` after the epoch.
    fn state_after(&self, seconds: f64) -> Result<State<Teme>, PropagateError> {
        match &self.model {
            Model::Kepler(kepler) => Ok(kepler.state(seconds)),
            Model::Table(table) => table.state(seconds),
            Model::Sgp4(model) => {
                let minutes = seconds / 60.0;
                let (r_km, v_km_s) =
                    model
                        .state(minutes)
                        .map_err(|reason| PropagateError::NoState {
                            norad_id: self.norad_id,
                            minutes,
                            reason,
                        })?;
                Ok(State::new(r_km.map(|x| x * 1e3), v_km_s.map(|x| x * 1e3)))
            }
        }
    }

    /// Positions and velocities in TEME at `offsets_s` seconds from `origin`, in that order. An
    /// offset that has no state, as where drag has brought the satellite down, has an error code.
    ///
    /// Computes as many states at once as the processor has lanes, at ten times the speed of
    /// [`Trajectory::state_teme`] and within 0.1 mm of it for times within 7 days of the epoch.
    pub fn fill_teme(&self, origin: Timestamp, offsets_s: &[f64], states: &mut States<Teme>) {
        let out = &mut states.columns;
        let after_epoch_s = origin.duration_since(self.epoch).as_secs_f64();
        match &self.model {
            Model::Sgp4(model) => {
                sgp4::series(Level::new(), model, after_epoch_s, offsets_s, out);
            }
            Model::Kepler(_) | Model::Table(_) => {
                out.resize(offsets_s.len());
                for (at, offset_s) in offsets_s.iter().enumerate() {
                    out.set(at, numbers(self.state_after(after_epoch_s + offset_s)));
                }
            }
        }
    }

    /// Position in ITRF, by the Earth orientation that ships with the program.
    ///
    /// # Errors
    /// [`PropagateError::NoState`] where SGP4 has no answer.
    pub fn position_itrf(&self, t: Timestamp) -> Result<Position<Itrf>, PropagateError> {
        Ok(self.rotation(t).position(&self.state_teme(t)?.position()))
    }

    /// Position and ground-relative velocity in ITRF.
    ///
    /// # Errors
    /// [`PropagateError::NoState`] where SGP4 has no answer.
    pub fn state_itrf(&self, t: Timestamp) -> Result<State<Itrf>, PropagateError> {
        Ok(self.rotation(t).state(&self.state_teme(t)?))
    }

    fn rotation(&self, t: Timestamp) -> EarthRotation {
        let days = Days::utc(t);
        EarthRotation::at(days, &EarthOrientation::shipped().at(days))
    }

    /// The instant the elements refer to.
    pub fn epoch(&self) -> Timestamp {
        self.epoch
    }

    /// Time of one revolution, seconds.
    pub fn period_s(&self) -> f64 {
        self.period_s
    }

    /// Eccentricity at the epoch.
    pub fn eccentricity(&self) -> f64 {
        self.eccentricity
    }

    /// Inclination at the epoch, degrees.
    pub fn inclination_deg(&self) -> f64 {
        self.inclination_deg
    }

    /// Semi-major axis, metres, by the mean motion.
    pub fn semi_major_axis_m(&self) -> f64 {
        self.mean_radius_m
    }

    /// Half the first derivative of mean motion that the elements state, rev/day^2: how strongly drag
    /// acts; zero where they state none.
    pub fn mean_motion_dot(&self) -> f64 {
        self.mean_motion_dot
    }

    /// Whether this is a designed orbit and not an element set.
    pub fn is_designed(&self) -> bool {
        self.designed
    }

    /// Days from the epoch of the elements to `t`, negative before it; zero for designed orbits and
    /// ephemerides, which do not age.
    pub fn age_days(&self, t: Timestamp) -> f64 {
        match &self.model {
            Model::Sgp4(_) => t.duration_since(self.epoch).as_secs_f64() / 86_400.0,
            Model::Kepler(_) | Model::Table(_) => 0.0,
        }
    }

    /// The largest distance from the Earth's centre, metres, with room for short-period terms.
    pub fn apogee_radius_m(&self) -> f64 {
        self.mean_radius_m * (1.0 + self.eccentricity) + 40_000.0
    }

    /// The smallest distance from the Earth's centre, metres, with room for short-period terms and
    /// for drag; never inside the Earth.
    pub fn perigee_radius_m(&self) -> f64 {
        let perigee_m = self.mean_radius_m * (1.0 - self.eccentricity) - 40_000.0;
        perigee_m.max(6_356_000.0)
    }

    /// Upper bound of how fast the satellite's direction from the Earth's centre turns in ITRF, rad/s:
    /// the angular rate at perigee with 2 % of room, and the Earth's own rotation.
    pub fn turn_rate_max_rad_s(&self) -> f64 {
        let a_m = self.mean_radius_m;
        let perigee_m = self.perigee_radius_m();
        let mu = sgp4::MU_KM3_S2 * 1e9;
        // Vis-viva with the perigee lowered: speed over radius bounds the turn rate.
        let speed_m_s = (mu * (2.0 / perigee_m - 1.0 / a_m).max(0.0)).sqrt();
        1.02 * speed_m_s / perigee_m + crate::frame::EARTH_ROTATION_RAD_S
    }

    /// The trajectory with time counted in seconds from `origin`, as event searches take it.
    pub fn track(&self, origin: Timestamp) -> Track<'_> {
        self.track_with(origin, EarthOrientation::shipped())
    }

    /// [`Trajectory::track`] with another table of Earth orientation.
    pub fn track_with<'a>(&'a self, origin: Timestamp, earth: &'a EarthOrientation) -> Track<'a> {
        Track {
            trajectory: self,
            after_epoch_s: origin.duration_since(self.epoch).as_secs_f64(),
            origin_days: Days::utc(origin).get(),
            earth,
        }
    }
}

/// A state as columns take it: numbers, or the code of the error.
fn numbers(state: Result<State<Teme>, PropagateError>) -> Result<([f64; 3], [f64; 3]), u8> {
    match state {
        Ok(state) => Ok((state.r_m, state.v_m_s)),
        Err(PropagateError::NoState { reason, .. }) => Err(reason.code()),
        Err(_) => Err(Sgp4Error::Range.code()),
    }
}

/// A trajectory with time counted in seconds from an origin.
#[derive(Debug, Clone, Copy)]
pub struct Track<'a> {
    trajectory: &'a Trajectory,
    after_epoch_s: f64,
    origin_days: f64,
    earth: &'a EarthOrientation,
}

impl<'a> Track<'a> {
    /// The trajectory.
    pub fn trajectory(&self) -> &'a Trajectory {
        self.trajectory
    }

    /// Position in ITRF, `t_s` seconds after the origin.
    ///
    /// # Errors
    /// [`PropagateError::NoState`] where SGP4 has no answer.
    pub fn position_itrf(&self, t_s: f64) -> Result<Position<Itrf>, PropagateError> {
        let state = self.trajectory.state_after(self.after_epoch_s + t_s)?;
        Ok(self.rotation(t_s).position(&state.position()))
    }

    /// Position and ground-relative velocity in ITRF, `t_s` seconds after the origin.
    ///
    /// # Errors
    /// [`PropagateError::NoState`] where SGP4 has no answer.
    pub fn state_itrf(&self, t_s: f64) -> Result<State<Itrf>, PropagateError> {
        let state = self.trajectory.state_after(self.after_epoch_s + t_s)?;
        Ok(self.rotation(t_s).state(&state))
    }

    fn rotation(&self, t_s: f64) -> EarthRotation {
        let days = Days::since_j2000(self.origin_days + t_s / 86_400.0);
        EarthRotation::at(days, &self.earth.at(days))
    }
}
