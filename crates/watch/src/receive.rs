//! The one intake: however a scene comes in, it goes through [`Chain::take_in`].
//!
//! Bundles come over TCPCLv4 into the spool; a scene of several files waits there until all of
//! them are whole. A file is acknowledged to its sender only when the scene is catalogued.

use crate::chain::{Chain, blocking, later};
use crate::error::WatchError;
use crate::notify::EventKind;
use crate::pending::{self, PendingFile};
use crate::request::Watch;
use crate::run;
use crate::scene::{self, SceneDescription, SceneFile};
use crate::store::{Job, JobState};
use crate::trace::{Digest, TraceClock};
use corridor_catalog::stac::{Collection, Item};
use corridor_catalog::{Accepted, CatalogError, IntakeError, Search};
use corridor_know::product::{Product, ProductKind};
use corridor_transmit::bundle::receiver::{Carriage, ReceivedFile, Receiver, ReceiverConfig};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Files handed over by the receiver that may wait to be looked at.
const FILES_WAITING_MAX: usize = 64;
/// Scenes looked at when a watch is new.
const SCENES_MAX: usize = 10_000;

/// The endpoint id of a node: its number is its own affair on one machine.
pub const NODE_EID: &str = "ipn:977000.0";
/// The endpoint id of the spacecraft sender.
pub const SPACECRAFT_EID: &str = "ipn:977001.0";

/// How a scene came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Way {
    /// As bundles.
    Bundles,
    /// Dropped into the watched folder.
    Inbox,
    /// By `corridor ingest`.
    Ingest,
}

/// The contact a delivery came through.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContactNote {
    /// The satellite's name.
    pub satellite: String,
    /// The station's id.
    pub station: String,
    /// Start of the contact, on the contact's clock.
    pub start: Timestamp,
    /// Whether the contact is simulated and the scene an older one.
    #[serde(default)]
    pub replay: bool,
    /// The contact's clock minus wall-clock time, milliseconds, as the node saw its first byte:
    /// never sent, so that the same file in the same contact is the same transfer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replay_offset_ms: Option<i64>,
}

/// What goes with each file of a scene sent as bundles.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BundleNote {
    /// The scene the file is part of.
    pub scene: SceneDescription,
    /// Which asset of it the file is.
    pub asset: String,
    /// The contact it is sent in.
    #[serde(default)]
    pub contact: Option<ContactNote>,
}

/// What is kept of a scene's way in, wall-clock times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrival {
    /// How it came.
    pub way: Way,
    /// Through which contact.
    pub contact: Option<ContactNote>,
    /// First byte seen here.
    pub first_byte_at: Timestamp,
    /// All files whole here.
    pub whole_at: Timestamp,
    /// Files stored and synced.
    pub stored_at: Timestamp,
    /// Bundles that brought it.
    pub bundles: u64,
    /// The files as delivered.
    pub files: Vec<Digest>,
    /// Digest of the description.
    pub description: Digest,
}

impl Arrival {
    /// The clock of traces that begin with this arrival.
    pub fn clock(&self) -> TraceClock {
        match self.contact.as_ref().and_then(|c| c.replay_offset_ms) {
            Some(offset_ms) => TraceClock::replay(offset_ms),
            None => TraceClock::live(),
        }
    }
}

/// A scene whose files are whole on this machine.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// What is said about it.
    pub description: SceneDescription,
    /// Its files.
    pub files: Vec<SceneFile>,
    /// How it came.
    pub way: Way,
    /// Through which contact.
    pub contact: Option<ContactNote>,
    /// First byte seen here.
    pub first_byte_at: Timestamp,
    /// All files whole here.
    pub whole_at: Timestamp,
    /// Bundles that brought it.
    pub bundles: u64,
}

