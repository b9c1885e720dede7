//! A Bundle Protocol agent in the process: hardy's agent, its links and the file service.

mod hardys;
pub(super) mod priority;
mod service;

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use hardy_bpa::{
    bpa::{Bpa, BpaRegistration},
    policy::EgressPolicy,
};
use hardy_bpv7::{
    creation_timestamp::CreationTimestamp,
    eid::{Eid, NodeId, Service},
};
use hardy_tcpclv4::config::{Config, SessionConfig};
use jiff::Timestamp;
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, watch},
    task::JoinHandle,
};

use super::{
    PART_SIZE_MAX_BYTES, SERVICE_NAME, SERVICE_NUMBER,
    fragment::{FragmentError, Reassembler},
    gate::{Contacts, Gate, GateError, Policy, queue::Standing},
    inlet::{Inlet, Refused},
    link::Link,
    make::{Cut, Making},
    message::HEADER_LENGTH_MAX,
    secure::{KeyError, Keyring},
    shelf::Shelf,
    store::{Gated, IDENTITIES_MAX, Room, StoreConfig, StoreState},
};
use crate::clock::Clock;
pub(super) use hardys::hardys_agent;
pub(super) use service::{FileService, Incoming};

/// Bundles held in memory by one agent before the oldest go: four of the largest. What goes was never
/// acknowledged and is sent again.
const MEMORY_MAX_BYTES: usize = 4 * TRANSFER_MAX_BYTES as usize;

/// Largest bundle taken from a peer: the largest part, its header, and the bundle's own blocks.
pub(super) const TRANSFER_MAX_BYTES: u64 =
    PART_SIZE_MAX_BYTES as u64 + HEADER_LENGTH_MAX as u64 + (64 << 10);

/// Bytes of our own bundles that may wait for contacts: two of the largest, so that memory never has to let
/// one go.
const WAITING_MAX_BYTES: usize = 2 * TRANSFER_MAX_BYTES as usize;

/// Bytes of fragments in hand: four of the largest bundles.
pub(super) const FRAGMENTS_MAX_BYTES: usize = 4 * TRANSFER_MAX_BYTES as usize;

/// TCPCLv4 segment size: a part in a few segments instead of hardy's 16 KiB, which costs a message and an
/// acknowledgement each.
const SEGMENT_BYTES: u64 = 256 << 10;

/// Time a bundle may live where contacts are not planned: longer than any pause between hops then, short
/// enough that repeats of an outage do not pile up.
const LIFETIME: Duration = Duration::from_secs(600);

/// Time a bundle may live where it waits for planned contacts.
pub(super) const PLANNED_LIFETIME: Duration = Duration::from_secs(7 * 86_400);

/// Received messages waiting to be handled before the agent is held back.
const QUEUE_LENGTH: usize = 4;

/// Attempts to get a free port of our own when the caller asks for port 0.
const PORT_ATTEMPTS: usize = 8;

/// How long the listener may take to answer its first connection.
const LISTEN_PATIENCE: Duration = Duration::from_secs(5);

/// An agent that could not be set up or used.
#[derive(Debug, Error)]
pub enum AgentError {
    /// Not an endpoint id of a node.
    #[error("{field} is {value:?}, expected a node such as ipn:977000.0 or dtn://name/")]
    NodeId {
        /// Setting at fault.
        field: &'static str,
        /// Its value.
        value: String,
    },
    /// The agent refused part of its set-up.
    #[error("bundle agent: {0}")]
    Setup(String),
    /// Nothing could be made to listen at the address.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// Address asked for.
        address: SocketAddr,
        /// What the system said.
        reason: String,
    },
    /// The contact plan does not fit the node.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// A key could not be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A bundle could not be cut into fragments.
    #[error(transparent)]
    Fragment(#[from] FragmentError),
    /// The store for bundles could not be opened.
    #[error("store {dir}: {reason}")]
    Store {
        /// Its folder.
        dir: String,
        /// What the system said.
        reason: String,
    },
}

