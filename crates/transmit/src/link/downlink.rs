//! The budget of a downlink over its contacts: which rate a station receives when, how much a contact
//! carries, and for how much of the year that holds.
//!
//! The attenuation is that exceeded for a share of an average year ([`super::attenuation`]), at each instant of
//! the contact; so the volume is there for the rest of the year at least.

use super::LinkError;
use super::attenuation::{Beam, Sky};
use super::budget::Link;
use super::coding::{DVB_S2, DVB_S2X, ModCod};
use super::pass::{self, Carrier, Mode, Sample, Volume};
use super::scintillation::Dish;
use crate::contact::ContactError;
use crate::sky::SkyContact;
use crate::station::Station;
use corridor_orbit::earth::look_angles;
use corridor_orbit::propagate::{PropagateError, Trajectory};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest time between two instants at which a contact is looked at, s: a low satellite moves by less than
/// 2 degrees of elevation in it but for the seconds about the zenith, where the link is at its best.
const STEP_S: f64 = 2.0;

/// Modulations and codes that a downlink can choose from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Codes {
    /// ETSI EN 302 307-1.
    #[default]
    DvbS2,
    /// ETSI EN 302 307-1 and -2.
    DvbS2x,
}

impl Codes {
    /// The entries.
    pub fn list(self) -> Vec<ModCod> {
        let mut list = DVB_S2.to_vec();
        if self == Self::DvbS2x {
            list.extend(DVB_S2X);
        }
        list
    }
}

/// What a station receives with, where it differs.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StationBudget {
    /// Gain over noise temperature under a clear sky, dB/K.
    pub g_over_t_db_k: Option<f64>,
    /// Noise temperature under a clear sky, K.
    pub system_noise_k: Option<f64>,
    /// Diameter of the dish, m.
    pub dish_diameter_m: Option<f64>,
}

/// A downlink: what the satellite sends with and the stations receive with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DownlinkBudget {
    /// Frequency of the carrier, GHz.
    pub frequency_ghz: f64,
    /// Radiated power towards the station, dBW.
    pub eirp_dbw: f64,
    /// Gain over noise temperature of the stations under a clear sky, dB/K.
    pub g_over_t_db_k: f64,
    /// Their noise temperature under a clear sky, K; where it is said, air that attenuates also adds noise.
    #[serde(default)]
    pub system_noise_k: Option<f64>,
    /// Lost by pointing, dB.
    #[serde(default)]
    pub pointing_db: f64,
    /// Lost by polarisation, dB.
    #[serde(default)]
    pub polarisation_db: f64,
    /// Lost in modulator and demodulator, dB.
    #[serde(default)]
    pub implementation_db: f64,
    /// Symbol rate, million a second.
    pub rate_mbaud: f64,
    /// Modulations and codes to choose from.
    #[serde(default)]
    pub coding: Codes,
    /// How the choice is made.
    pub mode: Mode,
    /// Kept in hand above what theory asks for, dB.
    pub margin_db: f64,
    /// Share of an average year in which less comes down, percent.
    pub unavailability_percent: f64,
    /// Polarisation against the horizontal, degrees; 45 where it is circular.
    #[serde(default = "circular")]
    pub tilt_deg: f64,
    /// Diameter of the dishes, m.
    pub dish_diameter_m: f64,
    /// Share of their aperture that counts.
    #[serde(default = "half")]
    pub dish_efficiency: f64,
    /// Stations that differ, by id.
    #[serde(default)]
    pub station: BTreeMap<String, StationBudget>,
}

fn circular() -> f64 {
    45.0
}

fn half() -> f64 {
    0.5
}

