//! Instruments: what they can look at. The shape of `[[instrument]]` in the register's mission files.

mod view;

pub use view::View;

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
    /// At what lies within a cone about a fixed direction, all of it at once.
    Conical,
    /// At what lies within a rectangular field of view about a fixed direction, all of it at once.
    Rectangular,
    /// Across the ground track from one angle to another, as a turning mirror sweeps it, without a gap
    /// between sweeps.
    Scan,
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nadir => "nadir",
            Self::Agile => "agile",
            Self::Left => "left",
            Self::Right => "right",
            Self::Both => "both",
            Self::Conical => "conical",
            Self::Rectangular => "rectangular",
            Self::Scan => "scan",
        })
    }
}

impl Look {
    /// Whether the angles of [`View`] alone say what is seen, and no angle from nadir is given.
    fn is_viewed(self) -> bool {
        matches!(self, Self::Conical | Self::Rectangular | Self::Scan)
    }
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
    /// [`Look::Nadir`] the swath alone decides and this may be left out; where `view` says what is seen,
    /// it is left out.
    #[serde(default)]
    pub max_off_nadir_deg: f64,
    /// Least angle from nadir, degrees: 0 for optical instruments, the near edge for radar.
    #[serde(default)]
    pub min_off_nadir_deg: f64,
    /// Where it looks.
    pub look: Look,
    /// The angles of conical and rectangular fields of view and of scans, and incidence angles of
    /// side-looking instruments.
    #[serde(default, skip_serializing_if = "View::is_empty")]
    pub view: View,
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
    /// An angle that this look does not have.
    #[error("{field} is given; look = \"{look}\" has no such angle")]
    Foreign {
        /// Which angle.
        field: &'static str,
        /// The look.
        look: Look,
    },
    /// An angle that this look needs.
    #[error("view.{field} is missing; look = \"{look}\" needs it: {right}")]
    Missing {
        /// Which angle.
        field: &'static str,
        /// The look.
        look: Look,
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
        self.view.check(self.look)?;
        if self.look.is_viewed() || self.view.max_incidence_deg.is_some() {
            for (field, value) in [
                ("max_off_nadir_deg", self.max_off_nadir_deg),
                ("min_off_nadir_deg", self.min_off_nadir_deg),
            ] {
                within(
                    field,
                    value,
                    0.0,
                    0.0,
                    "should be left out: view says what is seen",
                )?;
            }
        }
        let least = match self.look {
            look if look.is_viewed() || self.view.max_incidence_deg.is_some() => 0.0,
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
        let view = |look: &str, angles: &str| {
            let text = MSI.replace("\"nadir\"", &format!("{look:?}"));
            toml::from_str::<Instrument>(&format!("{text}\n[view]\n{angles}"))
                .map_err(|e| e.to_string())
                .and_then(|i| i.check().map_err(|e| e.to_string()))
        };
        for (look, angles) in [
            ("conical", "half_angle_deg = 10.0"),
            (
                "conical",
                "half_angle_deg = 5.0\nroll_deg = -20.0\npitch_deg = 10",
            ),
            (
                "rectangular",
                "along_half_angle_deg = 0.5\nacross_half_angle_deg = 7.0",
            ),
            ("scan", "scan_from_deg = -55.0\nscan_to_deg = 55.0"),
            (
                "right",
                "min_incidence_deg = 29.0\nmax_incidence_deg = 46.0",
            ),
        ] {
            assert_eq!(view(look, angles), Ok(()), "{look} {angles}");
        }
        for (look, angles, words) in [
            (
                "conical",
                "",
                "view.half_angle_deg is missing; look = \"conical\" needs it",
            ),
            (
                "conical",
                "half_angle_deg = 0",
                "half_angle_deg is 0; should be from 0.001",
            ),
            (
                "conical",
                "half_angle_deg = 30\nroll_deg = 70",
                "the far edge of the field of view",
            ),
            (
                "conical",
                "half_angle_deg = 3\nscan_to_deg = 1",
                "scan_to_deg is given; look = \"conical\"",
            ),
            (
                "nadir",
                "half_angle_deg = 10",
                "half_angle_deg is given; look = \"nadir\"",
            ),
            (
                "rectangular",
                "along_half_angle_deg = 1",
                "view.across_half_angle_deg is missing",
            ),
            (
                "scan",
                "scan_from_deg = 5\nscan_to_deg = 5",
                "scan_to_deg is 5; should be more than",
            ),
            (
                "left",
                "min_incidence_deg = 30",
                "view.max_incidence_deg is missing",
            ),
            (
                "left",
                "min_incidence_deg = 30\nmax_incidence_deg = 20",
                "max_incidence_deg is 20;",
            ),
            ("conical", "half_angle_rad = 1", "half_angle_rad"),
        ] {
            let said = view(look, angles).unwrap_err();
            assert!(said.contains(words), "{look} {angles}: {said}");
        }
        assert!(
            with("gsd_m", "gsd_km")
                .unwrap_err()
                .to_string()
                .contains("gsd_km")
        );
    }
}
