//! Parts on disk: what was acknowledged survives, what is whole was checked.
//!
//! ```text
//! <spool>/lock                              held while a receiver runs
//! <spool>/open/<transfer>/transfer.json     what the file is, who sends it, since when
//! <spool>/open/<transfer>/data              the file, parts at their offsets
//! <spool>/open/<transfer>/kept.log          8 bytes for each part that is on disk
//! <spool>/open/<transfer>/whole.json        written when the whole file had the right digest
//! <spool>/stored/<transfer>.json            files accepted for good: the same again is known
//! ```
//!
//! Order of a part: data, sync, record, sync, then the acknowledgement. Order of an acceptance: the
//! record in `stored`, sync, then the transfer's folder goes, then the acknowledgement. So a kill at any
//! instant leaves parts that were never acknowledged at worst, and those are sent again.

mod disk;

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, Read},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    FILE_SIZE_MAX_BYTES, OPEN_TRANSFERS_MAX,
    message::{FileHeader, MISSING_RANGES_MAX, PartHeader, hex},
};

pub(super) use disk::Disk;
use disk::failed as disk;

/// Most the open transfers of one spool may come to by their declared sizes, unless configured: 256 GiB.
pub const SPOOL_SIZE_MAX_BYTES: u64 = 256 << 30;

/// Records of stored files kept to recognise the same file again; the oldest go first.
pub const STORED_RECORDS_MAX: usize = 100_000;

/// Bytes read at once when a whole file is checked.
const READ_LENGTH: usize = 1 << 20;

/// Bytes of one record in `kept.log`: the part's number and its complement, so that a torn or empty
/// record is seen.
const RECORD_LENGTH: usize = 8;

/// Largest description read back from the spool, bytes: the largest header and its surroundings.
const DESCRIPTION_LENGTH_MAX: u64 = super::message::HEADER_LENGTH_MAX as u64 + 4_096;

/// How much a spool takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SpoolLimits {
    /// Largest file.
    pub file_size_max_bytes: u64,
    /// Sum of the declared sizes of all open transfers.
    pub spool_size_max_bytes: u64,
    /// Number of open transfers.
    pub open_max: usize,
}

impl Default for SpoolLimits {
    fn default() -> Self {
        Self {
            file_size_max_bytes: FILE_SIZE_MAX_BYTES,
            spool_size_max_bytes: SPOOL_SIZE_MAX_BYTES,
            open_max: OPEN_TRANSFERS_MAX,
        }
    }
}

/// Why the spool did not do what was asked.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// The disk said no; nothing was acknowledged.
    #[error("cannot {action} {path}: {source}")]
    Disk {
        /// What was being done.
        action: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another receiver uses this spool.
    #[error("spool {path} is in use by another receiver")]
    InUse {
        /// The spool.
        path: PathBuf,
    },
    /// The file is larger than this receiver takes.
    #[error("file {name} has {size_bytes} bytes, expected at most {limit_bytes}")]
    TooLarge {
        /// Name of the file.
        name: String,
        /// Its size.
        size_bytes: u64,
        /// The limit.
        limit_bytes: u64,
    },
    /// The spool has as much under way as it takes.
    #[error("spool is full: {what}")]
    Full {
        /// Which limit was met.
        what: String,
    },
    /// The whole file does not have its digest; its parts were thrown away.
    #[error("file {name} has digest {found}, expected {expected}")]
    WholeDigest {
        /// Name of the file.
        name: String,
        /// Digest computed.
        found: String,
        /// Digest that the sender gave.
        expected: String,
    },
    /// No such transfer is open.
    #[error("transfer {transfer} is not open")]
    Unknown {
        /// The transfer asked for.
        transfer: String,
    },
}

/// Where a transfer stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Parts are missing.
    Open,
    /// All parts are here and the digest was checked.
    Whole,
    /// Accepted for good, now or earlier.
    Stored,
}

/// A whole file in the spool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpooledFile {
    /// Where its bytes lie.
    pub path: PathBuf,
    /// What it is.
    pub header: FileHeader,
    /// Who sent its first bundle.
    pub source_eid: String,
    /// When that arrived.
    pub first_bundle_at: Timestamp,
    /// When the last arrived.
    pub last_bundle_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct Description {
    header: FileHeader,
    source_eid: String,
    first_bundle_at: Timestamp,
}

