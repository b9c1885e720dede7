//! `corridor transmit contacts`: who can send to whom, from orbits and stations.

mod carried;

use super::plan_file::text;
use crate::output::{Format, Listing, counted, duration, listing, milliseconds, say, time};
use crate::progress::Step;
use crate::verb::sense::satellites::{Elements, Satellite};
use crate::verb::{Failure, Outcome};
use carried::{BudgetArguments, Carried};
use clap::Args;
use corridor_orbit::window::offset;
use corridor_transmit::plan::{self, Format as PlanFormat};
use corridor_transmit::sky::ground::{self, Hours, Line, Outages};
use corridor_transmit::sky::{self, CrossLink, Downlink, SkyContact};
use corridor_transmit::station::{Station, check_all};
use corridor_watch::register::role::RoleNames;
use corridor_watch::register::{Role, station_file};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Largest file of stations, bytes.
const STATIONS_MAX_BYTES: u64 = 64 << 20;

/// Most pairs of satellites looked at: some milliseconds each a day.
const PAIRS_MAX: usize = 500_000;

/// Who can send to whom: satellites to stations, to relays and to one another, and on along the ground.
///
/// A contact is where the satellite stands above the station's masks, or the line between two satellites
/// passes over the air. Geometric, without refraction; edges to 1 ms of the model. With --plan the contacts
/// are printed as a contact plan, times in seconds from --from.
#[derive(Debug, Args)]
pub(crate) struct Contacts {
    #[command(flatten)]
    elements: Elements,
    /// Stations: GeoJSON points, or TOML as the register's
    #[arg(long, value_name = "FILE", required = true, num_args = 1..)]
    stations: Vec<PathBuf>,
    /// Only this satellite of the elements, by name or catalogue number
    #[arg(long, value_name = "NAME")]
    satellite: Vec<String>,
    /// Only this station, by id
    #[arg(long, value_name = "ID")]
    station: Vec<String>,
    /// Start (RFC 3339, UTC); the newest elements' epoch where it is not said
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// End; 24 hours later where it is not said
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// Print a contact plan
    #[arg(long, value_enum)]
    plan: Option<Plan>,
    /// Rate from satellite to station, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 100.0)]
    rate: f64,
    /// Rate from station to satellite, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 0.0)]
    uplink_rate: f64,
    /// From sight until data flows, s
    #[arg(long, value_name = "SECONDS", default_value_t = corridor_transmit::contact::SETUP_S)]
    setup: f64,
    /// Only stations with one of these bands (or none known)
    #[arg(long, value_name = "BAND")]
    band: Vec<String>,
    /// Satellites that relay: the others link to them
    #[arg(long, value_name = "NAME")]
    relay: Vec<String>,
    /// Satellites whose names the register's roles take for communication relay
    #[arg(long)]
    relays_by_role: bool,
    /// Links between all satellites
    #[arg(long, conflicts_with_all = ["relay", "relays_by_role"])]
    cross_links: bool,
    /// Rate between satellites, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 100.0)]
    cross_rate: f64,
    /// Greatest distance between satellites, km
    #[arg(long, value_name = "KM")]
    max_range: Option<f64>,
    /// Node on the ground that every station has a line to
    #[arg(long, value_name = "NODE")]
    home: Option<String>,
    /// Rate of these lines, Mbit/s
    #[arg(long, value_name = "MBPS", default_value_t = 1_000.0)]
    home_rate: f64,
    /// Delay of these lines, s
    #[arg(long, value_name = "SECONDS", default_value_t = 0.05)]
    home_delay: f64,
    /// Mean hours between random outages of these lines, each of half an hour on average
    #[arg(long, value_name = "HOURS", requires = "home")]
    outage_every: Option<f64>,
    /// Seed of the outages
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Carrier, GHz: prints the Doppler shift
    #[arg(long, value_name = "GHZ")]
    frequency_ghz: Option<f64>,
    #[command(flatten)]
    budget: BudgetArguments,
    /// How to print
    #[arg(long, value_enum, default_value_t, conflicts_with = "plan")]
    format: Format,
}