impl Chain {
    /// Takes a delivered scene in: describes it, stores it, catalogues it, opens the jobs of the
    /// watches it may answer. The same scene twice is one.
    ///
    /// # Errors
    /// [`WatchError::Invalid`] names file and fault, and nothing was stored;
    /// [`WatchError::Internal`] where this machine failed: trying again later is right.
    pub async fn take_in(self: &Arc<Self>, delivered: Delivered) -> Result<Accepted, WatchError> {
        let workspace = self.workspace()?;
        let folder = workspace.path().to_path_buf();
        let (description, files) = (delivered.description.clone(), delivered.files.clone());
        let scene = blocking(move || scene::describe(&description, &files, &folder)).await?;
        self.collection_for(&delivered.description).await?;
        let accepted = self.intake.accept(scene).await.map_err(refused)?;
        let item = &accepted.item;
        let key = scene_key(item);
        let arrival = Arrival {
            way: delivered.way,
            contact: delivered.contact,
            first_byte_at: delivered.first_byte_at,
            whole_at: delivered.whole_at,
            stored_at: Timestamp::now(),
            bundles: delivered.bundles,
            files: delivered
                .files
                .iter()
                .map(|f| Digest {
                    name: f.name.clone(),
                    sha256: f.sha256.clone(),
                    size_bytes: Some(f.size_bytes),
                })
                .collect(),
            description: Digest {
                name: format!("{}{}", item.id, scene::DESCRIPTION_ENDING),
                sha256: corridor_catalog::digest::sha256_json(&json!(delivered.description)),
                size_bytes: None,
            },
        };
        let store = self.store.clone();
        let kept = json!(arrival);
        blocking(move || store.put_arrival(&key, &kept)).await?;
        self.open_jobs_for(item).await?;
        if accepted.new {
            let data = json!({
                "collection": item.collection, "item": item.id,
                "title": item.property("title"), "way": delivered.way,
            });
            self.tell(EventKind::Scene, data).await?;
        }
        self.wake.notify_one();
        Ok(accepted)
    }

    /// Makes the collection of a scene where it is not there yet.
    async fn collection_for(&self, description: &SceneDescription) -> Result<(), WatchError> {
        let catalog = self.catalog();
        match catalog.collection(&description.collection).await {
            Ok(_) => return Ok(()),
            Err(CatalogError::UnknownCollection(_)) => {}
            Err(e) => return Err(WatchError::internal("reading the collection", e)),
        }
        let license = description
            .properties
            .get("license")
            .and_then(Value::as_str);
        let text = format!(
            "Scenes of {} as delivered to this node",
            description.collection
        );
        let mut collection =
            Collection::new(&description.collection, text, license.unwrap_or("other"));
        for provider in &description.providers {
            collection = collection.with_provider(provider.clone());
        }
        for link in description.links.iter().filter(|l| l.rel == "license") {
            collection = collection.with_link(link.clone());
        }
        catalog
            .put_collection(&collection)
            .await
            .map(drop)
            .map_err(|e| WatchError::Invalid(format!("collection {}: {e}", description.collection)))
    }

    /// Opens a job for every watch that a scene may answer.
    async fn open_jobs_for(self: &Arc<Self>, item: &Item) -> Result<(), WatchError> {
        for watch in self.watches().await? {
            let Ok(product) = self.product(&watch.product) else {
                continue;
            };
            if may_answer(product, item) && meets(&watch, item) {
                self.open_job(&watch, item).await?;
                if product.kind == ProductKind::Change {
                    self.reopen_later_changes(&watch, item).await?;
                }
            }
        }
        Ok(())
    }

    /// Opens a job for every catalogued scene that may answer a watch.
    pub(crate) async fn open_jobs_of(&self, watch: &Watch) -> Result<(), WatchError> {
        let product = self.product(&watch.product)?;
        let search = Search {
            bbox: corridor_catalog::Bbox::from_slice(&watch.bbox).ok(),
            limit: Some(SCENES_MAX),
            ..Search::default()
        };
        let page = self
            .catalog()
            .search(&search)
            .await
            .map_err(|e| WatchError::internal("looking for scenes", e))?;
        for item in &page.items {
            if may_answer(product, item) {
                self.open_job(watch, item).await?;
            }
        }
        Ok(())
    }

