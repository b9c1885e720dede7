//! `corridor register`: satellites, instruments, stations, transmitters.

use super::{Failure, Outcome, open};
use crate::output::{Format, Listing, counted, listing, say, time};
use clap::{Args, Subcommand, ValueEnum};
use corridor_watch::chain::Chain;
use corridor_watch::inventory::{Import as Imported, Inventory};
use corridor_watch::register::{Object, ObjectStatus, Role};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Longest cell of a table, characters; the other formats have the whole.
const CELL_MAX_CHARS: usize = 48;

/// The register.
#[derive(Debug, Subcommand)]
pub(crate) enum Register {
    /// List satellites, or stations, instruments, transmitters, sources
    List(List),
    /// Show one satellite with its instruments, stations, transmitters and sources
    Show(Show),
    /// Bring in element sets (TLE, 3LE, OMM as CSV, JSON, KVN, XML), SATCAT or UCS Satellite Database in
    /// CSV, SatNOGS transmitters in JSON, stations in GeoJSON
    Import(Import),
    /// Bring in again what was imported before, or from the addresses or files given
    Update(Update),
}

/// What to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
enum Of {
    /// Satellites in orbit, planned and decayed.
    #[default]
    Satellites,
    /// Ground stations.
    Stations,
    /// Instruments of the missions.
    Instruments,
    /// Transmitters of the satellites.
    Transmitters,
    /// Files and addresses that were imported.
    Sources,
}

/// Status of a satellite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    InOrbit,
    Planned,
    Decayed,
}

impl Status {
    fn is(self, object: &Object) -> bool {
        object.status
            == match self {
                Self::InOrbit => ObjectStatus::InOrbit,
                Self::Planned => ObjectStatus::Planned,
                Self::Decayed => ObjectStatus::Decayed,
            }
    }
}

/// List what the register holds.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// What to list
    #[arg(long, value_enum, default_value_t)]
    of: Of,
    /// Only satellites with this role: remote sensing, communication or navigation
    #[arg(long)]
    role: Option<String>,
    /// Only satellites with this status
    #[arg(long, value_enum)]
    status: Option<Status>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Show one satellite.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// Name, catalogue number or international designator
    name: String,
}

/// Bring files in.
#[derive(Debug, Args)]
pub(crate) struct Import {
    /// Files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Role of all satellites of these element sets
    #[arg(long)]
    role: Option<String>,
}

/// Bring sources in again.
#[derive(Debug, Args)]
pub(crate) struct Update {
    /// Web address or file; what was imported before where none is given
    #[arg(long, value_name = "URL|FILE")]
    from: Vec<String>,
}

impl Register {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::List(list) => list.run(data_dir).await,
            Self::Show(show) => show.run(data_dir).await,
            Self::Import(import) => import.run(data_dir).await,
            Self::Update(update) => update.run(data_dir).await,
        }
    }
}

fn role(text: Option<&str>) -> Result<Option<Role>, Failure> {
    text.map(str::parse)
        .transpose()
        .map_err(|e: corridor_watch::error::WatchError| Failure::Usage(e.to_string()))
}

impl List {
    async fn run(self, data_dir: &Path) -> Outcome {
        let role = role(self.role.as_deref())?;
        let chain = open(data_dir).await?;
        match self.of {
            Of::Satellites => {
                let mut all = chain.inventory().await?.objects;
                all.retain(|o| role.is_none_or(|r| o.roles.contains(&r)));
                all.retain(|o| self.status.is_none_or(|s| s.is(o)));
                self.satellites(&all)
            }
            Of::Stations => self.stations(&chain),
            Of::Instruments => self.instruments(&chain),
            Of::Transmitters => self.transmitters(chain.inventory().await?),
            Of::Sources => self.sources(&chain).await,
        }
    }

    fn satellites(&self, all: &[Object]) -> Outcome {
        let rows = all.iter().map(|o| self.satellite(o)).collect();
        let columns = [
            "satellite",
            "number",
            "status",
            "role",
            "mission",
            "operator",
            "instruments",
            "transmitters",
            "elements of (UTC)",
            "source",
        ];
        self.print(&columns, rows, &all, "no such satellites")
    }

    fn satellite(&self, o: &Object) -> Vec<String> {
        let sources: Vec<String> = o.sources.iter().map(source).collect();
        vec![
            o.name.clone(),
            o.norad_id.map(|n| n.to_string()).unwrap_or_default(),
            o.status.as_str().to_string(),
            o.roles
                .iter()
                .map(|r| r.as_str())
                .collect::<Vec<_>>()
                .join(", "),
            o.mission.clone().unwrap_or_default(),
            self.cell(o.operator.as_deref().unwrap_or_default()),
            self.cell(&o.instruments.join(" ")),
            match o.transmitters {
                0 => String::new(),
                n => n.to_string(),
            },
            o.element_epoch.map(time).unwrap_or_default(),
            self.cell(&sources.join("; ")),
        ]
    }