#[derive(Debug, Serialize, Deserialize)]
struct WholeRecord {
    last_bundle_at: Timestamp,
}

#[derive(Debug)]
struct Transfer {
    description: Description,
    last_bundle_at: Timestamp,
    /// One bit a part.
    kept: Vec<u64>,
    parts_kept: u32,
    whole: bool,
}

/// The spool of one receiver. All functions block on the disk.
#[derive(Debug)]
pub struct Spool {
    open_dir: PathBuf,
    stored_dir: PathBuf,
    limits: SpoolLimits,
    disk: Disk,
    transfers: BTreeMap<String, Transfer>,
    /// Held for the lifetime of the spool; the system lets go of it when the process ends.
    _lock: File,
}

impl Spool {
    /// Opens or makes a spool, and reads back what is in it; half-made folders and the remains of accepted
    /// files are removed. `now` stands in for the time of a last part that was not written down.
    pub fn open(dir: &Path, limits: SpoolLimits, now: Timestamp) -> Result<Self, SpoolError> {
        Self::open_on(Disk::Synced, dir, limits, now)
    }

    /// The same without a sync of anything: a spool that ends with its process, as a rehearsal's.
    pub fn open_unsynced(
        dir: &Path,
        limits: SpoolLimits,
        now: Timestamp,
    ) -> Result<Self, SpoolError> {
        Self::open_on(Disk::Unsynced, dir, limits, now)
    }

