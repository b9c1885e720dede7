//! Instruments: what they can look at. The shape of `[[instrument]]` in the register's mission files.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Widest swath, km: the whole visible disc from a geostationary orbit is less.
pub const SWATH_MAX_KM: f64 = 20_000.0;

/// What an instrument measures with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InstrumentKind {
    /// Sunlight or heat.
    Optical,
    /// Synthetic-aperture radar.
    Sar,
}

/// Where an instrument looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Look {
    /// Straight down: the swath lies on the ground track and is taken as it passes under.
    Nadir,
    /// In any direction up to the greatest off-nadir angle, ahead and behind too.
    Agile,
    /// To the left of the ground track, broadside.
    Left,
    /// To the right of the ground track, broadside.
    Right,
    /// To either side of the ground track, broadside.
    Both,
}

/// An instrument and its figures, each with its source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Instrument {
    /// Short name in lower case, unique in the register.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// What it measures with.
    pub kind: InstrumentKind,
    /// Width on the ground that is taken at once, km, in the mode meant.
    pub swath_km: f64,
    /// Half angle of the field of regard, degrees from nadir: how far it can look to the side. With
    /// [`Look::Nadir`] the swath alone decides and this may be left out.
    #[serde(default)]
    pub max_off_nadir_deg: f64,
    /// Least angle from nadir, degrees: 0 for optical instruments, the near edge for radar.
    #[serde(default)]
    pub min_off_nadir_deg: f64,
    /// Where it looks.
    pub look: Look,
    /// Ground sample distance at nadir, metres, of the finest bands.
    pub gsd_m: f64,
    /// Whether it sees by daylight alone.
    #[serde(default)]
    pub daylight_only: bool,
    /// Least elevation of the Sun at the area, degrees; counts where `daylight_only` is set.
    #[serde(default)]
    pub min_sun_elevation_deg: f64,
    /// Rate at which it makes data, Mbit/s, where known.
    #[serde(default)]
    pub data_rate_mbit_s: Option<f64>,
    /// Names of its bands or polarisations.
    #[serde(default)]
    pub bands: Vec<String>,
    /// Processing levels that are published, as `L1C`, `L2A`.
    #[serde(default)]
    pub level_products: Vec<String>,
    /// What a reader should know: mode, revisit, state of the instrument.
    #[serde(default)]
    pub note: Option<String>,
    /// Where each figure comes from: field name to source.
    #[serde(default)]
    pub sources: BTreeMap<String, String>,
}

/// An instrument with a figure that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum InstrumentError {
    /// A figure is out of its range.
    #[error("{field} is {value}; {right}")]
    Field {
        /// Which figure.
        field: &'static str,
        /// What it is.
        value: f64,
        /// What would be right.
        right: &'static str,
    },
    /// The id is empty.
    #[error("id is empty; should be a short name such as \"msi\"")]
    Id,
}

impl Instrument {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`InstrumentError`] names the first that is wrong.
    pub fn check(&self) -> Result<(), InstrumentError> {
        if self.id.trim().is_empty() {
            return Err(InstrumentError::Id);
        }
        let within = |field, value: f64, low: f64, high: f64, right| {
            if value >= low && value <= high {
                Ok(())
            } else {
                Err(InstrumentError::Field {
                    field,
                    value,
                    right,
                })
            }
        };
        let swath = "should be more than 0 and at most 20000 km";
        within(
            "swath_km",
            self.swath_km,
            f64::MIN_POSITIVE,
            SWATH_MAX_KM,
            swath,
        )?;
        within(
            "gsd_m",
            self.gsd_m,
            f64::MIN_POSITIVE,
            1e6,
            "should be more than 0 m",
        )?;
        let near = "should be from 0 to less than 90 degrees";
        within("min_off_nadir_deg", self.min_off_nadir_deg, 0.0, 89.9, near)?;
        let least = match self.look {
            Look::Nadir => 0.0,
            _ => f64::max(self.min_off_nadir_deg, 1e-3),
        };
        let far = "should be above min_off_nadir_deg and less than 90 degrees";
        within(
            "max_off_nadir_deg",
            self.max_off_nadir_deg,
            least,
            89.9,
            far,
        )?;
        let sun = "should be from -90 to 90 degrees";
        within(
            "min_sun_elevation_deg",
            self.min_sun_elevation_deg,
            -90.0,
            90.0,
            sun,
        )?;
        if let Some(rate) = self.data_rate_mbit_s {
            within("data_rate_mbit_s", rate, 0.0, 1e9, "should not be negative")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MSI: &str = r#"
        id = "msi"
        name = "MultiSpectral Instrument"
        kind = "optical"
        swath_km = 290.0
        look = "nadir"
        gsd_m = 10.0
        daylight_only = true
        min_sun_elevation_deg = 10.0
        [sources]
        swath_km = "ESA Sentinel-2 User Handbook"
    "#;

    #[test]
    fn reads_a_register_entry() {
        let msi: Instrument = toml::from_str(MSI).unwrap();
        assert_eq!((msi.kind, msi.look), (InstrumentKind::Optical, Look::Nadir));
        assert_eq!(msi.check(), Ok(()));
    }

    #[test]
    fn wrong_figures_are_named() {
        let with = |from: &str, to: &str| toml::from_str::<Instrument>(&MSI.replace(from, to));
        let said = |from, to| with(from, to).unwrap().check().unwrap_err().to_string();
        assert!(said("swath_km = 290.0", "swath_km = 0.0").starts_with("swath_km is 0;"));
        assert!(said("swath_km = 290.0", "swath_km = nan").starts_with("swath_km is NaN;"));
        assert!(said("\"nadir\"", "\"agile\"").starts_with("max_off_nadir_deg is 0;"));
        assert!(said("\"msi\"", "\" \"").starts_with("id is empty"));
        assert!(
            with("gsd_m", "gsd_km")
                .unwrap_err()
                .to_string()
                .contains("gsd_km")
        );
    }
}
