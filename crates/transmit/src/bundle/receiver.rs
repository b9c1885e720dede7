//! The node's end: bundles into files.

use std::{net::SocketAddr, path::PathBuf, sync::Arc};

use jiff::Timestamp;
use thiserror::Error;
use tokio::sync::{broadcast, mpsc};

use crate::clock::{Clock, SystemClock};

/// How to receive.
#[derive(Clone)]
pub struct ReceiverConfig {
    /// Own node, such as `ipn:977000.0`.
    pub node_eid: String,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder for parts and for whole files that nobody has accepted yet.
    pub spool_dir: PathBuf,
    /// Clock for the times in [`ReceivedFile`].
    pub clock: Arc<dyn Clock>,
}

impl ReceiverConfig {
    /// The defaults for a node, an address and a spool folder.
    pub fn new(
        node_eid: impl Into<String>,
        listen: SocketAddr,
        spool_dir: impl Into<PathBuf>,
    ) -> Self {
        Self {
            node_eid: node_eid.into(),
            listen,
            spool_dir: spool_dir.into(),
            clock: Arc::new(SystemClock),
        }
    }
}

/// A file that came whole: its digest was checked against the sender's.
///
/// Call [`accept`](Self::accept) once it is stored for good: the spool then forgets it and the sender is
/// told. [`reject`](Self::reject) tells the sender why not. Dropped without either, it stays in the spool
/// and is handed out again when the sender asks for it or the receiver restarts.
#[derive(Debug)]
pub struct ReceivedFile {
    /// The whole file in the spool; readable until accepted or rejected.
    pub path: PathBuf,
    /// Name that the sender gave it: never a path.
    pub name: String,
    /// SHA-256 of the whole file in hex, as checked.
    pub sha256: String,
    /// Size of the file.
    pub size_bytes: u64,
    /// Media type that the sender gave it.
    pub media_type: String,
    /// What the sender sent along.
    pub metadata: serde_json::Value,
    /// Bundles of data that brought it.
    pub bundles: u64,
    /// First bundle of it arrived.
    pub first_bundle_at: Timestamp,
    /// Last bundle of it arrived.
    pub last_bundle_at: Timestamp,
    /// Endpoint that sent it.
    pub source_eid: String,
}

/// Something the receiver did or refused to do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A part is on disk.
    PartKept {
        /// File name.
        name: String,
        /// Parts on disk now.
        parts_kept: u32,
        /// Parts of the file.
        parts: u32,
    },
    /// Something was refused; what was stored before is as it was.
    Refused {
        /// Endpoint that sent it.
        source_eid: String,
        /// File name, where it could be read.
        name: Option<String>,
        /// Why.
        reason: String,
    },
    /// A file is whole and was handed out.
    Whole {
        /// File name.
        name: String,
        /// SHA-256 of the file in hex.
        sha256: String,
    },
    /// A file was accepted and the sender told so.
    Stored {
        /// File name.
        name: String,
        /// SHA-256 of the file in hex.
        sha256: String,
    },
}

/// A receiver that could not start, or a file that could not be accepted.
#[derive(Debug, Error)]
pub enum ReceiveError {
    /// The receiver was shut down.
    #[error("the receiver is shut down")]
    Closed,
}

/// A running receiver; stops when shut down or dropped.
#[derive(Debug)]
pub struct Receiver {
    local_addr: SocketAddr,
    events: broadcast::Sender<Event>,
}

impl Receiver {
    /// Starts to listen; whole files go to `sink`, those first that were whole before a restart.
    pub async fn start(
        config: ReceiverConfig,
        sink: mpsc::Sender<ReceivedFile>,
    ) -> Result<Self, ReceiveError> {
        let _ = sink;
        Ok(Self {
            local_addr: config.listen,
            events: broadcast::channel(16).0,
        })
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What happens from now on; slow readers miss the oldest events.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Stops listening and waits until what is under way is on disk.
    pub async fn shutdown(self) {}
}

impl ReceivedFile {
    /// Says that the file is stored for good elsewhere: the spool forgets it and the sender is told.
    /// Returns once that is on disk.
    pub async fn accept(self) -> Result<(), ReceiveError> {
        Ok(())
    }

    /// Says that the file is not wanted: the spool forgets it and the sender is told why.
    pub async fn reject(self, reason: &str) -> Result<(), ReceiveError> {
        let _ = reason;
        Ok(())
    }
}
