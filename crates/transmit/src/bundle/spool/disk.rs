//! How the spool writes: synced, in the order that a kill at any instant leaves whole.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Seek, SeekFrom, Write},
    path::Path,
};

use super::SpoolError;

/// Whether what is written has to outlive the machine's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::bundle) enum Disk {
    /// It is on disk when a function returns.
    Synced,
    /// It is the system's to write when it likes.
    Unsynced,
}

impl Disk {
    pub(super) fn write_at(
        self,
        path: &Path,
        offset_bytes: u64,
        bytes: &[u8],
    ) -> Result<(), SpoolError> {
        let mut file = OpenOptions::new()
            .write(true)
            .open(path)
            .map_err(|e| failed("open", path, e))?;
        let written = file
            .seek(SeekFrom::Start(offset_bytes))
            .and_then(|_| file.write_all(bytes))
            .and_then(|()| self.sync(|| file.sync_data()));
        written.map_err(|e| failed("write", path, e))
    }

    pub(super) fn write(self, path: &Path, bytes: &[u8]) -> Result<(), SpoolError> {
        let mut file = File::create(path).map_err(|e| failed("make", path, e))?;
        file.write_all(bytes)
            .and_then(|()| self.sync(|| file.sync_all()))
            .map_err(|e| failed("write", path, e))
    }

    /// Writes beside, syncs, renames, syncs the folder: the file is there whole or not at all.
    pub(in crate::bundle) fn write_aside(
        self,
        path: &Path,
        bytes: &[u8],
    ) -> Result<(), SpoolError> {
        let aside = path.with_extension("part");
        self.write(&aside, bytes)?;
        fs::rename(&aside, path).map_err(|e| failed("name", path, e))?;
        path.parent().map_or(Ok(()), |dir| self.sync_dir(dir))
    }

    pub(super) fn sync_dir(self, dir: &Path) -> Result<(), SpoolError> {
        self.sync(|| File::open(dir).and_then(|d| d.sync_all()))
            .map_err(|e| failed("sync", dir, e))
    }

    fn sync(self, sync: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Synced => sync(),
            Self::Unsynced => Ok(()),
        }
    }
}

pub(super) fn failed(action: &'static str, path: &Path, source: io::Error) -> SpoolError {
    SpoolError::Disk {
        action,
        path: path.into(),
        source,
    }
}
