//! The register: missions, satellites in orbit and planned, instruments, stations.
//!
//! The shipped files are built in; a `register/` folder in the data folder adds files or replaces
//! those of the same name. Element sets imported into the store replace older ones. The shapes of
//! the files are described in `register/README.md`.

mod change;
pub mod country;
pub mod design;
pub mod file;
pub mod object;
pub mod read;
mod relay;
pub mod role;
pub mod satellite_list;
pub mod station_file;
pub mod transmitter;

pub use country::shipped_countries;
pub use file::{read_element_file, read_file, shipped_assumptions};
pub use object::{Imported, Object, ObjectStatus, SourceNote};
pub use relay::Relay;
pub use role::Role;

use crate::error::WatchError;
use crate::store::ElementSource;
use corridor_orbit::elements::{ElementSet, omm_csv};
use corridor_orbit::propagate::Trajectory;
use corridor_sense::instrument::Instrument;
use corridor_transmit::station::Station;
use file::{read_folder, shipped_files};
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Whether a satellite flies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Flying, with element sets.
    #[serde(rename = "in orbit")]
    InOrbit,
    /// Designed, not flying yet.
    #[serde(rename = "planned")]
    Planned,
}

/// A mission: satellites of one kind under one operator.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mission {
    /// Short name in lower case, as in file names.
    pub id: String,
    /// Name for people.
    pub name: String,
    /// Who runs it.
    pub operator: String,
    /// Country or organisation of the operator.
    pub country: String,
    /// `remote sensing`, `communication`, `navigation`.
    pub roles: Vec<String>,
    /// Flying or planned.
    pub status: Status,
    /// Ids of the stations the operator uses.
    #[serde(default)]
    pub stations: Vec<String>,
    /// Where the choice of stations comes from.
    #[serde(default)]
    pub stations_source: Option<String>,
    /// Ids of the missions whose satellites relay its data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relays: Vec<String>,
    /// Where that comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub relays_source: Option<String>,
    /// The mission's page.
    #[serde(default)]
    pub homepage: Option<String>,
    /// What a reader should know.
    #[serde(default)]
    pub note: Option<String>,
}

/// How the mission's data comes down.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Downlink {
    /// Payload data rate, Mbit/s.
    pub rate_mbit_s: f64,
    /// Frequency band.
    pub band: String,
    /// Data of one image, Gbit.
    #[serde(default)]
    pub volume_per_image_gbit: Option<f64>,
    /// Where the rate comes from.
    pub source: String,
    /// Where the volume comes from.
    #[serde(default)]
    pub volume_source: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SatelliteRow {
    name: String,
    #[serde(default)]
    norad_id: Option<u32>,
    #[serde(default)]
    #[allow(
        dead_code,
        reason = "kept in the file for readers; the element set carries it too"
    )]
    cospar_id: Option<String>,
    instruments: Vec<String>,
    #[serde(default)]
    stations: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct MissionFile {
    mission: Mission,
    #[serde(default)]
    instrument: Vec<Instrument>,
    #[serde(default)]
    satellite: Vec<SatelliteRow>,
    #[serde(default)]
    downlink: Option<Downlink>,
    #[serde(default)]
    walker: Option<design::Walker>,
    #[serde(default)]
    planned: Vec<design::Planned>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct StationFile {
    station: Vec<Station>,
}

/// A satellite, flying or planned: both are computed the same way.
#[derive(Debug, Clone)]
pub struct Satellite {
    /// Name.
    pub name: String,
    /// Catalogue number; `None` where it is planned.
    pub norad_id: Option<u32>,
    /// Not in orbit yet.
    pub planned: bool,
    /// Mission id.
    pub mission: String,
    /// Who runs it.
    pub operator: String,
    /// `remote sensing`, `communication`, `navigation`.
    pub roles: Vec<String>,
    /// Instrument ids.
    pub instruments: Vec<String>,
    /// Station ids its operator uses.
    pub stations: Vec<String>,
    /// Names of the satellites that relay its data.
    pub relays: Vec<String>,
    /// Downlink rate, Mbit/s, where known.
    pub downlink_rate_mbit_s: Option<f64>,
    /// Data of one image, Gbit, where known.
    pub image_gbit: Option<f64>,
    /// Where it is when.
    pub trajectory: Trajectory,
    /// Where its elements come from.
    pub element_source: String,
}

/// A satellite as it is listed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SatelliteSummary {
    /// Name.
    pub name: String,
    /// Catalogue number; `None` where it is planned.
    pub norad_id: Option<u32>,
    /// Not in orbit yet.
    pub planned: bool,
    /// `in orbit` or `planned`.
    pub status: Status,
    /// Mission id.
    pub mission: String,
    /// Who runs it.
    pub operator: String,
    /// Instrument ids.
    pub instruments: Vec<String>,
    /// Roles.
    pub roles: Vec<String>,
    /// Station ids.
    pub stations: Vec<String>,
    /// Epoch of its elements.
    pub element_epoch: Timestamp,
    /// Where its elements come from.
    pub element_source: String,
}

