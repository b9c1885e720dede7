//! Element sets: mean elements that SGP4 is defined by, and designed orbits for satellites that do
//! not fly yet.
//!
//! Every reader takes text and gives [`Parsed`]: the sets that read, and a [`Fault`] with file, line,
//! field and reason for each record that does not; one bad record never stops the rest.

pub mod designed;
pub mod omm_csv;
pub mod tle;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Largest catalogue number: nine digits (CCSDS 502.0-B-3).
pub const NORAD_ID_MAX: u32 = 999_999_999;

/// Mean elements in TEME, as fitted with SGP4 (Spacetrack Report 3; CCSDS 502.0 OMM with
/// `MEAN_ELEMENT_THEORY = SGP4`).
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ElementSet {
    /// Catalogue number, up to nine digits.
    pub norad_id: u32,
    /// International designator, `YYYY-NNNP`; empty where unknown.
    pub cospar_id: String,
    /// Name; empty where unknown.
    pub name: String,
    /// The instant the elements refer to (UTC).
    pub epoch: Timestamp,
    /// Inclination, degrees.
    pub inclination_deg: f64,
    /// Right ascension of the ascending node, degrees.
    pub raan_deg: f64,
    /// Eccentricity, in [0, 1).
    pub eccentricity: f64,
    /// Argument of perigee, degrees.
    pub argument_of_perigee_deg: f64,
    /// Mean anomaly, degrees.
    pub mean_anomaly_deg: f64,
    /// Mean motion (Kozai), revolutions a day.
    pub mean_motion_rev_day: f64,
    /// Half the first derivative of mean motion, as TLE and OMM give it, rev/day^2. SGP4 ignores it.
    #[serde(default)]
    pub mean_motion_dot: f64,
    /// A sixth of the second derivative, rev/day^3. SGP4 ignores it.
    #[serde(default)]
    pub mean_motion_ddot: f64,
    /// Drag term B*, per Earth radius.
    #[serde(default)]
    pub bstar: f64,
    /// Number of the element set.
    #[serde(default)]
    pub element_set_no: u32,
    /// Revolution number at epoch.
    #[serde(default)]
    pub rev_at_epoch: u32,
}

impl ElementSet {
    /// Checks every field; the error names the first that is wrong and what would be right.
    ///
    /// # Errors
    /// Field name and reason.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let angle = |field, value: f64| match value.is_finite() && value.abs() <= 720.0 {
            true => Ok(()),
            false => Err((field, format!("{value} is not an angle in degrees"))),
        };
        if self.norad_id > NORAD_ID_MAX {
            return Err((
                "norad_id",
                format!("{} has more than 9 digits", self.norad_id),
            ));
        }
        if !(0.0..=180.0).contains(&self.inclination_deg) {
            let reason = format!("{} is not between 0 and 180 degrees", self.inclination_deg);
            return Err(("inclination", reason));
        }
        angle("right ascension", self.raan_deg)?;
        angle("argument of perigee", self.argument_of_perigee_deg)?;
        angle("mean anomaly", self.mean_anomaly_deg)?;
        if !(0.0..1.0).contains(&self.eccentricity) {
            return Err((
                "eccentricity",
                format!("{} is not in [0, 1)", self.eccentricity),
            ));
        }
        if !(self.mean_motion_rev_day > 0.0 && self.mean_motion_rev_day < 20.0) {
            let reason = format!(
                "{} is not between 0 and 20 revolutions a day",
                self.mean_motion_rev_day
            );
            return Err(("mean motion", reason));
        }
        for (field, value) in [
            ("mean motion derivative", self.mean_motion_dot),
            ("mean motion second derivative", self.mean_motion_ddot),
            ("bstar", self.bstar),
        ] {
            if !value.is_finite() {
                return Err((field, format!("{value} is not a number")));
            }
        }
        Ok(())
    }

    /// Time of one revolution by the mean motion, seconds.
    pub fn period_s(&self) -> f64 {
        86_400.0 / self.mean_motion_rev_day
    }
}

/// A record that does not read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{file}:{line}: {field}: {reason}")]
pub struct Fault {
    /// File name as given to the reader.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Which field.
    pub field: String,
    /// What stands there and what would be right.
    pub reason: String,
}

/// What a reader found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parsed {
    /// The element sets that read, in the order of the file.
    pub sets: Vec<ElementSet>,
    /// What did not read.
    pub faults: Vec<Fault>,
}
