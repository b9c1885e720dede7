//! Element sets: mean elements that SGP4 is defined by, ephemerides, and designed orbits for
//! satellites that do not fly yet.
//!
//! [`read`] takes the bytes of a file in any of the formats below and gives [`Parsed`]: what reads,
//! and a [`Fault`] with file, line, field, value and reason for each record that does not; one bad
//! record never stops the rest.
//!
//! | format | module | known by |
//! |---|---|---|
//! | TLE, 3LE, Alpha-5 numbers | [`tle`] | none of the others |
//! | OMM in CSV | [`omm_csv`] | a first line with commas and `MEAN_MOTION` |
//! | OMM in JSON | [`omm_json`] | a first character `[` or `{` |
//! | OMM and OEM in XML, alone or in an NDM | [`xml`] | a first character `<` |
//! | OMM in KVN | [`omm_kvn`] | `CCSDS_OMM_VERS`, or a first line `KEYWORD = value` |
//! | OEM in KVN | [`oem_kvn`] | `CCSDS_OEM_VERS` |

pub mod designed;
pub mod ephemeris;
mod kvn;
mod oem;
pub mod oem_kvn;
mod omm;
pub mod omm_csv;
pub mod omm_json;
pub mod omm_kvn;
mod parsed;
mod read;
pub mod tle;
pub mod xml;

pub use ephemeris::Ephemeris;
pub use parsed::{FAULTS_MAX, Fault, Parsed, Wrong};
pub use read::{Format, format_of, read};

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
    /// Checks every field.
    ///
    /// # Errors
    /// [`Wrong`] names the first that is wrong and what would be right.
    pub fn check(&self) -> Result<(), Wrong> {
        if self.norad_id > NORAD_ID_MAX {
            return Err(Wrong::new(
                "catalogue number",
                self.norad_id,
                "should have at most 9 digits",
            ));
        }
        if !(0.0..=180.0).contains(&self.inclination_deg) {
            let right = "should be 0 to 180 degrees";
            return Err(Wrong::new("inclination", self.inclination_deg, right));
        }
        for (field, value) in [
            ("right ascension", self.raan_deg),
            ("argument of perigee", self.argument_of_perigee_deg),
            ("mean anomaly", self.mean_anomaly_deg),
        ] {
            if !(value.is_finite() && value.abs() <= 720.0) {
                return Err(Wrong::new(field, value, "should be an angle in degrees"));
            }
        }
        if !(0.0..1.0).contains(&self.eccentricity) {
            let right = "should be at least 0 and below 1";
            return Err(Wrong::new("eccentricity", self.eccentricity, right));
        }
        if !(self.mean_motion_rev_day > 0.0 && self.mean_motion_rev_day < 20.0) {
            let right = "should be between 0 and 20 revolutions a day";
            return Err(Wrong::new("mean motion", self.mean_motion_rev_day, right));
        }
        for (field, value) in [
            ("mean motion derivative", self.mean_motion_dot),
            ("mean motion second derivative", self.mean_motion_ddot),
            ("bstar", self.bstar),
        ] {
            if !value.is_finite() {
                return Err(Wrong::new(field, value, "should be a number"));
            }
        }
        Ok(())
    }

    /// Time of one revolution by the mean motion, seconds.
    pub fn period_s(&self) -> f64 {
        86_400.0 / self.mean_motion_rev_day
    }

    /// Height of the perigee over the equatorial radius, km, by the mean elements: within tens of
    /// kilometres of the true one.
    pub fn perigee_height_km(&self) -> f64 {
        let rate_rad_s = self.mean_motion_rev_day * std::f64::consts::TAU / 86_400.0;
        let a_km = (designed::MU_KM3_S2 / (rate_rad_s * rate_rad_s)).cbrt();
        a_km * (1.0 - self.eccentricity) - designed::RADIUS_KM
    }
}
