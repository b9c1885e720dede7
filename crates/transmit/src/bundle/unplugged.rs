//! Nodes without links: hardy's agents and all that is ours around them, one step after the other.
//!
//! For rehearsals, whose time is simulated and whose every run has to be the same. What runs is what runs in a node:
//!
//! | step | code |
//! |---|---|
//! | bundles are built, signed, encrypted, cut into fragments | `make`, [`super::secure`], [`super::fragment`] |
//! | what comes is read, its CRCs checked, refused with its clause; fragments are put together | `inlet` |
//! | what is sent, comes, lies here, goes on or is delivered | hardy's agent: its dispatcher, filters, routing table, queues of peers, storage in memory, the previous-node block of each hop |
//! | payloads are checked and decrypted | the file service of `agent`, [`super::secure`] |
//! | parts are kept, files checked and handed out, answers given | [`super::receiver`], [`super::spool`] |
//!
//! Waiting for contacts is [`super::gate::queue`], which has neither clock nor socket in a node either: what hardy's
//! agent forwards comes out of its egress as to the gate ([`Held`]), and goes to the link when the rehearsal says so
//! ([`Unplugged::hand_over`]), which then says as a link does whether it got over.
//!
//! The agents' tasks run on one thread ([`Machine`]), each step until none of them has anything left to do, so that
//! the order in which they run is the same every time. hardy's own clock is the machine's: it says what is expired, and
//! nothing else that comes out; bundles whose lifetime is longer than any machine is late are never.
//! What hardy draws by chance, names in its store and the seed by which it picks among several peers, does not come out
//! either: a node has one peer, as a node with a contact plan has. Not run are TCPCLv4 and the tasks of the gate
//! that sleep until a contact begins.

mod desk;
mod machine;
mod port;

pub use machine::Machine;

