//! Incoming files on disk.
//!
//! ```text
//! <spool>/open/<source>-<number>.data     the file, bytes at their offsets
//! <spool>/open/<source>-<number>.json     what is known of it, and which bytes are on disk for sure
//! <spool>/closed/<source>-<number>.json   how it ended: asked again, the answer is the same
//! <spool>/files/<name>                    whole, checked files
//! ```
//!
//! The record names only bytes that were synced before it was written, and is replaced as a whole. A file gets
//! its name after its bytes were synced, and `closed` is written after that; only then may Finished be sent. So a
//! kill at any instant forgets bytes that will be asked for again at worst.

use super::extents::Extents;
use super::pdu::{Condition, Eof, Metadata};
use super::{Class, TransactionId, checksum::Checksum};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Records of ended transfers that are kept; the lowest numbers go first.
pub const CLOSED_MAX: usize = 10_000;

/// Longest record read back: the metadata and the most stretches.
const RECORD_LEN_MAX: u64 = 8 << 20;

/// What is known of an open transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Which.
    pub id: TransactionId,
    /// Its class.
    pub class: Class,
    /// Entity that takes it.
    pub destination: u64,
    /// Whether its units carry a CRC.
    pub crc: bool,
    /// Whether its units have sizes of eight bytes.
    pub large: bool,
    /// Bytes of entity identifiers.
    pub entity_len: u8,
    /// Bytes of the transaction number.
    pub number_len: u8,
    /// What it is, once it came.
    pub metadata: Option<Metadata>,
    /// Its end, once it came.
    pub eof: Option<Eof>,
    /// Bytes on disk.
    pub extents: Extents,
}

/// How a transfer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closed {
    /// Which.
    pub id: TransactionId,
    /// Why.
    pub condition: Condition,
    /// The file, where it was kept.
    pub file: Option<String>,
    /// What its units look like: Finished is said until its sender acknowledges it, after a kill too.
    pub record: Record,
    /// Whether the sender needs to hear nothing more.
    pub told: bool,
}

/// A spool folder.
#[derive(Debug)]
pub struct Spool {
    root: PathBuf,
    files: BTreeMap<TransactionId, File>,
}

fn place(what: &str, path: &Path, e: &io::Error) -> io::Error {
    io::Error::new(e.kind(), format!("{what} {}: {e}", path.display()))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    File::open(path)
        .and_then(|f| f.sync_all())
        .map_err(|e| place("syncing", path, &e))
}

/// Written beside, synced, renamed, folder synced.
fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let aside = path.with_extension("part");
    let mut file = File::create(&aside).map_err(|e| place("creating", &aside, &e))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(|e| place("writing", &aside, &e))?;
    fs::rename(&aside, path).map_err(|e| place("naming", path, &e))?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// The last part of a name where a file may have it: no path, nothing hidden, no control characters.
pub fn safe_name(name: &str) -> Option<&str> {
    let last = name.rsplit(['/', '\\']).next()?;
    let fine = !last.is_empty()
        && last.len() <= 200
        && !last.starts_with('.')
        && !last.chars().any(|c| c.is_control() || c == ':');
    fine.then_some(last)
}

impl Spool {
    /// Opens or makes a spool; gives the transfers that are open, and those that ended.
    pub fn open(root: &Path) -> io::Result<(Self, Vec<Record>, Vec<Closed>)> {
        for folder in ["open", "closed", "files"] {
            let folder = root.join(folder);
            fs::create_dir_all(&folder).map_err(|e| place("making", &folder, &e))?;
        }
        let spool = Self {
            root: root.into(),
            files: BTreeMap::new(),
        };
        let closed: Vec<Closed> = records(&root.join("closed"))?;
        let mut open = Vec::new();
        for record in records::<Record>(&root.join("open"))? {
            // A kill between `closed` and the end of `open` leaves both; what ended stays ended.
            if closed.iter().any(|c| c.id == record.id) {
                spool.forget(record.id)?;
            } else if record.extents.is_sound() {
                open.push(record);
            }
        }
        Ok((spool, open, closed))
    }

    fn path(&self, folder: &str, id: TransactionId, kind: &str) -> PathBuf {
        self.root.join(folder).join(format!("{id}.{kind}"))
    }

    fn file(&mut self, id: TransactionId) -> io::Result<&mut File> {
        let path = self.path("open", id, "data");
        match self.files.entry(id) {
            std::collections::btree_map::Entry::Occupied(e) => Ok(e.into_mut()),
            std::collections::btree_map::Entry::Vacant(e) => {
                let file = OpenOptions::new()
                    .read(true)
                    .write(true)
                    .create(true)
                    .truncate(false)
                    .open(&path);
                Ok(e.insert(file.map_err(|e| place("opening", &path, &e))?))
            }
        }
    }

