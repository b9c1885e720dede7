//! Scheduling instances as JSON: rules, satellites and outages in one file, passes in another.

use super::{Outage, Pass, Problem, ProblemError, Rules, Satellite, Station};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Why an instance cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum InstanceError {
    /// It is not JSON of this shape.
    #[error("{0}")]
    Json(#[from] serde_json::Error),
    /// Something is named that the files do not have.
    #[error("{what} names the {kind} {name:?}, which {missing}")]
    Unknown {
        /// Where it is named.
        what: String,
        /// `satellite` or `station`.
        kind: &'static str,
        /// The name.
        name: String,
        /// What it is missing from.
        missing: &'static str,
    },
    /// A figure cannot be.
    #[error(transparent)]
    Problem(#[from] ProblemError),
}

/// The rules, before the passes are known.
#[derive(Debug, Clone, Deserialize)]
pub struct Instance {
    /// File of the passes, beside the instance's; `None` where it is not said.
    #[serde(default)]
    pub passes_file: Option<String>,
    rules: RulesEntry,
    /// Stations that take part; all of the passes' where it is not said.
    #[serde(default)]
    stations: Option<Vec<StationEntry>>,
    #[serde(default)]
    outages: Vec<OutageEntry>,
    satellites: BTreeMap<String, SatelliteEntry>,
}

#[derive(Debug, Clone, Deserialize)]
struct RulesEntry {
    antenna_turnaround_s: f64,
    acquisition_s: f64,
    #[serde(default)]
    part_min_s: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum StationEntry {
    Name(String),
    Full {
        name: String,
        #[serde(default = "one")]
        antennas: u32,
    },
}

fn one() -> u32 {
    1
}

#[derive(Debug, Clone, Deserialize)]
struct OutageEntry {
    station: String,
    start: f64,
    end: f64,
}

#[derive(Debug, Clone, Deserialize)]
struct SatelliteEntry {
    rate_mbps: f64,
    priority: f64,
    #[serde(default)]
    demand_gbit: Option<f64>,
}

#[derive(Debug, Clone, Deserialize)]
struct PassEntry {
    id: u64,
    sat: String,
    station: String,
    start: f64,
    end: f64,
}

/// Reads the instance's own file.
///
/// # Errors
/// [`InstanceError::Json`] with line and column.
pub fn parse(text: &str) -> Result<Instance, InstanceError> {
    Ok(serde_json::from_str(text)?)
}

impl Instance {
    /// The problem, with the passes of the other file. Passes of stations that do not take part are left
    /// out; those of satellites that the instance does not have are an error.
    ///
    /// # Errors
    /// [`InstanceError`] says what is wrong, and where.
    pub fn problem(&self, passes: &str) -> Result<Problem, InstanceError> {
        let entries: Vec<PassEntry> = serde_json::from_str(passes)?;
        let stations = self.stations_of(&entries);
        let places: BTreeMap<&str, usize> = stations
            .iter()
            .enumerate()
            .map(|(i, s)| (s.name.as_str(), i))
            .collect();
        let satellites: BTreeMap<&str, usize> = self
            .satellites
            .keys()
            .enumerate()
            .map(|(i, name)| (name.as_str(), i))
            .collect();
        let mut passes = Vec::with_capacity(entries.len());
        for entry in &entries {
            let Some(&station) = places.get(entry.station.as_str()) else {
                continue;
            };
            let satellite = satellites.get(entry.sat.as_str());
            let &satellite = satellite.ok_or_else(|| InstanceError::Unknown {
                what: format!("pass {}", entry.id),
                kind: "satellite",
                name: entry.sat.clone(),
                missing: "the instance has no rate and priority for",
            })?;
            passes.push(Pass {
                id: entry.id,
                satellite,
                station,
                start_s: entry.start,
                end_s: entry.end,
            });
        }
        let mut outages = Vec::with_capacity(self.outages.len());
        for outage in &self.outages {
            let station = places.get(outage.station.as_str());
            let &station = station.ok_or_else(|| InstanceError::Unknown {
                what: "outage".into(),
                kind: "station",
                name: outage.station.clone(),
                missing: "takes no part",
            })?;
            outages.push(Outage {
                station,
                start_s: outage.start,
                end_s: outage.end,
            });
        }
        let satellite = |(name, entry): (&String, &SatelliteEntry)| Satellite {
            name: name.clone(),
            rate_bit_s: entry.rate_mbps * 1e6,
            priority: entry.priority,
            demand_bit: entry.demand_gbit.map(|gbit| gbit * 1e9),
        };
        let problem = Problem {
            satellites: self.satellites.iter().map(satellite).collect(),
            stations,
            passes,
            outages,
            rules: Rules {
                turnaround_s: self.rules.antenna_turnaround_s,
                acquisition_s: self.rules.acquisition_s,
                part_min_s: self.rules.part_min_s,
            },
        };
        problem.check()?;
        Ok(problem)
    }

    fn stations_of(&self, passes: &[PassEntry]) -> Vec<Station> {
        let station = |entry: &StationEntry| match entry.clone() {
            StationEntry::Name(name) => Station { name, antennas: 1 },
            StationEntry::Full { name, antennas } => Station { name, antennas },
        };
        if let Some(named) = &self.stations {
            return named.iter().map(station).collect();
        }
        let mut names: Vec<&str> = passes.iter().map(|p| p.station.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        let station = |name: &str| Station {
            name: name.into(),
            antennas: 1,
        };
        names.into_iter().map(station).collect()
    }
}
