//! Contacts: when a satellite can send to a station, for how long and how much.

use corridor_orbit::{
    earth::{Geodetic, LookAngles, angle_between, dot, from_geodetic, look_angles},
    event::{Bounded, Condition, Search, Span, find_spans, find_spans_in},
    frame::EARTH_ROTATION_RAD_S,
    propagate::{PropagateError, Track, Trajectory},
    window::offset,
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::station::{Station, StationError};

/// Antenna set-up at the start of each contact when nothing better is known, s: slewing onto the rising
/// satellite, acquiring the carrier and locking the frames. An assumption: public ground-network guides
/// ask for passes to be booked with margins of the order of a minute, of which acquisition takes tens of
/// seconds.
pub const SETUP_S: f64 = 30.0;

/// Longest span one call searches, days: a contact forecast beyond a month from one element set says
/// nothing (SGP4 grows by kilometres a day), and the span bounds the work of one call.
pub const SPAN_MAX_DAYS: i64 = 31;

/// Largest angle between the geodetic vertical and the Earth's radius, degrees, rounded up: 0.192 at 45
/// degrees of latitude on WGS 84.
const VERTICAL_TILT_MAX_DEG: f64 = 0.2;

/// Smallest distance assumed between station and satellite, m: nothing orbits lower than 100 km.
const RANGE_MIN_M: f64 = 100_000.0;

/// Points at which a pass is sampled for its peak: a low pass has one peak, a long one few.
const PEAK_SAMPLES: u32 = 32;

/// How closely the peak's time is found, s: elevation is flat there, so this is far below 0.01 degrees.
const PEAK_TOLERANCE_S: f64 = 0.1;

/// One window in which a satellite can send to a station.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// Name of the satellite.
    pub satellite: String,
    /// Id of the station.
    pub station: String,
    /// Rise over the station's mask.
    pub start: Timestamp,
    /// Set below the station's mask.
    pub end: Timestamp,
    /// Highest elevation in the window, degrees.
    pub max_elevation_deg: f64,
    /// Downlink rate once the link is up, bit/s.
    pub rate_bit_s: f64,
    /// Time from `start` until data flows, s.
    pub setup_s: f64,
    /// Bytes that fit: rate × (duration − set-up), rounded down.
    pub volume_bytes: u64,
}

/// Contacts that could not be computed.
#[derive(Debug, Error)]
pub enum ContactError {
    /// The station's description is unusable.
    #[error(transparent)]
    Station(#[from] StationError),
    /// A figure that is not finite or has the wrong sign.
    #[error("contact {field} is {value}, expected {expected}")]
    OutOfRange {
        /// Argument at fault.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The span is empty, backwards or too long.
    #[error(
        "contact span {from} to {to}, expected an end after the start and at most {SPAN_MAX_DAYS} days"
    )]
    Span {
        /// Start asked for.
        from: Timestamp,
        /// End asked for.
        to: Timestamp,
    },
    /// The trajectory has no position at some instant.
    #[error("trajectory of {satellite}: {reason}")]
    Trajectory {
        /// Name of the satellite.
        satellite: String,
        /// What the propagator said.
        reason: String,
    },
}

impl Contact {
    /// When the first byte can leave: rise plus set-up.
    pub fn data_start(&self) -> Timestamp {
        let setup =
            SignedDuration::try_from_secs_f64(self.setup_s.max(0.0)).unwrap_or(SignedDuration::MAX);
        self.start.saturating_add(setup).unwrap_or(Timestamp::MAX)
    }
}

/// Contacts of one satellite with one station in `from..to`, in order of time.
///
/// A contact is every stretch in which the satellite is above the station's mask
/// ([`Station::mask_elevation_deg`]) for longer than the set-up; shorter ones carry nothing and are left
/// out, as are stretches under a second. A pass that is under way at `from` or `to` is cut there.
///
/// Model: geometric elevation over the WGS 84 horizontal, no refraction (which lifts a satellite at 5
/// degrees by 0.16 degrees, 1 to 2 s of a low pass). Rise and set are found to 1 ms; against skyfield on
/// the register's stations they agree to 0.1 s (test `passes`).
///
/// # Errors
/// [`ContactError`] where the station or a figure is unusable or the trajectory has no position.
pub fn contacts(
    satellite_name: &str,
    trajectory: &Trajectory,
    station: &Station,
    rate_bit_s: f64,
    setup_s: f64,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<Contact>, ContactError> {
    station.check()?;
    check_figure("rate_bit_s", rate_bit_s, 0.0, 1e13, "0 to 1e13 bit/s")?;
    check_figure("setup_s", setup_s, 0.0, 86_400.0, "0 to 86400 s")?;
    let span = to.duration_since(from);
    if span <= SignedDuration::ZERO || span > SignedDuration::from_hours(24 * SPAN_MAX_DAYS) {
        return Err(ContactError::Span { from, to });
    }
    let view = View::new(trajectory, station, from);
    let passes = view.passes(span.as_secs_f64());
    let passes = passes.map_err(|error| ContactError::Trajectory {
        satellite: satellite_name.into(),
        reason: error.to_string(),
    })?;
    let mut found = Vec::with_capacity(passes.len());
    for (pass, max_elevation_deg) in passes {
        let data_s = pass.end_s - pass.start_s - setup_s;
        if data_s <= 0.0 {
            continue;
        }
        found.push(Contact {
            satellite: satellite_name.into(),
            station: station.id.clone(),
            start: offset(from, pass.start_s),
            end: offset(from, pass.end_s).min(to),
            max_elevation_deg,
            rate_bit_s,
            setup_s,
            volume_bytes: (rate_bit_s * data_s / 8.0) as u64,
        });
    }
    Ok(found)
}

/// One satellite over one station, time in seconds from an origin.
struct View<'a> {
    track: Track<'a>,
    station: &'a Station,
    place: Geodetic,
}

