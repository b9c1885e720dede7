//! A node without links, tasks and a clock of its own: what its agent does with bundles, one call after the other.
//!
//! For rehearsals, whose time is simulated and whose every run has to be the same. What runs is what runs in a node:
//!
//! | step | code |
//! |---|---|
//! | bundles are built, signed, encrypted, cut into fragments | `make`, [`super::secure`], [`super::fragment`] |
//! | what comes is read, its CRCs checked, refused with its clause | `door` |
//! | fragments are put together | [`super::fragment`] |
//! | what lies here or goes on is in the store | `store`, over hardy's storage in memory |
//! | payloads are checked and decrypted | [`super::secure`] |
//! | parts are kept, files checked and handed out, answers given | [`super::receiver`], [`super::spool`] |
//!
//! Waiting for contacts is [`super::gate::queue`], which has neither clock nor socket in a node either. Not run is
//! hardy's agent between these steps (its dispatcher, routing table, reaper and peer queues, and the previous-node
//! block that it writes at each hop) and TCPCLv4: they read the machine's clock, run as tasks of their own and pick
//! among sessions by chance, so that no two runs are the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    future::Future,
    path::PathBuf,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use hardy_bpa::storage::BundleStorage;
use hardy_bpv7::{
    bundle::Bundle,
    creation_timestamp::CreationTimestamp,
    dtn_time::DtnTime,
    eid::{Eid, NodeId},
};
use jiff::Timestamp;
use tokio::sync::{broadcast, mpsc};

use super::{
    agent::{
        AgentError, FRAGMENTS_MAX_BYTES, TRANSFER_MAX_BYTES, parse_node, priority::priority_of,
        service_at,
    },
    door,
    fragment::{Outcome, Reassembler},
    make::{Cut, Making},
    message::Answer,
    receiver::{Event, Keeper, ReceivedFile, Verdict},
    secure::{self, Keyring},
    spool::{Spool, SpoolError},
    store::Room,
};
use crate::clock::SimulatedClock;

/// Events of one message before the oldest is lost: a part, a whole file, a refusal.
const EVENTS_LENGTH: usize = 16;

/// Unix time of the DTN epoch, 2000-01-01T00:00:00Z, ms (RFC 9171 §4.2.6).
const DTN_EPOCH_UNIX_MS: i64 = 946_684_800_000;

/// The store that nodes of one rehearsal share: hardy's storage in memory, which drops nothing.
#[derive(Clone)]
pub struct Store(Arc<Room>);

impl Store {
    /// An empty one.
    pub fn new() -> Self {
        Self(Room::in_memory(usize::MAX))
    }

    fn save(&self, data: Bytes) -> Result<Arc<str>, AgentError> {
        at_once(self.0.save(data))?.map_err(|e| failed(&e))
    }
}

impl Default for Store {
    fn default() -> Self {
        Self::new()
    }
}

/// A bundle in the store, and what its node reads of it to send it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    name: Arc<str>,
    /// The node it goes to.
    pub to: NodeId,
    /// Its priority; higher goes first.
    pub priority: u8,
    /// Whether it is a fragment of a larger one.
    pub is_fragment: bool,
}

/// How to make a bundle.
#[derive(Debug, Clone, Copy)]
pub struct Sending {
    /// When it is made.
    pub created: Timestamp,
    /// Number among the bundles of its node: no two of one instant share one.
    pub number: u64,
    /// How long it may live.
    pub lifetime: Duration,
    /// Its priority, higher first.
    pub priority: u8,
    /// Into how many fragments it is cut; 1 leaves it whole.
    pub pieces: u32,
}

/// A file that came whole, in the spool until it is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Name that the sender gave it.
    pub name: String,
    /// Where it lies.
    pub path: PathBuf,
    /// Endpoint that sent it.
    pub source: String,
}

/// What became of a bundle that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It goes on, and lies in the store.
    Onward(Held),
    /// A fragment for here: others are missing, or it brought nothing new.
    Fragment,
    /// It was for here, or made a bundle for here whole: what is answered, and files that are whole with it.
    Here {
        /// What the sender is told.
        answers: Vec<Answer>,
        /// Files that are whole.
        files: Vec<Whole>,
    },
    /// It was refused as it came.
    Refused {
        /// Its source where that could be read, else the node that sent it.
        source: String,
        /// The clause and why.
        reason: String,
    },
    /// It was for here, or made a bundle for here whole, whose payload was refused: by its protection, or because it
    /// is no message. A payload that is protected has no CRC (RFC 9172 §3.7, §3.8), so that what changed it on the
    /// way is found only here.
    Unopened {
        /// Its source.
        source: String,
        /// The clause and why.
        reason: String,
    },
}