/// A format of contact plans.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Plan {
    /// NASA HDTN JSON
    Hdtn,
    /// ION's commands
    Ion,
    /// Corridor's own JSON
    Json,
    /// A-SABR's lines
    Asabr,
    /// tvgutil JSON
    Tvgutil,
}

#[derive(Deserialize)]
struct StationFile {
    station: Vec<Station>,
}

#[derive(Serialize)]
struct Row {
    from: String,
    to: String,
    start: String,
    end: String,
    duration_s: f64,
    max_elevation_deg: Option<f64>,
    range_min_km: Option<f64>,
    range_max_km: Option<f64>,
    range_rate_min_m_s: Option<f64>,
    range_rate_max_m_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doppler_min_hz: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    doppler_max_hz: Option<f64>,
    owlt_s: f64,
    rate_bit_s: f64,
    volume_bytes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    budget: Option<Carried>,
}

impl Contacts {
    pub(crate) fn run(self) -> Outcome {
        let mut satellites = self.elements.read()?;
        satellites.all = self.wanted(satellites.all)?;
        let stations = self.read_stations()?;
        let newest = satellites.all.iter().map(|s| s.trajectory.epoch()).max();
        let from = self.from.or(newest).unwrap_or(Timestamp::UNIX_EPOCH);
        let to = self.to.unwrap_or_else(|| offset(from, 86_400.0));
        if to <= from {
            return Err(Failure::Usage(format!(
                "--to {to} is not after --from {from}"
            )));
        }
        let step = Step::start("Looking for contacts");
        let mut contacts = Vec::new();
        let mut take =
            |found: Result<Vec<SkyContact>, corridor_transmit::contact::ContactError>| {
                match found {
                    Ok(found) => contacts.extend(found),
                    // One satellite without a position leaves the others.
                    Err(error @ corridor_transmit::contact::ContactError::Trajectory { .. }) => {
                        satellites.warnings.say(error.to_string());
                    }
                    Err(error) => return Err(Failure::Usage(error.to_string())),
                }
                Ok(())
            };
        let budget = self.budget.read()?;
        let down = Downlink {
            rate_bit_s: self.rate * 1e6,
            back_rate_bit_s: self.uplink_rate * 1e6,
            setup_s: self.setup,
            bands: self.band.clone(),
        };
        for satellite in &satellites.all {
            for station in &stations {
                let of = (satellite.name.as_str(), &satellite.trajectory);
                take(sky::down(of, station, &down, from, to))?;
            }
        }
        for (a, b) in self.pairs(&satellites.all)? {
            let link = self.cross_link();
            take(sky::cross(
                (&a.name, &a.trajectory),
                (&b.name, &b.trajectory),
                &link,
                from,
                to,
            ))?;
        }
        for station in &stations {
            if let Some(line) = self.line(station) {
                take(ground::contacts(&line, from, to))?;
            }
        }
        contacts.sort_by(|a, b| {
            (a.start, &a.from, &a.to, a.end).cmp(&(b.start, &b.from, &b.to, b.end))
        });
        let carried = match &budget {
            Some(budget) => budget.carry(&contacts, &satellites.all, &stations)?,
            None => Vec::new(),
        };
        step.done(counted(contacts.len(), "contact", "contacts"));
        match self.plan {
            Some(format) => {
                let planned = self.budget.planned(contacts, &carried);
                print_plan(&planned, from, format, &mut satellites.warnings)?;
            }
            None => self.print(&contacts, &carried)?,
        }
        satellites.warnings.finish()
    }

