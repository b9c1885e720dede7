//! The node's end: bundles into files.

mod keeper;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
};

use hardy_bpv7::eid::Eid;
use jiff::Timestamp;
use thiserror::Error;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
};

pub use super::agent::{AgentError, Carriage};
use super::{
    agent::{Agent, Feeds, Incoming},
    gate::queue::Standing,
    inlet::Refused,
    message::{Answer, Message},
    spool::{Spool, SpoolError, SpoolLimits},
    store::StoreState,
};
use crate::clock::{Clock, SystemClock};
pub(super) use keeper::Keeper;

/// Events kept for a slow reader before it misses the oldest.
const EVENTS_LENGTH: usize = 1_024;

/// Messages waiting for the disk before the agent is held back.
const WORK_LENGTH: usize = 4;

/// How to receive.
#[derive(Clone)]
pub struct ReceiverConfig {
    /// Own node, such as `ipn:977000.0`.
    pub node_eid: String,
    /// Address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Folder for parts and for whole files that nobody has accepted yet.
    pub spool_dir: PathBuf,
    /// How much the spool takes.
    pub limits: SpoolLimits,
    /// Clock for the times in [`ReceivedFile`], and the one that contacts mean.
    pub clock: Arc<dyn Clock>,
    /// Contacts, keys, and where bundles lie that are on their way to other nodes.
    pub carriage: Carriage,
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
            limits: SpoolLimits::default(),
            clock: Arc::new(SystemClock),
            carriage: Carriage::default(),
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
    /// Bundles of data that brought it, duplicates not counted.
    pub bundles: u64,
    /// First bundle of it arrived, on the receiver's clock.
    pub first_bundle_at: Timestamp,
    /// Last bundle of it arrived, on the receiver's clock.
    pub last_bundle_at: Timestamp,
    /// Endpoint that sent it.
    pub source_eid: String,
    ticket: Ticket,
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
    /// The store for bundles under way is full: peers keep what they have until something has left.
    StoreFull {
        /// Why.
        reason: String,
    },
    /// The store takes bundles again.
    StoreOpen,
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
    /// The bundle agent could not be started.
    #[error(transparent)]
    Agent(#[from] AgentError),
    /// The spool could not be read or written.
    #[error(transparent)]
    Spool(#[from] SpoolError),
    /// The receiver was shut down.
    #[error("the receiver is shut down")]
    Closed,
}

/// A running receiver; stops when shut down or dropped.
pub struct Receiver {
    local_addr: SocketAddr,
    events: broadcast::Sender<Event>,
    agent: Arc<Agent>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<()>>,
}

impl std::fmt::Debug for Receiver {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Receiver")
            .field("local_addr", &self.local_addr)
            .finish_non_exhaustive()
    }
}

impl Receiver {
    /// Starts to listen; whole files go to `sink`, those first that were whole before a restart.
    pub async fn start(
        config: ReceiverConfig,
        sink: mpsc::Sender<ReceivedFile>,
    ) -> Result<Self, ReceiveError> {
        let (dir, limits, now) = (config.spool_dir.clone(), config.limits, config.clock.now());
        let opened = tokio::task::spawn_blocking(move || Spool::open(&dir, limits, now)).await;
        let spool = opened.map_err(|_| ReceiveError::Closed)??;
        let (carriage, clock) = (config.carriage, config.clock.clone());
        let (agent, feeds) =
            Agent::start(&config.node_eid, Some(config.listen), carriage, clock).await?;
        let Feeds { incoming, refused } = feeds;
        let local_addr = agent.listening().unwrap_or(config.listen);

        let events = broadcast::Sender::new(EVENTS_LENGTH);
        let (work, work_queue) = mpsc::unbounded_channel();
        let (answers, answer_queue) = mpsc::unbounded_channel();
        let (files, file_queue) = mpsc::unbounded_channel();
        let keeper = Keeper {
            spool,
            clock: config.clock,
            events: events.clone(),
            answers,
            files,
            work: work.downgrade(),
            handed_out: BTreeSet::new(),
            sources: BTreeMap::new(),
        };
        let thread = std::thread::Builder::new().name("corridor-spool".into());
        let (ended, keeper_ended) = oneshot::channel();
        let spawned = thread.spawn(move || {
            keeper.run(work_queue);
            drop(ended);
        });
        if let Err(error) = spawned {
            agent.shutdown().await;
            return Err(AgentError::Setup(format!("no thread for the spool: {error}")).into());
        }
        let (stop, stopped) = oneshot::channel();
        let agent = Arc::new(agent);
        tokio::spawn(tell_refusals(refused, events.clone()));
        tokio::spawn(tell_store(agent.store_state(), events.clone()));
        let tasks = Tasks {
            agent: agent.clone(),
            incoming,
            work,
            answer_queue,
            keeper_ended,
        };
        let forwarder = tokio::spawn(forward_files(file_queue, sink));
        let task = tokio::spawn(async move {
            tasks.run(stopped).await;
            forwarder.abort();
        });
        Ok(Self {
            local_addr,
            events,
            agent,
            stop: Some(stop),
            task: Some(task),
        })
    }

    /// Where bundles stand that wait for contacts; `None` without a plan.
    pub fn standing(&self) -> Option<Standing> {
        self.agent.standing()
    }

    /// Whether the store for bundles under way takes any.
    pub fn store_state(&self) -> StoreState {
        self.agent.store_state().borrow().clone()
    }

    /// The address it listens on.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// What happens from now on; slow readers miss the oldest events.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.events.subscribe()
    }