/// Everything registered, checked and ready to compute with.
#[derive(Debug, Clone)]
pub struct Register {
    missions: Vec<Mission>,
    downlinks: BTreeMap<String, Downlink>,
    satellites: Vec<Satellite>,
    instruments: BTreeMap<String, Instrument>,
    stations: BTreeMap<String, Station>,
    element_epoch: Timestamp,
}

impl Register {
    /// Reads the shipped files, those of `overlay` over them, and element sets over both.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names the file and what is wrong in it.
    pub fn load(
        overlay: Option<&Path>,
        imported: &[(ElementSet, ElementSource)],
    ) -> Result<Self, WatchError> {
        let mut files = shipped_files()?;
        if let Some(folder) = overlay.filter(|f| f.is_dir()) {
            read_folder(folder, "", &mut files)?;
        }
        Self::from_files(&files, imported)
    }

    /// The register of the given files (path inside the register folder, text).
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names the file and what is wrong in it.
    pub fn from_files(
        files: &BTreeMap<String, String>,
        imported: &[(ElementSet, ElementSource)],
    ) -> Result<Self, WatchError> {
        let elements = read_elements(files, imported)?;
        let stations = read_stations(files)?;
        let mut register = Self {
            missions: Vec::new(),
            downlinks: BTreeMap::new(),
            satellites: Vec::new(),
            instruments: BTreeMap::new(),
            stations,
            element_epoch: Timestamp::MIN,
        };
        let mut missions = Vec::new();
        for (path, text) in files.iter().filter(|(p, _)| p.starts_with("missions/")) {
            let path = format!("register/{path}");
            let mut file = read_mission(&path, text)?;
            register.add_instruments(&path, &mut file)?;
            missions.push((path, file));
        }
        // A planned mission may carry the instruments of any other.
        for (path, file) in missions {
            register.add_mission(&path, file, &elements)?;
        }
        register.link_relays()?;
        let newest = register.satellites.iter().filter(|s| !s.planned);
        register.element_epoch = newest
            .map(|s| s.trajectory.epoch())
            .max()
            .unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(register)
    }

    /// This register with one mission file more, as `corridor sense design` writes it; the satellites
    /// added stand last.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names the file and what is wrong in it.
    pub fn with_mission(&self, path: &str, text: &str) -> Result<Self, WatchError> {
        let mut file = read_mission(path, text)?;
        let mut register = self.clone();
        register.add_instruments(path, &mut file)?;
        register.add_mission(path, file, &BTreeMap::new())?;
        register.link_relays()?;
        Ok(register)
    }

    fn add_instruments(&mut self, path: &str, file: &mut MissionFile) -> Result<(), WatchError> {
        let wrong = |what: String| WatchError::Invalid(format!("{path}: {what}"));
        for i in file.instrument.drain(..) {
            i.check()
                .map_err(|e| wrong(format!("instrument {}: {e}", i.id)))?;
            if let Some(old) = self.instruments.insert(i.id.clone(), i) {
                return Err(wrong(format!("instrument id {:?} stands twice", old.id)));
            }
        }
        Ok(())
    }

