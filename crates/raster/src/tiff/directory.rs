//! Header and image file directories (TIFF 6.0 section 2, BigTIFF).

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;

use crate::RasterError;
use crate::source::ByteSource;

/// Most directories (images, overviews, masks) a file may chain.
const DIRECTORIES_MAX: usize = 1024;
/// Most entries of one directory; real files have some tens.
const ENTRIES_MAX: u64 = 4096;
/// Most bytes of one entry's value: offsets of 16 million blocks.
const VALUE_BYTES_MAX: u64 = 1 << 27;
/// Bytes read at once from the start of the file, where a COG keeps its directories.
const PREFIX_BYTES: u64 = 32 * 1024;

/// Order of the bytes of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    /// Unsigned number in all of `bytes` (at most 8).
    fn number(self, bytes: &[u8]) -> u64 {
        let push = |n: u64, b: &u8| (n << 8) | u64::from(*b);
        match self {
            Self::Little => bytes.iter().rev().fold(0, push),
            Self::Big => bytes.iter().fold(0, push),
        }
    }
}

/// One entry of a directory, its value not read yet.
#[derive(Debug, Clone)]
struct Entry {
    kind: u16,
    count: u64,
    /// The value itself when it fits, else its offset.
    payload: [u8; 8],
    payload_len: usize,
}

/// One image file directory.
#[derive(Debug, Clone)]
pub(crate) struct Directory {
    pub(crate) offset: u64,
    entries: BTreeMap<u16, Entry>,
}

/// The file seen as a chain of directories.
#[derive(Debug)]
pub(crate) struct Container<'a> {
    source: &'a dyn ByteSource,
    prefix: Bytes,
    pub(crate) byte_order: ByteOrder,
    pub(crate) big: bool,
    pub(crate) directories: Vec<Directory>,
}

impl<'a> Container<'a> {
    /// Reads the header and all directories, without their values.
    pub(crate) fn read(source: &'a dyn ByteSource) -> Result<Self, RasterError> {
        let prefix_len = source.len_bytes().min(PREFIX_BYTES);
        let prefix = source.read_at(0, prefix_len as usize)?;
        let bad =
            |field: &str, reason: String| RasterError::malformed(source.name(), field, reason);
        let head = prefix.get(..8).ok_or_else(|| {
            bad(
                "header",
                format!("{prefix_len} bytes are too short for a TIFF"),
            )
        })?;
        let byte_order = match &head[..2] {
            b"II" => ByteOrder::Little,
            b"MM" => ByteOrder::Big,
            _ => return Err(bad("header", foreign_content(&prefix))),
        };
        let (big, first) = match byte_order.number(&head[2..4]) {
            42 => (false, byte_order.number(&head[4..8])),
            43 => {
                let more = prefix
                    .get(8..16)
                    .ok_or_else(|| bad("header", "cut off inside the BigTIFF header".into()))?;
                if byte_order.number(&head[4..6]) != 8 || byte_order.number(&head[6..8]) != 0 {
                    return Err(bad("header", "BigTIFF offsets must have 8 bytes".into()));
                }
                (true, byte_order.number(more))
            }
            other => {
                return Err(bad(
                    "header",
                    format!("version {other} is neither 42 (TIFF) nor 43 (BigTIFF)"),
                ));
            }
        };
        let mut container = Self {
            source,
            prefix,
            byte_order,
            big,
            directories: Vec::new(),
        };
        container.read_chain(first)?;
        Ok(container)
    }

    fn read_chain(&mut self, first: u64) -> Result<(), RasterError> {
        let mut seen = HashSet::new();
        let mut offset = first;
        while offset != 0 {
            if !seen.insert(offset) {
                return Err(self.malformed(
                    format!("directory {}", self.directories.len()),
                    format!("the chain comes back to offset {offset}"),
                ));
            }
            if self.directories.len() >= DIRECTORIES_MAX {
                return Err(self.limit(
                    "number of directories",
                    seen.len() as u64,
                    DIRECTORIES_MAX as u64,
                ));
            }
            offset = self.read_directory(offset)?;
        }
        if self.directories.is_empty() {
            return Err(self.malformed("header", "the file has no directory"));
        }
        Ok(())
    }