    /// Stops listening and waits until what is under way is on disk; the spool is free afterwards.
    pub async fn shutdown(mut self) {
        drop(self.stop.take());
        if let Some(task) = self.task.take() {
            // The task ends by itself; a panic in it was already reported by the runtime.
            drop(task.await);
        }
    }
}

impl ReceivedFile {
    /// Says that the file is stored for good elsewhere: the spool forgets it and the sender is told.
    /// Returns once that is on disk.
    pub async fn accept(mut self) -> Result<(), ReceiveError> {
        self.ticket.settle(Verdict::Accept).await
    }

    /// Says that the file is not wanted: the spool forgets it and the sender is told why.
    pub async fn reject(mut self, reason: &str) -> Result<(), ReceiveError> {
        self.ticket.settle(Verdict::Reject(reason.into())).await
    }
}

/// The right to settle one handed-out file; let go of unused, the file can be handed out again.
#[derive(Debug)]
struct Ticket {
    transfer: String,
    work: mpsc::WeakUnboundedSender<Work>,
    settled: bool,
}

impl Ticket {
    async fn settle(&mut self, verdict: Verdict) -> Result<(), ReceiveError> {
        let (done, outcome) = oneshot::channel();
        let work = self.work.upgrade().ok_or(ReceiveError::Closed)?;
        self.settled = true;
        let settle = Work::Settle {
            transfer: self.transfer.clone(),
            verdict,
            done,
        };
        work.send(settle).map_err(|_| ReceiveError::Closed)?;
        drop(work);
        outcome
            .await
            .map_err(|_| ReceiveError::Closed)?
            .map_err(ReceiveError::from)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if let (false, Some(work)) = (self.settled, self.work.upgrade()) {
            // When the receiver is gone there is nobody to hand the file out again.
            drop(work.send(Work::LetGo {
                transfer: std::mem::take(&mut self.transfer),
            }));
        }
    }
}

#[derive(Debug)]
pub(super) enum Verdict {
    Accept,
    Reject(String),
}

/// What the spool's thread is asked to do.
#[derive(Debug)]
pub(super) enum Work {
    Message {
        message: Incoming,
        _permit: OwnedSemaphorePermit,
    },
    Settle {
        transfer: String,
        verdict: Verdict,
        done: oneshot::Sender<Result<(), SpoolError>>,
    },
    LetGo {
        transfer: String,
    },
}

/// The asynchronous side: agent to spool, answers to agent.
struct Tasks {
    agent: Arc<Agent>,
    incoming: mpsc::Receiver<Incoming>,
    work: mpsc::UnboundedSender<Work>,
    answer_queue: mpsc::UnboundedReceiver<(Eid, Answer)>,
    keeper_ended: oneshot::Receiver<()>,
}

impl Tasks {
    async fn run(mut self, mut stopped: oneshot::Receiver<()>) {
        let permits = Arc::new(Semaphore::new(WORK_LENGTH));
        loop {
            tokio::select! {
                _ = &mut stopped => break,
                answer = self.answer_queue.recv() => match answer {
                    Some((to, answer)) => self.send(&to, answer).await,
                    None => break,
                },
                (permit, message) = async {
                    let permit = permits.clone().acquire_owned().await;
                    (permit, self.incoming.recv().await)
                } => match (permit, message) {
                    (Ok(permit), Some(message)) => {
                        if self.work.send(Work::Message { message, _permit: permit }).is_err() {
                            break;
                        }
                    }
                    _ => break,
                },
            }
        }
        // No more bundles; what the spool's thread has in hand is finished; the agent stops last so that
        // its last answers still leave.
        drop(self.incoming);
        drop(self.work);
        while let Some((to, answer)) = self.answer_queue.recv().await {
            send_answer(&self.agent, &to, answer).await;
        }
        drop(self.keeper_ended.await);
        self.agent.shutdown().await;
    }

    async fn send(&self, to: &Eid, answer: Answer) {
        send_answer(&self.agent, to, answer).await;
    }
}

async fn send_answer(agent: &Agent, to: &Eid, answer: Answer) {
    let sent = match Message::Answer(answer).encode() {
        Ok(payload) => agent.answer(to, payload).await.map_err(|e| e.to_string()),
        Err(error) => Err(error.to_string()),
    };
    if let Err(error) = sent {
        // The sender asks again when it hears nothing.
        tracing::debug!(%to, error, "an answer could not be sent");
    }
}

/// Turns what the links refused into events.
async fn tell_refusals(
    mut refused: mpsc::UnboundedReceiver<Refused>,
    events: broadcast::Sender<Event>,
) {
    while let Some(Refused { source, reason }) = refused.recv().await {
        tracing::warn!(source, reason, "bundle refused");
        // No subscriber is an ordinary state.
        drop(events.send(Event::Refused {
            source_eid: source,
            name: None,
            reason,
        }));
    }
}

/// Turns the state of the store into events.
async fn tell_store(mut state: watch::Receiver<StoreState>, events: broadcast::Sender<Event>) {
    while state.changed().await.is_ok() {
        let event = match state.borrow_and_update().clone() {
            StoreState::Open => Event::StoreOpen,
            StoreState::Full(reason) => Event::StoreFull { reason },
        };
        drop(events.send(event));
    }
}

/// Hands files out in order; waits for the consumer here so that the spool's thread never does.
async fn forward_files(
    mut files: mpsc::UnboundedReceiver<ReceivedFile>,
    sink: mpsc::Sender<ReceivedFile>,
) {
    while let Some(file) = files.recv().await {
        if sink.send(file).await.is_err() {
            tracing::warn!("nobody takes received files any more; they stay in the spool");
        }
    }
}