    fn read_stations(&self) -> Result<Vec<Station>, Failure> {
        let mut stations = Vec::new();
        for path in &self.stations {
            stations.extend(read_stations(path)?);
        }
        check_all(&stations).map_err(|e| Failure::Failed(e.to_string()))?;
        if let Some(id) = self
            .station
            .iter()
            .find(|id| !stations.iter().any(|s| s.id == **id))
        {
            return Err(Failure::Failed(format!(
                "station {id:?} is not among the {} stations",
                stations.len()
            )));
        }
        stations.retain(|s| self.station.is_empty() || self.station.contains(&s.id));
        Ok(stations)
    }

    /// The satellites that are named, relays among them; all where none is.
    fn wanted(&self, mut all: Vec<Satellite>) -> Result<Vec<Satellite>, Failure> {
        let is = |s: &Satellite, name: &String| {
            s.name == *name || s.norad_id.is_some_and(|id| id.to_string() == *name)
        };
        for name in &self.satellite {
            if !all.iter().any(|s| is(s, name)) {
                return Err(Failure::Failed(format!(
                    "satellite {name:?} is not among the {} of the elements",
                    all.len()
                )));
            }
        }
        let named = |s: &Satellite| {
            let mut names = self.satellite.iter().chain(&self.relay);
            names.any(|name| is(s, name))
        };
        all.retain(|s| self.satellite.is_empty() || named(s));
        Ok(all)
    }

    /// Pairs of satellites that may link.
    fn pairs<'a>(
        &self,
        all: &'a [Satellite],
    ) -> Result<Vec<(&'a Satellite, &'a Satellite)>, Failure> {
        for relay in &self.relay {
            if !all.iter().any(|s| s.name == *relay) {
                return Err(Failure::Failed(format!(
                    "relay {relay:?} is not among the {} satellites of the elements",
                    all.len()
                )));
            }
        }
        if !self.cross_links && !self.relays_by_role && self.relay.is_empty() {
            return Ok(Vec::new());
        }
        let names = RoleNames::shipped()?;
        let role = |s: &Satellite| names.role_of(&s.name).map(|(role, _)| role);
        let relays: Vec<bool> = all
            .iter()
            .map(|s| {
                let by_role = self.relays_by_role && role(s) == Some(Role::Communication);
                by_role || self.relay.contains(&s.name)
            })
            .collect();
        if self.relays_by_role && !relays.contains(&true) {
            return Err(Failure::Failed(format!(
                "of {} none has a name that the register's roles take for communication",
                counted(all.len(), "satellite", "satellites")
            )));
        }
        let mut pairs = Vec::new();
        for (i, a) in all.iter().enumerate() {
            for (k, b) in all.iter().enumerate().skip(i + 1) {
                if self.cross_links || relays[i] || relays[k] {
                    pairs.push((a, b));
                }
            }
        }
        if pairs.len() > PAIRS_MAX {
            return Err(Failure::Failed(format!(
                "{} pairs of satellites, at most {PAIRS_MAX}",
                pairs.len()
            )));
        }
        Ok(pairs)
    }

    fn cross_link(&self) -> CrossLink {
        CrossLink {
            range_max_m: self.max_range.map_or(f64::MAX, |km| km * 1e3),
            rate_bit_s: self.cross_rate * 1e6,
            back_rate_bit_s: self.cross_rate * 1e6,
            ..CrossLink::default()
        }
    }

    fn line(&self, station: &Station) -> Option<Line> {
        let home = self.home.clone()?;
        // Each line fails on its own: the seed is turned by the station's name.
        let own = station.id.bytes().fold(self.seed, |seed, byte| {
            seed.wrapping_mul(0x0100_0000_01B3) ^ u64::from(byte)
        });
        Some(Line {
            from: station.id.clone(),
            to: home,
            rate_bit_s: self.home_rate * 1e6,
            delay_s: self.home_delay,
            hours: Hours::Always,
            outages: self.outage_every.map(|hours| Outages {
                mean_up_s: hours * 3_600.0,
                mean_down_s: 1_800.0,
                seed: own,
            }),
        })
    }

    fn print(&self, contacts: &[SkyContact], carried: &[Option<Carried>]) -> std::io::Result<()> {
        let own = |i: usize| carried.get(i).cloned().flatten();
        let records: Vec<Row> = contacts
            .iter()
            .enumerate()
            .map(|(i, c)| self.row(c, own(i)))
            .collect();
        let rows = contacts.iter().zip(&records).map(|(c, row)| {
            vec![
                c.from.clone(),
                c.to.clone(),
                time(c.start),
                duration(row.duration_s),
                c.max_elevation_deg
                    .map_or(String::new(), |e| format!("{e:.1}")),
                row.range_min_km
                    .map_or(String::new(), |km| format!("{km:.0}")),
                format!("{:.2}", row.volume_bytes as f64 / 1e9),
            ]
        });
        listing(
            self.format,
            &Listing {
                columns: &[
                    "from",
                    "to",
                    "start (UTC)",
                    "for",
                    "peak (deg)",
                    "nearest (km)",
                    "volume (GB)",
                ],
                rows: rows.collect(),
                records: &records,
                empty: "no contacts",
            },
        )
    }

    fn row(&self, c: &SkyContact, budget: Option<Carried>) -> Row {
        let profile = c.profile.as_ref();
        let carrier_hz = self.frequency_ghz.map(|ghz| ghz * 1e9);
        let shift = |rate: Option<f64>| Some(sky::doppler_hz(rate?, carrier_hz?));
        Row {
            from: c.from.clone(),
            to: c.to.clone(),
            start: milliseconds(c.start),
            end: milliseconds(c.end),
            duration_s: c.end.duration_since(c.start).as_secs_f64(),
            max_elevation_deg: c.max_elevation_deg,
            range_min_km: profile.map(|p| p.range_min_m / 1e3),
            range_max_km: profile.map(|p| p.range_max_m / 1e3),
            range_rate_min_m_s: profile.map(|p| p.range_rate_min_m_s),
            range_rate_max_m_s: profile.map(|p| p.range_rate_max_m_s),
            doppler_min_hz: shift(profile.map(|p| p.range_rate_max_m_s)),
            doppler_max_hz: shift(profile.map(|p| p.range_rate_min_m_s)),
            owlt_s: c.owlt_s,
            rate_bit_s: budget.as_ref().map_or(c.rate_bit_s, |b| b.mean_rate_bit_s),
            volume_bytes: budget
                .as_ref()
                .map_or(c.volume_bytes() as u64, |b| b.volume.volume_bytes),
            budget,
        }
    }
}