/// How an agent carries bundles.
#[derive(Clone, Default)]
pub struct Carriage {
    /// Contacts that gate forwarding; `None`: whenever there is a session.
    pub contacts: Option<Contacts>,
    /// Keys to sign, encrypt and check with; `None`: nothing is, and what is signed or encrypted is refused.
    pub keys: Option<Arc<Keyring>>,
    /// Where bundles lie that are on their way to other nodes; `None`: in memory.
    pub store: Option<StoreConfig>,
    /// Most bytes of payload in one bundle that is sent; larger ones are cut into fragments.
    pub fragment_bytes: Option<u32>,
    /// Priority of data that is sent, higher first; answers go before it.
    pub priority: u8,
}

/// What an agent gives besides itself.
pub(super) struct Feeds {
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) refused: mpsc::UnboundedReceiver<Refused>,
}

/// A running agent.
pub(super) struct Agent {
    bpa: Arc<Bpa>,
    stopped: AtomicBool,
    link: Arc<Link>,
    service: Arc<FileService>,
    gate: Option<Arc<Gate>>,
    room: Arc<Room>,
    carriage: Carriage,
    watch: JoinHandle<()>,
    listening: Option<SocketAddr>,
}

impl Agent {
    /// Starts an agent, listening if an address is given.
    pub(super) async fn start(
        node_eid: &str,
        listen: Option<SocketAddr>,
        carriage: Carriage,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Feeds), AgentError> {
        let node = parse_node("node_eid", node_eid)?;
        let Some(address) = listen else {
            return Self::start_at(&node, None, carriage, clock).await;
        };
        let mut reason = String::from("no attempt was made");
        for _ in 0..PORT_ATTEMPTS {
            let chosen = match free_address(address) {
                Ok(chosen) => chosen,
                Err(error) => {
                    return Err(AgentError::Listen {
                        address,
                        reason: error.to_string(),
                    });
                }
            };
            let (agent, feeds) =
                Self::start_at(&node, Some(chosen), carriage.clone(), clock.clone()).await?;
            match answers_as_tcpcl(chosen).await {
                Ok(()) => return Ok((agent, feeds)),
                Err(error) => reason = error,
            }
            agent.shutdown().await;
            if address.port() != 0 {
                break;
            }
        }
        Err(AgentError::Listen { address, reason })
    }

    async fn start_at(
        node: &NodeId,
        listen: Option<SocketAddr>,
        carriage: Carriage,
        clock: Arc<dyn Clock>,
    ) -> Result<(Self, Feeds), AgentError> {
        let setup = |e: &dyn std::fmt::Display| AgentError::Setup(e.to_string());
        let (room, shelf) = match &carriage.store {
            None => (Room::in_memory(MEMORY_MAX_BYTES), None),
            Some(store) => {
                let failed = |e: std::io::Error| AgentError::Store {
                    dir: store.dir.display().to_string(),
                    reason: e.to_string(),
                };
                let shelf = Shelf::open(&store.dir.join("fragments")).map_err(failed)?;
                (Room::on_disk(store).map_err(failed)?, Some(shelf))
            }
        };
        let gated = Gated::default();
        let contacts = carriage.contacts.clone();
        let gate = match contacts {
            None => None,
            Some(contacts) => Some(Gate::new(contacts, node, clock, gated.clone())?),
        };
        let at_once = 4 * std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let bpa = hardys_agent(node, room.clone(), gated, IDENTITIES_MAX, at_once).await?;
        bpa.start(room.is_lasting());

        let (queue, incoming) = mpsc::channel(QUEUE_LENGTH);
        let (refused, refusals) = mpsc::unbounded_channel();
        let service = Arc::new(FileService {
            sink: OnceLock::new(),
            queue,
            keys: carriage.keys.clone(),
            refused: refused.clone(),
        });
        bpa.register_service(service_of(node), service.clone())
            .await
            .map_err(|e| setup(&e))?;

        let config = Config {
            address: listen,
            segment_mru: SEGMENT_BYTES,
            transfer_mru: TRANSFER_MAX_BYTES,
            session_defaults: SessionConfig::default(),
            ..Config::default()
        };
        let fragments = Reassembler::new(FRAGMENTS_MAX_BYTES, TRANSFER_MAX_BYTES as usize);
        let inlet = Inlet::new(
            node.clone(),
            gate.clone(),
            room.clone(),
            fragments,
            shelf,
            refused,
        );
        let link = Link::new(config, inlet).map_err(|e| setup(&e))?;
        let policy = gate
            .clone()
            .map(|gate| Arc::new(Policy(gate)) as Arc<dyn EgressPolicy>);
        bpa.register_cla("links".into(), link.clone(), policy)
            .await
            .map_err(|e| setup(&e))?;
        let agent = Self {
            bpa: Arc::new(bpa),
            stopped: AtomicBool::new(false),
            watch: tokio::spawn(link.clone().watch_contacts()),
            link,
            service,
            gate,
            room,
            carriage,
            listening: listen,
        };
        let feeds = Feeds {
            incoming,
            refused: refusals,
        };
        Ok((agent, feeds))
    }