    /// Reads the directory at `offset`, gives the offset of the next.
    fn read_directory(&mut self, offset: u64) -> Result<u64, RasterError> {
        let (count_len, entry_len, link_len) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let count = self.byte_order.number(&self.bytes(offset, count_len)?);
        if count > ENTRIES_MAX {
            return Err(self.limit("number of directory entries", count, ENTRIES_MAX));
        }
        let body_len = count * entry_len;
        let body = self.bytes(offset.saturating_add(count_len), body_len + link_len)?;
        let (entries, link) = body.split_at(body_len as usize);
        let payload_len = if self.big { 8 } else { 4 };
        let mut directory = Directory {
            offset,
            entries: BTreeMap::new(),
        };
        for raw in entries.chunks_exact(entry_len as usize) {
            let (head, tail) = raw.split_at(entry_len as usize - payload_len);
            let mut payload = [0; 8];
            payload[..payload_len].copy_from_slice(tail);
            let entry = Entry {
                kind: self.byte_order.number(&head[2..4]) as u16,
                count: self.byte_order.number(&head[4..]),
                payload,
                payload_len,
            };
            // The first of two entries with one tag counts, as in libtiff.
            let tag = self.byte_order.number(&head[..2]) as u16;
            directory.entries.entry(tag).or_insert(entry);
        }
        self.directories.push(directory);
        Ok(self.byte_order.number(link))
    }

    /// Raw bytes of an entry's value and the size of one element.
    fn value(&self, directory: &Directory, tag: u16) -> Result<Option<(u16, Bytes)>, RasterError> {
        let Some(entry) = directory.entries.get(&tag) else {
            return Ok(None);
        };
        let field = || format!("tag {tag} of the directory at {}", directory.offset);
        let Some(size) = kind_size(entry.kind) else {
            return Err(self.malformed(field(), format!("unknown value type {}", entry.kind)));
        };
        let len = entry
            .count
            .checked_mul(size)
            .filter(|l| *l <= VALUE_BYTES_MAX);
        let Some(len) = len else {
            return Err(self.limit(
                "number of values of a tag",
                entry.count,
                VALUE_BYTES_MAX / size,
            ));
        };
        let payload = &entry.payload[..entry.payload_len];
        if len <= payload.len() as u64 {
            return Ok(Some((
                entry.kind,
                Bytes::copy_from_slice(&payload[..len as usize]),
            )));
        }
        let offset = self.byte_order.number(payload);
        let bytes = self.bytes(offset, len).map_err(|_| {
            self.malformed(
                field(),
                format!(
                    "{len} bytes at {offset} are outside the file of {} bytes",
                    self.source.len_bytes()
                ),
            )
        })?;
        Ok(Some((entry.kind, bytes)))
    }

