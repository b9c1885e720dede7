//! What the register has taken in: import of files, what is known of every satellite, update of what
//! was imported before.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::outgoing;
use crate::register::read::{Content, Read, Records, read};
use crate::register::role::RoleNames;
use crate::register::satellite_list::Entry;
use crate::register::transmitter::Transmitter;
use crate::register::{Imported, Object, Register, Role, object, read_file};
use crate::store::{Provenance, RecordKind, WatchStore};
use corridor_orbit::earth::{dot, from_geodetic, sub};
use corridor_orbit::elements::{Fault, Parsed};
use corridor_transmit::station::Station;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

/// Stations of one network closer than this are one, metres.
const SAME_STATION_M: f64 = 1_000.0;

/// What came of one file.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Import {
    /// File or address.
    pub source: String,
    /// What it held.
    pub content: Content,
    /// Records kept.
    pub kept: usize,
    /// The newest day in the data, where it has one.
    pub data_until: Option<Date>,
    /// What did not read.
    pub faults: Vec<Fault>,
    /// Faults beyond those kept.
    pub faults_left_out: usize,
    /// What read and is worth a word.
    pub notes: Vec<Fault>,
}

/// A file or an address that was imported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportedSource {
    /// File or address.
    pub source: String,
    /// What it held, in words.
    pub content: String,
    /// Records kept.
    pub kept: usize,
    /// Role that was given for its satellites.
    #[serde(default)]
    pub role: Option<Role>,
    /// When it was last imported.
    pub imported: Timestamp,
    /// The newest day in the data, where it has one.
    #[serde(default)]
    pub data_until: Option<Date>,
}

/// The register of a data folder: shipped files, its own, and what was imported.
pub(crate) fn load_register(
    data_dir: &Path,
    store: &dyn WatchStore,
) -> Result<Register, WatchError> {
    let register = Register::load(Some(&data_dir.join("register")), &store.elements()?)?;
    let stations = records::<Station>(store, RecordKind::Station)?;
    let decayed: BTreeSet<u32> = records::<Entry>(store, RecordKind::Satcat)?
        .into_iter()
        .filter(|(entry, _)| entry.decayed)
        .map(|(entry, _)| entry.norad_id)
        .collect();
    let stations = stations.into_iter().map(|(station, _)| station).collect();
    Ok(register.with(stations, &decayed))
}

fn records<T: DeserializeOwned>(
    store: &dyn WatchStore,
    kind: RecordKind,
) -> Result<Vec<(T, Provenance)>, WatchError> {
    let read = |(value, from)| {
        serde_json::from_value(value)
            .map(|record| (record, from))
            .map_err(|e| WatchError::internal("reading a record of the register", e))
    };
    store.records(kind)?.into_iter().map(read).collect()
}

impl Chain {
    /// Takes in a file from this machine.
    ///
    /// # Errors
    /// As [`Self::import`]; [`WatchError::Invalid`] where the file cannot be read.
    pub async fn import_file(
        self: &Arc<Self>,
        path: &Path,
        role: Option<Role>,
    ) -> Result<Import, WatchError> {
        let (source, path) = (path.display().to_string(), path.to_path_buf());
        let bytes = blocking(move || read_file(&path)).await?;
        self.import(source, bytes, role).await
    }

    /// Takes in a file from a web address.
    ///
    /// # Errors
    /// As [`Self::import`] and [`outgoing::fetch`].
    pub async fn import_address(
        self: &Arc<Self>,
        address: &str,
        role: Option<Role>,
    ) -> Result<Import, WatchError> {
        let (asked, private) = (
            address.to_string(),
            self.config.webhooks_to_private_addresses,
        );
        let bytes = blocking(move || outgoing::fetch(&asked, private)).await?;
        self.import(address.to_string(), bytes, role).await
    }