    fn open_on(
        disk_kind: Disk,
        dir: &Path,
        limits: SpoolLimits,
        now: Timestamp,
    ) -> Result<Self, SpoolError> {
        let (open_dir, stored_dir) = (dir.join("open"), dir.join("stored"));
        for folder in [&open_dir, &stored_dir] {
            fs::create_dir_all(folder).map_err(|e| disk("make", folder, e))?;
        }
        let lock_path = dir.join("lock");
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_path);
        let lock = lock.map_err(|e| disk("open", &lock_path, e))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(SpoolError::InUse { path: dir.into() }),
            Err(TryLockError::Error(e)) => return Err(disk("lock", &lock_path, e)),
        }
        disk_kind.sync_dir(dir)?;
        let mut spool = Self {
            open_dir,
            stored_dir,
            limits,
            disk: disk_kind,
            transfers: BTreeMap::new(),
            _lock: lock,
        };
        spool.prune_stored()?;
        spool.read_back(now)?;
        Ok(spool)
    }

    /// Takes note of a file that is offered; makes its folder if it is new.
    pub fn begin(
        &mut self,
        header: &FileHeader,
        source_eid: &str,
        now: Timestamp,
    ) -> Result<Standing, SpoolError> {
        if self.stored_path(&header.transfer).exists() {
            return Ok(Standing::Stored);
        }
        if let Some(transfer) = self.transfers.get(&header.transfer) {
            return Ok(if transfer.whole {
                Standing::Whole
            } else {
                Standing::Open
            });
        }
        self.check_limits(header)?;
        let description = Description {
            header: header.clone(),
            source_eid: source_eid.into(),
            first_bundle_at: now,
        };
        let (dir, new_dir) = (
            self.dir(&header.transfer),
            self.open_dir.join(format!(".new-{}", header.transfer)),
        );
        if new_dir.exists() {
            fs::remove_dir_all(&new_dir).map_err(|e| disk("remove", &new_dir, e))?;
        }
        fs::create_dir(&new_dir).map_err(|e| disk("make", &new_dir, e))?;
        self.disk
            .write(&new_dir.join("transfer.json"), &to_json(&description))?;
        self.disk.write(&new_dir.join("data"), &[])?;
        self.disk.write(&new_dir.join("kept.log"), &[])?;
        self.disk.sync_dir(&new_dir)?;
        fs::rename(&new_dir, &dir).map_err(|e| disk("name", &dir, e))?;
        self.disk.sync_dir(&self.open_dir)?;
        self.transfers
            .insert(header.transfer.clone(), Transfer::new(description, now));
        Ok(Standing::Open)
    }

    /// Writes a part whose digest was checked. Returns whether it is new; when it returns, it is on disk.
    pub fn keep(
        &mut self,
        part: &PartHeader,
        body: &[u8],
        now: Timestamp,
    ) -> Result<bool, SpoolError> {
        let dir = self.dir(&part.file.transfer);
        let disk = self.disk;
        let transfer = self.transfer_mut(&part.file.transfer)?;
        if transfer.whole || transfer.is_kept(part.part) {
            return Ok(false);
        }
        disk.write_at(&dir.join("data"), part.offset_bytes, body)?;
        // The position is counted, not "the end": a torn record of a failed write is overwritten.
        let position = u64::from(transfer.parts_kept) * RECORD_LENGTH as u64;
        disk.write_at(&dir.join("kept.log"), position, &record(part.part))?;
        transfer.mark(part.part);
        transfer.last_bundle_at = now;
        Ok(true)
    }

    /// The ranges of parts that are missing, `(first, count)` in order, at most
    /// [`MISSING_RANGES_MAX`] of them; empty when none is or when the transfer is not open.
    pub fn missing(&self, transfer: &str) -> Vec<(u32, u32)> {
        let Some(transfer) = self.transfers.get(transfer) else {
            return Vec::new();
        };
        let mut ranges: Vec<(u32, u32)> = Vec::new();
        for part in (0..transfer.description.header.parts).filter(|part| !transfer.is_kept(*part)) {
            let full = ranges.len() == MISSING_RANGES_MAX;
            match ranges.last_mut() {
                Some((first, count)) if *first + *count == part => *count += 1,
                _ if full => break,
                _ => ranges.push((part, 1)),
            }
        }
        ranges
    }

    /// Parts on disk and parts in all of an open transfer.
    pub fn progress(&self, transfer: &str) -> Option<(u32, u32)> {
        self.transfers
            .get(transfer)
            .map(|t| (t.parts_kept, t.description.header.parts))
    }

    /// Checks the digest of a transfer whose parts are all here. On a wrong digest the transfer is thrown
    /// away: no part of it can be told good from bad.
    pub fn check_whole(&mut self, transfer_id: &str) -> Result<SpooledFile, SpoolError> {
        let (dir, disk) = (self.dir(transfer_id), self.disk);
        let transfer = self.transfer_mut(transfer_id)?;
        if transfer.parts_kept != transfer.description.header.parts {
            return Err(SpoolError::Unknown {
                transfer: transfer_id.into(),
            });
        }
        if !transfer.whole {
            let (path, header) = (dir.join("data"), &transfer.description.header);
            let found = digest_of(&path, header.size_bytes)?;
            if found != header.sha256 {
                let (name, expected) = (header.name.clone(), header.sha256.clone());
                self.discard(transfer_id)?;
                return Err(SpoolError::WholeDigest {
                    name,
                    found,
                    expected,
                });
            }
            disk.write_aside(
                &dir.join("whole.json"),
                &to_json(&WholeRecord {
                    last_bundle_at: transfer.last_bundle_at,
                }),
            )?;
            transfer.whole = true;
        }
        self.file(transfer_id).ok_or_else(|| SpoolError::Unknown {
            transfer: transfer_id.into(),
        })
    }

    /// Transfers whose parts are all on disk, checked or not.
    pub fn complete(&self) -> Vec<String> {
        let full = self
            .transfers
            .iter()
            .filter(|(_, t)| t.parts_kept == t.description.header.parts);
        full.map(|(id, _)| id.clone()).collect()
    }

    /// Forgets a transfer because its file is stored for good elsewhere, and remembers that.
    pub fn accept(&mut self, transfer: &str) -> Result<(), SpoolError> {
        let Some(open) = self.transfers.get(transfer) else {
            return if self.stored_path(transfer).exists() {
                Ok(())
            } else {
                Err(SpoolError::Unknown {
                    transfer: transfer.into(),
                })
            };
        };
        let header = &open.description.header;
        let note = serde_json::json!({ "name": header.name, "sha256": header.sha256, "size_bytes": header.size_bytes });
        self.disk
            .write_aside(&self.stored_path(transfer), note.to_string().as_bytes())?;
        self.discard(transfer)
    }

    /// Forgets a transfer and removes its parts.
    pub fn discard(&mut self, transfer: &str) -> Result<(), SpoolError> {
        if self.transfers.remove(transfer).is_none() {
            return Ok(());
        }
        // Renamed first: a kill amid the removal must not leave a folder that looks like a transfer.
        let (dir, old_dir) = (
            self.dir(transfer),
            self.open_dir.join(format!(".old-{transfer}")),
        );
        fs::rename(&dir, &old_dir).map_err(|e| disk("rename", &dir, e))?;
        self.disk.sync_dir(&self.open_dir)?;
        fs::remove_dir_all(&old_dir).map_err(|e| disk("remove", &old_dir, e))
    }

    fn file(&self, id: &str) -> Option<SpooledFile> {
        let transfer = self.transfers.get(id).filter(|t| t.whole)?;
        Some(SpooledFile {
            path: self.dir(id).join("data"),
            header: transfer.description.header.clone(),
            source_eid: transfer.description.source_eid.clone(),
            first_bundle_at: transfer.description.first_bundle_at,
            last_bundle_at: transfer.last_bundle_at,
        })
    }

    fn check_limits(&self, header: &FileHeader) -> Result<(), SpoolError> {
        if header.size_bytes > self.limits.file_size_max_bytes {
            return Err(SpoolError::TooLarge {
                name: header.name.clone(),
                size_bytes: header.size_bytes,
                limit_bytes: self.limits.file_size_max_bytes,
            });
        }
        if self.transfers.len() >= self.limits.open_max {
            return Err(SpoolError::Full {
                what: format!("{} transfers are open", self.transfers.len()),
            });
        }
        let open_bytes: u64 = self
            .transfers
            .values()
            .map(|t| t.description.header.size_bytes)
            .sum();
        let with_this = open_bytes.saturating_add(header.size_bytes);
        if with_this > self.limits.spool_size_max_bytes {
            let limit = self.limits.spool_size_max_bytes;
            return Err(SpoolError::Full {
                what: format!("{with_this} bytes open, at most {limit}"),
            });
        }
        Ok(())
    }

    fn read_back(&mut self, now: Timestamp) -> Result<(), SpoolError> {
        for entry in list(&self.open_dir)? {
            let name = entry
                .file_name()
                .and_then(|n| n.to_str())
                .unwrap_or_default()
                .to_owned();
            let remains = name.starts_with('.') || self.stored_path(&name).exists();
            let transfer = if remains || !entry.is_dir() {
                None
            } else {
                read_transfer(&entry, &name, now)?
            };
            match transfer {
                Some(transfer) => {
                    self.transfers.insert(name, transfer);
                }
                None => {
                    tracing::warn!(path = %entry.display(), "removing the remains of a transfer from the spool");
                    let removed = if entry.is_dir() {
                        fs::remove_dir_all(&entry)
                    } else {
                        fs::remove_file(&entry)
                    };
                    removed.map_err(|e| disk("remove", &entry, e))?;
                }
            }
        }
        Ok(())
    }

    fn prune_stored(&self) -> Result<(), SpoolError> {
        let mut records = Vec::new();
        for path in list(&self.stored_dir)? {
            let changed = fs::metadata(&path)
                .and_then(|m| m.modified())
                .map_err(|e| disk("look at", &path, e))?;
            records.push((changed, path));
        }
        records.sort();
        let surplus = records.len().saturating_sub(STORED_RECORDS_MAX);
        for (_, path) in records.drain(..surplus) {
            fs::remove_file(&path).map_err(|e| disk("remove", &path, e))?;
        }
        Ok(())
    }

    fn transfer_mut(&mut self, id: &str) -> Result<&mut Transfer, SpoolError> {
        self.transfers
            .get_mut(id)
            .ok_or_else(|| SpoolError::Unknown {
                transfer: id.into(),
            })
    }

    fn dir(&self, transfer: &str) -> PathBuf {
        self.open_dir.join(transfer)
    }

    fn stored_path(&self, transfer: &str) -> PathBuf {
        self.stored_dir.join(format!("{transfer}.json"))
    }
}