/// The receiving end of a node: its keeper, and what that says.
struct Desk {
    keeper: Keeper,
    clock: Arc<SimulatedClock>,
    answers: mpsc::UnboundedReceiver<(Eid, Answer)>,
    files: mpsc::UnboundedReceiver<ReceivedFile>,
    events: broadcast::Receiver<Event>,
}

/// A node.
pub struct Unplugged {
    own: NodeId,
    service: Eid,
    store: Store,
    keys: Option<Arc<Keyring>>,
    fragments: Reassembler,
    desk: Option<Desk>,
}

impl Unplugged {
    /// A node that makes bundles and sends on those of others.
    ///
    /// # Errors
    /// Where its name is none of a node.
    pub fn new(
        node_eid: &str,
        store: &Store,
        keys: Option<Arc<Keyring>>,
    ) -> Result<Self, AgentError> {
        Ok(Self {
            own: parse_node("node_eid", node_eid)?,
            service: service_at("node_eid", node_eid)?,
            store: store.clone(),
            keys,
            fragments: Reassembler::new(FRAGMENTS_MAX_BYTES, TRANSFER_MAX_BYTES as usize),
            desk: None,
        })
    }

    /// The same, receiving files into a spool from `start` on.
    ///
    /// # Errors
    /// As [`Unplugged::new`].
    pub fn receiving(
        node_eid: &str,
        store: &Store,
        keys: Option<Arc<Keyring>>,
        spool: Spool,
        start: Timestamp,
    ) -> Result<Self, AgentError> {
        let clock = Arc::new(SimulatedClock::new(start));
        let events = broadcast::Sender::new(EVENTS_LENGTH);
        let (answers_in, answers) = mpsc::unbounded_channel();
        let (files_in, files) = mpsc::unbounded_channel();
        // Nobody sends work: the keeper is asked directly.
        let (work, _) = mpsc::unbounded_channel();
        let desk = Desk {
            events: events.subscribe(),
            clock: clock.clone(),
            answers,
            files,
            keeper: Keeper {
                spool,
                clock,
                events,
                answers: answers_in,
                files: files_in,
                work: work.downgrade(),
                handed_out: BTreeSet::new(),
                sources: BTreeMap::new(),
            },
        };
        Ok(Self {
            desk: Some(desk),
            ..Self::new(node_eid, store, keys)?
        })
    }

    /// Endpoint of its file service.
    pub fn service(&self) -> &Eid {
        &self.service
    }

    /// Makes the bundle of a payload for an endpoint, or its fragments in order, into the store.
    ///
    /// # Errors
    /// Where a key cannot be used, or the bundle cannot be cut.
    pub fn send(
        &self,
        to: &Eid,
        payload: &[u8],
        sending: &Sending,
    ) -> Result<Vec<Held>, AgentError> {
        let unix_ms = sending.created.as_millisecond();
        let created_ms = u64::try_from(unix_ms - DTN_EPOCH_UNIX_MS).unwrap_or(0);
        let making = Making {
            from: &self.service,
            to,
            lifetime: sending.lifetime,
            priority: sending.priority,
            cut: match sending.pieces {
                0 | 1 => Cut::Not,
                more => Cut::Pieces(more as usize),
            },
            created: CreationTimestamp::from_parts(Some(DtnTime::new(created_ms)), sending.number),
            keys: self.keys.as_deref(),
        };
        let pieces = making.bundles(payload)?;
        pieces.into_iter().map(|piece| self.keep(piece)).collect()
    }

    /// Puts a bundle that is not for here into the store.
    fn keep(&self, data: Bytes) -> Result<Held, AgentError> {
        let bundle = door::read(&data, "the store").map_err(|refused| failed(&refused.reason))?;
        self.keep_read(&bundle, data)
    }

    fn keep_read(&self, bundle: &Bundle, data: Bytes) -> Result<Held, AgentError> {
        Ok(Held {
            to: bundle.destination.to_node_id().map_err(|e| failed(&e))?,
            priority: priority_of(bundle, &data).unwrap_or(0),
            is_fragment: bundle.id.fragment_info.is_some(),
            name: self.store.save(data)?,
        })
    }

