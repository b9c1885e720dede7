//! Ground stations: where an antenna stands and how low it can see.

use std::collections::BTreeSet;

use corridor_orbit::earth::Geodetic;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Most vertices a horizon mask may have: one per half degree of azimuth, finer than any surveyed
/// horizon that stations publish.
pub const MASK_POINTS_MAX: usize = 720;

/// One ground station with one antenna.
///
/// Positions are WGS 84; `height_m` is above the ellipsoid (sources that give height above sea level
/// are off by the geoid height, at most about 100 m, which moves a contact by far less than 1 s).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Station {
    /// Key of the station in the register, unique.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Organisation or network that runs it.
    pub network: String,
    /// Longitude, degrees east, -180 to 180.
    pub lon_deg: f64,
    /// Geodetic latitude, degrees north, -90 to 90.
    pub lat_deg: f64,
    /// Height above the WGS 84 ellipsoid, m.
    #[serde(default)]
    pub height_m: f64,
    /// Lowest elevation at which the station works whatever the azimuth, degrees, 0 to below 90.
    pub elevation_mask_deg: f64,
    /// Horizon by azimuth: `(azimuth_deg, elevation_deg)` in rising azimuth, linear in between and
    /// across north; the station works above the higher of this and `elevation_mask_deg`.
    /// Empty: no horizon known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mask: Vec<(f64, f64)>,
    /// Frequency bands it receives, by their letters (`S`, `X`, `Ka`).
    #[serde(default)]
    pub bands: Vec<String>,
    /// Where the position and the mask come from.
    #[serde(default)]
    pub source: String,
}

/// A station description that cannot be used.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum StationError {
    /// A number outside its range or not finite.
    #[error("station {id}: {field} is {value}, expected {expected}")]
    OutOfRange {
        /// The station's id.
        id: String,
        /// Field at fault.
        field: &'static str,
        /// The value found.
        value: f64,
        /// What would be right.
        expected: &'static str,
    },
    /// The horizon mask is too long or its azimuths do not rise.
    #[error("station {id}: horizon mask {reason}")]
    Mask {
        /// The station's id.
        id: String,
        /// What is wrong with the mask.
        reason: String,
    },
    /// An id that is empty or given twice.
    #[error("station id {id:?} is empty or given twice")]
    Id {
        /// The id found.
        id: String,
    },
}

impl Station {
    /// Checks every figure; a station that passes can be used by every function of this crate.
    pub fn check(&self) -> Result<(), StationError> {
        let ranges: [(&'static str, f64, f64, f64, &'static str); 4] = [
            (
                "lon_deg",
                self.lon_deg,
                -180.0,
                180.0,
                "-180 to 180 degrees",
            ),
            ("lat_deg", self.lat_deg, -90.0, 90.0, "-90 to 90 degrees"),
            (
                "height_m",
                self.height_m,
                -1_000.0,
                10_000.0,
                "-1000 to 10000 m",
            ),
            (
                "elevation_mask_deg",
                self.elevation_mask_deg,
                0.0,
                89.9,
                "0 to 89.9 degrees",
            ),
        ];
        if self.id.is_empty() {
            return Err(StationError::Id {
                id: self.id.clone(),
            });
        }
        for (field, value, low, high, expected) in ranges {
            self.check_range(field, value, low, high, expected)?;
        }
        if self.mask.len() > MASK_POINTS_MAX {
            return Err(self.mask_fault(format!(
                "has {} points, at most {MASK_POINTS_MAX}",
                self.mask.len()
            )));
        }
        for &(azimuth_deg, elevation_deg) in &self.mask {
            self.check_range("mask azimuth", azimuth_deg, 0.0, 360.0, "0 to 360 degrees")?;
            self.check_range(
                "mask elevation",
                elevation_deg,
                -5.0,
                89.9,
                "-5 to 89.9 degrees",
            )?;
        }
        for pair in self.mask.windows(2) {
            if pair[0].0 >= pair[1].0 {
                return Err(self.mask_fault(format!(
                    "azimuth {} after {}, expected rising",
                    pair[1].0, pair[0].0
                )));
            }
        }
        Ok(())
    }

    /// The station's place on the ellipsoid.
    pub fn geodetic(&self) -> Geodetic {
        Geodetic {
            lat_deg: self.lat_deg,
            lon_deg: self.lon_deg,
            height_m: self.height_m,
        }
    }

    /// Lowest usable elevation towards an azimuth, degrees: the higher of the fixed mask and the
    /// horizon, the latter linear between its points and across north.
    pub fn mask_elevation_deg(&self, azimuth_deg: f64) -> f64 {
        self.horizon_deg(azimuth_deg)
            .map_or(self.elevation_mask_deg, |h| h.max(self.elevation_mask_deg))
    }