impl Transfer {
    fn new(description: Description, now: Timestamp) -> Self {
        let words = (description.header.parts as usize).div_ceil(64);
        Self {
            description,
            last_bundle_at: now,
            kept: vec![0; words],
            parts_kept: 0,
            whole: false,
        }
    }

    fn is_kept(&self, part: u32) -> bool {
        self.kept
            .get(part as usize / 64)
            .is_some_and(|word| word & (1 << (part % 64)) != 0)
    }

    fn mark(&mut self, part: u32) {
        if let Some(word) = self.kept.get_mut(part as usize / 64)
            && *word & (1 << (part % 64)) == 0
        {
            *word |= 1 << (part % 64);
            self.parts_kept += 1;
        }
    }
}

/// Reads one transfer's folder; `None` when it is not a whole description of the transfer it is named for.
fn read_transfer(dir: &Path, name: &str, now: Timestamp) -> Result<Option<Transfer>, SpoolError> {
    let Some(text) = read_limited(&dir.join("transfer.json"), DESCRIPTION_LENGTH_MAX)? else {
        return Ok(None);
    };
    let Ok(description) = serde_json::from_slice::<Description>(&text) else {
        return Ok(None);
    };
    if description.header.check().is_err() || description.header.transfer != name {
        return Ok(None);
    }
    let log_length_max = u64::from(description.header.parts) * RECORD_LENGTH as u64;
    let log = read_limited(&dir.join("kept.log"), log_length_max)?;
    let data_bytes = fs::metadata(dir.join("data")).map(|m| m.len()).ok();
    let (Some(log), Some(data_bytes)) = (log, data_bytes) else {
        return Ok(None);
    };
    let mut transfer = Transfer::new(description, now);
    for entry in log.chunks_exact(RECORD_LENGTH) {
        let Some(part) = part_of_record(entry) else {
            break;
        };
        // A record is written after its data was synced: data that ends before is a damaged disk.
        let extent = transfer.description.header.extent(part);
        let Some((offset_bytes, length_bytes)) = extent else {
            break;
        };
        if offset_bytes + u64::from(length_bytes) > data_bytes || transfer.is_kept(part) {
            break;
        }
        transfer.mark(part);
    }
    if let Some(text) = read_limited(&dir.join("whole.json"), 4_096)?
        && let Ok(record) = serde_json::from_slice::<WholeRecord>(&text)
    {
        // The time is taken over; the digest is checked anew before the file is handed out.
        transfer.last_bundle_at = record.last_bundle_at;
    }
    Ok(Some(transfer))
}

