//! New scenes and answers, files and Item together or not at all.
//!
//! Order of an intake, so that a cut at any instant loses nothing acknowledged and shows nothing
//! half: a note of what is under way (`.intake/journal`), each file staged, synced and renamed to
//! its place, the Item committed, the note removed. File names carry the digest of their content,
//! so a new version never touches the files of the one that is catalogued. [`Intake::recover`]
//! works off the notes that were left: files that the catalogued Item does not name go.

mod lock;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use object_store::path::Path as StorePath;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::asset_store::{AssetStore, AssetStoreError, Stored, key_segment};
use crate::digest::{is_sha256, sha256_bytes, sha256_file};
use crate::stac::{Asset, Item, file};
use crate::store::{Catalog, CatalogError, ErrorClass, Put, SOURCE_SHA256};

use lock::{ItemLock, Locks};

/// Collections whose ids begin so hold answers; all others hold scenes.
pub const ANSWER_COLLECTION_PREFIX: &str = "answers-";
/// Folder of the notes of what is under way.
const JOURNAL: &str = ".intake/journal";
/// Most files of one scene.
const FILES_MAX: usize = 1000;
/// Hex digits of the content's digest in a file name.
const NAME_DIGEST_DIGITS: usize = 16;

/// How an asset is described; `href`, `file:size` and `file:checksum` are filled in.
pub type AssetDescription = Asset;

/// A scene or answer that is to be taken in.
#[derive(Clone, Debug)]
pub struct NewScene {
    /// Asset key in the Item, the file, and how it is described (`href` is overwritten).
    pub files: Vec<(String, PathBuf, AssetDescription)>,
    /// The Item, complete but for the assets of `files`.
    pub item: Item,
    /// SHA-256 (64 lower-case hex digits) of the delivered file or of what the scene was made
    /// from: the same digest in the same collection is the same scene.
    pub sha256: String,
}

/// A scene that is catalogued and on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Accepted {
    /// The Item as catalogued.
    pub item: Item,
    /// False when the scene was there already.
    pub new: bool,
}

/// What [`Intake::recover`] removed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovered {
    /// Intakes that had been cut off.
    pub interrupted: usize,
    /// Keys of files that no Item names.
    pub removed: Vec<String>,
}

/// Why a scene was not taken in; nothing of it is visible then.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// The scene itself is not usable.
    #[error("scene {id:?}: {reason}")]
    Scene {
        /// Identifier of the Item.
        id: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The catalogue refused or failed.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The asset store refused or failed.
    #[error(transparent)]
    Assets(#[from] AssetStoreError),
    /// The folder for what is under way failed.
    #[error("intake: {action}: {source}")]
    Folder {
        /// What was being done.
        action: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
}

impl IntakeError {
    /// Who has to act on the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Scene { .. } | Self::Assets(AssetStoreError::Key(_)) => ErrorClass::BadRequest,
            Self::Assets(AssetStoreError::Unknown(_)) => ErrorClass::NotFound,
            Self::Catalog(error) => error.class(),
            Self::Assets(_) | Self::Folder { .. } => ErrorClass::Internal,
        }
    }
}

/// Takes scenes in, also from several processes at once over one local folder (over object storage
/// from one process only: nothing there locks). Cloning shares everything.
#[derive(Clone)]
pub struct Intake {
    catalog: Arc<dyn Catalog>,
    assets: Arc<AssetStore>,
    locks: Arc<Locks>,
}

/// The note of one intake under way.
#[derive(Debug, Serialize, Deserialize)]
struct Note {
    collection: String,
    id: String,
}

impl Intake {
    /// An intake into this catalogue and store. Call [`Intake::recover`] before the first scene.
    pub fn new(catalog: Arc<dyn Catalog>, assets: Arc<AssetStore>) -> Self {
        let locks = Arc::new(Locks::new(assets.root()));
        Self {
            catalog,
            assets,
            locks,
        }
    }

    /// Take a scene in. When this returns, the scene is on disk, whole, and catalogued. The same
    /// digest in the same collection again gives back the Item that is there; the same id with
    /// another digest replaces it.
    pub async fn accept(&self, scene: NewScene) -> Result<Accepted, IntakeError> {
        let NewScene {
            files,
            item,
            sha256,
        } = scene;
        let item = item.with(SOURCE_SHA256, sha256.as_str());
        let collection = check(&item, &files, &sha256)?;
        self.catalog.collection(&collection).await?;

        let note = Note {
            collection,
            id: item.id.clone(),
        };
        let source = sha256_bytes(format!("{}\r{sha256}", note.collection).as_bytes());
        let _held = self.lock(&[note.digest(), source]).await?;
        if let Some(there) = self
            .catalog
            .item_by_source(&note.collection, &sha256)
            .await?
            && self.is_whole(&there).await?
        {
            return Ok(Accepted {
                item: there,
                new: false,
            });
        }
        self.begin(&note).await?;
        let outcome = self.store_and_commit(&note, files, item).await;
        // Whatever happened, the row that is in the catalogue now says which files stay.
        let tidied = match &outcome {
            Ok((_, Put::New | Put::Same)) => self.finish(&note).await,
            Ok((_, Put::Replaced)) | Err(_) => self.sweep_and_finish(&note).await.map(|_| ()),
        };
        if let Err(error) = tidied {
            // The note stays, so the next start clears up.
            tracing::warn!(collection = note.collection, id = note.id, %error, "tidying up later");
        }
        let (item, put) = outcome?;
        Ok(Accepted {
            item,
            new: put != Put::Same,
        })
    }