    /// The address it listens on, if it does.
    pub(super) fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Opens a session to a peer; with contacts that is theirs to do.
    pub(super) async fn connect(&self, peer: SocketAddr) -> Result<(), String> {
        if self.gate.is_some() {
            return Ok(());
        }
        self.link.connect(peer).await
    }

    /// Whether contacts gate forwarding.
    pub(super) fn is_gated(&self) -> bool {
        self.gate.is_some()
    }

    /// Whether the plan, where there is one, has a way to a node.
    pub(super) fn has_way(&self, node: &Eid) -> bool {
        self.gate.as_ref().is_none_or(|gate| gate.has_way(node))
    }

    /// When the answer to what was sent to a node can be here by the plan; `None` where there is no plan, or
    /// no way back in it.
    pub(super) fn answer_by(&self, node: &Eid) -> Option<Timestamp> {
        self.gate.as_ref()?.answer_by(node, ANSWER_BYTES)
    }

    /// Waits until there is room for another bundle of our own.
    pub(super) async fn room(&self) {
        if let Some(gate) = &self.gate {
            gate.room(WAITING_MAX_BYTES).await;
        }
    }

    /// Where bundles stand that wait for contacts.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.gate.as_ref().map(|gate| gate.standing())
    }

    /// Whether the store takes bundles.
    pub(super) fn store_state(&self) -> watch::Receiver<StoreState> {
        self.room.state()
    }

    /// Hands data to the agent for an endpoint; it is carried when there is a session, or a contact.
    pub(super) async fn send(&self, to: &Eid, payload: Vec<u8>) -> Result<(), AgentError> {
        let fragment_bytes = self.carriage.fragment_bytes;
        self.send_as(to, &payload, self.carriage.priority, fragment_bytes)
            .await
    }

    /// The same for an answer.
    pub(super) async fn answer(&self, to: &Eid, payload: Vec<u8>) -> Result<(), AgentError> {
        // Without a plan nothing here waits for a place, and some implementations refuse blocks unknown to them.
        let priority = match self.gate {
            Some(_) => ANSWER_PRIORITY.max(self.carriage.priority),
            None => self.carriage.priority,
        };
        self.send_as(to, &payload, priority, None).await
    }

    async fn send_as(
        &self,
        to: &Eid,
        payload: &[u8],
        priority: u8,
        fragment_bytes: Option<u32>,
    ) -> Result<(), AgentError> {
        let no_service = || AgentError::Setup("no service".into());
        let (own, sink) = self.service.sink.get().ok_or_else(no_service)?;
        let setup = |e: &dyn std::fmt::Display| AgentError::Setup(e.to_string());
        let lifetime = if self.gate.is_some() {
            PLANNED_LIFETIME
        } else {
            LIFETIME
        };
        let making = Making {
            from: own,
            to,
            lifetime,
            priority,
            cut: fragment_bytes.map_or(Cut::Not, |most| Cut::Bytes(most as usize)),
            created: CreationTimestamp::now(),
            keys: self.carriage.keys.as_deref(),
        };
        let pieces = making.bundles(payload)?;
        for piece in pieces {
            sink.send(piece).await.map_err(|e| setup(&e))?;
        }
        Ok(())
    }

    /// Ends sessions and stops everything.
    pub(super) async fn shutdown(&self) {
        self.stopped.store(true, Ordering::Relaxed);
        self.watch.abort();
        self.room.stop();
        self.bpa.shutdown().await;
    }
}

