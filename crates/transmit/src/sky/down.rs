//! Satellite to station.

use super::cross::state;
use super::profile::range;
use super::{Profile, SkyContact};
use crate::contact::{ContactError, contacts};
use crate::station::Station;
use corridor_orbit::earth::from_geodetic;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use jiff::Timestamp;

/// How a satellite and the stations send to one another.
#[derive(Debug, Clone, PartialEq)]
pub struct Downlink {
    /// Rate down, bit/s.
    pub rate_bit_s: f64,
    /// Rate up, bit/s; 0 for none.
    pub back_rate_bit_s: f64,
    /// From rise until data flows, s.
    pub setup_s: f64,
    /// Bands of the satellite; empty where they are not known.
    pub bands: Vec<String>,
}

impl Downlink {
    /// Whether a station has a band of the satellite; so where either's are not known.
    pub fn suits(&self, station: &Station) -> bool {
        self.bands.is_empty()
            || station.bands.is_empty()
            || station.bands.iter().any(|band| self.bands.contains(band))
    }
}

/// Contacts of one satellite with one station in `from..to`; none where they share no band.
///
/// # Errors
/// As [`contacts`].
pub fn down(
    satellite: (&str, &Trajectory),
    station: &Station,
    link: &Downlink,
    from: Timestamp,
    to: Timestamp,
) -> Result<Vec<SkyContact>, ContactError> {
    if !link.suits(station) {
        return Ok(Vec::new());
    }
    let (name, trajectory) = satellite;
    let passes = contacts(
        name,
        trajectory,
        station,
        link.rate_bit_s,
        link.setup_s,
        from,
        to,
    )?;
    let track = trajectory.track(from);
    let site = (from_geodetic(&station.geodetic()).r_m, [0.0; 3]);
    let mut found = Vec::with_capacity(passes.len());
    for pass in passes {
        let seconds = |t: Timestamp| t.duration_since(from).as_secs_f64();
        let profile = Profile::sample(seconds(pass.start), seconds(pass.end), |t_s| {
            Ok(range(site, state(&track, t_s)?))
        })
        .map_err(|e: PropagateError| ContactError::Trajectory {
            satellite: name.into(),
            reason: e.to_string(),
        })?;
        found.push(SkyContact {
            from: name.into(),
            to: station.id.clone(),
            start: pass.start,
            end: pass.end,
            setup_s: pass.setup_s,
            rate_bit_s: link.rate_bit_s,
            back_rate_bit_s: link.back_rate_bit_s,
            max_elevation_deg: Some(pass.max_elevation_deg),
            owlt_s: profile.owlt_s(),
            profile: Some(profile),
        });
    }
    Ok(found)
}