    /// Remove an Item and then its files.
    pub async fn remove(&self, collection: &str, id: &str) -> Result<Item, IntakeError> {
        let _held = self.lock(&[format!("{collection}\n{id}")]).await?;
        self.catalog.item(collection, id).await?;
        let note = Note {
            collection: collection.to_owned(),
            id: id.to_owned(),
        };
        self.begin(&note).await?;
        let removed = self.catalog.delete_item(collection, id).await;
        self.sweep_and_finish(&note).await?;
        Ok(removed?)
    }

    /// Clear away what intakes that were cut off left behind. Waits for those that other
    /// processes are at.
    pub async fn recover(&self) -> Result<Recovered, IntakeError> {
        let mut recovered = Recovered::default();
        for path in self.assets.staged(JOURNAL).await? {
            // The name begins with the digest that its writer holds the lock of.
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned());
            let digest = name.unwrap_or_default().chars().take(64).collect();
            let _held = self.lock(&[digest]).await?;
            self.assets.remove_staged(&path).await?;
        }
        for key in self.assets.list_at(&StorePath::from(JOURNAL)).await? {
            let location = StorePath::from(key.as_str());
            let Some(note) = self.read_note(&location).await? else {
                self.assets.delete_at(&location).await?;
                continue;
            };
            let _held = self
                .lock(&[format!("{}\n{}", note.collection, note.id)])
                .await?;
            if self.read_note(&location).await?.is_none() {
                continue;
            }
            recovered.interrupted += 1;
            recovered
                .removed
                .extend(self.sweep_and_finish(&note).await?);
        }
        if recovered.interrupted > 0 {
            let (interrupted, files) = (recovered.interrupted, recovered.removed.len());
            tracing::info!(
                interrupted,
                files,
                "cleared up after intakes that were cut off"
            );
        }
        Ok(recovered)
    }

    /// Faults of all files that an Item keeps in the store, by asset key; empty when every one is
    /// there with its size and digest. Reads every byte.
    pub async fn verify(&self, item: &Item) -> Result<Vec<(String, String)>, IntakeError> {
        let mut faults = Vec::new();
        for (name, asset) in &item.assets {
            let Some(key) = AssetStore::key_of_href(&asset.href) else {
                continue;
            };
            match self.digest_of(key).await {
                Ok(sha256) => {
                    if file::sha256(asset) != Some(sha256.as_str()) {
                        faults.push((name.clone(), format!("{key} does not have its digest")));
                    }
                }
                Err(AssetStoreError::Unknown(_)) => {
                    faults.push((name.clone(), format!("{key} is missing")));
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(faults)
    }

    /// The catalogue.
    pub fn catalog(&self) -> &Arc<dyn Catalog> {
        &self.catalog
    }

    /// The asset store.
    pub fn assets(&self) -> &Arc<AssetStore> {
        &self.assets
    }

    async fn lock(&self, digests: &[String]) -> Result<Vec<ItemLock>, IntakeError> {
        self.locks
            .lock(digests)
            .await
            .map_err(|source| IntakeError::Folder {
                action: "locking",
                source,
            })
    }

    async fn store_and_commit(
        &self,
        note: &Note,
        files: Vec<(String, PathBuf, Asset)>,
        mut item: Item,
    ) -> Result<(Item, Put), IntakeError> {
        for (name, path, description) in files {
            let stored = self.store_file(note, &name, &path).await?;
            let mut asset = description;
            asset.href = stored.href;
            file::describe(&mut asset, stored.size_bytes, &stored.sha256);
            item.assets.insert(name, asset);
            item.extend_with(file::SCHEMA);
        }
        let put = self.catalog.put_item(&item).await?;
        Ok((item, put))
    }

    async fn store_file(
        &self,
        note: &Note,
        name: &str,
        path: &Path,
    ) -> Result<Stored, IntakeError> {
        let source = path.to_owned();
        let (sha256, _) = tokio::task::spawn_blocking(move || sha256_file(&source))
            .await
            .map_err(std::io::Error::other)
            .and_then(|digest| digest)
            .map_err(|source| AssetStoreError::Source {
                path: path.to_owned(),
                source,
            })?;
        let extension = path
            .extension()
            .and_then(|e| e.to_str())
            .filter(|e| e.len() <= 8 && e.bytes().all(|b| b.is_ascii_alphanumeric()))
            .map_or(String::new(), |e| format!(".{}", e.to_ascii_lowercase()));
        let folder = folder(&note.collection, &note.id);
        let digest = &sha256[..NAME_DIGEST_DIGITS];
        let key = format!("{folder}/{}-{digest}{extension}", key_segment(name));
        let stored = self.assets.put_file(&key, path).await?;
        if stored.sha256 != sha256 {
            let reason = format!("{path:?} changed while it was read");
            return Err(IntakeError::Scene {
                id: note.id.clone(),
                reason,
            });
        }
        Ok(stored)
    }

    /// True when all files of a catalogued Item are there in their size.
    async fn is_whole(&self, item: &Item) -> Result<bool, IntakeError> {
        for asset in item.assets.values() {
            let Some(key) = AssetStore::key_of_href(&asset.href) else {
                continue;
            };
            match self.assets.head(key).await {
                Ok(size_bytes) if file::size_bytes(asset).is_none_or(|s| s == size_bytes) => {}
                Ok(_) | Err(AssetStoreError::Unknown(_)) => return Ok(false),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }

    async fn begin(&self, note: &Note) -> Result<(), IntakeError> {
        let text = serde_json::to_vec(note).map_err(|e| IntakeError::Scene {
            id: note.id.clone(),
            reason: e.to_string(),
        })?;
        Ok(self.assets.put(&note.location(), text.into()).await?)
    }

    async fn finish(&self, note: &Note) -> Result<(), IntakeError> {
        Ok(self.assets.delete_at(&note.location()).await?)
    }

    /// Remove the files of the Item's folder that the catalogued Item does not name, then the note.
    async fn sweep_and_finish(&self, note: &Note) -> Result<Vec<String>, IntakeError> {
        let named: HashSet<String> = match self.catalog.item(&note.collection, &note.id).await {
            Ok(item) => item
                .assets
                .values()
                .filter_map(|asset| AssetStore::key_of_href(&asset.href).map(str::to_owned))
                .collect(),
            Err(error) if error.is_not_found() => HashSet::new(),
            Err(error) => return Err(error.into()),
        };
        let folder = folder(&note.collection, &note.id);
        for path in self.assets.staged(&folder).await? {
            self.assets.remove_staged(&path).await?;
        }
        let mut removed = Vec::new();
        for key in self.assets.list(&folder).await? {
            if !named.contains(&key) {
                self.assets.delete(&key).await?;
                removed.push(key);
            }
        }
        self.finish(note).await?;
        Ok(removed)
    }

    async fn digest_of(&self, key: &str) -> Result<String, AssetStoreError> {
        let Some(path) = self.assets.path(key)? else {
            return Ok(sha256_bytes(&self.assets.get(key).await?));
        };
        let unread = path.clone();
        match tokio::task::spawn_blocking(move || sha256_file(&path)).await {
            Ok(Ok((sha256, _))) => Ok(sha256),
            Ok(Err(error)) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(AssetStoreError::Unknown(key.to_owned()))
            }
            Ok(Err(source)) => Err(AssetStoreError::Source {
                path: unread,
                source,
            }),
            Err(error) => {
                let source = std::io::Error::other(error);
                Err(AssetStoreError::Source {
                    path: unread,
                    source,
                })
            }
        }
    }

    async fn read_note(&self, location: &StorePath) -> Result<Option<Note>, IntakeError> {
        use object_store::ObjectStoreExt;
        let read = async {
            self.assets
                .object_store()
                .get(location)
                .await?
                .bytes()
                .await
        };
        match read.await {
            Ok(bytes) => Ok(serde_json::from_slice(&bytes).ok()),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(source) => {
                let key = location.to_string();
                Err(AssetStoreError::Storage {
                    action: "reading",
                    key,
                    source,
                }
                .into())
            }
        }
    }
}

impl Note {
    /// Names the note and the lock of its Item.
    fn digest(&self) -> String {
        sha256_bytes(format!("{}\n{}", self.collection, self.id).as_bytes())
    }

    fn location(&self) -> StorePath {
        StorePath::from(format!("{JOURNAL}/{}.json", self.digest()))
    }
}

/// Folder of the files of an Item.
fn folder(collection: &str, id: &str) -> String {
    let room = if collection.starts_with(ANSWER_COLLECTION_PREFIX) {
        "answers"
    } else {
        "scenes"
    };
    format!("{room}/{}/{}", key_segment(collection), key_segment(id))
}

/// What can be known of a scene before anything is written. Gives back its collection.
fn check(
    item: &Item,
    files: &[(String, PathBuf, Asset)],
    sha256: &str,
) -> Result<String, IntakeError> {
    let fault = |reason: String| IntakeError::Scene {
        id: item.id.clone(),
        reason,
    };
    item.check().map_err(CatalogError::from)?;
    if !is_sha256(sha256) {
        return Err(fault("sha256 must be 64 lower-case hex digits".to_owned()));
    }
    if files.is_empty() || files.len() > FILES_MAX {
        return Err(fault(format!(
            "{} files given, 1 to {FILES_MAX} needed",
            files.len()
        )));
    }
    let mut names = HashSet::new();
    for (name, _, _) in files {
        if name.is_empty() || !names.insert(name) {
            return Err(fault(format!("asset key {name:?} is empty or given twice")));
        }
    }
    item.collection
        .clone()
        .ok_or_else(|| fault("collection is missing".to_owned()))
}
