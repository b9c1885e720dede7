//! Where bytes come from: the trait that datasets read through.

#[cfg(feature = "remote")]
pub mod remote;

use std::fmt::Debug;
use std::fs::File;
use std::ops::Range;
use std::path::Path;

use bytes::Bytes;

use crate::RasterError;

/// Random access to the bytes of one file or object.
///
/// Implementations must be cheap to call from several threads at once.
pub trait ByteSource: Debug + Send + Sync {
    /// Name for messages: a path, key or URL.
    fn name(&self) -> &str;

    /// Length of the whole.
    fn len_bytes(&self) -> u64;

    /// Exactly `len` bytes from `offset`.
    ///
    /// # Errors
    /// When the range is not inside the source, or reading fails.
    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, RasterError>;

    /// Says that these ranges will be read next, so that a distant source may fetch them together.
    ///
    /// # Errors
    /// When fetching fails.
    fn will_read(&self, _ranges: &[Range<u64>]) -> Result<(), RasterError> {
        Ok(())
    }
}

/// A file on a local disk.
#[derive(Debug)]
pub struct FileSource {
    file: File,
    len_bytes: u64,
    name: String,
}

impl FileSource {
    /// Opens `path` for reading.
    ///
    /// # Errors
    /// When the file cannot be opened or is not a regular file.
    pub fn open(path: &Path) -> Result<Self, RasterError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| RasterError::io("open", &name, e))?;
        let meta = file
            .metadata()
            .map_err(|e| RasterError::io("inspect", &name, e))?;
        if !meta.is_file() {
            return Err(RasterError::malformed(&name, "file", "not a regular file"));
        }
        Ok(Self {
            file,
            len_bytes: meta.len(),
            name,
        })
    }
}

impl ByteSource for FileSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        self.len_bytes
    }

    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, RasterError> {
        check_range(self, offset, len)?;
        let mut buffer = vec![0; len];
        read_exact_at(&self.file, &mut buffer, offset)
            .map_err(|e| RasterError::io("read", &self.name, e))?;
        Ok(buffer.into())
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, buffer, offset)
}

#[cfg(not(unix))]
fn read_exact_at(file: &File, buffer: &mut [u8], offset: u64) -> std::io::Result<()> {
    use std::io::{Read, Seek, SeekFrom};
    let mut file = file.try_clone()?;
    file.seek(SeekFrom::Start(offset))?;
    file.read_exact(buffer)
}

/// Bytes already in memory.
#[derive(Debug)]
pub struct MemorySource {
    bytes: Bytes,
    name: String,
}

impl MemorySource {
    /// Wraps `bytes`; `name` stands in messages.
    #[must_use]
    pub fn new(bytes: Bytes, name: impl Into<String>) -> Self {
        Self {
            bytes,
            name: name.into(),
        }
    }
}

impl ByteSource for MemorySource {
    fn name(&self) -> &str {
        &self.name
    }

    fn len_bytes(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, len: usize) -> Result<Bytes, RasterError> {
        let start = check_range(self, offset, len)?;
        Ok(self.bytes.slice(start..start + len))
    }
}

/// Checks that `offset..offset + len` is inside; gives the start as an index.
fn check_range(source: &dyn ByteSource, offset: u64, len: usize) -> Result<usize, RasterError> {
    let end = offset.checked_add(len as u64);
    match (end, usize::try_from(offset)) {
        (Some(end), Ok(start)) if end <= source.len_bytes() => Ok(start),
        _ => Err(RasterError::malformed(
            source.name(),
            format!("bytes {offset} + {len}"),
            format!("outside the file of {} bytes", source.len_bytes()),
        )),
    }
}
