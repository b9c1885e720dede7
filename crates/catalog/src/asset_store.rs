//! Files of the assets, in a local folder or in object storage, behind `object_store`.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as StorePath;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt};
use sha2::{Digest, Sha256};
use thiserror::Error;
use tokio::io::AsyncReadExt;

use crate::digest::{hex, sha256_bytes};

/// Before a key in the `href` of a catalogued asset: the path under which a node serves it.
pub const HREF_PREFIX: &str = "/assets/";

/// Bytes of a file held in memory and sent at once; object storage wants 5 MiB at least.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Longest key, bytes.
const KEY_MAX_BYTES: usize = 1024;
/// Longest part of a key, bytes: file systems take 255, and staging adds a suffix.
const SEGMENT_MAX_BYTES: usize = 240;

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
    /// A key with other characters than ASCII letters, digits and `. _ - = /`, with a part that is
    /// empty or begins with a dot, or too long.
    #[error(
        "asset key {0:?} is not usable: parts of letters, digits and '._-=', none empty, too long or with a dot first"
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
    /// their place (`<key>#1`), synced, renamed, and the folder is synced.
    pub fn local(root: &Path) -> Result<Self, AssetStoreError> {
        let folder = |source| AssetStoreError::Folder {
            path: root.to_owned(),
            source,
        };
        std::fs::create_dir_all(root).map_err(folder)?;
        let root = root.canonicalize().map_err(folder)?;
        let store = LocalFileSystem::new_with_prefix(&root)
            .map_err(|source| failed("opening", "", source))?
            .with_fsync(true)
            .with_automatic_cleanup(true);
        Ok(Self {
            store: Arc::new(store),
            root: Some(root),
        })
    }

    /// A store over any object storage.
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self { store, root: None }
    }

    /// Store a copy of a file; it is on disk, whole and under its key, when the call returns.
    pub async fn put_file(&self, key: &str, path: &Path) -> Result<Stored, AssetStoreError> {
        let location = public_key(key)?;
        let unread = |source| AssetStoreError::Source {
            path: path.to_owned(),
            source,
        };
        let mut file = tokio::fs::File::open(path).await.map_err(unread)?;
        let mut hasher = Sha256::new();
        let mut part = read_part(&mut file).await.map_err(unread)?;
        hasher.update(&part);
        let mut size_bytes = part.len() as u64;
        if part.len() < PART_BYTES {
            self.put(&location, part.into()).await?;
            return Ok(stored(key, size_bytes, hasher));
        }
        let write = |source| failed("writing", key, source);
        let mut upload = self.store.put_multipart(&location).await.map_err(write)?;
        let sent: Result<(), AssetStoreError> = async {
            while !part.is_empty() {
                upload
                    .put_part(Bytes::from(part).into())
                    .await
                    .map_err(write)?;
                part = read_part(&mut file).await.map_err(unread)?;
                hasher.update(&part);
                size_bytes += part.len() as u64;
            }
            upload.complete().await.map_err(write).map(|_| ())
        }
        .await;
        if let Err(error) = sent {
            abandon(upload.as_mut(), key).await;
            return Err(error);
        }
        Ok(stored(key, size_bytes, hasher))
    }

    /// Store bytes; they are on disk, whole and under their key, when the call returns.
    pub async fn put_bytes(&self, key: &str, bytes: Bytes) -> Result<Stored, AssetStoreError> {
        let location = public_key(key)?;
        let (size_bytes, sha256) = (bytes.len() as u64, sha256_bytes(&bytes));
        self.put(&location, bytes).await?;
        Ok(Stored {
            key: key.to_owned(),
            href: href_of(key),
            size_bytes,
            sha256,
        })
    }

    /// All bytes of a file.
    pub async fn get(&self, key: &str) -> Result<Bytes, AssetStoreError> {
        let location = public_key(key)?;
        let fail = |source| failed("reading", key, source);
        self.store
            .get(&location)
            .await
            .map_err(fail)?
            .bytes()
            .await
            .map_err(fail)
    }

    /// Bytes `range` of a file; what lies past the end is left out.
    pub async fn get_range(&self, key: &str, range: Range<u64>) -> Result<Bytes, AssetStoreError> {
        let location = public_key(key)?;
        if range.is_empty() {
            return self.head(key).await.map(|_| Bytes::new());
        }
        self.store
            .get_range(&location, range)
            .await
            .map_err(|source| failed("reading", key, source))
    }

    /// Size of a file, bytes.
    pub async fn head(&self, key: &str) -> Result<u64, AssetStoreError> {
        let location = public_key(key)?;
        let meta = self.store.head(&location).await;
        meta.map(|m| m.size)
            .map_err(|source| failed("looking up", key, source))
    }

    /// Remove a file; one that is not there is no error.
    pub async fn delete(&self, key: &str) -> Result<(), AssetStoreError> {
        self.delete_at(&public_key(key)?).await
    }

    /// Keys of all files below a folder, in order.
    pub async fn list(&self, folder: &str) -> Result<Vec<String>, AssetStoreError> {
        self.list_at(&public_key(folder)?).await
    }

    /// Where the file is on this machine; `None` for stores that are not a local folder.
    pub fn path(&self, key: &str) -> Result<Option<PathBuf>, AssetStoreError> {
        public_key(key)?;
        Ok(self.root.as_ref().map(|root| root.join(key)))
    }

    /// The key behind an asset's `href`, when the file is one of this store.
    pub fn key_of_href(href: &str) -> Option<&str> {
        href.strip_prefix(HREF_PREFIX)
    }

    /// The local folder, when the store is one.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The object store itself.
    pub fn object_store(&self) -> &Arc<dyn ObjectStore> {
        &self.store
    }

    pub(crate) async fn put(
        &self,
        location: &StorePath,
        bytes: Bytes,
    ) -> Result<(), AssetStoreError> {
        let put = self.store.put(location, bytes.into()).await;
        put.map(|_| ())
            .map_err(|source| failed("writing", location.as_ref(), source))
    }

    pub(crate) async fn delete_at(&self, location: &StorePath) -> Result<(), AssetStoreError> {
        match self.store.delete(location).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(source) => Err(failed("removing", location.as_ref(), source)),
        }
    }

    pub(crate) async fn list_at(&self, folder: &StorePath) -> Result<Vec<String>, AssetStoreError> {
        let found: Vec<_> = self
            .store
            .list(Some(folder))
            .try_collect()
            .await
            .map_err(|source| failed("listing", folder.as_ref(), source))?;
        let mut keys: Vec<String> = found.into_iter().map(|m| m.location.to_string()).collect();
        keys.sort_unstable();
        Ok(keys)
    }

    /// Files that cut-off writes staged in a folder and that nobody finishes any more, once the
    /// folder's Item is locked. Only local stores have them: object storage never shows an upload
    /// that was not completed.
    pub(crate) async fn staged(&self, folder: &str) -> Result<Vec<PathBuf>, AssetStoreError> {
        let Some(root) = &self.root else {
            return Ok(Vec::new());
        };
        let path = root.join(folder);
        let fail = |source| AssetStoreError::Folder {
            path: path.clone(),
            source,
        };
        let mut entries = match tokio::fs::read_dir(&path).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(fail(error)),
        };
        let mut staged = Vec::new();
        while let Some(entry) = entries.next_entry().await.map_err(fail)? {
            if entry.file_name().to_string_lossy().contains('#') {
                staged.push(entry.path());
            }
        }
        Ok(staged)
    }

    /// Remove a staged file; one that is not there is no error.
    pub(crate) async fn remove_staged(&self, path: &Path) -> Result<(), AssetStoreError> {
        match tokio::fs::remove_file(path).await {
            Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                Err(AssetStoreError::Folder {
                    path: path.to_owned(),
                    source,
                })
            }
            _ => Ok(()),
        }
    }
}