    async fn open_job(&self, watch: &Watch, item: &Item) -> Result<(), WatchError> {
        let job = Job {
            watch: watch.id.clone(),
            collection: item.collection.clone().unwrap_or_default(),
            item: item.id.clone(),
        };
        let store = self.store.clone();
        blocking(move || store.open_job(&job)).await.map(drop)
    }

    /// A scene that came late may be the earlier one that a change was missing.
    async fn reopen_later_changes(&self, watch: &Watch, item: &Item) -> Result<(), WatchError> {
        let (store, id) = (self.store.clone(), watch.id.clone());
        let collection = item.collection.clone();
        blocking(move || {
            for (job, reason) in store.ended_jobs(&id)? {
                let same = Some(&job.collection) == collection.as_ref();
                if same && reason.starts_with(run::NO_EARLIER_SCENE) {
                    store.end_job(&job, &JobState::Open)?;
                }
            }
            Ok(())
        })
        .await
    }

    /// Listens for bundles and takes whole scenes in until the chain is dropped; contacts and keys as
    /// `carriage` says. Gives the address it listens on.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the address cannot be listened on.
    pub async fn listen_for_bundles(
        self: &Arc<Self>,
        listen: SocketAddr,
        carriage: Carriage,
    ) -> Result<(Receiver, SocketAddr), WatchError> {
        let (sink, mut files) = mpsc::channel::<ReceivedFile>(FILES_WAITING_MAX);
        let config = ReceiverConfig {
            carriage,
            ..ReceiverConfig::new(NODE_EID, listen, self.data_dir().join("spool"))
        };
        let receiver = Receiver::start(config, sink)
            .await
            .map_err(|e| WatchError::internal(format!("listening for bundles on {listen}"), e))?;
        let address = receiver.local_addr();
        let chain = self.clone();
        tokio::spawn(async move {
            let mut contacts: HashMap<(String, Timestamp), i64> = HashMap::new();
            while let Some(file) = files.recv().await {
                let mut note: BundleNote = match serde_json::from_value(file.metadata.clone()) {
                    Ok(note) => note,
                    Err(e) => {
                        let reason =
                            format!("{}: no scene description goes with it: {e}", file.name);
                        drop_file(file, &reason).await;
                        continue;
                    }
                };
                if note.scene.files.get(&note.asset) != Some(&file.name) {
                    let reason = format!(
                        "{}: the description has no such file as {:?}",
                        file.name, note.asset
                    );
                    drop_file(file, &reason).await;
                    continue;
                }
                if let Some(contact) = note.contact.as_mut().filter(|c| c.replay) {
                    let seen = file.first_bundle_at.as_millisecond();
                    let offset = contacts
                        .entry((contact.satellite.clone(), contact.start))
                        .or_insert(contact.start.as_millisecond() - seen);
                    contact.replay_offset_ms = Some(*offset);
                }
                chain.take_in_file(file, note).await;
            }
        });
        Ok((receiver, address))
    }

    /// Keeps a file of a scene that is not whole yet, or takes the whole scene in.
    async fn take_in_file(self: &Arc<Self>, file: ReceivedFile, note: BundleNote) {
        let name = file.name.clone();
        let key = corridor_catalog::digest::sha256_json(&json!(note.scene));
        let folder = self.data_dir().join("pending").join(key);
        let now = PendingFile::of(&file, note);
        let (kept_in, last) = (folder.clone(), now.clone());
        let whole = blocking(move || {
            let mut files = pending::kept(&kept_in)?;
            files.insert(last.note.asset.clone(), last.clone());
            if last
                .note
                .scene
                .files
                .keys()
                .all(|asset| files.contains_key(asset))
            {
                return Ok(Some(files));
            }
            last.keep(&kept_in).map(|()| None)
        })
        .await;
        let was_whole = matches!(whole, Ok(Some(_)));
        let outcome = match whole {
            Ok(None) => Ok(()),
            Ok(Some(files)) => self
                .take_in(delivered_as_bundles(&now, &files))
                .await
                .map(drop),
            Err(e) => Err(e),
        };
        let told = match outcome {
            Ok(()) => file.accept().await,
            Err(e @ WatchError::Internal { .. }) => {
                tracing::error!(file = name, error = %e, "file stays in the spool");
                return;
            }
            Err(e) => file.reject(&e.to_string()).await,
        };
        if was_whole {
            pending::forget(&folder);
        }
        if let Err(e) = told {
            tracing::warn!(file = name, error = %e, "telling the sender");
        }
    }
}