pub(crate) fn read_stations(path: &Path) -> Result<Vec<Station>, Failure> {
    let file = path.display().to_string();
    let text = text(path, STATIONS_MAX_BYTES)?;
    if text.trim_start().starts_with('{') {
        let read = station_file::parse(&text, &file);
        return match read.faults.first() {
            Some(fault) => Err(Failure::Failed(fault.to_string())),
            None => Ok(read.records),
        };
    }
    let read: StationFile =
        toml::from_str(&text).map_err(|e| Failure::Failed(format!("{file}: {e}")))?;
    Ok(read.station)
}

fn print_plan(
    contacts: &[SkyContact],
    epoch: Timestamp,
    format: Plan,
    warnings: &mut crate::verb::sense::satellites::Warnings,
) -> std::io::Result<()> {
    let read = sky::plan(contacts, epoch);
    for dropped in &read.dropped {
        warnings.say(format!("dropped: {dropped}"));
    }
    let format = match format {
        Plan::Hdtn => PlanFormat::Hdtn,
        Plan::Ion => PlanFormat::Ion,
        Plan::Json => PlanFormat::Own,
        Plan::Asabr => PlanFormat::Asabr,
        Plan::Tvgutil => PlanFormat::Tvgutil,
    };
    let (text, left_out) = plan::write(&read.plan, format);
    for reason in left_out {
        warnings.say(format!("left out: {reason}"));
    }
    say(&text)
}