/// One part of a key from any text, never two the same from different texts: bytes other than
/// ASCII letters, digits, `.`, `_` and `-` (and a dot at the start) are written as `=XX`; what is
/// then too long ends in its digest.
pub fn key_segment(text: &str) -> String {
    /// Bytes kept of a text that is too long.
    const KEPT_BYTES: usize = 80;
    let mut segment = String::with_capacity(text.len());
    for (i, byte) in text.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        if plain || (byte == b'.' && i > 0) {
            segment.push(char::from(byte));
        } else {
            segment.push_str(&format!("={byte:02X}"));
        }
    }
    if segment.len() > KEPT_BYTES * 2 {
        segment.truncate(KEPT_BYTES);
        // A second "=" cannot follow an escape, so no short text gives the same segment.
        segment.push_str("==");
        segment.push_str(&sha256_bytes(text.as_bytes())[..32]);
    }
    segment
}

fn href_of(key: &str) -> String {
    format!("{HREF_PREFIX}{key}")
}

fn stored(key: &str, size_bytes: u64, hasher: Sha256) -> Stored {
    let sha256 = hex(&hasher.finalize());
    Stored {
        key: key.to_owned(),
        href: href_of(key),
        size_bytes,
        sha256,
    }
}

fn failed(action: &'static str, key: &str, source: object_store::Error) -> AssetStoreError {
    match source {
        object_store::Error::NotFound { .. } => AssetStoreError::Unknown(key.to_owned()),
        source => AssetStoreError::Storage {
            action,
            key: key.to_owned(),
            source,
        },
    }
}

