//! `corridor transmit budget`: what the air takes from a link, and what is left of it.

use crate::output::{Format, Listing, listing};
use crate::verb::sense::position;
use crate::verb::{Failure, Outcome};
use clap::Args;
use corridor_orbit::earth::Geodetic;
use corridor_transmit::link::LinkError;
use corridor_transmit::link::attenuation::{Attenuation, Beam, Sky};
use corridor_transmit::link::budget::Link;
use corridor_transmit::link::coding::{DVB_S2, DVB_S2X, ModCod, best};
use corridor_transmit::link::scintillation::Dish;
use serde::Serialize;

/// What the air takes from a link between a site and space, and what is left of it.
///
/// Attenuation by gases, clouds, rain and scintillation that is exceeded for the given share of an average
/// year, by Recommendation ITU-R P.618-13 with maps that ship with the program: 1 to 55 GHz, elevations
/// from 5 degrees. With --eirp-dbw, --g-over-t-db-k and --range-km the link is added up; with
/// --rate-mbaud the modulation and code are chosen.
#[derive(Debug, Args)]
pub(crate) struct Budget {
    /// Where the antenna stands: longitude and latitude in degrees, height above the sea in metres
    #[arg(long, value_name = "LON,LAT[,H]", allow_hyphen_values = true, value_parser = position)]
    site: Geodetic,
    /// Frequency, GHz
    #[arg(long, value_name = "F", allow_negative_numbers = true)]
    frequency_ghz: f64,
    /// Elevation of the satellite, degrees
    #[arg(long, value_name = "E", allow_negative_numbers = true)]
    elevation_deg: f64,
    /// Share of an average year in which more is taken, percent: 0.001 to 50
    #[arg(long, value_name = "P", allow_negative_numbers = true)]
    unavailability_percent: f64,
    /// Polarisation against the horizontal, degrees; 45 where it is circular
    #[arg(
        long,
        value_name = "DEG",
        default_value_t = 45.0,
        allow_negative_numbers = true
    )]
    tilt_deg: f64,
    /// Diameter of the dish at the site, m
    #[arg(
        long,
        value_name = "M",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    diameter_m: f64,
    /// Share of the dish's aperture that counts
    #[arg(
        long,
        value_name = "SHARE",
        default_value_t = 0.5,
        allow_negative_numbers = true
    )]
    efficiency: f64,
    #[command(flatten)]
    link: LinkArguments,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Debug, Args)]
struct LinkArguments {
    /// Power radiated towards the receiver, dBW
    #[arg(long, value_name = "DBW", allow_hyphen_values = true, requires_all = ["g_over_t_db_k", "range_km"])]
    eirp_dbw: Option<f64>,
    /// Gain over noise temperature of the receiver under a clear sky, dB/K
    #[arg(
        long,
        value_name = "DB",
        allow_hyphen_values = true,
        requires = "eirp_dbw"
    )]
    g_over_t_db_k: Option<f64>,
    /// Distance, km
    #[arg(
        long,
        value_name = "KM",
        requires = "eirp_dbw",
        allow_negative_numbers = true
    )]
    range_km: Option<f64>,
    /// Noise temperature of the receiver under a clear sky, K: where it is said, the glow of the air counts
    #[arg(
        long,
        value_name = "K",
        requires = "eirp_dbw",
        allow_negative_numbers = true
    )]
    system_noise_k: Option<f64>,
    /// Lost by pointing, dB
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    pointing_db: f64,
    /// Lost by polarisation, dB
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    polarisation_db: f64,
    /// Lost in modulator and demodulator, dB
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 0.0,
        allow_negative_numbers = true
    )]
    implementation_db: f64,
    /// Symbol rate, million a second: chooses modulation and code
    #[arg(
        long,
        value_name = "MBAUD",
        requires = "eirp_dbw",
        allow_negative_numbers = true
    )]
    rate_mbaud: Option<f64>,
    /// What modulation and code are chosen from
    #[arg(long, value_enum, default_value_t)]
    coding: Coding,
    /// Kept in hand above what theory asks for, dB
    #[arg(
        long,
        value_name = "DB",
        default_value_t = 1.0,
        allow_negative_numbers = true
    )]
    margin_db: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum Coding {
    /// ETSI EN 302 307-1
    #[default]
    DvbS2,
    /// ETSI EN 302 307-1 and -2
    DvbS2x,
}

#[derive(Serialize)]
struct Record {
    #[serde(flatten)]
    air: Attenuation,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    link: Option<LinkRecord>,
    #[serde(skip_serializing_if = "Option::is_none")]
    remark: Option<&'static str>,
}

#[derive(Serialize)]
struct LinkRecord {
    free_space_db: f64,
    noise_rise_db: f64,
    c_over_n0_db_hz: f64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    carrier: Option<CarrierRecord>,
}

