//! Files of the assets, in a local folder or in object storage, behind `object_store`.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use object_store::ObjectStore;
use thiserror::Error;

/// Before a key in the `href` of a catalogued asset: the path under which a node serves it.
pub const HREF_PREFIX: &str = "/assets/";

/// A file that is in the store, on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Key in the store, such as `scenes/landsat-7-etm/L7/data-0123456789ab.tif`.
    pub key: String,
    /// The key behind [`HREF_PREFIX`], for an asset's `href`.
    pub href: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of what was written, 64 hex digits.
    pub sha256: String,
}

/// Why the store refused or failed.
#[derive(Debug, Error)]
pub enum AssetStoreError {
    /// A key with other characters than letters, digits and `. _ - ~ /`, or a part that is empty
    /// or begins with a dot.
    #[error(
        "asset key {0:?} is not usable: parts of letters, digits, '.', '_', '-', '~', none empty or with a dot first"
    )]
    Key(String),
    /// Nothing is stored under this key.
    #[error("no asset {0:?}")]
    Unknown(String),
    /// A file of this machine could not be read.
    #[error("cannot read {path:?}: {source}")]
    Source {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The store failed: disk full, not writable, not reachable, …
    #[error("asset store: {action} {key:?}: {source}")]
    Storage {
        /// What was being done.
        action: &'static str,
        /// Key it was done to.
        key: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// The folder of the store cannot be used.
    #[error("asset folder {path:?}: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Files by key. Cloning shares the store.
#[derive(Clone, Debug)]
pub struct AssetStore {
    store: Arc<dyn ObjectStore>,
    root: Option<PathBuf>,
}

impl AssetStore {
    /// A store in a local folder, which is made if it is not there. Writes are staged beside
    /// their place, synced, renamed, and the folder is synced.
    pub fn local(_root: &Path) -> Result<Self, AssetStoreError> {
        Err(AssetStoreError::Unknown(String::new()))
    }

    /// A store over any object storage.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, root: None }
    }

    /// Store a copy of a file; it is on disk, whole and under its key, when the call returns.
    pub async fn put_file(&self, key: &str, _path: &Path) -> Result<Stored, AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// Store bytes; they are on disk, whole and under their key, when the call returns.
    pub async fn put_bytes(&self, key: &str, _bytes: Bytes) -> Result<Stored, AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// All bytes of a file.
    pub async fn get(&self, key: &str) -> Result<Bytes, AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// Bytes `range` of a file.
    pub async fn get_range(
        &self,
        key: &str,
        _range: std::ops::Range<u64>,
    ) -> Result<Bytes, AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// Size of a file, bytes.
    pub async fn head(&self, key: &str) -> Result<u64, AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// Remove a file; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), AssetStoreError> {
        Err(AssetStoreError::Unknown(key.to_owned()))
    }

    /// Where the file is on this machine; `None` for stores that are not a local folder.
    pub fn path(&self, _key: &str) -> Result<Option<PathBuf>, AssetStoreError> {
        Ok(self.root.clone())
    }

    /// The key behind an asset's `href`, when the file is one of this store.
    pub fn key_of_href(href: &str) -> Option<&str> {
        href.strip_prefix(HREF_PREFIX)
    }

    /// The object store itself.
    pub fn object_store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }
}