fn record(part: u32) -> [u8; RECORD_LENGTH] {
    (u64::from(part) << 32 | u64::from(!part)).to_be_bytes()
}

fn part_of_record(bytes: &[u8]) -> Option<u32> {
    let value = u64::from_be_bytes(bytes.try_into().ok()?);
    let part = u32::try_from(value >> 32).ok()?;
    (record(part) == value.to_be_bytes()).then_some(part)
}

fn digest_of(path: &Path, size_bytes: u64) -> Result<String, SpoolError> {
    let mut file = File::open(path)
        .map_err(|e| disk("open", path, e))?
        .take(size_bytes);
    let mut digest = Sha256::new();
    let mut buffer = vec![0; READ_LENGTH];
    loop {
        let length = file.read(&mut buffer).map_err(|e| disk("read", path, e))?;
        if length == 0 {
            return Ok(hex(&digest.finalize()));
        }
        digest.update(&buffer[..length]);
    }
}

fn list(dir: &Path) -> Result<Vec<PathBuf>, SpoolError> {
    let entries = fs::read_dir(dir).map_err(|e| disk("list", dir, e))?;
    let paths: io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|e| e.path())).collect();
    paths.map_err(|e| disk("list", dir, e))
}

/// Reads a file of at most `limit_bytes`; what is beyond is left out; `None` when there is no such file.
fn read_limited(path: &Path, limit_bytes: u64) -> Result<Option<Vec<u8>>, SpoolError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(disk("open", path, e)),
    };
    let mut bytes = Vec::new();
    file.take(limit_bytes)
        .read_to_end(&mut bytes)
        .map_err(|e| disk("read", path, e))?;
    Ok(Some(bytes))
}

fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain structs of strings and numbers always serialize")
}

#[cfg(test)]
mod tests {
    use super::{super::message::sha256_hex, *};

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn header(bytes: &[u8]) -> FileHeader {
        FileHeader::new(
            "a.bin",
            "a/b",
            bytes.len() as u64,
            &sha256_hex(bytes),
            64,
            "{}",
        )
        .unwrap()
    }

    fn part(file: &FileHeader, bytes: &[u8], part: u32) -> (PartHeader, Vec<u8>) {
        let (offset_bytes, length_bytes) = file.extent(part).unwrap();
        let body = bytes[offset_bytes as usize..][..length_bytes as usize].to_vec();
        (
            PartHeader {
                file: file.clone(),
                part,
                offset_bytes,
                sha256: sha256_hex(&body),
            },
            body,
        )
    }

    fn spool(dir: &Path) -> Spool {
        Spool::open(dir, SpoolLimits::default(), NOW).unwrap()
    }