    fn add_mission(
        &mut self,
        path: &str,
        file: MissionFile,
        elements: &BTreeMap<u32, (ElementSet, String)>,
    ) -> Result<(), WatchError> {
        let wrong = |what: String| WatchError::Invalid(format!("{path}: {what}"));
        let MissionFile {
            mission,
            satellite,
            downlink,
            walker,
            planned,
            ..
        } = file;
        for id in &mission.stations {
            if !self.stations.contains_key(id) {
                return Err(wrong(format!("station {id:?} is not in stations.toml")));
            }
        }
        let make =
            |name: String, norad_id, instruments: Vec<String>, stations, trajectory, source| {
                Satellite {
                    name,
                    norad_id,
                    planned: mission.status == Status::Planned,
                    mission: mission.id.clone(),
                    operator: mission.operator.clone(),
                    roles: mission.roles.clone(),
                    instruments,
                    stations,
                    relays: Vec::new(),
                    downlink_rate_mbit_s: downlink.as_ref().map(|d| d.rate_mbit_s),
                    image_gbit: downlink.as_ref().and_then(|d| d.volume_per_image_gbit),
                    trajectory,
                    element_source: source,
                }
            };
        let mut added = Vec::new();
        for row in satellite {
            let Some(norad_id) = row.norad_id else {
                return Err(wrong(format!("satellite {:?} has no norad_id", row.name)));
            };
            let Some((set, source)) = elements.get(&norad_id) else {
                return Err(wrong(format!("satellite {norad_id} has no element set")));
            };
            let trajectory = Trajectory::from_elements(set)
                .map_err(|e| wrong(format!("satellite {norad_id}: {e}")))?;
            let stations = row.stations.unwrap_or_else(|| mission.stations.clone());
            added.push(make(
                row.name,
                Some(norad_id),
                row.instruments,
                stations,
                trajectory,
                source.clone(),
            ));
        }
        let pattern = walker
            .map(|w| w.planned())
            .transpose()
            .map_err(|e| wrong(format!("walker: {e}")))?;
        for row in pattern.into_iter().flatten().chain(planned) {
            let trajectory = Trajectory::from_designed(&row.orbit())
                .map_err(|e| wrong(format!("{}: {e}", row.name)))?;
            added.push(make(
                row.name,
                None,
                row.instruments,
                mission.stations.clone(),
                trajectory,
                format!("designed orbit, {path}"),
            ));
        }
        for s in &added {
            if let Some(id) = s
                .instruments
                .iter()
                .find(|i| !self.instruments.contains_key(*i))
            {
                return Err(wrong(format!(
                    "satellite {:?} names instrument {id:?}",
                    s.name
                )));
            }
            if let Some(id) = s.stations.iter().find(|i| !self.stations.contains_key(*i)) {
                return Err(wrong(format!(
                    "satellite {:?} names station {id:?}",
                    s.name
                )));
            }
        }
        self.satellites.extend(added);
        if let Some(d) = downlink {
            self.downlinks.insert(mission.id.clone(), d);
        }
        self.missions.push(mission);
        Ok(())
    }

    /// With imported stations, where none of that id is there, and without satellites that have come
    /// down.
    #[must_use]
    pub fn with(mut self, stations: Vec<Station>, decayed: &BTreeSet<u32>) -> Self {
        for station in stations {
            self.stations.entry(station.id.clone()).or_insert(station);
        }
        self.satellites
            .retain(|s| s.norad_id.is_none_or(|id| !decayed.contains(&id)));
        self.drop_lost_relays();
        self
    }

    /// The missions, by file name.
    pub fn missions(&self) -> &[Mission] {
        &self.missions
    }

    /// A mission's downlink.
    pub fn downlink(&self, mission: &str) -> Option<&Downlink> {
        self.downlinks.get(mission)
    }

    /// The satellites, flying and planned.
    pub fn satellites(&self) -> &[Satellite] {
        &self.satellites
    }

