//! A Bundle Protocol agent in the process: hardy's agent, its TCPCLv4 adapter and the file service.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener},
    num::NonZeroUsize,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use hardy_bpa::{
    async_trait,
    bpa::{Bpa, BpaRegistration},
    node_ids::NodeIds,
    services::{self, Application, ApplicationSink, SendOptions, StatusNotify},
    storage::{
        BundleMemStorage, BundleMemStorageConfig, MetadataMemStorage, MetadataMemStorageConfig,
    },
};
use hardy_bpv7::{
    eid::{Eid, NodeId, Service},
    status_report::ReasonCode,
};
use hardy_tcpclv4::config::{Config, SessionConfig};
use thiserror::Error;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use super::{PART_SIZE_MAX_BYTES, SERVICE_NAME, SERVICE_NUMBER, message::HEADER_LENGTH_MAX};

/// Bundles held in memory by one agent before the oldest go: four of the largest. What goes was never
/// acknowledged and is sent again.
const MEMORY_MAX_BYTES: usize = 4 * TRANSFER_MAX_BYTES as usize;

/// Largest bundle taken from a peer: the largest part, its header, and the bundle's own blocks.
const TRANSFER_MAX_BYTES: u64 = PART_SIZE_MAX_BYTES as u64 + HEADER_LENGTH_MAX as u64 + (64 << 10);

/// Bundle identities remembered to drop duplicates of bundles; duplicates of parts are seen by the spool.
const IDENTITIES_MAX: usize = 65_536;

/// TCPCLv4 segment size: a part in a few segments instead of hardy's 16 KiB, which costs a message and an
/// acknowledgement each.
const SEGMENT_BYTES: u64 = 256 << 10;

/// Time a bundle may live: longer than any pause between hops here, short enough that repeats of an
/// outage do not pile up.
const LIFETIME: Duration = Duration::from_secs(600);

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
}

/// A payload that came for the file service.
#[derive(Debug)]
pub(super) struct Incoming {
    pub(super) source: Eid,
    pub(super) payload: Bytes,
}

/// A running agent.
pub(super) struct Agent {
    bpa: Arc<Bpa>,
    stopped: AtomicBool,
    cla: Arc<hardy_tcpclv4::Cla>,
    service: Arc<FileService>,
    listening: Option<SocketAddr>,
}

impl Agent {
    /// Starts an agent, listening if an address is given; incoming payloads go to the returned queue.
    pub(super) async fn start(
        node_eid: &str,
        listen: Option<SocketAddr>,
    ) -> Result<(Self, mpsc::Receiver<Incoming>), AgentError> {
        let node = parse_node("node_eid", node_eid)?;
        let Some(address) = listen else {
            return Self::start_at(&node, None).await;
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
            let (agent, incoming) = Self::start_at(&node, Some(chosen)).await?;
            match answers_as_tcpcl(chosen).await {
                Ok(()) => return Ok((agent, incoming)),
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
    ) -> Result<(Self, mpsc::Receiver<Incoming>), AgentError> {
        let node_ids = NodeIds::try_from([node.clone()].as_slice())
            .map_err(|e| AgentError::Setup(e.to_string()))?;
        let bundles = BundleMemStorageConfig {
            capacity: non_zero(MEMORY_MAX_BYTES),
            min_bundles: 1,
        };
        let metadata = MetadataMemStorageConfig {
            max_bundles: non_zero(IDENTITIES_MAX),
        };
        let bpa = Bpa::builder()
            .node_ids(node_ids)
            .bundle_storage(Arc::new(BundleMemStorage::new(&bundles)))
            .metadata_storage(Arc::new(MetadataMemStorage::new(&metadata)))
            .no_cache()
            .build()
            .await
            .map_err(|e| AgentError::Setup(e.to_string()))?;
        bpa.start(false);

        let (queue, incoming) = mpsc::channel(QUEUE_LENGTH);
        let service = Arc::new(FileService {
            sink: OnceLock::new(),
            queue,
        });
        bpa.register_application(service_of(node), service.clone())
            .await
            .map_err(|e| AgentError::Setup(e.to_string()))?;

        let config = Config {
            address: listen,
            segment_mru: SEGMENT_BYTES,
            transfer_mru: TRANSFER_MAX_BYTES,
            session_defaults: SessionConfig::default(),
            ..Config::default()
        };
        let cla = hardy_tcpclv4::Cla::new(&config).map_err(|e| AgentError::Setup(e.to_string()))?;
        let cla = Arc::new(cla);
        bpa.register_cla("tcpclv4".into(), cla.clone(), None)
            .await
            .map_err(|e| AgentError::Setup(e.to_string()))?;
        Ok((
            Self {
                bpa: Arc::new(bpa),
                stopped: AtomicBool::new(false),
                cla,
                service,
                listening: listen,
            },
            incoming,
        ))
    }

    /// The address it listens on, if it does.
    pub(super) fn listening(&self) -> Option<SocketAddr> {
        self.listening
    }

    /// Opens a session to a peer.
    pub(super) async fn connect(&self, peer: SocketAddr) -> Result<(), String> {
        self.cla.connect(&peer).await.map_err(|e| e.to_string())
    }

    /// Hands a payload to the agent for an endpoint; it is carried when there is a session.
    pub(super) async fn send(&self, to: &Eid, payload: Vec<u8>) -> Result<(), AgentError> {
        let sink = self
            .service
            .sink
            .get()
            .ok_or_else(|| AgentError::Setup("no service".into()))?;
        let options = SendOptions {
            do_not_fragment: true,
            ..SendOptions::default()
        };
        let sent = sink
            .send(to.clone(), Bytes::from(payload), LIFETIME, Some(options))
            .await;
        sent.map(|_| ())
            .map_err(|e| AgentError::Setup(e.to_string()))
    }

    /// Ends sessions and stops everything.
    pub(super) async fn shutdown(&self) {
        self.stopped.store(true, Ordering::Relaxed);
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

fn parse_node(field: &'static str, text: &str) -> Result<NodeId, AgentError> {
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

fn service_of(node: &NodeId) -> Service {
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

fn non_zero(value: usize) -> NonZeroUsize {
    NonZeroUsize::new(value).unwrap_or(NonZeroUsize::MIN)
}

/// The application that hardy delivers payloads to.
struct FileService {
    sink: OnceLock<Box<dyn ApplicationSink>>,
    queue: mpsc::Sender<Incoming>,
}

#[async_trait]
impl Application for FileService {
    async fn on_register(&self, _source: &Eid, sink: Box<dyn ApplicationSink>) {
        // Registered once: a second sink would be dropped, which unregisters it.
        drop(self.sink.set(sink));
    }

    async fn on_unregister(&self) {}

    async fn on_receive(
        &self,
        source: Eid,
        _expiry: time::OffsetDateTime,
        _ack_requested: bool,
        payload: Bytes,
    ) -> services::Result<()> {
        // Holding the agent back here is what bounds memory. A closed queue means shutting down.
        drop(self.queue.send(Incoming { source, payload }).await);
        Ok(())
    }

    async fn on_status_notify(
        &self,
        _bundle_id: &hardy_bpv7::bundle::Id,
        _from: &Eid,
        _kind: StatusNotify,
        _reason: ReasonCode,
        _timestamp: Option<time::OffsetDateTime>,
    ) {
    }
}
