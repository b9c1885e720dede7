//! What has to hold between a satellite and a place, all of it at once.

use super::reach::{reach_of_elevation_rad, reach_of_off_nadir_rad, reach_of_range_rad};
use super::site::Quantity;
use crate::propagate::Trajectory;
use serde::{Deserialize, Serialize};

/// Limits of geometry; those that are given hold together.
///
/// With a limit from nadir the place is on the near side: the satellite is above its horizon,
/// whatever `min_elevation_deg` says.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Least elevation of the satellite above the WGS 84 horizontal of the place, degrees; geometric,
    /// without refraction.
    pub min_elevation_deg: Option<f64>,
    /// Greatest angle at the satellite between the geodetic nadir and the place, degrees.
    pub max_off_nadir_deg: Option<f64>,
    /// Least such angle, degrees: the inner edge of a side-looking radar's reach.
    pub min_off_nadir_deg: Option<f64>,
    /// Greatest distance, km.
    pub max_range_km: Option<f64>,
}

/// A limit that cannot be.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{field} is {value}; {right}")]
pub struct LimitError {
    /// Which limit.
    pub field: &'static str,
    /// What it is.
    pub value: f64,
    /// What would be right.
    pub right: &'static str,
}

impl Limits {
    /// A least elevation alone.
    pub fn elevation(min_elevation_deg: f64) -> Self {
        Self {
            min_elevation_deg: Some(min_elevation_deg),
            ..Self::default()
        }
    }

    /// A greatest angle from nadir alone.
    pub fn off_nadir(max_off_nadir_deg: f64) -> Self {
        Self {
            max_off_nadir_deg: Some(max_off_nadir_deg),
            ..Self::default()
        }
    }

    /// Checks every limit.
    ///
    /// # Errors
    /// [`LimitError`] names the first that is wrong; there has to be one of elevation, angle from nadir
    /// and distance at all.
    pub fn check(&self) -> Result<(), LimitError> {
        let within = |field, value: Option<f64>, low: f64, high: f64, right| match value {
            Some(value) if !(low..=high).contains(&value) => Err(LimitError {
                field,
                value,
                right,
            }),
            _ => Ok(()),
        };
        let elevation = "should be from -90 to 90 degrees";
        within(
            "min_elevation_deg",
            self.min_elevation_deg,
            -90.0,
            90.0,
            elevation,
        )?;
        let outer = "should be more than 0 and at most 90 degrees";
        within(
            "max_off_nadir_deg",
            self.max_off_nadir_deg,
            1e-6,
            90.0,
            outer,
        )?;
        let most = self.max_off_nadir_deg.unwrap_or(90.0);
        let inner = "should be from 0 to max_off_nadir_deg";
        within(
            "min_off_nadir_deg",
            self.min_off_nadir_deg,
            0.0,
            most,
            inner,
        )?;
        let range = "should be more than 0 and at most 1000000 km";
        within("max_range_km", self.max_range_km, 1e-6, 1e6, range)?;
        let any = [
            self.min_elevation_deg,
            self.max_off_nadir_deg,
            self.max_range_km,
        ];
        match any.iter().any(Option::is_some) {
            true => Ok(()),
            false => Err(LimitError {
                field: "min_elevation_deg",
                value: f64::NAN,
                right: "or max_off_nadir_deg or max_range_km should be given",
            }),
        }
    }

    /// Angle at the Earth's centre within which all of this can hold, radians.
    pub fn reach_rad(&self, trajectory: &Trajectory) -> f64 {
        let apogee_m = trajectory.apogee_radius_m();
        let elevation = self
            .min_elevation_deg
            .map(|deg| reach_of_elevation_rad(apogee_m, deg));
        let off_nadir = self
            .max_off_nadir_deg
            .map(|deg| reach_of_off_nadir_rad(apogee_m, deg));
        let range = self.max_range_km.map(|km| reach_of_range_rad(km * 1e3));
        [elevation, off_nadir, range]
            .into_iter()
            .flatten()
            .fold(std::f64::consts::PI, f64::min)
    }

    /// The quantities that have to be positive, and those that must not be, the sharpest first.
    pub(super) fn quantities(&self, trajectory: &Trajectory) -> (Vec<Quantity>, Vec<Quantity>) {
        let mut hold = Vec::with_capacity(3);
        let within = |deg: f64| Quantity::Within {
            cos_limit: deg.to_radians().cos(),
        };
        hold.extend(self.max_off_nadir_deg.map(within));
        let horizon = self.max_off_nadir_deg.filter(|deg| {
            // Where the cone clears the horizon even from the apogee, and nothing on the far side is
            // looked at (the sieve keeps what is within reach and a step), what is inside is near.
            let sine = deg.to_radians().sin() * trajectory.apogee_radius_m() / 6_350_000.0;
            sine > 0.99 || self.reach_rad(trajectory) > 1.0
        });
        let mask = match (self.min_elevation_deg, horizon) {
            (Some(mask), Some(_)) => Some(mask.max(0.0)),
            (None, Some(_)) => Some(0.0),
            (mask, None) => mask,
        };
        let above = |deg: f64| Quantity::Above {
            sin_mask: deg.to_radians().sin(),
        };
        hold.extend(mask.map(above));
        hold.extend(
            self.max_range_km
                .map(|km| Quantity::Nearer { range_m: km * 1e3 }),
        );
        let fail = self
            .min_off_nadir_deg
            .filter(|deg| *deg > 0.0)
            .map(within)
            .into_iter()
            .collect();
        (hold, fail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_limits_are_named() {
        assert_eq!(Limits::elevation(5.0).check(), Ok(()));
        let said = |limits: Limits| limits.check().unwrap_err().to_string();
        assert!(said(Limits::default()).contains("should be given"));
        assert!(said(Limits::elevation(f64::NAN)).starts_with("min_elevation_deg is NaN;"));
        assert!(said(Limits::off_nadir(-1.0)).starts_with("max_off_nadir_deg is -1;"));
        let limits = Limits {
            min_off_nadir_deg: Some(40.0),
            ..Limits::off_nadir(35.0)
        };
        assert!(said(limits).starts_with("min_off_nadir_deg is 40;"));
    }
}
