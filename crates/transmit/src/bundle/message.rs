//! What sender and receiver put into bundles: header and bytes.
//!
//! ```text
//! "CRDR"  1  kind  header length (u32, big endian)  header (JSON)  bytes of the part
//! ```
//!
//! Kinds: 1 *offer* (describes a file, asks what is missing), 2 *part* (a piece of it), 3 *answer* (what
//! the node has). [`decode`] reads outside bytes: it allocates nothing by a length it was told.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use super::{
    FILE_SIZE_MAX_BYTES, MEDIA_TYPE_LENGTH_MAX, METADATA_LENGTH_MAX, NAME_LENGTH_MAX,
    PART_SIZE_MAX_BYTES, PART_SIZE_MIN_BYTES, PARTS_MAX,
};

const MAGIC: &[u8; 4] = b"CRDR";
const VERSION: u8 = 1;
const PREFIX_LENGTH: usize = 10;

/// Longest header, bytes: the metadata at its largest with every byte escaped as JSON text does at worst
/// (6 for 1), and room for the rest.
pub const HEADER_LENGTH_MAX: usize = METADATA_LENGTH_MAX * 6 + (16 << 10);

/// Most ranges of missing parts in one answer; the sender asks again for what follows.
pub const MISSING_RANGES_MAX: usize = 1_024;

/// What a file is. Its [`transfer`](Self::transfer) is a digest of all the rest, so that two headers that
/// disagree can never belong to the same transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileHeader {
    /// Identity of the transfer: SHA-256 in hex over the other fields.
    pub transfer: String,
    /// File name.
    pub name: String,
    /// IANA media type.
    pub media_type: String,
    /// Size of the whole file.
    pub size_bytes: u64,
    /// SHA-256 of the whole file in hex.
    pub sha256: String,
    /// Bytes in each part but the last.
    pub part_size_bytes: u32,
    /// Number of parts, 1 for an empty file.
    pub parts: u32,
    /// What the sender sends along, as JSON text.
    pub metadata: String,
}

/// One part of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartHeader {
    /// The file it belongs to.
    pub file: FileHeader,
    /// Which part, from 0.
    pub part: u32,
    /// Where it starts in the file.
    pub offset_bytes: u64,
    /// SHA-256 of the part's bytes in hex.
    pub sha256: String,
}

/// What the node has of a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The transfer meant.
    pub transfer: String,
    /// Its state at the node.
    pub state: AnswerState,
}

/// State of a transfer at the node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "lowercase", deny_unknown_fields)]
pub enum AnswerState {
    /// Parts are missing: `(first, count)` of each range, in order.
    Open {
        /// Ranges of missing parts.
        missing: Vec<(u32, u32)>,
    },
    /// This part is on disk.
    Kept {
        /// Which part.
        part: u32,
    },
    /// Every part is on disk; the node has yet to store the file.
    Whole {},
    /// The node has stored the file for good.
    Stored {},
    /// The node cannot take it now; try again later.
    Busy {
        /// Why.
        reason: String,
    },
    /// The node will not take it.
    Refused {
        /// Why.
        reason: String,
    },
}

/// One message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A file is offered: the node answers what is missing.
    Offer(FileHeader),
    /// A part of a file and its bytes.
    Part(PartHeader, Bytes),
    /// What the node has.
    Answer(Answer),
}

/// Bytes that are not a message, or a message that says something impossible.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Too short, or not of this protocol.
    #[error("not a file message: {0}")]
    Prefix(&'static str),
    /// The header is longer than allowed or than the message.
    #[error("header length {length}, expected at most {limit}")]
    HeaderLength {
        /// Length found.
        length: usize,
        /// Most that could be right here.
        limit: usize,
    },
    /// The header is not the JSON it should be.
    #[error("header: {0}")]
    Header(String),
    /// A field of the header is impossible.
    #[error("{field} is {value}, expected {expected}")]
    Field {
        /// Field at fault.
        field: &'static str,
        /// Its value, shortened.
        value: String,
        /// What would be right.
        expected: String,
    },
    /// The part's bytes do not have its digest.
    #[error("part {part} of {name} has digest {found}, expected {expected}")]
    PartDigest {
        /// Name of the file.
        name: String,
        /// Which part.
        part: u32,
        /// Digest computed.
        found: String,
        /// Digest in the header.
        expected: String,
    },
}