    fn horizon_deg(&self, azimuth_deg: f64) -> Option<f64> {
        let (first, last) = (self.mask.first()?, self.mask.last()?);
        let azimuth_deg = azimuth_deg.rem_euclid(360.0);
        let after = self.mask.iter().position(|point| point.0 > azimuth_deg);
        let (low, high, at) = match after {
            Some(0) => ((last.0 - 360.0, last.1), *first, azimuth_deg),
            Some(i) => (self.mask[i - 1], self.mask[i], azimuth_deg),
            None => (*last, (first.0 + 360.0, first.1), azimuth_deg),
        };
        let width_deg = high.0 - low.0;
        if width_deg <= 0.0 {
            return Some(low.1.max(high.1));
        }
        Some(low.1 + (high.1 - low.1) * (at - low.0) / width_deg)
    }

    fn check_range(
        &self,
        field: &'static str,
        value: f64,
        low: f64,
        high: f64,
        expected: &'static str,
    ) -> Result<(), StationError> {
        if value.is_finite() && (low..=high).contains(&value) {
            return Ok(());
        }
        Err(StationError::OutOfRange {
            id: self.id.clone(),
            field,
            value,
            expected,
        })
    }

    fn mask_fault(&self, reason: String) -> StationError {
        StationError::Mask {
            id: self.id.clone(),
            reason,
        }
    }
}

/// Checks a list of stations and that no id is given twice.
pub fn check_all(stations: &[Station]) -> Result<(), StationError> {
    let mut ids = BTreeSet::new();
    for station in stations {
        station.check()?;
        if !ids.insert(station.id.as_str()) {
            return Err(StationError::Id {
                id: station.id.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn station(mask: Vec<(f64, f64)>) -> Station {
        Station {
            id: "svalbard".into(),
            name: "Svalbard".into(),
            network: "KSAT".into(),
            lon_deg: 15.4,
            lat_deg: 78.2,
            height_m: 450.0,
            elevation_mask_deg: 5.0,
            mask,
            bands: vec!["X".into()],
            source: "test".into(),
        }
    }

    #[test]
    fn horizon_is_linear_between_points_and_across_north() {
        let s = station(vec![(10.0, 10.0), (350.0, 20.0)]);
        for (azimuth_deg, expected_deg) in [
            (10.0, 10.0),
            (180.0, 15.0),
            (350.0, 20.0),
            (0.0, 15.0),
            (360.0, 15.0),
            (-5.0, 17.5),
        ] {
            let found_deg = s.mask_elevation_deg(azimuth_deg);
            assert!(
                (found_deg - expected_deg).abs() < 1e-9,
                "{azimuth_deg}: {found_deg}"
            );
        }
    }

    #[test]
    fn the_fixed_mask_is_a_floor() {
        assert!((station(vec![(0.0, 1.0)]).mask_elevation_deg(77.0) - 5.0).abs() < 1e-12);
        assert!((station(vec![]).mask_elevation_deg(77.0) - 5.0).abs() < 1e-12);
        assert!((station(vec![(90.0, 7.0)]).mask_elevation_deg(270.0) - 7.0).abs() < 1e-12);
        // A mask closed at 0 and 360 is allowed.
        assert!(
            (station(vec![(0.0, 7.0), (360.0, 7.0)]).mask_elevation_deg(359.0) - 7.0).abs() < 1e-12
        );
    }

    #[test]
    fn faults_name_the_field() {
        let mut s = station(vec![]);
        s.lat_deg = f64::NAN;
        assert!(s.check().unwrap_err().to_string().contains("lat_deg"));
        let falling = station(vec![(20.0, 1.0), (10.0, 1.0)]);
        assert!(falling.check().unwrap_err().to_string().contains("rising"));
        let twice = [station(vec![]), station(vec![])];
        assert!(matches!(check_all(&twice), Err(StationError::Id { .. })));
    }

    #[test]
    fn reads_the_register_shape() {
        let s: Station = toml::from_str(
            "id='a'\nname='A'\nnetwork='N'\nlon_deg=1.0\nlat_deg=2.0\nelevation_mask_deg=5.0\nmask=[[0.0,1.0],[90.0,2.5]]\nbands=['S','X']\nsource='s'",
        )
        .unwrap();
        assert_eq!(s.mask, vec![(0.0, 1.0), (90.0, 2.5)]);
        s.check().unwrap();
    }
}