/// A budget that cannot be worked out for a contact.
#[derive(Debug, thiserror::Error)]
pub enum DownlinkError {
    /// A figure that cannot be.
    #[error("downlink over {station}: {source}")]
    Link {
        /// The station.
        station: String,
        /// Which figure.
        source: LinkError,
    },
    /// The trajectory has no position.
    #[error(transparent)]
    Contact(#[from] ContactError),
}

impl DownlinkBudget {
    /// What the contact of a satellite with a station carries, for all but `unavailability_percent` of the
    /// year; seconds count from the contact's start, and data flows after its set-up.
    ///
    /// # Errors
    /// [`DownlinkError`] names a figure that cannot be, or says where the satellite has no position.
    pub fn volume(
        &self,
        trajectory: &Trajectory,
        station: &Station,
        contact: &SkyContact,
        unavailability_percent: f64,
    ) -> Result<Volume, DownlinkError> {
        let wrong = |source: LinkError| DownlinkError::Link {
            station: station.id.clone(),
            source,
        };
        let own = self.station.get(&station.id).copied().unwrap_or_default();
        let link = Link {
            frequency_ghz: self.frequency_ghz,
            eirp_dbw: self.eirp_dbw,
            g_over_t_db_k: own.g_over_t_db_k.unwrap_or(self.g_over_t_db_k),
            system_noise_k: own.system_noise_k.or(self.system_noise_k),
            pointing_db: self.pointing_db,
            polarisation_db: self.polarisation_db,
            implementation_db: self.implementation_db,
        };
        let beam = Beam {
            frequency_ghz: self.frequency_ghz,
            tilt_deg: self.tilt_deg,
            dish: Dish {
                diameter_m: own.dish_diameter_m.unwrap_or(self.dish_diameter_m),
                efficiency: self.dish_efficiency,
            },
        };
        let sky = Sky::new(&station.geodetic(), beam, unavailability_percent).map_err(wrong)?;
        let codes = self.coding.list();
        let carrier = Carrier {
            rate_baud: self.rate_mbaud * 1e6,
            from: &codes,
            margin_db: self.margin_db,
            mode: self.mode,
        };
        let samples =
            samples(trajectory, station, contact).map_err(|e| ContactError::Trajectory {
                satellite: contact.from.clone(),
                reason: e.to_string(),
            })?;
        pass::over(&samples, &link, &sky, &carrier).map_err(wrong)
    }
}

/// Where the satellite stands from the end of the set-up to the end of a contact.
fn samples(
    trajectory: &Trajectory,
    station: &Station,
    contact: &SkyContact,
) -> Result<Vec<Sample>, PropagateError> {
    let track = trajectory.track(contact.start);
    let length_s = contact.end.duration_since(contact.start).as_secs_f64();
    let data_s = length_s - contact.setup_s;
    if data_s <= 0.0 {
        return Ok(Vec::new());
    }
    // Steps grow with contacts that last for days.
    let steps = ((data_s / STEP_S).ceil() as usize).clamp(1, pass::SAMPLES_MAX - 1);
    let place = station.geodetic();
    (0..=steps)
        .map(|i| {
            let t_s = contact.setup_s + data_s * i as f64 / steps as f64;
            let look = look_angles(&place, &track.position_itrf(t_s)?);
            Ok(Sample {
                t_s,
                elevation_deg: look.elevation_deg,
                range_km: look.range_m / 1e3,
            })
        })
        .collect()
}

/// A contact with the rate that its budget gives: from the first stretch that carries to the last, at the mean
/// rate, so that rate × time is the volume; `None` where the budget carries nothing.
pub fn at_mean_rate(contact: &SkyContact, volume: &Volume) -> Option<SkyContact> {
    let mut carrying = volume.steps.iter().filter(|s| s.rate_bit_s > 0.0);
    let first = carrying.next()?;
    let end_s = carrying.next_back().unwrap_or(first).end_s;
    let length_s = end_s - first.start_s;
    let whole = SkyContact {
        rate_bit_s: volume.volume_bytes as f64 * 8.0 / length_s,
        ..stretch(contact, first.start_s, end_s)
    };
    (length_s > 0.0).then_some(whole)
}

/// A contact for each stretch of one rate.
pub fn in_steps(contact: &SkyContact, volume: &Volume) -> Vec<SkyContact> {
    let carrying = volume.steps.iter().filter(|s| s.rate_bit_s > 0.0);
    carrying
        .map(|step| SkyContact {
            rate_bit_s: step.rate_bit_s,
            ..stretch(contact, step.start_s, step.end_s)
        })
        .collect()
}

fn stretch(contact: &SkyContact, start_s: f64, end_s: f64) -> SkyContact {
    let at = |t_s: f64| -> Timestamp { corridor_orbit::window::offset(contact.start, t_s) };
    SkyContact {
        start: at(start_s),
        end: at(end_s).min(contact.end),
        setup_s: 0.0,
        ..contact.clone()
    }
}