    /// Writes bytes of a file; they are on disk after the next [`Spool::save`].
    pub fn write(&mut self, id: TransactionId, offset: u64, data: &[u8]) -> io::Result<()> {
        let file = self.file(id)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(data)
    }

    /// Syncs the bytes, then the record that names them.
    pub fn save(&mut self, record: &Record) -> io::Result<()> {
        if let Some(file) = self.files.get(&record.id) {
            file.sync_data()?;
        }
        let text = serde_json::to_vec(record).map_err(io::Error::other)?;
        replace(&self.path("open", record.id, "json"), &text)
    }

    /// The checksum of the first `size` bytes.
    pub fn checksum(&mut self, id: TransactionId, size: u64, kind: Checksum) -> io::Result<u32> {
        sum_of(self.file(id)?, size, kind)
    }

    /// Gives a whole file its name; where another has it, the transaction is put after it. The name it got.
    pub fn keep(&mut self, id: TransactionId, size: u64, name: &str) -> io::Result<String> {
        let file = self.file(id)?;
        file.set_len(size)?;
        file.sync_all()?;
        self.files.remove(&id);
        let folder = self.root.join("files");
        let mut got = name.to_string();
        if folder.join(&got).exists() {
            got = format!("{name}.{id}");
        }
        let from = self.path("open", id, "data");
        let to = folder.join(&got);
        fs::rename(&from, &to).map_err(|e| place("naming", &to, &e))?;
        sync_folder(&folder)?;
        Ok(got)
    }

    /// Whether bytes of an open transfer are there.
    pub fn has_data(&self, id: TransactionId) -> bool {
        self.path("open", id, "data").exists()
    }

    /// The name of a file that [`Spool::keep`] named before the process was killed, found by its checksum.
    pub fn named(
        &self,
        id: TransactionId,
        eof: &Eof,
        name: &str,
        kind: Checksum,
    ) -> Option<String> {
        [name.to_string(), format!("{name}.{id}")]
            .into_iter()
            .find(|name| {
                let sum = File::open(self.root.join("files").join(name)).and_then(|mut file| {
                    let size = file.metadata()?.len();
                    Ok((size, sum_of(&mut file, size, kind)?))
                });
                sum.is_ok_and(|found| found == (eof.size, eof.checksum))
            })
    }

    /// Notes how a transfer ended and forgets the rest of it.
    pub fn close(&mut self, closed: &Closed) -> io::Result<()> {
        let text = serde_json::to_vec(closed).map_err(io::Error::other)?;
        replace(&self.path("closed", closed.id, "json"), &text)?;
        self.files.remove(&closed.id);
        self.forget(closed.id)
    }

    /// Notes that the sender knows.
    pub fn told(&mut self, closed: &Closed) -> io::Result<()> {
        let text = serde_json::to_vec(closed).map_err(io::Error::other)?;
        replace(&self.path("closed", closed.id, "json"), &text)
    }

    /// Forgets an end.
    pub fn forget_closed(&self, id: TransactionId) -> io::Result<()> {
        gone(&self.path("closed", id, "json"))
    }

    fn forget(&self, id: TransactionId) -> io::Result<()> {
        gone(&self.path("open", id, "json"))?;
        gone(&self.path("open", id, "data"))
    }

    /// Where whole files are.
    pub fn files(&self) -> PathBuf {
        self.root.join("files")
    }
}

fn sum_of(file: &mut File, size: u64, kind: Checksum) -> io::Result<u32> {
    let mut sum = kind.begin();
    file.seek(SeekFrom::Start(0))?;
    let mut left = size;
    let mut piece = vec![0; 1 << 16];
    while left > 0 {
        let want = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        file.read_exact(&mut piece[..want])?;
        sum.add(&piece[..want]);
        left -= want as u64;
    }
    Ok(sum.finish())
}

fn gone(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(place("removing", path, &e)),
        _ => Ok(()),
    }
}

/// All records of a folder that can be read; a torn one was never acknowledged.
fn records<T: serde::de::DeserializeOwned>(folder: &Path) -> io::Result<Vec<T>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(|e| place("reading", folder, &e))? {
        let path = entry?.path();
        if path.extension().is_none_or(|e| e != "json") {
            continue;
        }
        let mut text = Vec::new();
        File::open(&path)?
            .take(RECORD_LEN_MAX)
            .read_to_end(&mut text)?;
        if let Ok(record) = serde_json::from_slice(&text) {
            found.push(record);
        }
    }
    Ok(found)
}