    /// The bytes of a bundle, as they go over a link.
    ///
    /// # Errors
    /// Where the store does not have it.
    pub fn load(&self, held: &Held) -> Result<Bytes, AgentError> {
        let loaded = at_once(self.store.0.load(&held.name))?.map_err(|e| failed(&e))?;
        loaded.ok_or_else(|| failed(&format!("no bundle {} in it", held.name)))
    }

    /// Forgets a bundle that is the next node's, or gone.
    ///
    /// # Errors
    /// Where the store fails.
    pub fn forget(&self, held: &Held) -> Result<(), AgentError> {
        at_once(self.store.0.delete(&held.name))?.map_err(|e| failed(&e))
    }

    /// Takes a bundle that came over a link from a node.
    ///
    /// # Errors
    /// Where the store fails; a bundle that is none, or not to be taken, is [`Taken::Refused`].
    pub fn take(&mut self, data: Bytes, from: &str, now: Timestamp) -> Result<Taken, AgentError> {
        let bundle = match door::read(&data, from) {
            Ok(bundle) => bundle,
            Err(refused) => return Ok(refused.into()),
        };
        let whole = match door::is_fragment_for(&bundle, &self.own) {
            false => data,
            true => {
                let expires = door::expires(&bundle, now);
                match self.fragments.take(&bundle, &data, expires, now) {
                    Ok(Outcome::Whole(whole)) => whole,
                    Ok(Outcome::Kept | Outcome::Known) => return Ok(Taken::Fragment),
                    Err(error) => return Ok(door::misfit(&bundle, &error).into()),
                }
            }
        };
        let here = bundle.destination == self.service;
        let Some(desk) = self.desk.as_mut().filter(|_| here) else {
            return Ok(Taken::Onward(self.keep_read(&bundle, whole)?));
        };
        // As in a node: into the store before it is delivered, and out of it once it is dealt with.
        let name = self.store.save(whole.clone())?;
        let taken = match secure::open(&whole, self.keys.as_deref()) {
            Ok(opened) => desk.deliver(&opened.source, &opened.payload, now),
            Err(refusal) => Taken::Unopened {
                source: secure::source_of(&whole),
                reason: refusal.to_string(),
            },
        };
        at_once(self.store.0.delete(&name))?.map_err(|e| failed(&e))?;
        Ok(taken)
    }

    /// Says that a whole file is stored for good elsewhere; what its sender is told.
    ///
    /// # Errors
    /// Where no such transfer is whole here.
    pub fn accept(&mut self, transfer: &str) -> Result<Vec<Answer>, SpoolError> {
        let Some(desk) = &mut self.desk else {
            return Err(SpoolError::Unknown {
                transfer: transfer.into(),
            });
        };
        desk.keeper.settle(transfer, Verdict::Accept)?;
        desk.drain_events();
        Ok(desk.answers())
    }
}

impl Desk {
    fn deliver(&mut self, source: &Eid, payload: &Bytes, now: Timestamp) -> Taken {
        self.clock.advance_to(now);
        self.keeper.on_message(source, payload);
        if let Some(reason) = self.drain_events() {
            drop(self.answers());
            return Taken::Unopened {
                source: source.to_string(),
                reason,
            };
        }
        let mut files = Vec::new();
        while let Ok(file) = self.files.try_recv() {
            files.push(Whole {
                name: file.name.clone(),
                path: file.path.clone(),
                source: file.source_eid.clone(),
            });
        }
        Taken::Here {
            answers: self.answers(),
            files,
        }
    }

    fn answers(&mut self) -> Vec<Answer> {
        let mut found = Vec::new();
        while let Ok((_, answer)) = self.answers.try_recv() {
            found.push(answer);
        }
        found
    }

    /// Why the last message was refused, where it was.
    fn drain_events(&mut self) -> Option<String> {
        let mut refused = None;
        while let Ok(event) = self.events.try_recv() {
            if let Event::Refused { reason, .. } = event {
                refused = Some(reason);
            }
        }
        refused
    }
}

impl From<door::Refused> for Taken {
    fn from(refused: door::Refused) -> Self {
        let door::Refused { source, reason } = refused;
        Self::Refused { source, reason }
    }
}

/// What a store in memory answers: it never waits.
fn at_once<F: Future>(future: F) -> Result<F::Output, AgentError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Ok(output),
        Poll::Pending => Err(failed(&"it waits")),
    }
}

fn failed(reason: &dyn Display) -> AgentError {
    AgentError::Store {
        dir: "in memory".into(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests;