use std::{
    fmt::Display,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use hardy_bpa::{
    bpa::{Bpa, BpaRegistration},
    bundle::Bundle,
    cla::{ForwardBundleResult, Sink},
    services::ServiceSink,
};
use hardy_bpv7::{
    bpsec::no_keys,
    bundle::RewrittenBundle,
    creation_timestamp::CreationTimestamp,
    dtn_time::DtnTime,
    eid::{Eid, NodeId},
};
use jiff::Timestamp;
use tokio::sync::mpsc;

use super::{
    agent::{
        AgentError, FRAGMENTS_MAX_BYTES, FileService, TRANSFER_MAX_BYTES, hardys_agent, parse_node,
        service_at, service_of,
    },
    fragment::Reassembler,
    gate::priority_of_label,
    inlet::{Filtered, Inlet, Refused},
    inspect,
    make::{Cut, Making},
    message::Answer,
    receiver::Verdict,
    secure::Keyring,
    spool::{Spool, SpoolError},
    store::{BUNDLES_MAX, Gated},
};
use desk::Desk;
use port::{Line, Outlets, Outward, Policy};

/// Unix time of the DTN epoch, 2000-01-01T00:00:00Z, ms (RFC 9171 §4.2.6).
const DTN_EPOCH_UNIX_MS: i64 = 946_684_800_000;

/// Bundles that hardy's agent of one node handles at once, whatever the machine has.
const AT_ONCE: usize = 4;

/// A bundle that hardy's agent of a node forwards: it waits for a link.
#[derive(Debug, Clone)]
pub struct Held {
    bundle: Box<Bundle>,
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
#[derive(Debug, Clone)]
pub enum Taken {
    /// It goes on, and waits for a link.
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

/// A node.
pub struct Unplugged {
    own: NodeId,
    address: Eid,
    machine: Arc<Machine>,
    keys: Option<Arc<Keyring>>,
    bpa: Bpa,
    service: Arc<FileService>,
    inlet: Arc<Inlet>,
    outward: Arc<Outward>,
    outlets: Mutex<Outlets>,
    desk: Option<Mutex<Desk>>,
}

impl Unplugged {
    /// A node that makes bundles and sends on those of others, to the nodes of `towards`.
    ///
    /// # Errors
    /// Where a name is none of a node.
    pub fn new(
        node_eid: &str,
        towards: &[&str],
        machine: &Arc<Machine>,
        keys: Option<Arc<Keyring>>,
    ) -> Result<Self, AgentError> {
        machine.run(Self::set_up(node_eid, towards, machine, keys))
    }

    async fn set_up(
        node_eid: &str,
        towards: &[&str],
        machine: &Arc<Machine>,
        keys: Option<Arc<Keyring>>,
    ) -> Result<Self, AgentError> {
        let setup = |e: &dyn Display| AgentError::Setup(e.to_string());
        let own = parse_node("node_eid", node_eid)?;
        let towards = towards.iter().map(|name| parse_node("towards", name));
        let towards: Vec<NodeId> = towards.collect::<Result<_, _>>()?;
        let gated = Gated::default();
        let room = machine.room.clone();
        let bpa = hardys_agent(&own, room.clone(), gated.clone(), BUNDLES_MAX, AT_ONCE).await?;
        bpa.start(false);
        let (queue, incoming) = mpsc::channel(1);
        let (not_opened, unopened) = mpsc::unbounded_channel();
        let service = Arc::new(FileService {
            sink: OnceLock::new(),
            queue,
            keys: keys.clone(),
            refused: not_opened,
        });
        bpa.register_service(service_of(&own), service.clone())
            .await
            .map_err(|e| setup(&e))?;
        let (refuse, refused) = mpsc::unbounded_channel();
        let fragments = Reassembler::new(FRAGMENTS_MAX_BYTES, TRANSFER_MAX_BYTES as usize);
        let inlet = Inlet::new(own.clone(), None, room, fragments, None, refuse);
        let (to_outbox, outbox) = mpsc::unbounded_channel();
        let outward = Arc::new(Outward {
            gated,
            outbox: to_outbox,
            queue: OnceLock::new(),
        });
        let (crossed, crossings) = mpsc::unbounded_channel();
        let line = Arc::new(Line {
            inlet: inlet.clone(),
            towards,
            crossings: crossed,
        });
        let policy = Arc::new(Policy(outward.clone()));
        bpa.register_cla("line".into(), line, Some(policy))
            .await
            .map_err(|e| setup(&e))?;
        machine.idle.settled().await;
        Ok(Self {
            address: service_at("node_eid", node_eid)?,
            own,
            machine: machine.clone(),
            keys,
            bpa,
            service,
            inlet,
            outward,
            outlets: Mutex::new(Outlets {
                outbox,
                crossings,
                incoming,
                refused,
                unopened,
            }),
            desk: None,
        })
    }

    /// The same, receiving files into a spool from `start` on.
    ///
    /// # Errors
    /// As [`Unplugged::new`].
    pub fn receiving(
        node_eid: &str,
        towards: &[&str],
        machine: &Arc<Machine>,
        keys: Option<Arc<Keyring>>,
        spool: Spool,
        start: Timestamp,
    ) -> Result<Self, AgentError> {
        let mut node = Self::new(node_eid, towards, machine, keys)?;
        node.desk = Some(Mutex::new(Desk::new(spool, start)));
        Ok(node)
    }

    /// Endpoint of its file service.
    pub fn service(&self) -> &Eid {
        &self.address
    }

    /// Makes the bundle of a payload for an endpoint, or its fragments in order, and gives them to its agent.
    ///
    /// # Errors
    /// Where a key cannot be used, the bundle cannot be cut, or the agent does not forward it.
    pub fn send(
        &self,
        to: &Eid,
        payload: &[u8],
        sending: &Sending,
    ) -> Result<Vec<Held>, AgentError> {
        let unix_ms = sending.created.as_millisecond();
        // 0 would say that there is no clock.
        let created_ms = u64::try_from(unix_ms - DTN_EPOCH_UNIX_MS)
            .unwrap_or(0)
            .max(1);
        let making = Making {
            from: &self.address,
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
        self.machine.run(async {
            let sink = self.sink()?;
            let mut held = Vec::new();
            for piece in pieces {
                let sent = sink.send(piece).await;
                sent.map_err(|e| AgentError::Setup(e.to_string()))?;
                self.machine.idle.settled().await;
                let forwarded = self.forwarded()?;
                held.push(forwarded.ok_or_else(|| failed(&"no way for a bundle"))?);
            }
            Ok(held)
        })
    }

    /// Where its file service speaks to its agent.
    fn sink(&self) -> Result<&dyn ServiceSink, AgentError> {
        let none = || AgentError::Setup("no service".into());
        let (_, sink) = self.service.sink.get().ok_or_else(none)?;
        Ok(sink.as_ref())
    }

    /// What its agent forwarded.
    fn forwarded(&self) -> Result<Option<Held>, AgentError> {
        let Ok(bundle) = locked(&self.outlets).outbox.try_recv() else {
            return Ok(None);
        };
        let to = bundle.bundle.destination.to_node_id();
        Ok(Some(Held {
            to: to.map_err(|e| failed(&e))?,
            priority: priority_of_label(bundle.metadata.writable.flow_label),
            is_fragment: bundle.bundle.id.fragment_info.is_some(),
            bundle: Box::new(bundle),
        }))
    }

    /// Puts a bundle on a link to another node, as `change` leaves its bytes on the way. Unless the other refused it,
    /// it is the other's; else it waits here still.
    ///
    /// # Errors
    /// Where this node does not have it, or an agent fails.
    pub fn hand_over(
        &self,
        held: &Held,
        to: &Self,
        now: Timestamp,
        change: impl FnOnce(Bytes) -> Bytes,
    ) -> Result<Taken, AgentError> {
        self.machine.run(async {
            let queue = self.outward.queue.get();
            let queue = queue.ok_or_else(|| failed(&"no link"))?.clone();
            let bundle = (*held.bundle).clone();
            let leaving = tokio::spawn(async move { queue.forward(bundle).await });
            self.machine.idle.settled().await;
            let crossing = locked(&self.outlets).crossings.try_recv();
            let crossing =
                crossing.map_err(|_| failed(&format!("no {}", held.bundle.bundle.id)))?;
            let taken = to.take(change(crossing.data), &self.own, now).await?;
            let refused = matches!(taken, Taken::Refused { .. });
            let handed = match refused {
                true => ForwardBundleResult::NoNeighbour,
                false => ForwardBundleResult::Sent,
            };
            drop(crossing.handed.send(handed));
            leaving.await.map_err(|e| failed(&e))?;
            self.machine.idle.settled().await;
            if !refused {
                locked(&self.outward.gated).remove(&held.bundle.bundle.id);
            }
            Ok(taken)
        })
    }

    /// Forgets a bundle that is gone with the node.
    ///
    /// # Errors
    /// Where its agent does not have it.
    pub fn forget(&self, held: &Held) -> Result<(), AgentError> {
        let id = &held.bundle.bundle.id;
        self.machine.run(async {
            let sink = self.sink()?;
            let known = sink.cancel(id).await;
            locked(&self.outward.gated).remove(id);
            match known.map_err(|e| AgentError::Setup(e.to_string()))? {
                true => Ok(()),
                false => Err(failed(&format!("no {id}"))),
            }
        })
    }

    /// Takes a bundle that came over a link from a node.
    async fn take(&self, data: Bytes, from: &NodeId, now: Timestamp) -> Result<Taken, AgentError> {
        if let Some(refused) = deleted_unsaid(&data, from) {
            return Ok(refused);
        }
        let sink = Filtered(self.inlet.clone());
        let dispatched = sink.dispatch(data, Some(from), None).await;
        dispatched.map_err(|e| failed(&e))?;
        self.machine.idle.settled().await;
        let refused = locked(&self.outlets).refused.try_recv();
        if let Ok(Refused { source, reason }) = refused {
            return Ok(Taken::Refused { source, reason });
        }
        if let Some(held) = self.forwarded()? {
            return Ok(Taken::Onward(held));
        }
        let unopened = locked(&self.outlets).unopened.try_recv();
        if let Ok(Refused { source, reason }) = unopened {
            return Ok(Taken::Unopened { source, reason });
        }
        let incoming = locked(&self.outlets).incoming.try_recv();
        let Some((incoming, desk)) = incoming.ok().zip(self.desk.as_ref()) else {
            return Ok(Taken::Fragment);
        };
        let taken = locked(desk).deliver(&incoming.source, &incoming.payload, now);
        // Now its agent forgets it.
        drop(incoming.done);
        self.machine.idle.settled().await;
        Ok(taken)
    }

    /// Says that a whole file is stored for good elsewhere; what its sender is told.
    ///
    /// # Errors
    /// Where no such transfer is whole here.
    pub fn accept(&self, transfer: &str) -> Result<Vec<Answer>, SpoolError> {
        let Some(desk) = &self.desk else {
            return Err(SpoolError::Unknown {
                transfer: transfer.into(),
            });
        };
        let mut desk = locked(desk);
        desk.keeper.settle(transfer, Verdict::Accept)?;
        desk.drain_events();
        Ok(desk.answers())
    }
}

impl Drop for Unplugged {
    fn drop(&mut self) {
        self.machine.run(self.bpa.shutdown());
    }
}

/// A bundle that hardy's agent would delete without a word, because a block that it cannot read asks for that: as
/// refused, so that what was changed on the way is sent again.
fn deleted_unsaid(data: &Bytes, from: &NodeId) -> Option<Taken> {
    match RewrittenBundle::parse(data, no_keys) {
        Ok(RewrittenBundle::Invalid { error, .. }) => Some(Taken::Refused {
            source: from.to_string(),
            reason: format!("{}: {error}", inspect::clause(&error)),
        }),
        _ => None,
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // One thread: nobody else was in the middle of something.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

fn failed(reason: &dyn Display) -> AgentError {
    AgentError::Store {
        dir: "in memory".into(),
        reason: reason.to_string(),
    }
}

#[cfg(test)]
mod tests;
