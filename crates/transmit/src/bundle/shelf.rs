//! Fragments on disk: what was acknowledged of a bundle that is not whole yet outlives the process.
//!
//! ```text
//! <folder>/<digest of the bundle's identity>/<offset>-<length>.fragment
//! ```
//!
//! A fragment is written aside, synced and named before it is acknowledged; the folder of a bundle goes when the
//! whole is in the store, or its time is over.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;
use hardy_bpv7::bundle::Id;

use super::{
    fragment::whole_id,
    message::sha256_hex,
    spool::{Disk, SpoolError},
};

/// Hexadecimal digits of a bundle's folder: enough that no two bundles share one.
const NAME_LENGTH: usize = 32;

/// What is kept of bundles that are not whole.
#[derive(Debug, Clone)]
pub(super) struct Shelf {
    dir: PathBuf,
}

impl Shelf {
    /// The shelf in a folder, made where there is none; what a kill left half written is removed.
    pub(super) fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir)?;
        let shelf = Self { dir: dir.into() };
        for path in shelf.files()? {
            if path.extension().is_none_or(|e| e != "fragment") {
                fs::remove_file(path)?;
            }
        }
        Ok(shelf)
    }

    /// Puts a fragment down, synced; the same again changes nothing.
    pub(super) fn put(&self, id: &Id, data: &Bytes) -> Result<(), SpoolError> {
        let dir = self.dir_of(id);
        fs::create_dir_all(&dir).map_err(|source| SpoolError::Disk {
            action: "make",
            path: dir.clone(),
            source,
        })?;
        Disk::Synced.write_aside(&self.path_of(id, data), data)
    }

    /// Forgets all of a bundle. What cannot be removed is found again at the next start, and comes to nothing.
    pub(super) fn clear(&self, id: &Id) {
        drop(fs::remove_dir_all(self.dir_of(id)));
    }

    /// All that is there of one bundle.
    pub(super) fn of(&self, id: &Id) -> io::Result<Vec<Bytes>> {
        let dir = self.dir_of(id);
        match list(&dir) {
            Ok(files) => read(&files),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(e) => Err(e),
        }
    }

    /// All that is there.
    pub(super) fn all(&self) -> io::Result<Vec<Bytes>> {
        read(&self.files()?)
    }

    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for dir in list(&self.dir)? {
            if dir.is_dir() {
                files.extend(list(&dir)?);
            }
        }
        Ok(files)
    }

    fn dir_of(&self, id: &Id) -> PathBuf {
        let digest = sha256_hex(whole_id(id).to_key().as_bytes());
        self.dir.join(digest.get(..NAME_LENGTH).unwrap_or(&digest))
    }

    fn path_of(&self, id: &Id, data: &Bytes) -> PathBuf {
        let offset = id.fragment_info.as_ref().map_or(0, |info| info.offset);
        let name = format!("{offset:020}-{}.fragment", data.len());
        self.dir_of(id).join(name)
    }
}

/// What is in a folder, in one order whatever the file system's is.
fn list(dir: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = fs::read_dir(dir)?;
    let mut paths = entries
        .map(|entry| entry.map(|e| e.path()))
        .collect::<io::Result<Vec<PathBuf>>>()?;
    paths.sort();
    Ok(paths)
}

fn read(files: &[PathBuf]) -> io::Result<Vec<Bytes>> {
    files
        .iter()
        .map(|path| fs::read(path).map(Bytes::from))
        .collect()
}