    /// Unsigned integers of a tag.
    pub(crate) fn integers(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<Vec<u64>>, RasterError> {
        let Some((kind, bytes)) = self.value(directory, tag)? else {
            return Ok(None);
        };
        let size = match kind {
            1 | 7 => 1,
            3 => 2,
            4 | 13 => 4,
            16 | 18 => 8,
            _ => {
                return Err(self.malformed(
                    format!("tag {tag}"),
                    format!("value type {kind} where an unsigned integer is needed"),
                ));
            }
        };
        Ok(Some(
            bytes
                .chunks_exact(size)
                .map(|c| self.byte_order.number(c))
                .collect(),
        ))
    }

    /// The single (or first) unsigned integer of a tag.
    pub(crate) fn integer(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<u64>, RasterError> {
        match self.integers(directory, tag)? {
            None => Ok(None),
            Some(values) => values
                .first()
                .copied()
                .map(Some)
                .ok_or_else(|| self.malformed(format!("tag {tag}"), "has no value")),
        }
    }

    /// Floating-point numbers of a tag.
    pub(crate) fn floats(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<Vec<f64>>, RasterError> {
        let Some((kind, bytes)) = self.value(directory, tag)? else {
            return Ok(None);
        };
        let order = self.byte_order;
        match kind {
            11 => Ok(Some(
                bytes
                    .chunks_exact(4)
                    .map(|c| f64::from(f32::from_bits(order.number(c) as u32)))
                    .collect(),
            )),
            12 => Ok(Some(
                bytes
                    .chunks_exact(8)
                    .map(|c| f64::from_bits(order.number(c)))
                    .collect(),
            )),
            _ => Err(self.malformed(
                format!("tag {tag}"),
                format!("value type {kind} where a floating-point number is needed"),
            )),
        }
    }

    /// Text of a tag, up to its first NUL; bytes that are not UTF-8 are replaced.
    pub(crate) fn text(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<String>, RasterError> {
        let Some((kind, bytes)) = self.value(directory, tag)? else {
            return Ok(None);
        };
        if !matches!(kind, 1 | 2 | 7) {
            return Err(self.malformed(
                format!("tag {tag}"),
                format!("value type {kind} where text is needed"),
            ));
        }
        let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
        Ok(Some(String::from_utf8_lossy(&bytes[..end]).into_owned()))
    }

    /// Raw bytes of a tag.
    pub(crate) fn raw(
        &self,
        directory: &Directory,
        tag: u16,
    ) -> Result<Option<Bytes>, RasterError> {
        Ok(self.value(directory, tag)?.map(|(_, bytes)| bytes))
    }

    /// Bytes of the file, from the prefix where it has them.
    fn bytes(&self, offset: u64, len: u64) -> Result<Bytes, RasterError> {
        let end = offset.checked_add(len);
        if let Some(end) = end
            && end <= self.prefix.len() as u64
        {
            return Ok(self.prefix.slice(offset as usize..end as usize));
        }
        let len = usize::try_from(len).map_err(|_| self.limit("length", len, usize::MAX as u64))?;
        if end.is_none_or(|e| e > self.source.len_bytes()) {
            return Err(self.malformed(
                format!("bytes {offset} + {len}"),
                format!("outside the file of {} bytes", self.source.len_bytes()),
            ));
        }
        self.source.read_at(offset, len)
    }

    pub(crate) fn name(&self) -> &str {
        self.source.name()
    }

    pub(crate) fn malformed(
        &self,
        field: impl Into<String>,
        reason: impl Into<String>,
    ) -> RasterError {
        RasterError::malformed(self.source.name(), field, reason)
    }

    pub(crate) fn unsupported(&self, feature: impl Into<String>) -> RasterError {
        RasterError::unsupported(self.source.name(), feature)
    }

    pub(crate) fn limit(&self, what: &'static str, value: u64, limit: u64) -> RasterError {
        RasterError::Limit {
            name: self.source.name().to_owned(),
            what,
            value,
            limit,
        }
    }
}

/// Bytes of one value of a TIFF value type.
const fn kind_size(kind: u16) -> Option<u64> {
    match kind {
        1 | 2 | 6 | 7 => Some(1),
        3 | 8 => Some(2),
        4 | 9 | 11 | 13 => Some(4),
        5 | 10 | 12 | 16 | 17 | 18 => Some(8),
        _ => None,
    }
}

/// Says what the file is when it is not a TIFF.
fn foreign_content(prefix: &[u8]) -> String {
    let kind = match prefix {
        [0x89, b'P', b'N', b'G', ..] => "a PNG picture",
        [0xff, 0xd8, 0xff, ..] => "a JPEG picture",
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            "a JPEG 2000 picture"
        }
        [
            b'R',
            b'I',
            b'F',
            b'F',
            _,
            _,
            _,
            _,
            b'W',
            b'E',
            b'B',
            b'P',
            ..,
        ] => "a WebP picture",
        [0x89, b'H', b'D', b'F', ..] => "an HDF5 or NetCDF-4 file",
        [b'C', b'D', b'F', ..] => "a NetCDF file",
        [b'P', b'K', 3, 4, ..] => "a ZIP archive",
        _ => "of another kind",
    };
    format!("does not start with II or MM: neither TIFF nor JPEG 2000, but {kind}")
}