    /// A satellite, by its name as listed.
    pub fn satellite(&self, name: &str) -> Option<&Satellite> {
        self.satellites.iter().find(|s| s.name == name)
    }

    /// The satellites as they are listed.
    pub fn summaries(&self) -> Vec<SatelliteSummary> {
        self.satellites.iter().map(Satellite::summary).collect()
    }

    /// The instruments, by id.
    pub fn instruments(&self) -> impl Iterator<Item = &Instrument> {
        self.instruments.values()
    }

    /// An instrument.
    pub fn instrument(&self, id: &str) -> Option<&Instrument> {
        self.instruments.get(id)
    }

    /// The stations, by id.
    pub fn stations(&self) -> impl Iterator<Item = &Station> {
        self.stations.values()
    }

    /// A station.
    pub fn station(&self, id: &str) -> Option<&Station> {
        self.stations.get(id)
    }

    /// Newest epoch among the element sets in use.
    pub fn element_epoch(&self) -> Timestamp {
        self.element_epoch
    }

    /// Midnight UTC of the day of the newest elements: where a forecast starts by default.
    pub fn epoch_day(&self) -> Timestamp {
        let civil = self.element_epoch.to_zoned_datetime(TimeZone::UTC).date();
        civil
            .to_zoned_datetime(TimeZone::UTC)
            .map_or(self.element_epoch, |z| z.timestamp())
    }
}

impl Satellite {
    /// The satellite as it is listed.
    pub fn summary(&self) -> SatelliteSummary {
        SatelliteSummary {
            name: self.name.clone(),
            norad_id: self.norad_id,
            planned: self.planned,
            status: if self.planned {
                Status::Planned
            } else {
                Status::InOrbit
            },
            mission: self.mission.clone(),
            operator: self.operator.clone(),
            instruments: self.instruments.clone(),
            roles: self.roles.clone(),
            stations: self.stations.clone(),
            element_epoch: self.trajectory.epoch(),
            element_source: self.element_source.clone(),
        }
    }
}

fn read_mission(path: &str, text: &str) -> Result<MissionFile, WatchError> {
    toml::from_str(text).map_err(|e| WatchError::Invalid(format!("{path}: {e}")))
}

fn read_stations(
    files: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, Station>, WatchError> {
    let mut stations = BTreeMap::new();
    let text = files
        .get("stations.toml")
        .map_or("station = []", String::as_str);
    let file: StationFile = toml::from_str(text)
        .map_err(|e| WatchError::Invalid(format!("register/stations.toml: {e}")))?;
    for station in file.station {
        station
            .check()
            .map_err(|e| WatchError::Invalid(format!("register/stations.toml: {e}")))?;
        if let Some(old) = stations.insert(station.id.clone(), station) {
            return Err(WatchError::Invalid(format!(
                "register/stations.toml: station id {:?} stands twice",
                old.id
            )));
        }
    }
    Ok(stations)
}

fn read_elements(
    files: &BTreeMap<String, String>,
    imported: &[(ElementSet, ElementSource)],
) -> Result<BTreeMap<u32, (ElementSet, String)>, WatchError> {
    let mut newest: BTreeMap<u32, (ElementSet, String)> = BTreeMap::new();
    let mut keep = |set: ElementSet, source: String| match newest.get(&set.norad_id) {
        Some((old, _)) if old.epoch > set.epoch => {}
        _ => {
            newest.insert(set.norad_id, (set, source));
        }
    };
    for (path, text) in files.iter().filter(|(p, _)| p.starts_with("elements/")) {
        let parsed = omm_csv::parse(text, path);
        if let Some(fault) = parsed.faults.first() {
            return Err(WatchError::Invalid(format!("register/{fault}")));
        }
        let source = text
            .lines()
            .take_while(|l| l.starts_with('#'))
            .map(|l| l.trim_start_matches('#').trim())
            .collect::<Vec<_>>()
            .join(" ");
        for set in parsed.sets {
            keep(set, source.clone());
        }
    }
    for (set, from) in imported {
        keep(
            set.clone(),
            format!("{}, imported {}", from.source, from.imported),
        );
    }
    Ok(newest)
}
