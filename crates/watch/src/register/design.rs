//! Planned satellites in mission files: patterns, single orbits, and the text of a file with them.

use super::{Mission, Status};
use crate::error::WatchError;
use corridor_orbit::elements::designed::{self, DesignError, DesignedOrbit};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A pattern of planned satellites: `[walker]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Walker {
    total: u32,
    planes: u32,
    phasing: u32,
    altitude_km: f64,
    inclination_deg: f64,
    epoch: Timestamp,
    raan0_deg: f64,
    name_prefix: String,
    pattern: designed::WalkerPattern,
    instruments: Vec<String>,
    #[serde(default)]
    #[allow(dead_code, reason = "kept in the file for readers")]
    source: Option<String>,
}

impl Walker {
    /// Its satellites.
    pub(super) fn planned(self) -> Result<Vec<Planned>, DesignError> {
        let orbits = designed::walker(
            self.pattern,
            self.total,
            self.planes,
            self.phasing,
            self.altitude_km,
            self.inclination_deg,
            self.raan0_deg,
            self.epoch,
            &self.name_prefix,
        )?;
        let of = |orbit| Planned::new(orbit, self.instruments.clone());
        Ok(orbits.into_iter().map(of).collect())
    }
}

/// One planned satellite: `[[planned]]`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Planned {
    /// Name of the satellite.
    pub name: String,
    /// The instant the elements refer to (UTC).
    pub epoch: Timestamp,
    /// Mean semi-major axis, km.
    pub semi_major_axis_km: f64,
    /// Eccentricity, in [0, 1).
    pub eccentricity: f64,
    /// Inclination, degrees.
    pub inclination_deg: f64,
    /// Right ascension of the ascending node, degrees.
    pub raan_deg: f64,
    /// Argument of perigee, degrees.
    pub argument_of_perigee_deg: f64,
    /// Mean anomaly, degrees.
    pub mean_anomaly_deg: f64,
    /// Instrument ids.
    pub instruments: Vec<String>,
}

impl Planned {
    /// An orbit with instruments.
    pub fn new(orbit: DesignedOrbit, instruments: Vec<String>) -> Self {
        Self {
            name: orbit.name,
            epoch: orbit.epoch,
            semi_major_axis_km: orbit.semi_major_axis_km,
            eccentricity: orbit.eccentricity,
            inclination_deg: orbit.inclination_deg,
            raan_deg: orbit.raan_deg,
            argument_of_perigee_deg: orbit.argument_of_perigee_deg,
            mean_anomaly_deg: orbit.mean_anomaly_deg,
            instruments,
        }
    }

    /// Its orbit.
    pub fn orbit(&self) -> DesignedOrbit {
        DesignedOrbit {
            name: self.name.clone(),
            epoch: self.epoch,
            semi_major_axis_km: self.semi_major_axis_km,
            eccentricity: self.eccentricity,
            inclination_deg: self.inclination_deg,
            raan_deg: self.raan_deg,
            argument_of_perigee_deg: self.argument_of_perigee_deg,
            mean_anomaly_deg: self.mean_anomaly_deg,
        }
    }
}

#[derive(Serialize)]
struct File<'a> {
    mission: Mission,
    planned: &'a [Planned],
}

/// The text of a mission file with planned satellites: `register/missions/<id>.toml` in the data folder
/// takes it.
///
/// # Errors
/// [`WatchError::Internal`] where the text cannot be written.
pub fn mission_file(id: &str, name: &str, planned: &[Planned]) -> Result<String, WatchError> {
    let file = File {
        mission: Mission {
            id: id.into(),
            name: format!("{name} (planned)"),
            operator: "none: a planned design".into(),
            country: "none".into(),
            roles: vec!["remote sensing".into()],
            status: Status::Planned,
            stations: vec![],
            stations_source: None,
            relays: vec![],
            relays_source: None,
            homepage: None,
            note: Some("A design, not flying.".into()),
        },
        planned,
    };
    toml::to_string(&file).map_err(|e| WatchError::internal("writing a mission file", e))
}
