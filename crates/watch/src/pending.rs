//! Files of scenes that are not whole yet.
//!
//! A sender hears "stored" for one file before it sends the next, so the first files of a scene are
//! kept here, synced, before they are accepted. The last one is accepted only when the whole scene is
//! catalogued: until then its sender sends it again, and the scene is put together from here.

use crate::error::WatchError;
use crate::receive::BundleNote;
use corridor_transmit::bundle::receiver::ReceivedFile;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// What is kept of one received file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PendingFile {
    pub(crate) note: BundleNote,
    pub(crate) name: String,
    pub(crate) sha256: String,
    pub(crate) size_bytes: u64,
    pub(crate) first_bundle_at: Timestamp,
    pub(crate) last_bundle_at: Timestamp,
    pub(crate) bundles: u64,
    /// Where it lies; not written.
    #[serde(skip)]
    pub(crate) path: PathBuf,
}

impl PendingFile {
    /// The facts of a file that was just received.
    pub(crate) fn of(file: &ReceivedFile, note: BundleNote) -> Self {
        Self {
            note,
            name: file.name.clone(),
            sha256: file.sha256.clone(),
            size_bytes: file.size_bytes,
            first_bundle_at: file.first_bundle_at,
            last_bundle_at: file.last_bundle_at,
            bundles: file.bundles,
            path: file.path.clone(),
        }
    }

    /// Keeps the file under the scene's digest; on disk, whole, when the call returns.
    pub(crate) fn keep(&self, folder: &Path) -> Result<(), WatchError> {
        let doing = |e: std::io::Error| {
            WatchError::internal(format!("keeping {} in {}", self.name, folder.display()), e)
        };
        fs::create_dir_all(folder).map_err(doing)?;
        let staged = folder.join(".staged");
        fs::copy(&self.path, &staged).map_err(doing)?;
        File::open(&staged)
            .and_then(|f| f.sync_all())
            .map_err(doing)?;
        fs::rename(&staged, folder.join(&self.sha256)).map_err(doing)?;
        let facts = serde_json::to_vec(self)
            .map_err(|e| WatchError::internal("describing a kept file", e))?;
        fs::write(&staged, facts).map_err(doing)?;
        File::open(&staged)
            .and_then(|f| f.sync_all())
            .map_err(doing)?;
        fs::rename(&staged, folder.join(format!("{}.json", self.sha256))).map_err(doing)?;
        File::open(folder).and_then(|f| f.sync_all()).map_err(doing)
    }
}

/// The files kept for a scene, by asset key.
pub(crate) fn kept(folder: &Path) -> Result<BTreeMap<String, PendingFile>, WatchError> {
    let doing =
        |e: std::io::Error| WatchError::internal(format!("reading {}", folder.display()), e);
    let mut files = BTreeMap::new();
    if !folder.is_dir() {
        return Ok(files);
    }
    for entry in fs::read_dir(folder).map_err(doing)? {
        let path = entry.map_err(doing)?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let text = fs::read_to_string(&path).map_err(doing)?;
        // A note cut off by a crash counts as not kept: the sender was not told "stored".
        let Ok(mut file) = serde_json::from_str::<PendingFile>(&text) else {
            continue;
        };
        file.path = path.with_extension("");
        if file.path.is_file() {
            files.insert(file.note.asset.clone(), file);
        }
    }
    Ok(files)
}

/// Forgets what was kept for a scene.
pub(crate) fn forget(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(folder = %folder.display(), error = %e, "forgetting kept files");
        }
        _ => {}
    }
}
