//! Protocol data units (727.0-B-5 §5), to bytes and back.

mod read;
mod write;

pub use read::decode;
pub use write::encode;
pub(super) use write::header_len;

use super::{Class, TransactionId, checksum::Checksum};
use serde::{Deserialize, Serialize};

/// Longest file name of the wire: one byte says its length.
pub const NAME_LEN_MAX: usize = 255;

/// Why something ended or went wrong (table 5-5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are those of the standard")]
#[repr(u8)]
pub enum Condition {
    NoError = 0,
    PositiveAckLimit = 1,
    KeepAliveLimit = 2,
    InvalidTransmissionMode = 3,
    FilestoreRejection = 4,
    FileChecksumFailure = 5,
    FileSizeError = 6,
    NakLimit = 7,
    InactivityDetected = 8,
    InvalidFileStructure = 9,
    CheckLimit = 10,
    UnsupportedChecksumType = 11,
    SuspendRequest = 14,
    CancelRequest = 15,
}

impl Condition {
    fn from_code(code: u8) -> Option<Self> {
        use Condition::{
            CancelRequest, CheckLimit, FileChecksumFailure, FileSizeError, FilestoreRejection,
            InactivityDetected, InvalidFileStructure, InvalidTransmissionMode, KeepAliveLimit,
            NakLimit, NoError, PositiveAckLimit, SuspendRequest, UnsupportedChecksumType,
        };
        [
            NoError,
            PositiveAckLimit,
            KeepAliveLimit,
            InvalidTransmissionMode,
            FilestoreRejection,
            FileChecksumFailure,
            FileSizeError,
            NakLimit,
            InactivityDetected,
            InvalidFileStructure,
            CheckLimit,
            UnsupportedChecksumType,
            SuspendRequest,
            CancelRequest,
        ]
        .into_iter()
        .find(|c| *c as u8 == code)
    }
}

/// What every unit says of its transfer (§5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Transaction.
    pub id: TransactionId,
    /// Entity that takes the file.
    pub destination: u64,
    /// Towards the sender of the file (1) or its receiver (0).
    pub to_sender: bool,
    /// Class.
    pub class: Class,
    /// Whether a CRC-16 ends the unit.
    pub crc: bool,
    /// Whether sizes and offsets have eight bytes.
    pub large: bool,
    /// Bytes of entity identifiers, 1 to 8.
    pub entity_len: u8,
    /// Bytes of the transaction number, 1 to 8.
    pub number_len: u8,
}

/// A type, length and value (§5.4) kept as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tlv {
    /// Type.
    pub kind: u8,
    /// Value, 255 bytes at most.
    pub value: Vec<u8>,
}

/// What a transfer is about (§5.2.5).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Metadata {
    /// Class 1: the receiver says how it ended.
    pub closure: bool,
    /// Identifier of the checksum; see [`Checksum::from_id`].
    pub checksum_id: u8,
    /// Bytes of the file; 0 where it is not bounded.
    pub size: u64,
    /// Name at the source.
    pub source_name: String,
    /// Name asked for at the destination.
    pub destination_name: String,
    /// Requests and messages.
    pub options: Vec<Tlv>,
}

impl Metadata {
    /// The checksum, where it is known here.
    pub fn checksum(&self) -> Option<Checksum> {
        Checksum::from_id(self.checksum_id)
    }
}

/// End of a file (§5.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Eof {
    /// Why.
    pub condition: Condition,
    /// Checksum of the file.
    pub checksum: u32,
    /// Bytes of the file.
    pub size: u64,
}

/// What became of the file (table 5-7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileStatus {
    /// Thrown away on purpose.
    Discarded,
    /// Thrown away, the store refused it.
    Rejected,
    /// Kept.
    Retained,
    /// Not said.
    Unreported,
}

/// How a transfer ended at the receiver (§5.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finished {
    /// Why.
    pub condition: Condition,
    /// Whether all of the file is there.
    pub complete: bool,
    /// What became of it.
    pub status: FileStatus,
}

/// What is acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Acked {
    /// An EOF.
    Eof,
    /// A Finished.
    Finished,
}

/// The kinds of unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// Bytes of the file.
    FileData {
        /// Where they belong.
        offset: u64,
        /// The bytes.
        data: Vec<u8>,
    },
    /// What the transfer is about.
    Metadata(Metadata),
    /// All was sent.
    Eof(Eof),
    /// All is over at the receiver.
    Finished(Finished),
    /// An acknowledgement (§5.2.4).
    Ack {
        /// Of what.
        of: Acked,
        /// Condition in what is acknowledged.
        condition: Condition,
        /// 0 undefined, 1 active, 2 terminated, 3 unrecognised.
        status: u8,
    },
    /// What is missing (§5.2.6); (0, 0) asks for the metadata.
    Nak {
        /// Where the stretch starts that this unit speaks about.
        from: u64,
        /// Where it ends.
        to: u64,
        /// What is missing in it.
        requests: Vec<(u64, u64)>,
    },
    /// Answer now (§5.2.7): with a NAK, or with a Keep Alive.
    Prompt {
        /// Keep Alive, not NAK.
        keep_alive: bool,
    },
    /// How far the receiver is (§5.2.8).
    KeepAlive {
        /// Bytes.
        progress: u64,
    },
}

/// A protocol data unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pdu {
    /// Header.
    pub header: Header,
    /// The rest.
    pub body: Body,
}

/// Why bytes are no unit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PduFault {
    /// It ends too soon.
    #[error("{len} bytes end inside the {what}")]
    Short {
        /// Bytes there are.
        len: usize,
        /// Where they end.
        what: &'static str,
    },
    /// Another version.
    #[error("version {0} of the protocol; 0 and 1 are read (727.0-B-5 §5.1)")]
    Version(u8),
    /// The header's length disagrees.
    #[error("the header says {said} bytes, there are {have}")]
    Length {
        /// Length said.
        said: usize,
        /// Bytes there are.
        have: usize,
    },
    /// The CRC does not match.
    #[error("the CRC does not match (727.0-B-5 §4.1.3)")]
    Crc,
    /// A directive that there is none of.
    #[error("directive code {0:#04x} is none of 727.0-B-5 table 5-4")]
    Directive(u8),
    /// A value that means nothing.
    #[error("{what} is {value}")]
    Value {
        /// Field.
        what: &'static str,
        /// Value.
        value: u64,
    },
    /// A name that is no text.
    #[error("a file name that is no UTF-8")]
    Name,
    /// Cannot be written: a value does not fit its field.
    #[error("{0} does not fit its field")]
    TooLarge(&'static str),
}

#[cfg(test)]
mod tests;
