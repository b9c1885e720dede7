//! Power against noise: from the radiated power to the carrier-to-noise density and the margin.
//!
//! ```text
//! C/N0 = EIRP - free space - attenuation - pointing - polarisation + G/T' - k
//! ```
//!
//! with G/T' what is left of the receiver's G/T once the air that attenuates also glows into the dish
//! (ITU-R P.618-13, section 3).

use super::{LinkError, decibels, ratio, within};
use serde::{Deserialize, Serialize};

/// Boltzmann's constant, dBW/K/Hz (exact in the SI of 2019: 1.380649e-23 J/K).
pub const BOLTZMANN_DBW_K_HZ: f64 = -228.599_167;

/// Speed of light, m/s.
const LIGHT_M_S: f64 = 299_792_458.0;

/// Mean temperature that the air radiates at, K (P.618-13, section 3).
const AIR_RADIATES_K: f64 = 275.0;

/// The two ends of a link and what is lost between them beside distance and air.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Frequency of the carrier, GHz.
    pub frequency_ghz: f64,
    /// Radiated power towards the receiver, dBW.
    pub eirp_dbw: f64,
    /// Gain over noise temperature of the receiver under a clear sky, dB/K.
    pub g_over_t_db_k: f64,
    /// Its noise temperature under a clear sky, K; where it is said, air that attenuates also adds noise.
    #[serde(default)]
    pub system_noise_k: Option<f64>,
    /// Lost because the antennas do not point at each other, dB.
    #[serde(default)]
    pub pointing_db: f64,
    /// Lost because their polarisations differ, dB.
    #[serde(default)]
    pub polarisation_db: f64,
    /// Lost in modulator and demodulator against theory, dB.
    #[serde(default)]
    pub implementation_db: f64,
}

/// A budget, line by line.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Budget {
    /// Lost over the distance, dB.
    pub free_space_db: f64,
    /// Lost in the air, dB.
    pub attenuation_db: f64,
    /// What the noise of the air takes from the receiver's G/T, dB.
    pub noise_rise_db: f64,
    /// Carrier over noise density at the receiver, implementation loss taken off, dB Hz.
    pub c_over_n0_db_hz: f64,
}

impl Link {
    /// Checks every figure.
    ///
    /// # Errors
    /// [`LinkError`] names the first that is wrong.
    pub fn check(&self) -> Result<(), LinkError> {
        let positive = "should be more than 0 and at most 1000 GHz";
        within("frequency_ghz", self.frequency_ghz, 1e-3, 1e3, positive)?;
        let power = "should be from -100 to 150 dBW";
        within("eirp_dbw", self.eirp_dbw, -100.0, 150.0, power)?;
        let merit = "should be from -100 to 100 dB/K";
        within("g_over_t_db_k", self.g_over_t_db_k, -100.0, 100.0, merit)?;
        if let Some(noise_k) = self.system_noise_k {
            let right = "should be from 1 to 100000 K";
            within("system_noise_k", noise_k, 1.0, 1e5, right)?;
        }
        let loss = "should be from 0 to 100 dB";
        within("pointing_db", self.pointing_db, 0.0, 100.0, loss)?;
        within("polarisation_db", self.polarisation_db, 0.0, 100.0, loss)?;
        within(
            "implementation_db",
            self.implementation_db,
            0.0,
            100.0,
            loss,
        )
    }

    /// The budget over `range_km` through air that takes `attenuation_db`, of which the receiver's clear-sky
    /// figure already holds the noise of `clear_sky_db`.
    ///
    /// # Errors
    /// [`LinkError`] names a figure that cannot be.
    pub fn budget(
        &self,
        range_km: f64,
        attenuation_db: f64,
        clear_sky_db: f64,
    ) -> Result<Budget, LinkError> {
        self.check()?;
        let right = "should be more than 0 km";
        within("range_km", range_km, 1e-6, 1e12, right)?;
        let right = "should not be negative";
        within("attenuation_db", attenuation_db, 0.0, 1e4, right)?;
        let free_space_db = free_space_db(self.frequency_ghz, range_km);
        let glow_k = |db: f64| AIR_RADIATES_K * (1.0 - ratio(-db));
        let noise_rise_db = self.system_noise_k.map_or(0.0, |noise_k| {
            let more_k = (glow_k(attenuation_db) - glow_k(clear_sky_db)).max(0.0);
            decibels((noise_k + more_k) / noise_k)
        });
        let lost_db = free_space_db
            + attenuation_db
            + self.pointing_db
            + self.polarisation_db
            + self.implementation_db;
        Ok(Budget {
            free_space_db,
            attenuation_db,
            noise_rise_db,
            c_over_n0_db_hz: self.eirp_dbw - lost_db + self.g_over_t_db_k
                - noise_rise_db
                - BOLTZMANN_DBW_K_HZ,
        })
    }
}

impl Budget {
    /// Energy of a bit over noise density at `rate_bit_s`, dB.
    pub fn eb_over_n0_db(&self, rate_bit_s: f64) -> f64 {
        self.c_over_n0_db_hz - decibels(rate_bit_s)
    }

    /// Energy of a symbol over noise density at `rate_baud`, dB.
    pub fn es_over_n0_db(&self, rate_baud: f64) -> f64 {
        self.c_over_n0_db_hz - decibels(rate_baud)
    }
}

/// Loss over a distance in free space between isotropic antennas, dB (ITU-R P.525-4, equation 3).
pub fn free_space_db(frequency_ghz: f64, range_km: f64) -> f64 {
    let wavelengths = range_km * 1e3 * frequency_ghz * 1e9 / LIGHT_M_S;
    20.0 * (4.0 * std::f64::consts::PI * wavelengths).log10()
}

/// Gain of a dish in its middle, dBi.
pub fn dish_gain_dbi(frequency_ghz: f64, diameter_m: f64, efficiency: f64) -> f64 {
    let wavelengths = diameter_m * frequency_ghz * 1e9 / LIGHT_M_S;
    decibels(efficiency * (std::f64::consts::PI * wavelengths).powi(2))
}