/// `collection/item`, as arrivals are kept.
pub(crate) fn scene_key(item: &Item) -> String {
    format!(
        "{}/{}",
        item.collection.as_deref().unwrap_or_default(),
        item.id
    )
}

fn delivered_as_bundles(last: &PendingFile, files: &BTreeMap<String, PendingFile>) -> Delivered {
    let firsts = files.values().map(|f| f.first_bundle_at);
    Delivered {
        description: last.note.scene.clone(),
        files: files
            .iter()
            .map(|(key, file)| SceneFile {
                key: key.clone(),
                path: file.path.clone(),
                name: file.name.clone(),
                sha256: file.sha256.clone(),
                size_bytes: file.size_bytes,
            })
            .collect(),
        way: Way::Bundles,
        contact: last.note.contact.clone(),
        first_byte_at: firsts.min().unwrap_or(last.first_bundle_at),
        whole_at: files
            .values()
            .map(|f| f.last_bundle_at)
            .max()
            .unwrap_or(last.last_bundle_at),
        bundles: files.values().map(|f| f.bundles).sum(),
    }
}

async fn drop_file(file: ReceivedFile, reason: &str) {
    tracing::warn!(reason, "file refused");
    if let Err(e) = file.reject(reason).await {
        tracing::warn!(error = %e, "telling the sender");
    }
}

fn refused(error: IntakeError) -> WatchError {
    match &error {
        IntakeError::Scene { .. } => WatchError::Invalid(error.to_string()),
        _ => WatchError::internal("storing the scene", error),
    }
}

/// Whether the scene has the bands of one of the product's ways.
fn may_answer(product: &Product, item: &Item) -> bool {
    let bands: BTreeSet<String> = item
        .assets
        .values()
        .flat_map(|a| &a.bands)
        .flat_map(|b| {
            let polarisation = b
                .additional
                .get("sar:polarizations")
                .and_then(Value::as_array);
            let polarisations = polarisation.into_iter().flatten().filter_map(Value::as_str);
            let names = b.name.as_deref().into_iter().chain(b.common_name());
            names
                .chain(polarisations)
                .map(str::to_string)
                .collect::<Vec<_>>()
        })
        .collect();
    product
        .alternatives
        .iter()
        .any(|a| a.bands.iter().all(|band| bands.contains(band)))
}

/// Whether the scene's box and the watch's box share a point.
fn meets(watch: &Watch, item: &Item) -> bool {
    let (Ok(area), Some(Ok(scene))) = (
        corridor_catalog::Bbox::from_slice(&watch.bbox),
        item.bbox.as_deref().map(corridor_catalog::Bbox::from_slice),
    ) else {
        return false;
    };
    area.rectangles().iter().any(|a| {
        scene.rectangles().iter().any(|b| {
            a.min().x <= b.max().x
                && b.min().x <= a.max().x
                && a.min().y <= b.max().y
                && b.min().y <= a.max().y
        })
    })
}

/// What a scene's data may still take on its way, from the settings: the promise made when a
/// scene arrives that no forecast had named.
pub(crate) fn promise_at_intake(
    settings: &crate::settings::Settings,
    product: &Product,
    stored_at: Timestamp,
) -> Option<(Timestamp, Timestamp)> {
    let base = settings.processing_s(&product.id, 0.0).ok()?;
    let publish = settings.value("publish.delay_s").ok()?;
    let processed = later(stored_at, base);
    Some((processed, later(processed, publish)))
}
