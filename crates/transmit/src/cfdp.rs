//! CCSDS File Delivery Protocol (727.0-B-5), class 1 (unacknowledged) and class 2 (acknowledged).
//!
//! | module | what it holds |
//! |---|---|
//! | [`pdu`] | the protocol data units, to bytes and back |
//! | [`checksum`] | checksums of whole files |
//! | [`extents`] | what of a file is there, and what is missing |
//! | [`sender`] | one outgoing file |
//! | [`receiver`] | incoming files |
//! | [`spool`] | incoming files on disk |
//!
//! Sender and receiver have no sockets and no clock: protocol data units and the time are handed in, units to send
//! are taken out. Timers stand still while a pass is over ([`sender::Sender::suspend`],
//! [`receiver::Receiver::suspend`]), so that a transfer goes on in the next one where it stopped. A file is reported
//! as finished to its sender only when it is whole, right by its checksum, and on disk under its name.
//!
//! Why not the crate `cfdp-rs`: its handlers (0.3.0) have no suspension, no inactivity timer, no Prompt and Keep
//! Alive, keep what they received in memory of the process only, and read the clock themselves. `spacepackets`, on which it
//! stands, has no Prompt and Keep Alive either; the Python package of the same name is what the encodings here are checked
//! against.

pub mod checksum;
pub mod extents;
pub mod pdu;
pub mod receiver;
pub mod sender;
pub mod spool;

use pdu::Condition;
use serde::{Deserialize, Serialize};

/// A transaction: who sends, and which of its files (727.0-B-5 §1.4.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TransactionId {
    /// Entity that sends the file.
    pub source: u64,
    /// Its number there.
    pub number: u64,
}

impl std::fmt::Display for TransactionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.source, self.number)
    }
}

/// Class of a transfer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Class {
    /// Class 1: nothing is asked for again.
    Unacknowledged,
    /// Class 2: what is missing is asked for until all is there.
    Acknowledged,
}

/// What is done when something goes wrong (727.0-B-5 §4.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFault {
    /// End the transfer and tell the other side.
    Cancel,
    /// Stop and wait to be resumed.
    Suspend,
    /// Go on.
    Ignore,
    /// End the transfer without a word.
    Abandon,
}

/// Timers, limits and fault handlers; times in milliseconds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Largest protocol data unit, bytes, header and CRC included.
    pub pdu_len_max: usize,
    /// Whether units carry a CRC-16.
    pub crc: bool,
    /// Until EOF and Finished are repeated when no acknowledgement came.
    pub ack_ms: u64,
    /// How often they are.
    pub ack_limit: u32,
    /// Until what is missing is asked for again.
    pub nak_ms: u64,
    /// How often it is, without anything new coming.
    pub nak_limit: u32,
    /// Until a transfer of which nothing is heard is faulty.
    pub inactivity_ms: u64,
    /// Class 1: until a file that is not whole after its EOF is looked at again.
    pub check_ms: u64,
    /// How often it is.
    pub check_limit: u32,
    /// Largest file taken, bytes.
    pub file_size_max: u64,
    /// Faults whose handler is not [`OnFault::Cancel`].
    pub on_fault: Vec<(Condition, OnFault)>,
}

impl Default for Settings {
    /// Units of 1 KiB fit any space packet; 10 s cover the way to the Moon and back thrice over; a transfer is
    /// inactive after a day without a word, which covers the gap between passes of a polar station.
    fn default() -> Self {
        Self {
            pdu_len_max: 1024,
            crc: true,
            ack_ms: 10_000,
            ack_limit: 10,
            nak_ms: 10_000,
            nak_limit: 10,
            inactivity_ms: 86_400_000,
            check_ms: 10_000,
            check_limit: 3,
            file_size_max: 64 << 30,
            on_fault: Vec::new(),
        }
    }
}

impl Settings {
    /// The handler of a fault.
    pub fn handler(&self, condition: Condition) -> OnFault {
        let set = self.on_fault.iter().find(|(c, _)| *c == condition);
        set.map_or(OnFault::Cancel, |(_, handler)| *handler)
    }
}

/// A timer that can stand still.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Timer {
    due_ms: Option<u64>,
    left_ms: Option<u64>,
}

impl Timer {
    fn start(&mut self, now_ms: u64, after_ms: u64) {
        self.due_ms = Some(now_ms.saturating_add(after_ms));
        self.left_ms = None;
    }

    fn stop(&mut self) {
        *self = Self::default();
    }

    fn is_due(&self, now_ms: u64) -> bool {
        self.due_ms.is_some_and(|due| due <= now_ms)
    }

    fn suspend(&mut self, now_ms: u64) {
        if let Some(due) = self.due_ms.take() {
            self.left_ms = Some(due.saturating_sub(now_ms));
        }
    }

    fn resume(&mut self, now_ms: u64) {
        if let Some(left) = self.left_ms.take() {
            self.due_ms = Some(now_ms.saturating_add(left));
        }
    }
}