impl Drop for Agent {
    /// A sender that is dropped half way must not leave its agent running.
    fn drop(&mut self) {
        if let (false, Ok(runtime)) = (
            self.stopped.load(Ordering::Relaxed),
            tokio::runtime::Handle::try_current(),
        ) {
            let bpa = self.bpa.clone();
            self.watch.abort();
            self.room.stop();
            runtime.spawn(async move { bpa.shutdown().await });
        }
    }
}

/// Endpoint of the file service on a node.
pub(super) fn service_at(field: &'static str, node_eid: &str) -> Result<Eid, AgentError> {
    let node = parse_node(field, node_eid)?;
    let service = service_of(&node);
    Eid::try_from((node, service)).map_err(|_| AgentError::NodeId {
        field,
        value: node_eid.into(),
    })
}

pub(super) fn parse_node(field: &'static str, text: &str) -> Result<NodeId, AgentError> {
    let fault = || AgentError::NodeId {
        field,
        value: text.chars().take(100).collect(),
    };
    let eid: Eid = text.parse().map_err(|_| fault())?;
    match eid.to_node_id() {
        Ok(node @ (NodeId::Ipn(_) | NodeId::Dtn(_))) => Ok(node),
        _ => Err(fault()),
    }
}

pub(super) fn service_of(node: &NodeId) -> Service {
    match node {
        NodeId::Dtn(_) => Service::Dtn(SERVICE_NAME.into()),
        NodeId::Ipn(_) | NodeId::LocalNode => Service::Ipn(SERVICE_NUMBER),
    }
}

/// An address with a port: the one given, or with port 0 a free one of the moment. The adapter binds by
/// itself and does not tell its port, so the port is taken, noted and let go; should another process take
/// it in between, the check that follows fails and another is tried.
fn free_address(address: SocketAddr) -> std::io::Result<SocketAddr> {
    if address.port() != 0 {
        return Ok(address);
    }
    TcpListener::bind(address)?.local_addr()
}

/// Connects and exchanges contact headers: proof that a TCPCLv4 listener answers.
async fn answers_as_tcpcl(address: SocketAddr) -> Result<(), String> {
    let mut target = address;
    if target.ip().is_unspecified() {
        target.set_ip(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    let attempt = async {
        loop {
            let Ok(mut stream) = TcpStream::connect(target).await else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            let mut header = [0; 6];
            stream
                .write_all(b"dtn!\x04\x00")
                .await
                .map_err(|e| e.to_string())?;
            stream
                .read_exact(&mut header)
                .await
                .map_err(|e| e.to_string())?;
            return if header.starts_with(b"dtn!\x04") {
                Ok(())
            } else {
                Err("something else listens there".into())
            };
        }
    };
    match tokio::time::timeout(LISTEN_PATIENCE, attempt).await {
        Ok(answer) => answer,
        Err(_) => Err("the listener does not answer".into()),
    }
}

/// Priority of answers: before data, so that what is done is known and what is missing goes out again.
const ANSWER_PRIORITY: u8 = 128;

/// Bytes of a short answer's bundle, for planning its way.
const ANSWER_BYTES: usize = 1_024;