impl<'a> View<'a> {
    fn new(trajectory: &'a Trajectory, station: &'a Station, origin: Timestamp) -> Self {
        Self {
            track: trajectory.track(origin),
            station,
            place: station.geodetic(),
        }
    }

    /// Passes above the mask with their highest elevation.
    ///
    /// Three sieves, each exact for what it keeps: the angle at the Earth's centre, which turns slowly and
    /// so is searched in long steps; the elevation above the fixed mask; and, where there is one, the
    /// horizon by azimuth, which may be as steep as it likes and so is searched second by second.
    fn passes(&self, duration_s: f64) -> Result<Vec<(Span, f64)>, PropagateError> {
        let search = Search::default();
        let mut found = Vec::new();
        for near in find_spans(&mut self.near(), duration_s, search)? {
            for above in find_spans_in(&mut self.above_floor(), near, search)? {
                if self.station.mask.is_empty() {
                    found.push(above);
                } else {
                    found.extend(find_spans_in(&mut self.above_horizon(), above, search)?);
                }
            }
        }
        found
            .into_iter()
            .map(|pass| Ok((pass, self.max_elevation_deg(pass)?)))
            .collect()
    }

    /// Positive where the station could see the satellite at all, by the angle at the Earth's centre.
    fn near(&self) -> impl Condition<Error = PropagateError> + use<'_> {
        let trajectory = self.track.trajectory();
        let site = from_geodetic(&self.place);
        let site_radius_m = dot(site.r_m, site.r_m).sqrt();
        // The vertical is geodetic: tilted to the radius by up to 0.2 degrees.
        let floor_rad = (self.station.elevation_mask_deg - VERTICAL_TILT_MAX_DEG).to_radians();
        let sine = site_radius_m * floor_rad.cos() / trajectory.apogee_radius_m();
        let psi_max_rad =
            (std::f64::consts::FRAC_PI_2 - floor_rad - sine.clamp(-1.0, 1.0).asin()).max(0.0);
        Bounded {
            value: move |t_s| {
                Ok(psi_max_rad - angle_between(site.r_m, self.track.position_itrf(t_s)?.r_m))
            },
            rate_max: trajectory.turn_rate_max_rad_s(),
        }
    }

    /// Degrees above the fixed mask. Its rate: relative speed over distance, both at their worst.
    fn above_floor(&self) -> impl Condition<Error = PropagateError> + use<'_> {
        let trajectory = self.track.trajectory();
        let site = from_geodetic(&self.place);
        let site_radius_m = dot(site.r_m, site.r_m).sqrt();
        let range_min_m = (trajectory.perigee_radius_m() - site_radius_m).max(RANGE_MIN_M);
        let speed_max_m_s = trajectory.turn_rate_max_rad_s() * trajectory.perigee_radius_m()
            + EARTH_ROTATION_RAD_S * trajectory.apogee_radius_m();
        Bounded {
            value: move |t_s| Ok(self.look(t_s)?.elevation_deg - self.station.elevation_mask_deg),
            rate_max: (speed_max_m_s / range_min_m).to_degrees(),
        }
    }

    /// Degrees above the horizon; no bound of its rate, so the search goes second by second.
    fn above_horizon(&self) -> impl Condition<Error = PropagateError> + use<'_> {
        let value = move |t_s| {
            let look = self.look(t_s)?;
            Ok(look.elevation_deg - self.station.mask_elevation_deg(look.azimuth_deg))
        };
        Bounded {
            value,
            rate_max: f64::MAX,
        }
    }

    fn look(&self, t_s: f64) -> Result<LookAngles, PropagateError> {
        Ok(look_angles(&self.place, &self.track.position_itrf(t_s)?))
    }

    /// Highest elevation of a pass: the best of a sampling, closed in on by golden section.
    fn max_elevation_deg(&self, pass: Span) -> Result<f64, PropagateError> {
        let step_s = (pass.end_s - pass.start_s) / f64::from(PEAK_SAMPLES);
        let (mut best_s, mut best_deg) = (pass.start_s, f64::NEG_INFINITY);
        for sample in 0..=PEAK_SAMPLES {
            let t_s = pass.start_s + step_s * f64::from(sample);
            let elevation_deg = self.look(t_s)?.elevation_deg;
            if elevation_deg > best_deg {
                (best_s, best_deg) = (t_s, elevation_deg);
            }
        }
        let golden = (5.0_f64.sqrt() - 1.0) / 2.0;
        let (mut low_s, mut high_s) = (
            (best_s - step_s).max(pass.start_s),
            (best_s + step_s).min(pass.end_s),
        );
        while high_s - low_s > PEAK_TOLERANCE_S {
            let left_s = high_s - golden * (high_s - low_s);
            let right_s = low_s + golden * (high_s - low_s);
            if self.look(left_s)?.elevation_deg > self.look(right_s)?.elevation_deg {
                high_s = right_s;
            } else {
                low_s = left_s;
            }
        }
        Ok(best_deg.max(self.look(0.5 * (low_s + high_s))?.elevation_deg))
    }
}

fn check_figure(
    field: &'static str,
    value: f64,
    low: f64,
    high: f64,
    expected: &'static str,
) -> Result<(), ContactError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(ContactError::OutOfRange {
        field,
        value,
        expected,
    })
}