    fn stations(&self, chain: &Chain) -> Outcome {
        let register = chain.register();
        let all: Vec<_> = register.stations().collect();
        let rows = all
            .iter()
            .map(|s| {
                vec![
                    s.id.clone(),
                    s.name.clone(),
                    s.network.clone(),
                    format!("{},{},{}", s.lon_deg, s.lat_deg, s.height_m),
                    s.elevation_mask_deg.to_string(),
                    s.bands.join(" "),
                    self.cell(&s.source),
                ]
            })
            .collect();
        let columns = [
            "station",
            "name",
            "network",
            "lon,lat,height_m",
            "mask (deg)",
            "bands",
            "source",
        ];
        self.print(&columns, rows, &all, "no stations")
    }

    fn instruments(&self, chain: &Chain) -> Outcome {
        let register = chain.register();
        let all: Vec<_> = register.instruments().collect();
        let text = |value: &serde_json::Value| match value {
            serde_json::Value::String(text) => text.clone(),
            serde_json::Value::Null => String::new(),
            other => other.to_string(),
        };
        let rows = all
            .iter()
            .map(|i| {
                let facts = serde_json::to_value(i).unwrap_or_default();
                let mut row: Vec<String> = ["id", "name", "kind", "look", "swath_km", "gsd_m"]
                    .iter()
                    .map(|key| text(&facts[key]))
                    .collect();
                row.push(self.cell(&text(&facts["sources"]["swath_km"])));
                row
            })
            .collect();
        let columns = [
            "instrument",
            "name",
            "kind",
            "look",
            "swath (km)",
            "GSD (m)",
            "source of the swath",
        ];
        self.print(&columns, rows, &all, "no instruments")
    }

    fn transmitters(&self, inventory: Inventory) -> Outcome {
        let all = inventory.transmitters;
        let megahertz = |hz: Option<u64>| hz.map(|hz| (hz as f64 / 1e6).to_string());
        let rows = all
            .iter()
            .map(|t| {
                vec![
                    t.norad_id.to_string(),
                    self.cell(&t.description),
                    t.status.clone(),
                    megahertz(t.downlink_low_hz).unwrap_or_default(),
                    megahertz(t.uplink_low_hz).unwrap_or_default(),
                    t.mode.clone(),
                    t.service.clone(),
                    t.updated.map(time).unwrap_or_default(),
                ]
            })
            .collect();
        let columns = [
            "number",
            "what",
            "status",
            "downlink (MHz)",
            "uplink (MHz)",
            "mode",
            "service",
            "updated (UTC)",
        ];
        self.print(
            &columns,
            rows,
            &all,
            "no transmitters; `corridor register import` brings them in",
        )
    }

    async fn sources(&self, chain: &Chain) -> Outcome {
        let all = chain.imported_sources().await?;
        let rows = all
            .iter()
            .map(|s| {
                vec![
                    s.source.clone(),
                    s.content.clone(),
                    s.kept.to_string(),
                    time(s.imported),
                    s.data_until.map(|d| d.to_string()).unwrap_or_default(),
                ]
            })
            .collect();
        let columns = ["source", "what", "kept", "imported (UTC)", "data until"];
        self.print(
            &columns,
            rows,
            &all,
            "nothing was imported; the shipped register stands alone",
        )
    }

    fn print<T: serde::Serialize>(
        &self,
        columns: &[&str],
        rows: Vec<Vec<String>>,
        records: &T,
        empty: &str,
    ) -> Outcome {
        Ok(listing(
            self.format,
            &Listing {
                columns,
                rows,
                records,
                empty,
            },
        )?)
    }

    /// A cell, shortened in tables.
    fn cell(&self, text: &str) -> String {
        match text.char_indices().nth(CELL_MAX_CHARS) {
            Some((at, _)) if self.format == Format::Table => format!("{}…", &text[..at]),
            _ => text.to_string(),
        }
    }
}

/// A source with its dates, in words.
fn source(note: &corridor_watch::register::SourceNote) -> String {
    let mut text = String::new();
    if let Some(until) = note.data_until {
        text.push_str(&format!("{until}: "));
    }
    text.push_str(&format!("{} of {}", note.facts, note.source));
    if let Some(imported) = note.imported {
        text.push_str(&format!(", imported {}", time(imported)));
    }
    text
}