    /// Takes in what a source holds: element sets, lists of satellites, transmitters, stations. The
    /// same again changes nothing but the day of import; of one satellite the newest elements count,
    /// of a list the row imported last. `role` is given to every satellite of element sets.
    ///
    /// # Errors
    /// [`WatchError`] where the store fails; what does not read is in the result.
    pub async fn import(
        self: &Arc<Self>,
        source: String,
        bytes: Vec<u8>,
        role: Option<Role>,
    ) -> Result<Import, WatchError> {
        let name = source.clone();
        let found = blocking(move || Ok(read(&name, &bytes))).await?;
        let import = match found {
            Read::Elements(parsed) => self.keep_elements(source, parsed, role).await?,
            other => {
                let chain = self.clone();
                blocking(move || chain.keep_others(source, other)).await?
            }
        };
        let chain = self.clone();
        blocking(move || {
            if import.kept > 0 {
                chain.remember(&import, role)?;
            }
            Ok(import)
        })
        .await
    }

    async fn keep_elements(
        self: &Arc<Self>,
        source: String,
        parsed: Parsed,
        role: Option<Role>,
    ) -> Result<Import, WatchError> {
        let newest = parsed.sets.iter().map(|s| s.epoch).max();
        let mut import = Import {
            source: source.clone(),
            content: Content::Elements,
            kept: 0,
            data_until: newest.map(day_of),
            faults: parsed.faults,
            faults_left_out: parsed.faults_left_out,
            notes: parsed.notes,
        };
        for ephemeris in &parsed.ephemerides {
            import.notes.push(Fault {
                file: source.clone(),
                line: 1,
                field: "ephemeris".into(),
                value: ephemeris.name.clone(),
                reason: "is read but not kept: the register holds mean elements; give the file to \
                         the command that computes"
                    .into(),
            });
        }
        if parsed.sets.is_empty() {
            return Ok(import);
        }
        if let Some(role) = role {
            let chain = self.clone();
            let roles: Vec<_> = (parsed.sets.iter())
                .map(|s| {
                    (
                        format!("{:09}", s.norad_id),
                        serde_json::json!([s.norad_id, role]),
                    )
                })
                .collect();
            let from = provenance(&import);
            blocking(move || chain.store.put_records(RecordKind::Role, &roles, &from)).await?;
        }
        import.kept = self.import_elements(parsed.sets, source).await?;
        Ok(import)
    }

    fn keep_others(&self, source: String, found: Read) -> Result<Import, WatchError> {
        match found {
            Read::Elements(_) => Err(WatchError::internal("importing", "elements go elsewhere")),
            Read::Satellites(content, records) => {
                let kind = match content {
                    Content::Satcat => RecordKind::Satcat,
                    _ => RecordKind::SatelliteDatabase,
                };
                let until = (records.records.iter())
                    .filter_map(|e| e.launched.max(e.decayed_on))
                    .max();
                let key = |e: &Entry| format!("{:09}", e.norad_id);
                let import = self.keep(source, content, kind, records, until, key)?;
                if content == Content::Satcat {
                    self.reload_register()?;
                }
                Ok(import)
            }
            Read::Transmitters(records) => {
                let until = records.records.iter().filter_map(|t| t.updated).max();
                self.keep(
                    source,
                    Content::Transmitters,
                    RecordKind::Transmitter,
                    records,
                    until.map(day_of),
                    |t: &Transmitter| t.uuid.clone(),
                )
            }
            Read::Stations(mut records) => {
                self.drop_known_stations(&source, &mut records)?;
                let import = self.keep(
                    source,
                    Content::Stations,
                    RecordKind::Station,
                    records,
                    None,
                    |s: &Station| s.id.clone(),
                )?;
                self.reload_register()?;
                Ok(import)
            }
        }
    }

    /// Leaves out stations that the shipped files hold already: of the same id, or of the same network
    /// within [`SAME_STATION_M`]. Those are kept with care; these carry an assumed mask.
    fn drop_known_stations(
        &self,
        source: &str,
        found: &mut Records<Station>,
    ) -> Result<(), WatchError> {
        let overlay = self.config.data_dir.join("register");
        let shipped = Register::load(Some(&overlay), &[])?;
        let same = |a: &Station, b: &Station| {
            let apart_m = sub(
                from_geodetic(&a.geodetic()).r_m,
                from_geodetic(&b.geodetic()).r_m,
            );
            let near = dot(apart_m, apart_m).sqrt() < SAME_STATION_M;
            a.id == b.id || (near && a.network.eq_ignore_ascii_case(&b.network))
        };
        let mut known = Vec::new();
        found.records.retain(|station| {
            let held = shipped.stations().find(|held| same(held, station));
            known.extend(held.map(|held| held.id.clone()));
            held.is_none()
        });
        if !known.is_empty() {
            found.notes.push(Fault {
                file: source.to_string(),
                line: 1,
                field: "features".into(),
                value: known.len().to_string(),
                reason: format!(
                    "stations are known already and stay as they are: {}",
                    known.join(", ")
                ),
            });
        }
        Ok(())
    }