    fn keep(spool: &mut Spool, file: &FileHeader, bytes: &[u8], number: u32) -> bool {
        let (head, body) = part(file, bytes, number);
        spool.begin(file, "ipn:1.1", NOW).unwrap();
        spool.keep(&head, &body, NOW).unwrap()
    }

    #[test]
    fn parts_in_any_order_survive_reopening_and_make_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..1_000).map(|i| (i * 7 % 251) as u8).collect();
        let file = header(&bytes);
        let order: Vec<u32> = (0..file.parts).rev().collect();
        for number in order {
            let mut s = spool(dir.path());
            assert!(keep(&mut s, &file, &bytes, number));
            assert!(
                !keep(&mut s, &file, &bytes, number),
                "a duplicate is not new"
            );
        }
        let mut s = spool(dir.path());
        assert_eq!(s.complete(), vec![file.transfer.clone()]);
        let whole = s.check_whole(&file.transfer).unwrap();
        assert_eq!(fs::read(&whole.path).unwrap(), bytes);
        s.accept(&file.transfer).unwrap();
        assert!(!whole.path.exists());
        assert_eq!(s.begin(&file, "ipn:1.1", NOW).unwrap(), Standing::Stored);
        drop(s);
        assert_eq!(
            spool(dir.path()).begin(&file, "ipn:1.1", NOW).unwrap(),
            Standing::Stored
        );
    }

    #[test]
    fn a_wrong_whole_digest_throws_only_that_transfer_away() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = vec![1; 100];
        let good = header(&bytes);
        let bad = FileHeader::new("b.bin", "a/b", 100, &sha256_hex(b"other"), 64, "{}").unwrap();
        let mut s = spool(dir.path());
        keep(&mut s, &good, &bytes, 0);
        keep(&mut s, &bad, &bytes, 0);
        keep(&mut s, &bad, &bytes, 1);
        assert!(matches!(
            s.check_whole(&bad.transfer),
            Err(SpoolError::WholeDigest { .. })
        ));
        assert_eq!(s.progress(&bad.transfer), None);
        assert_eq!(s.missing(&good.transfer), vec![(1, 1)]);
    }

    #[test]
    fn a_torn_record_is_not_believed_and_is_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let bytes = vec![3; 300];
        let file = header(&bytes);
        keep(&mut spool(dir.path()), &file, &bytes, 2);
        let log = dir
            .path()
            .join("open")
            .join(&file.transfer)
            .join("kept.log");
        let mut torn = fs::read(&log).unwrap();
        torn.extend_from_slice(&[0, 0, 0]);
        fs::write(&log, torn).unwrap();
        let mut s = spool(dir.path());
        assert_eq!(s.missing(&file.transfer), vec![(0, 2), (3, 2)]);
        keep(&mut s, &file, &bytes, 0);
        drop(s);
        assert_eq!(
            spool(dir.path()).missing(&file.transfer),
            vec![(1, 1), (3, 2)]
        );
    }

    #[test]
    fn limits_hold_and_name_themselves() {
        let dir = tempfile::tempdir().unwrap();
        let limits = SpoolLimits {
            file_size_max_bytes: 100,
            spool_size_max_bytes: 150,
            open_max: 2,
        };
        let mut s = Spool::open(dir.path(), limits, NOW).unwrap();
        assert!(matches!(
            s.begin(&header(&[0; 101]), "e", NOW),
            Err(SpoolError::TooLarge { .. })
        ));
        s.begin(&header(&[0; 100]), "e", NOW).unwrap();
        assert!(matches!(
            s.begin(&header(&[0; 51]), "e", NOW),
            Err(SpoolError::Full { .. })
        ));
        s.begin(&header(&[0; 1]), "e", NOW).unwrap();
        assert!(matches!(
            s.begin(&header(&[0; 2]), "e", NOW),
            Err(SpoolError::Full { .. })
        ));
    }

    #[test]
    fn one_receiver_at_a_time_and_remains_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let s = spool(dir.path());
        assert!(matches!(
            Spool::open(dir.path(), SpoolLimits::default(), NOW),
            Err(SpoolError::InUse { .. })
        ));
        drop(s);
        for name in [".new-x", ".old-y", "nonsense"] {
            fs::create_dir(dir.path().join("open").join(name)).unwrap();
        }
        drop(spool(dir.path()));
        assert_eq!(fs::read_dir(dir.path().join("open")).unwrap().count(), 0);
    }
}