impl Show {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let register = chain.register();
        let inventory = chain.inventory().await?;
        let number: Option<u32> = self.name.parse().ok();
        let found: Vec<&Object> = (inventory.objects.iter())
            .filter(|o| {
                o.name.eq_ignore_ascii_case(&self.name)
                    || (number.is_some() && o.norad_id == number)
                    || o.cospar_id.as_deref() == Some(&self.name)
            })
            .collect();
        let satellite = match found[..] {
            [one] => one,
            [] => {
                return Err(Failure::Failed(format!(
                    "no satellite named {:?}; `corridor register list` lists them",
                    self.name
                )));
            }
            _ => {
                let numbers: Vec<String> = (found.iter())
                    .filter_map(|o| Some(o.norad_id?.to_string()))
                    .collect();
                return Err(Failure::Failed(format!(
                    "{} satellites are named {:?}; say the number: {}",
                    found.len(),
                    self.name,
                    numbers.join(", ")
                )));
            }
        };
        let record = serde_json::json!({
            "satellite": satellite,
            "instruments": satellite.instruments.iter()
                .filter_map(|id| register.instrument(id)).collect::<Vec<_>>(),
            "stations": satellite.stations.iter()
                .filter_map(|id| register.station(id)).collect::<Vec<_>>(),
            "downlink": satellite.mission.as_deref().and_then(|m| register.downlink(m)),
            "transmitters": inventory.transmitters.iter()
                .filter(|t| Some(t.norad_id) == satellite.norad_id).collect::<Vec<_>>(),
        });
        let text = serde_json::to_string_pretty(&record).map_err(std::io::Error::other)?;
        Ok(say(&(text + "\n"))?)
    }
}

/// Counts what was refused over several files.
#[derive(Default)]
struct Refused {
    count: usize,
    first: String,
}

impl Refused {
    /// Says what came of one file.
    fn tell(&mut self, import: &Imported) -> Outcome {
        let mut text = String::new();
        for note in &import.notes {
            text.push_str(&format!("note: {note}\n"));
        }
        for fault in &import.faults {
            text.push_str(&format!("refused: {fault}\n"));
        }
        self.count += import.faults.len() + import.faults_left_out;
        if let Some(fault) = import.faults.first().filter(|_| self.first.is_empty()) {
            self.first = fault.to_string();
        }
        let until = import.data_until.map(|d| format!(", data until {d}"));
        let many = import.content.noun();
        let one = many.strip_suffix('s').unwrap_or(many);
        text.push_str(&format!(
            "{}: {} kept{}\n",
            import.source,
            counted(import.kept, one, many),
            until.unwrap_or_default()
        ));
        Ok(say(&text)?)
    }

    fn outcome(self) -> Outcome {
        match self.count {
            0 => Ok(()),
            n => Err(Failure::Failed(format!(
                "{}, the first: {}; the others are kept",
                counted(n, "record was refused", "records were refused"),
                self.first
            ))),
        }
    }
}

impl Import {
    async fn run(self, data_dir: &Path) -> Outcome {
        let role = role(self.role.as_deref())?;
        let chain = open(data_dir).await?;
        let mut refused = Refused::default();
        for file in &self.files {
            refused.tell(&chain.import_file(file, role).await?)?;
        }
        refused.outcome()
    }
}

impl Update {
    async fn run(self, data_dir: &Path) -> Outcome {
        let chain = open(data_dir).await?;
        let sources: Vec<(String, Option<Role>)> = if self.from.is_empty() {
            let known = chain.imported_sources().await?;
            known.into_iter().map(|s| (s.source, s.role)).collect()
        } else {
            self.from.into_iter().map(|source| (source, None)).collect()
        };
        if sources.is_empty() {
            return Err(Failure::Failed(
                "nothing was imported before; say --from URL or --from FILE".into(),
            ));
        }
        let mut refused = Refused::default();
        let mut absent = Vec::new();
        for (source, role) in sources {
            match bring(&chain, &source, role).await {
                Ok(import) => refused.tell(&import)?,
                // One source that is away does not stop the others.
                Err(e) => absent.push(e.to_string()),
            }
        }
        match absent.first() {
            None => refused.outcome(),
            Some(first) => Err(Failure::Failed(format!(
                "{} could not be read, the first: {first}",
                counted(absent.len(), "source", "sources")
            ))),
        }
    }
}

async fn bring(
    chain: &Arc<Chain>,
    source: &str,
    role: Option<Role>,
) -> Result<Imported, corridor_watch::error::WatchError> {
    if source.contains("://") {
        chain.import_address(source, role).await
    } else {
        chain.import_file(Path::new(source), role).await
    }
}