/// A key that callers may name: nothing outside the store, nothing of what is under way.
fn public_key(key: &str) -> Result<StorePath, AssetStoreError> {
    let usable = |segment: &str| {
        !segment.is_empty()
            && segment.len() <= SEGMENT_MAX_BYTES
            && !segment.starts_with('.')
            && segment
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'='))
    };
    let fault = || AssetStoreError::Key(key.chars().take(120).collect());
    if key.len() > KEY_MAX_BYTES || !key.split('/').all(usable) {
        return Err(fault());
    }
    StorePath::parse(key).map_err(|_| fault())
}

async fn read_part(file: &mut tokio::fs::File) -> std::io::Result<Vec<u8>> {
    let mut part = Vec::new();
    file.take(PART_BYTES as u64).read_to_end(&mut part).await?;
    Ok(part)
}

async fn abandon(upload: &mut dyn MultipartUpload, key: &str) {
    if let Err(error) = upload.abort().await {
        tracing::debug!(key, %error, "an upload that failed could not be aborted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_stay_inside_the_store() {
        for key in [
            "",
            "/",
            "a//b",
            "../a",
            "a/../b",
            ".intake/x",
            "a/.b",
            "a b",
            "a#1",
            "ä",
            "a~",
        ] {
            assert!(
                matches!(public_key(key), Err(AssetStoreError::Key(_))),
                "{key:?}"
            );
        }
        assert!(public_key(&"a/".repeat(600)).is_err());
        assert!(public_key("scenes/landsat-7-etm/L7=20x/data-0123.tif").is_ok());
    }

    #[test]
    fn segments_differ_where_texts_differ() {
        assert_eq!(key_segment("S2B_MSIL2A.SAFE"), "S2B_MSIL2A.SAFE");
        assert_eq!(key_segment("../a b"), "=2E.=2Fa=20b");
        let long = "x".repeat(500);
        let texts = ["a/b", "a=2Fb", ".a", "=2Ea", &long, &long[1..], "ä", "a_b"];
        let segments: std::collections::HashSet<String> =
            texts.iter().map(|t| key_segment(t)).collect();
        assert_eq!(segments.len(), texts.len());
        for segment in segments {
            assert!(public_key(&segment).is_ok(), "{segment}");
        }
    }
}
