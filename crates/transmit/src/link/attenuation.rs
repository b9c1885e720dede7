//! What the air takes from a link between space and ground for a share of an average year:
//! Recommendation ITU-R P.618-13, section 2.5, with the maps of [`super::climate`].

use super::climate::{Climate, SiteClimate};
use super::gas::{self, Air};
use super::rain::{self, Rain};
use super::scintillation::{self, Dish};
use super::{LinkError, cloud, within};
use corridor_orbit::earth::Geodetic;
use serde::Serialize;

/// Frequencies that the models are for, GHz: below, the ionosphere matters; above, nothing was measured.
pub const FREQUENCY_GHZ: (f64, f64) = (1.0, 55.0);
/// Elevations that the models are for, degrees.
pub const ELEVATION_DEG: (f64, f64) = (5.0, 90.0);
/// Shares of a year that the models are for, percent.
pub const PERCENT: (f64, f64) = (0.001, 50.0);

/// Rain is predicted up to this share; beyond, its figure is carried on, and it is small.
const RAIN_PERCENT_MAX: f64 = 5.0;

/// A link as the air sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Beam {
    /// Frequency, GHz.
    pub frequency_ghz: f64,
    /// Polarisation against the horizontal, degrees; 45 where it is circular.
    pub tilt_deg: f64,
    /// The dish on the ground.
    pub dish: Dish,
}

/// Attenuation exceeded for a share of an average year, dB.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Attenuation {
    /// By oxygen and water vapour; that of 1 % of the year for smaller shares, as rain holds the rest.
    pub gas_db: f64,
    /// By clouds; likewise.
    pub cloud_db: f64,
    /// By rain.
    pub rain_db: f64,
    /// By turbulence.
    pub scintillation_db: f64,
    /// All together: `gas + sqrt((rain + cloud)² + scintillation²)`.
    pub total_db: f64,
}

/// The air over a place for one beam and one share of the year. What does not depend on elevation is
/// computed once.
#[derive(Debug, Clone)]
pub struct Sky {
    beam: Beam,
    percent: f64,
    climate: SiteClimate,
    rain: Rain,
    gas_zenith_db: f64,
}

impl Sky {
    /// Over an antenna at `place`, for the attenuation exceeded `percent` of an average year.
    ///
    /// The height of the place counts as height above the sea; above the ellipsoid it is off by up to
    /// 0.1 km, which moves attenuation by less than 2 %.
    ///
    /// # Errors
    /// [`LinkError`] names a figure that the models are not for.
    pub fn new(place: &Geodetic, beam: Beam, percent: f64) -> Result<Self, LinkError> {
        let climate = Climate::shipped().at(place, percent.max(1.0));
        Self::with_climate(place, climate, beam, percent)
    }

    /// The same with a climate of one's own, measured on the spot.
    ///
    /// # Errors
    /// [`LinkError`] names a figure that the models are not for.
    pub fn with_climate(
        place: &Geodetic,
        climate: SiteClimate,
        beam: Beam,
        percent: f64,
    ) -> Result<Self, LinkError> {
        let (low, high) = FREQUENCY_GHZ;
        let right = "should be from 1 to 55 GHz";
        within("frequency_ghz", beam.frequency_ghz, low, high, right)?;
        let right = "should be from 0.001 to 50 percent";
        within(
            "unavailability_percent",
            percent,
            PERCENT.0,
            PERCENT.1,
            right,
        )?;
        let right = "should be from 0 to 90 degrees";
        within("tilt_deg", beam.tilt_deg, 0.0, 90.0, right)?;
        let right = "should be more than 0 and at most 100 m";
        within("diameter_m", beam.dish.diameter_m, 1e-3, 100.0, right)?;
        let right = "should be more than 0 and at most 1";
        within("efficiency", beam.dish.efficiency, 1e-3, 1.0, right)?;
        let right = "should be from -90 to 90 degrees";
        within("lat_deg", place.lat_deg, -90.0, 90.0, right)?;
        let right = "should be from -360 to 360 degrees";
        within("lon_deg", place.lon_deg, -360.0, 360.0, right)?;
        let right = "should be from -500 to 9000 m";
        within("height_m", place.height_m, -500.0, 9_000.0, right)?;
        let height_km = place.height_m / 1e3;
        let air = Air {
            dry_pressure_hpa: mean_pressure_hpa(height_km),
            temperature_k: climate.temperature_k,
            vapour_g_m3: climate.vapour_g_m3,
        };
        let f = beam.frequency_ghz;
        Ok(Self {
            gas_zenith_db: gas::oxygen_zenith_db(f, &air)
                + gas::vapour_zenith_db(f, climate.vapour_kg_m2, height_km),
            rain: Rain {
                rate_mm_h: climate.rain_rate_mm_h,
                height_km: climate.rain_height_km,
                antenna_km: height_km,
                lat_deg: place.lat_deg,
            },
            climate,
            beam,
            percent,
        })
    }

    /// Towards `elevation_deg`.
    ///
    /// # Errors
    /// [`LinkError`] outside 5 to 90 degrees.
    pub fn towards(&self, elevation_deg: f64) -> Result<Attenuation, LinkError> {
        let (low, high) = ELEVATION_DEG;
        let right = "should be from 5 to 90 degrees: the models are for no lower paths";
        within("elevation_deg", elevation_deg, low, high, right)?;
        let Beam {
            frequency_ghz: f,
            tilt_deg,
            dish,
        } = self.beam;
        let gas_db = self.gas_zenith_db / elevation_deg.to_radians().sin();
        let cloud_db = cloud::attenuation_db(f, elevation_deg, self.climate.cloud_kg_m2);
        let rain_db = rain::attenuation_db(f, elevation_deg, tilt_deg, self.percent, &self.rain);
        let scintillation_db = scintillation::fade_db(
            f,
            elevation_deg,
            self.percent,
            dish,
            self.climate.wet_refractivity,
        );
        Ok(Attenuation {
            gas_db,
            cloud_db,
            rain_db,
            scintillation_db,
            total_db: gas_db + (rain_db + cloud_db).hypot(scintillation_db),
        })
    }

    /// Whether the share is one that rain is predicted for, not carried on to.
    pub fn rain_is_predicted(&self) -> bool {
        self.percent <= RAIN_PERCENT_MAX
    }
}

/// Mean pressure at a height above the sea, hPa, below 11 km (ITU-R P.835-6, section 1).
fn mean_pressure_hpa(height_km: f64) -> f64 {
    let geopotential_km = 6_356.766 * height_km / (6_356.766 + height_km);
    1013.25 * (288.15 / (288.15 - 6.5 * geopotential_km)).powf(-34.1632 / 6.5)
}