#[derive(Serialize)]
struct CarrierRecord {
    es_over_n0_db: f64,
    modcod: Option<&'static str>,
    rate_bit_s: f64,
    margin_db: Option<f64>,
}

impl Budget {
    pub(crate) fn run(self) -> Outcome {
        let beam = Beam {
            frequency_ghz: self.frequency_ghz,
            tilt_deg: self.tilt_deg,
            dish: Dish {
                diameter_m: self.diameter_m,
                efficiency: self.efficiency,
            },
        };
        let sky = Sky::new(&self.site, beam, self.unavailability_percent).map_err(usage)?;
        let air = sky.towards(self.elevation_deg).map_err(usage)?;
        let remark = (!sky.rain_is_predicted())
            .then_some("rain is predicted up to 5 percent; its figure is carried on from there");
        let record = Record {
            link: self.added_up(&air).map_err(usage)?,
            air,
            remark,
        };
        Ok(listing(
            self.format,
            &Listing {
                columns: &["what", "value"],
                rows: record.rows(),
                records: &record,
                empty: "",
            },
        )?)
    }

    fn added_up(&self, air: &Attenuation) -> Result<Option<LinkRecord>, LinkError> {
        let arguments = &self.link;
        let ends = arguments.eirp_dbw.zip(arguments.g_over_t_db_k);
        let Some(((eirp_dbw, g_over_t_db_k), range_km)) = ends.zip(arguments.range_km) else {
            return Ok(None);
        };
        let link = Link {
            frequency_ghz: self.frequency_ghz,
            eirp_dbw,
            g_over_t_db_k,
            system_noise_k: arguments.system_noise_k,
            pointing_db: arguments.pointing_db,
            polarisation_db: arguments.polarisation_db,
            implementation_db: arguments.implementation_db,
        };
        let budget = link.budget(range_km, air.total_db, air.gas_db)?;
        let carrier = match arguments.rate_mbaud {
            Some(rate) if !(rate > 0.0 && rate <= 1e6) => {
                return Err(LinkError {
                    field: "rate_mbaud",
                    value: rate,
                    right: "should be more than 0 and at most a million",
                });
            }
            Some(_) if !(-50.0..=50.0).contains(&arguments.margin_db) => {
                return Err(LinkError {
                    field: "margin_db",
                    value: arguments.margin_db,
                    right: "should be from -50 to 50 dB",
                });
            }
            rate => rate.map(|rate| arguments.chosen(rate * 1e6, &budget)),
        };
        Ok(Some(LinkRecord {
            free_space_db: budget.free_space_db,
            noise_rise_db: budget.noise_rise_db,
            c_over_n0_db_hz: budget.c_over_n0_db_hz,
            carrier,
        }))
    }
}

impl LinkArguments {
    fn chosen(
        &self,
        rate_baud: f64,
        budget: &corridor_transmit::link::budget::Budget,
    ) -> CarrierRecord {
        let mut from: Vec<ModCod> = DVB_S2.to_vec();
        if self.coding == Coding::DvbS2x {
            from.extend(DVB_S2X);
        }
        let es_over_n0_db = budget.es_over_n0_db(rate_baud);
        let one = best(&from, es_over_n0_db - self.margin_db);
        CarrierRecord {
            es_over_n0_db,
            modcod: one.map(|one| one.name),
            rate_bit_s: one.map_or(0.0, |one| one.bit_symbol * rate_baud),
            margin_db: one.map(|one| es_over_n0_db - one.es_over_n0_db),
        }
    }
}

impl Record {
    fn rows(&self) -> Vec<Vec<String>> {
        let mut rows = Vec::new();
        let mut decibels = |what: &str, value: f64, unit: &str| {
            rows.push(vec![what.into(), format!("{value:.2} {unit}")]);
        };
        decibels("gases", self.air.gas_db, "dB");
        decibels("clouds", self.air.cloud_db, "dB");
        decibels("rain", self.air.rain_db, "dB");
        decibels("scintillation", self.air.scintillation_db, "dB");
        decibels("air, all together", self.air.total_db, "dB");
        if let Some(link) = &self.link {
            decibels("free space", link.free_space_db, "dB");
            decibels("glow of the air", link.noise_rise_db, "dB");
            decibels("C/N0", link.c_over_n0_db_hz, "dB Hz");
            if let Some(carrier) = &link.carrier {
                decibels("Es/N0", carrier.es_over_n0_db, "dB");
                let none = "none: the link bears no code";
                rows.push(vec![
                    "modulation and code".into(),
                    carrier.modcod.unwrap_or(none).into(),
                ]);
                rows.push(vec![
                    "information rate".into(),
                    format!("{:.3} Mbit/s", carrier.rate_bit_s / 1e6),
                ]);
            }
        }
        if let Some(remark) = self.remark {
            rows.push(vec!["remark".into(), remark.into()]);
        }
        rows
    }
}

fn usage(error: LinkError) -> Failure {
    Failure::Usage(error.to_string())
}
