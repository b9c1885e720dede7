//! Where the satellites are, sampled for a map.

use crate::error::WatchError;
use crate::register::{Register, Satellite};
use corridor_orbit::earth;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

/// Most positions one request may ask for: bounds its time and the size of the answer.
pub const POSITIONS_MAX: usize = 200_000;

/// Positions of many satellites at the same instants.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tracks {
    /// First instant.
    pub start: Timestamp,
    /// Between instants, seconds.
    pub step_s: f64,
    /// The satellites.
    pub satellites: Vec<Track>,
}

/// One satellite's positions.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Track {
    /// Name.
    pub name: String,
    /// Not in orbit yet.
    pub planned: bool,
    /// Longitude and latitude in degrees and height in km above WGS 84, one an instant.
    pub lon_lat_km: Vec<[f64; 3]>,
}

/// Samples the tracks of the named satellites, or of all where `names` is empty.
///
/// # Errors
/// [`WatchError::Invalid`] where the span, the step or a name is wrong or too much is asked for.
pub fn sample(
    register: &Register,
    (from, to): (Timestamp, Timestamp),
    step_s: f64,
    names: &[String],
) -> Result<Tracks, WatchError> {
    if !(step_s.is_finite() && step_s >= 1.0) {
        return Err(WatchError::Invalid(format!(
            "step_s {step_s} is not at least 1 second"
        )));
    }
    if to < from {
        return Err(WatchError::Invalid(format!(
            "tracks end at {to}, before {from}"
        )));
    }
    let chosen: Vec<&Satellite> = if names.is_empty() {
        register.satellites().iter().collect()
    } else {
        names
            .iter()
            .map(|name| {
                register
                    .satellites()
                    .iter()
                    .find(|s| s.name == *name)
                    .ok_or_else(|| WatchError::not_found("satellite", name.as_str()))
            })
            .collect::<Result<_, _>>()?
    };
    let instants = (to.duration_since(from).as_secs_f64() / step_s).floor() as usize + 1;
    if instants.saturating_mul(chosen.len()) > POSITIONS_MAX {
        return Err(WatchError::Invalid(format!(
            "{instants} instants of {} satellites are more than {POSITIONS_MAX} positions; ask \
             for a shorter span, a longer step or fewer satellites",
            chosen.len()
        )));
    }
    let times: Vec<Timestamp> = (0..instants)
        .filter_map(|i| {
            SignedDuration::try_from_secs_f64(i as f64 * step_s)
                .ok()
                .and_then(|d| from.checked_add(d).ok())
        })
        .collect();
    let satellites = chosen
        .into_iter()
        .filter_map(|s| {
            let positions: Option<Vec<[f64; 3]>> = times
                .iter()
                .map(|t| {
                    let g = earth::to_geodetic(&s.trajectory.position_itrf(*t).ok()?);
                    let round = |x: f64, k: f64| (x * k).round() / k;
                    Some([
                        round(g.lon_deg, 1e4),
                        round(g.lat_deg, 1e4),
                        round(g.height_m / 1000.0, 10.0),
                    ])
                })
                .collect();
            positions.map(|lon_lat_km| Track {
                name: s.name.clone(),
                planned: s.planned,
                lon_lat_km,
            })
        })
        .collect();
    Ok(Tracks {
        start: from,
        step_s,
        satellites,
    })
}