impl FileHeader {
    /// Describes a file; the number of parts and the identity follow from the rest.
    pub fn new(
        name: &str,
        media_type: &str,
        size_bytes: u64,
        sha256: &str,
        part_size_bytes: u32,
        metadata: &str,
    ) -> Result<Self, MessageError> {
        let mut header = Self {
            transfer: String::new(),
            name: name.into(),
            media_type: media_type.into(),
            size_bytes,
            sha256: sha256.into(),
            part_size_bytes,
            parts: part_count(size_bytes, part_size_bytes)?,
            metadata: metadata.into(),
        };
        header.transfer = header.identity();
        header.check()?;
        Ok(header)
    }

    /// Checks every field against the limits and the identity against the fields.
    pub fn check(&self) -> Result<(), MessageError> {
        check_name(&self.name)?;
        let media_type_ok = self
            .media_type
            .bytes()
            .all(|b| b.is_ascii_graphic() || b == b' ');
        if self.media_type.len() > MEDIA_TYPE_LENGTH_MAX || !media_type_ok {
            return Err(fault(
                "media type",
                &self.media_type,
                "printable ASCII of at most 255 bytes",
            ));
        }
        if self.metadata.len() > METADATA_LENGTH_MAX {
            let length = self.metadata.len().to_string();
            return Err(fault(
                "metadata length",
                &length,
                format!("at most {METADATA_LENGTH_MAX} bytes"),
            ));
        }
        if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&self.metadata) {
            return Err(fault("metadata", &error.to_string(), "JSON text"));
        }
        if self.size_bytes > FILE_SIZE_MAX_BYTES {
            return Err(fault(
                "file size",
                &self.size_bytes.to_string(),
                format!("at most {FILE_SIZE_MAX_BYTES} bytes"),
            ));
        }
        check_digest("file digest", &self.sha256)?;
        let parts = part_count(self.size_bytes, self.part_size_bytes)?;
        if parts != self.parts {
            return Err(fault(
                "number of parts",
                &self.parts.to_string(),
                parts.to_string(),
            ));
        }
        let identity = self.identity();
        if identity != self.transfer {
            return Err(fault("transfer", &self.transfer, identity));
        }
        Ok(())
    }

    /// Where part `part` lies in the file: offset and length, or `None` past the end.
    pub fn extent(&self, part: u32) -> Option<(u64, u32)> {
        if part >= self.parts {
            return None;
        }
        let offset_bytes = u64::from(part) * u64::from(self.part_size_bytes);
        let left_bytes = self.size_bytes.checked_sub(offset_bytes)?;
        let length_bytes = left_bytes.min(u64::from(self.part_size_bytes));
        Some((offset_bytes, u32::try_from(length_bytes).ok()?))
    }

    fn identity(&self) -> String {
        let mut digest = Sha256::new();
        for field in [&self.name, &self.media_type, &self.sha256, &self.metadata] {
            digest.update((field.len() as u64).to_be_bytes());
            digest.update(field.as_bytes());
        }
        digest.update(self.size_bytes.to_be_bytes());
        digest.update(self.part_size_bytes.to_be_bytes());
        hex(&digest.finalize())
    }
}

impl Message {
    /// The message as bundle payload.
    pub fn encode(&self) -> Result<Vec<u8>, MessageError> {
        let none = Bytes::new();
        let (kind, header, body) = match self {
            Self::Offer(header) => (1, serde_json::to_vec(header), &none),
            Self::Part(header, body) => (2, serde_json::to_vec(header), body),
            Self::Answer(answer) => (3, serde_json::to_vec(answer), &none),
        };
        let header = header.map_err(|error| MessageError::Header(error.to_string()))?;
        let length = u32::try_from(header.len()).unwrap_or(u32::MAX);
        if header.len() > HEADER_LENGTH_MAX {
            return Err(MessageError::HeaderLength {
                length: header.len(),
                limit: HEADER_LENGTH_MAX,
            });
        }
        let mut message = Vec::with_capacity(PREFIX_LENGTH + header.len() + body.len());
        message.extend_from_slice(MAGIC);
        message.extend_from_slice(&[VERSION, kind]);
        message.extend_from_slice(&length.to_be_bytes());
        message.extend_from_slice(&header);
        message.extend_from_slice(body);
        Ok(message)
    }
}

