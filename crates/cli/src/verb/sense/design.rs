//! `corridor sense design`: orbits of planned satellites.

use crate::output::{Format, Listing, counted, listing, say};
use crate::verb::{Failure, Outcome};
use clap::{Args, Subcommand, ValueEnum};
use corridor_orbit::elements::designed::{
    self, DesignedOrbit, RADIUS_KM, SecularRates, WalkerPattern,
};
use corridor_sense::design::repeat::{self, Cycle, Plane, RepeatOrbit};
use corridor_watch::register::design::{Planned, mission_file};
use corridor_watch::request::slug;
use jiff::Timestamp;
use serde::Serialize;
use std::f64::consts::TAU;

/// Orbits of planned satellites: elements that turn with the secular rates of J2.
#[derive(Debug, Subcommand)]
pub(crate) enum Design {
    /// A Walker pattern: circular orbits in evenly spread planes
    Walker(Walker),
    /// A circular orbit whose ground track repeats
    Repeat(Repeat),
}

/// How the orbits are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum DesignFormat {
    /// Aligned columns for people.
    #[default]
    Table,
    /// One JSON document.
    Json,
    /// Comma-separated values with a header line.
    Csv,
    /// A mission file for register/missions in the data folder.
    Toml,
}

/// What all designs share.
#[derive(Debug, Args)]
struct Shared {
    /// Name of the design; satellites are called by it and a number
    #[arg(long, default_value = "PLANNED")]
    name: String,
    /// The instant the elements refer to (RFC 3339)
    #[arg(long, default_value = "2026-01-01T00:00:00Z")]
    epoch: Timestamp,
    /// Instrument of the register that they carry; may be given more than once
    #[arg(long, value_name = "ID")]
    instrument: Vec<String>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: DesignFormat,
}

/// A Walker pattern.
#[derive(Debug, Args)]
pub(crate) struct Walker {
    /// Planes over 360 degrees (delta) or 180 (star)
    #[arg(long, value_enum, default_value_t = Pattern::Delta)]
    pattern: Pattern,
    /// Satellites altogether
    #[arg(long)]
    total: u32,
    /// Planes that they share
    #[arg(long)]
    planes: u32,
    /// Neighbours in adjacent planes are this many times 360/total degrees apart
    #[arg(long, default_value_t = 0)]
    phasing: u32,
    /// Mean semi-major axis over the equatorial radius of 6,378.137 km
    #[arg(long)]
    altitude_km: f64,
    /// Inclination, degrees
    #[arg(long)]
    inclination_deg: f64,
    /// Right ascension of the first plane's ascending node, degrees
    #[arg(long, default_value_t = 0.0, allow_negative_numbers = true)]
    raan_deg: f64,
    #[command(flatten)]
    shared: Shared,
}

/// Planes over the whole circle or half of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Pattern {
    Delta,
    Star,
}

/// A circular orbit whose ground track repeats.
#[derive(Debug, Args)]
pub(crate) struct Repeat {
    /// Revolutions of a cycle: 143 for Sentinel-2
    #[arg(long)]
    revolutions: u32,
    /// Days of a cycle: 10 for Sentinel-2
    #[arg(long)]
    days: u32,
    /// Mean local solar time at the ascending node: the orbit is Sun-synchronous
    #[arg(long, value_name = "HH:MM", value_parser = hours, conflicts_with = "ltdn")]
    ltan: Option<f64>,
    /// Mean local solar time at the descending node: the orbit is Sun-synchronous
    #[arg(long, value_name = "HH:MM", value_parser = hours)]
    ltdn: Option<f64>,
    /// Inclination of an orbit that is not Sun-synchronous, degrees
    #[arg(long, conflicts_with_all = ["ltan", "ltdn"])]
    inclination_deg: Option<f64>,
    /// Right ascension of its ascending node, degrees
    #[arg(long, requires = "inclination_deg", allow_negative_numbers = true)]
    raan_deg: Option<f64>,
    /// Satellites, evenly around the orbit
    #[arg(long, default_value_t = 1)]
    satellites: u32,
    #[command(flatten)]
    shared: Shared,
}

/// A time of day, hours.
fn hours(text: &str) -> Result<f64, String> {
    let wrong = || "should be a time of day such as 10:30".to_string();
    let (hours, minutes) = text.split_once(':').ok_or_else(wrong)?;
    let (hours, minutes): (u32, u32) = (
        hours.parse().map_err(|_| wrong())?,
        minutes.parse().map_err(|_| wrong())?,
    );
    match hours < 24 && minutes < 60 {
        true => Ok(f64::from(hours) + f64::from(minutes) / 60.0),
        false => Err(wrong()),
    }
}