    fn keep<T: Serialize>(
        &self,
        source: String,
        content: Content,
        kind: RecordKind,
        records: Records<T>,
        data_until: Option<Date>,
        key: impl Fn(&T) -> String,
    ) -> Result<Import, WatchError> {
        let mut import = Import {
            source,
            content,
            kept: 0,
            data_until,
            faults: records.faults,
            faults_left_out: records.faults_left_out,
            notes: records.notes,
        };
        let rows = records.records.iter().map(|record| {
            serde_json::to_value(record)
                .map(|value| (key(record), value))
                .map_err(|e| WatchError::internal("writing a record of the register", e))
        });
        let rows = rows.collect::<Result<Vec<_>, _>>()?;
        import.kept = self.store.put_records(kind, &rows, &provenance(&import))?;
        Ok(import)
    }

    fn remember(&self, import: &Import, role: Option<Role>) -> Result<(), WatchError> {
        let from = provenance(import);
        let record = ImportedSource {
            source: import.source.clone(),
            content: import.content.noun().to_string(),
            kept: import.kept,
            role,
            imported: from.imported,
            data_until: import.data_until,
        };
        let value = serde_json::to_value(&record)
            .map_err(|e| WatchError::internal("writing a source", e))?;
        let row = (import.source.clone(), value);
        self.store
            .put_records(RecordKind::Source, &[row], &from)
            .map(drop)
    }

    /// The files and addresses that were imported.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn imported_sources(&self) -> Result<Vec<ImportedSource>, WatchError> {
        let store = self.store.clone();
        let found = blocking(move || records(&*store, RecordKind::Source)).await?;
        Ok(found.into_iter().map(|(source, _)| source).collect())
    }

    /// Every known satellite, with its transmitters apart.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn inventory(&self) -> Result<Inventory, WatchError> {
        let (store, register) = (self.store.clone(), self.full_register().await?);
        blocking(move || {
            let mut entries = Vec::new();
            for (kind, content) in [
                (RecordKind::Satcat, Content::Satcat),
                (RecordKind::SatelliteDatabase, Content::SatelliteDatabase),
            ] {
                let found = records::<Entry>(&*store, kind)?;
                entries.extend(
                    found
                        .into_iter()
                        .map(|(entry, from)| (content, entry, from)),
                );
            }
            let roles = records::<(u32, Role)>(&*store, RecordKind::Role)?;
            let imported = Imported {
                elements: store.elements()?,
                entries,
                roles: (roles.into_iter())
                    .map(|((norad_id, role), from)| (norad_id, role, from))
                    .collect(),
                transmitters: records::<Transmitter>(&*store, RecordKind::Transmitter)?,
            };
            let objects = object::objects(&register, &imported, &RoleNames::shipped()?);
            let transmitters = imported.transmitters.into_iter().map(|(t, _)| t).collect();
            Ok(Inventory {
                objects,
                transmitters,
            })
        })
        .await
    }

    /// The register with satellites that have come down, which the one to compute with leaves out.
    async fn full_register(&self) -> Result<Register, WatchError> {
        let (store, overlay) = (self.store.clone(), self.config.data_dir.join("register"));
        blocking(move || Register::load(Some(&overlay), &store.elements()?)).await
    }
}

/// Every known satellite.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// Satellites.
    pub objects: Vec<Object>,
    /// Their transmitters.
    pub transmitters: Vec<Transmitter>,
}

fn provenance(import: &Import) -> Provenance {
    Provenance {
        source: import.source.clone(),
        imported: Timestamp::now(),
        data_until: import.data_until,
    }
}

fn day_of(t: Timestamp) -> Date {
    t.to_zoned_datetime(TimeZone::UTC).date()
}