/// Reads a message from a bundle's payload and checks all that it says: limits, identity, extent and, for
/// a part, its digest.
pub fn decode(payload: &Bytes) -> Result<Message, MessageError> {
    let prefix = payload
        .get(..PREFIX_LENGTH)
        .ok_or(MessageError::Prefix("shorter than its prefix"))?;
    if prefix.get(..4) != Some(MAGIC.as_slice()) {
        return Err(MessageError::Prefix("does not start with CRDR"));
    }
    if prefix.get(4) != Some(&VERSION) {
        return Err(MessageError::Prefix("version is not 1"));
    }
    let length = match prefix {
        [.., a, b, c, d] => u32::from_be_bytes([*a, *b, *c, *d]) as usize,
        _ => return Err(MessageError::Prefix("shorter than its prefix")),
    };
    let limit = HEADER_LENGTH_MAX.min(payload.len() - PREFIX_LENGTH);
    if length > limit {
        return Err(MessageError::HeaderLength { length, limit });
    }
    let (header, body) = payload.slice(PREFIX_LENGTH..).split_at_checked(length);
    match prefix.get(5) {
        Some(1) if body.is_empty() => {
            let header: FileHeader = parse(&header)?;
            header.check()?;
            Ok(Message::Offer(header))
        }
        Some(2) => {
            let header: PartHeader = parse(&header)?;
            check_part(&header, &body)?;
            Ok(Message::Part(header, body))
        }
        Some(3) if body.is_empty() => {
            let answer: Answer = parse(&header)?;
            check_digest("transfer", &answer.transfer)?;
            Ok(Message::Answer(answer))
        }
        Some(1 | 3) => Err(MessageError::Prefix("bytes after the header")),
        _ => Err(MessageError::Prefix("kind is not 1, 2 or 3")),
    }
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes
        .iter()
        .flat_map(|b| [DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    digits.map(char::from).collect()
}

fn check_part(header: &PartHeader, body: &Bytes) -> Result<(), MessageError> {
    header.file.check()?;
    let last = header.file.parts - 1;
    let (offset_bytes, length_bytes) = header
        .file
        .extent(header.part)
        .ok_or_else(|| fault("part", &header.part.to_string(), format!("0 to {last}")))?;
    if header.offset_bytes != offset_bytes {
        return Err(fault(
            "part offset",
            &header.offset_bytes.to_string(),
            offset_bytes.to_string(),
        ));
    }
    if body.len() != length_bytes as usize {
        return Err(fault(
            "part length",
            &body.len().to_string(),
            length_bytes.to_string(),
        ));
    }
    check_digest("part digest", &header.sha256)?;
    let found = sha256_hex(body);
    if found != header.sha256 {
        let (name, expected) = (header.file.name.clone(), header.sha256.clone());
        return Err(MessageError::PartDigest {
            name,
            part: header.part,
            found,
            expected,
        });
    }
    Ok(())
}

/// A name is one plain path component: what a file may be called on any disk without leaving its folder.
fn check_name(name: &str) -> Result<(), MessageError> {
    let plain = !name.is_empty()
        && name.len() <= NAME_LENGTH_MAX
        && name != "."
        && name != ".."
        && name == name.trim()
        && !name
            .chars()
            .any(|c| c.is_control() || matches!(c, '/' | '\\' | ':' | '\u{202a}'..='\u{202e}'));
    if plain {
        return Ok(());
    }
    Err(fault(
        "file name",
        name,
        "1 to 255 bytes without path separators, colons or control characters",
    ))
}

fn check_digest(field: &'static str, digest: &str) -> Result<(), MessageError> {
    if digest.len() == 64
        && digest
            .bytes()
            .all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    {
        return Ok(());
    }
    Err(fault(field, digest, "64 lower-case hex digits"))
}

fn part_count(size_bytes: u64, part_size_bytes: u32) -> Result<u32, MessageError> {
    if !(PART_SIZE_MIN_BYTES..=PART_SIZE_MAX_BYTES).contains(&part_size_bytes) {
        let expected = format!("{PART_SIZE_MIN_BYTES} to {PART_SIZE_MAX_BYTES} bytes");
        return Err(fault("part size", &part_size_bytes.to_string(), expected));
    }
    let parts = size_bytes.div_ceil(u64::from(part_size_bytes)).max(1);
    u32::try_from(parts)
        .ok()
        .filter(|parts| *parts <= PARTS_MAX)
        .ok_or_else(|| {
            fault(
                "number of parts",
                &parts.to_string(),
                format!("at most {PARTS_MAX}"),
            )
        })
}

fn parse<'a, T: Deserialize<'a>>(header: &'a [u8]) -> Result<T, MessageError> {
    serde_json::from_slice(header).map_err(|error| MessageError::Header(error.to_string()))
}

fn fault(field: &'static str, value: &str, expected: impl Into<String>) -> MessageError {
    MessageError::Field {
        field,
        value: value.chars().take(80).collect(),
        expected: expected.into(),
    }
}

trait SplitChecked {
    fn split_at_checked(self, at: usize) -> (Bytes, Bytes);
}

impl SplitChecked for Bytes {
    /// Splits without copying; `at` past the end gives everything and nothing.
    fn split_at_checked(mut self, at: usize) -> (Bytes, Bytes) {
        let tail = self.split_off(at.min(self.len()));
        (self, tail)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header(size_bytes: u64, part_size_bytes: u32) -> FileHeader {
        FileHeader::new(
            "scene.tif",
            "image/tiff",
            size_bytes,
            &sha256_hex(b"x"),
            part_size_bytes,
            "{\"id\":1}",
        )
        .unwrap()
    }

    fn part(bytes: &[u8]) -> (PartHeader, Bytes) {
        let file = header(bytes.len() as u64, 1 << 20);
        (
            PartHeader {
                file,
                part: 0,
                offset_bytes: 0,
                sha256: sha256_hex(bytes),
            },
            Bytes::copy_from_slice(bytes),
        )
    }

    fn encoded(header: &PartHeader, body: &[u8]) -> Bytes {
        Bytes::from(
            Message::Part(header.clone(), Bytes::copy_from_slice(body))
                .encode()
                .unwrap(),
        )
    }

    #[test]
    fn parts_cover_the_file() {
        for (size_bytes, parts) in [
            (0, 1),
            (1, 1),
            (63, 1),
            (64, 1),
            (65, 2),
            (128, 2),
            (129, 3),
        ] {
            let h = header(size_bytes, 64);
            assert_eq!(h.parts, parts, "{size_bytes}");
            let total: u64 = (0..parts).map(|p| u64::from(h.extent(p).unwrap().1)).sum();
            assert_eq!(total, size_bytes);
            assert_eq!(h.extent(parts), None);
        }
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../etc/passwd",
            "a/b",
            "a\\b",
            "C:x",
            "a\0b",
            " a",
            "a\n",
            &"n".repeat(256),
        ] {
            let made = FileHeader::new(name, "a/b", 1, &sha256_hex(b""), 64, "{}");
            assert!(
                matches!(
                    made,
                    Err(MessageError::Field {
                        field: "file name",
                        ..
                    })
                ),
                "{name:?}"
            );
        }
        FileHeader::new("ok name.v2.tif", "a/b", 1, &sha256_hex(b""), 64, "{}").unwrap();
    }

    #[test]
    fn absurd_headers_are_refused() {
        let sha = sha256_hex(b"");
        assert!(FileHeader::new("a", "a/b", u64::MAX, &sha, 1 << 20, "{}").is_err());
        assert!(FileHeader::new("a", "a/b", 1, &sha, 0, "{}").is_err());
        assert!(FileHeader::new("a", "a/b", 1, &sha, u32::MAX, "{}").is_err());
        assert!(FileHeader::new("a", "a/b", 1 << 32, &sha, 64, "{}").is_err());
        assert!(FileHeader::new("a", "a/b", 1, "ABC", 64, "{}").is_err());
        assert!(FileHeader::new("a", "a/b", 1, &sha, 64, "{").is_err());
        assert!(
            FileHeader::new(
                "a",
                "a/b",
                1,
                &sha,
                64,
                &format!("\"{}\"", "x".repeat(METADATA_LENGTH_MAX))
            )
            .is_err()
        );
        let (mut p, body) = part(b"hello");
        p.file.parts = u32::MAX;
        assert!(decode(&encoded(&p, &body)).is_err());
    }

    #[test]
    fn a_changed_header_no_longer_fits_its_identity() {
        let (mut p, body) = part(b"hello");
        p.file.name = "other.tif".into();
        let error = decode(&encoded(&p, &body)).unwrap_err();
        assert!(
            matches!(
                error,
                MessageError::Field {
                    field: "transfer",
                    ..
                }
            ),
            "{error}"
        );
    }

    #[test]
    fn wrong_part_digest_offset_and_length_are_named() {
        let (p, body) = part(b"hello");
        assert!(matches!(
            decode(&encoded(&p, b"jello")),
            Err(MessageError::PartDigest { .. })
        ));
        assert!(
            decode(&encoded(&p, b"hell"))
                .unwrap_err()
                .to_string()
                .contains("part length")
        );
        let moved = PartHeader {
            offset_bytes: 5,
            ..p.clone()
        };
        assert!(
            decode(&encoded(&moved, &body))
                .unwrap_err()
                .to_string()
                .contains("part offset")
        );
        let past = PartHeader { part: 1, ..p };
        assert!(
            decode(&encoded(&past, &body))
                .unwrap_err()
                .to_string()
                .contains("part is 1")
        );
    }

    #[test]
    fn every_truncation_is_an_error() {
        let (p, body) = part(b"hello");
        let whole = encoded(&p, &body);
        for length in 0..whole.len() {
            assert!(decode(&whole.slice(..length)).is_err(), "{length}");
        }
    }

    #[test]
    fn a_header_length_past_the_end_is_refused() {
        let mut message = b"CRDR\x01\x02\xff\xff\xff\xff".to_vec();
        message.extend_from_slice(b"{}");
        assert!(matches!(
            decode(&message.into()),
            Err(MessageError::HeaderLength { .. })
        ));
    }

    proptest! {
        #[test]
        fn decode_undoes_encode(
            name in "[a-zA-Z0-9_.-]{1,40}x", bytes in prop::collection::vec(any::<u8>(), 0..400),
            part_size_bytes in 64_u32..200, text in "\\PC{0,60}",
        ) {
            let metadata = serde_json::json!({ "text": text }).to_string();
            let file = FileHeader::new(&name, "a/b", bytes.len() as u64, &sha256_hex(&bytes), part_size_bytes, &metadata).unwrap();
            for part in 0..file.parts {
                let (offset_bytes, length_bytes) = file.extent(part).unwrap();
                let from = offset_bytes as usize;
                let body = Bytes::copy_from_slice(&bytes[from..from + length_bytes as usize]);
                let header = PartHeader { file: file.clone(), part, offset_bytes, sha256: sha256_hex(&body) };
                let message = Message::Part(header, body);
                prop_assert_eq!(decode(&message.encode().unwrap().into()).unwrap(), message);
            }
            let offer = Message::Offer(file.clone());
            prop_assert_eq!(decode(&offer.encode().unwrap().into()).unwrap(), offer);
            for state in [AnswerState::Stored {}, AnswerState::Open { missing: vec![(0, 3), (7, 1)] }, AnswerState::Busy { reason: text.clone() }] {
                let answer = Message::Answer(Answer { transfer: file.transfer.clone(), state });
                prop_assert_eq!(decode(&answer.encode().unwrap().into()).unwrap(), answer);
            }
        }

        #[test]
        fn any_bytes_are_answered_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), kind in 0_u8..5) {
            let _ = decode(&bytes.clone().into());
            let mut framed = b"CRDR\x01".to_vec();
            framed.push(kind);
            framed.extend_from_slice(&(bytes.len() as u32 / 2).to_be_bytes());
            framed.extend_from_slice(&bytes);
            let _ = decode(&framed.into());
        }
    }
}