impl Design {
    pub(crate) fn run(self) -> Outcome {
        match self {
            Self::Walker(walker) => walker.run(),
            Self::Repeat(repeat) => repeat.run(),
        }
    }
}

impl Walker {
    fn run(self) -> Outcome {
        let pattern = match self.pattern {
            Pattern::Delta => WalkerPattern::Delta,
            Pattern::Star => WalkerPattern::Star,
        };
        let orbits = designed::walker(
            pattern,
            self.total,
            self.planes,
            self.phasing,
            self.altitude_km,
            self.inclination_deg,
            self.raan_deg,
            self.shared.epoch,
            &format!("{}-", self.shared.name),
        )
        .map_err(|e| Failure::Usage(e.to_string()))?;
        print(&self.shared, orbits, None)
    }
}

impl Repeat {
    fn run(self) -> Outcome {
        let plane = match (self.ltan, self.ltdn, self.inclination_deg) {
            (_, _, Some(inclination_deg)) => Plane::Inclined {
                inclination_deg,
                raan_deg: self.raan_deg.unwrap_or(0.0),
            },
            (Some(ascending_node_h), _, _) => Plane::SunSynchronous { ascending_node_h },
            (_, Some(descending_h), _) => Plane::SunSynchronous {
                ascending_node_h: (descending_h + 12.0) % 24.0,
            },
            _ => {
                return Err(Failure::Usage(
                    "one of --ltan, --ltdn and --inclination-deg says how the orbit lies".into(),
                ));
            }
        };
        let cycle = Cycle {
            revolutions: self.revolutions,
            days: self.days,
        };
        let usage = |e: repeat::RepeatError| Failure::Usage(e.to_string());
        let found = repeat::repeat_orbit(cycle, plane).map_err(usage)?;
        let prefix = format!("{}-", self.shared.name);
        let orbits =
            repeat::repeat_satellites(cycle, plane, self.satellites, self.shared.epoch, &prefix)
                .map_err(usage)?;
        print(&self.shared, orbits, Some(found))
    }
}

/// A design as programs get it.
#[derive(Serialize)]
struct Record<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeat: Option<RepeatOrbit>,
    satellites: Vec<Satellite>,
}

#[derive(Serialize)]
struct Satellite {
    #[serde(flatten)]
    planned: Planned,
    altitude_km: f64,
    nodal_period_s: f64,
}

fn print(shared: &Shared, orbits: Vec<DesignedOrbit>, repeat: Option<RepeatOrbit>) -> Outcome {
    let id = slug(&shared.name)?;
    let planned: Vec<Planned> = orbits
        .into_iter()
        .map(|orbit| Planned::new(orbit, shared.instrument.clone()))
        .collect();
    let format = match shared.format {
        DesignFormat::Toml => return Ok(say(&mission_file(&id, &shared.name, &planned)?)?),
        DesignFormat::Table => Format::Table,
        DesignFormat::Json => Format::Json,
        DesignFormat::Csv => Format::Csv,
    };
    if let Some(orbit) = repeat.filter(|_| format == Format::Table) {
        say(&format!(
            "{} in {}: {:.2} km mean altitude, {:.2} km over the equator, \
             {:.3} degrees, tracks {:.1} km apart\n",
            counted(orbit.cycle.revolutions, "revolution", "revolutions"),
            counted(orbit.cycle.days, "day", "days"),
            orbit.altitude_km,
            orbit.equator_altitude_km,
            orbit.inclination_deg,
            orbit.track_spacing_km
        ))?;
    }
    let rows = planned.iter().map(|p| {
        vec![
            p.name.clone(),
            p.epoch.to_string(),
            p.semi_major_axis_km.to_string(),
            p.eccentricity.to_string(),
            p.inclination_deg.to_string(),
            p.raan_deg.to_string(),
            p.argument_of_perigee_deg.to_string(),
            p.mean_anomaly_deg.to_string(),
        ]
    });
    let rows = rows.collect();
    let of = |planned: &Planned| {
        let (a, e, i) = (
            planned.semi_major_axis_km,
            planned.eccentricity,
            planned.inclination_deg,
        );
        let rates = SecularRates::new(a, e, i);
        Satellite {
            altitude_km: a - RADIUS_KM,
            nodal_period_s: TAU / (rates.anomaly_rad_s + rates.perigee_rad_s),
            planned: planned.clone(),
        }
    };
    let record = Record {
        name: &shared.name,
        repeat,
        satellites: planned.iter().map(of).collect(),
    };
    Ok(listing(
        format,
        &Listing {
            columns: &[
                "name",
                "epoch",
                "semi_major_axis_km",
                "eccentricity",
                "inclination_deg",
                "raan_deg",
                "argument_of_perigee_deg",
                "mean_anomaly_deg",
            ],
            rows,
            records: &record,
            empty: "no satellite",
        },
    )?)
}
