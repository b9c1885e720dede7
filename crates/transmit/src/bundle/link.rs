//! The links of a node, going out: hardy's TCPCLv4 adapter between hardy's agent and the network.
//!
//! With a contact plan each neighbour has an adapter of its own, which is there while a contact is on and is cut,
//! sessions and all, when it ends. What comes in goes through [`super::inlet`].

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use hardy_bpa::cla::{self, Cla, ClaAddress, ClaAddressType, ForwardBundleResult, Sink};
use hardy_bpv7::eid::NodeId;
use hardy_tcpclv4::config::Config;

use super::{
    gate::{Gate, Handed},
    inlet::{Filtered, Inlet},
};

/// Address under which hardy knows the plan as a peer.
const PLAN_ADDRESS: &[u8] = b"contact-plan";

/// How long a connection may take to come about.
const CONNECT_PATIENCE: Duration = Duration::from_secs(3);

/// How long a bundle may stand still on a link beside the time that it takes by the plan.
const STALL_PATIENCE: Duration = Duration::from_secs(20);

/// All links of a node, as one adapter for hardy's agent.
pub(super) struct Link {
    config: Config,
    inlet: Arc<Inlet>,
    listener: Arc<hardy_tcpclv4::Cla>,
    node_ids: OnceLock<Vec<NodeId>>,
    /// Adapters of contacts that are on, by neighbour.
    contacts: Mutex<HashMap<usize, Arc<hardy_tcpclv4::Cla>>>,
}

impl Link {
    pub(super) fn new(
        config: Config,
        inlet: Arc<Inlet>,
    ) -> Result<Arc<Self>, hardy_tcpclv4::Error> {
        Ok(Arc::new(Self {
            listener: Arc::new(hardy_tcpclv4::Cla::new(&config)?),
            config,
            inlet,
            node_ids: OnceLock::new(),
            contacts: Mutex::default(),
        }))
    }

    /// Opens a session, where there is no plan that would.
    pub(super) async fn connect(&self, peer: SocketAddr) -> Result<(), String> {
        let connected = self.listener.connect(&peer);
        let connected = tokio::time::timeout(CONNECT_PATIENCE, connected).await;
        connected
            .map_err(|_| format!("no connection within {} s", CONNECT_PATIENCE.as_secs()))?
            .map_err(|e| e.to_string())
    }

    fn contacts(&self) -> MutexGuard<'_, HashMap<usize, Arc<hardy_tcpclv4::Cla>>> {
        self.contacts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The adapter of a contact, made when it is first needed.
    async fn contact(&self, neighbour: usize) -> cla::Result<Arc<hardy_tcpclv4::Cla>> {
        if let Some(there) = self.contacts().get(&neighbour) {
            return Ok(there.clone());
        }
        let config = Config {
            address: None,
            ..self.config.clone()
        };
        let made = hardy_tcpclv4::Cla::new(&config).map_err(|e| cla::Error::Internal(e.into()))?;
        let made = Arc::new(made);
        let nodes = self.node_ids.get().map_or(&[][..], Vec::as_slice);
        made.on_register(Box::new(Filtered(self.inlet.clone())), nodes)
            .await;
        self.contacts().insert(neighbour, made.clone());
        Ok(made)
    }

    /// Ends the sessions of a contact at once.
    async fn cut(&self, neighbour: usize) {
        let adapter = self.contacts().remove(&neighbour);
        if let Some(adapter) = adapter {
            adapter.on_unregister().await;
        }
    }

    /// Ends the sessions of contacts that are over; called whenever time has passed.
    async fn cut_what_is_over(&self, gate: &Gate) {
        let on: Vec<usize> = self.contacts().keys().copied().collect();
        for neighbour in on {
            if !gate.is_on(neighbour) {
                self.cut(neighbour).await;
            }
        }
    }

    /// Cuts contacts as they end, for ever.
    pub(super) async fn watch_contacts(self: Arc<Self>) {
        let Some(gate) = self.inlet.gate.clone() else {
            return;
        };
        loop {
            self.cut_what_is_over(&gate).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn send(&self, gate: &Gate, neighbour: usize, bundle: Bytes) -> Handed {
        let (Some(ends), Some(to)) = (gate.ends(neighbour), gate.neighbours().get(neighbour))
        else {
            return Handed::Failed;
        };
        let (adapter, address) = match to.address {
            Some(address) => match self.contact(neighbour).await {
                Ok(adapter) => (adapter, address),
                Err(error) => {
                    tracing::warn!(%error, "no adapter for a contact");
                    return Handed::Failed;
                }
            },
            None => match self.inlet.sessions().get(&to.node) {
                Some(address) => (self.listener.clone(), *address),
                None => return Handed::Failed,
            },
        };
        let clock = gate.clock();
        if clock.now() >= ends {
            return Handed::Cut;
        }
        let address = ClaAddress::Tcp(address);
        let sending = adapter.forward(None, &address, bundle);
        tokio::select! {
            sent = sending => match sent {
                Ok(ForwardBundleResult::Sent) => Handed::Sent,
                Ok(ForwardBundleResult::NoNeighbour) => Handed::Failed,
                Err(error) => {
                    tracing::debug!(%error, to = to.name, "a bundle did not get over");
                    Handed::Failed
                }
            },
            () = clock.sleep_until(ends) => {
                self.cut(neighbour).await;
                Handed::Cut
            }
            () = tokio::time::sleep(STALL_PATIENCE) => {
                self.cut(neighbour).await;
                Handed::Failed
            }
        }
    }
}

#[async_trait]
impl Cla for Link {
    fn address_type(&self) -> Option<ClaAddressType> {
        Some(ClaAddressType::Tcp)
    }

    fn queue_count(&self) -> u32 {
        let neighbours = self.inlet.gate.as_ref().map_or(0, |g| g.neighbours().len());
        u32::try_from(neighbours).unwrap_or(u32::MAX)
    }

    async fn on_register(&self, sink: Box<dyn Sink>, node_ids: &[NodeId]) {
        let sink: Arc<dyn Sink> = sink.into();
        // Registered once: a second sink would be dropped, which unregisters it.
        drop(self.inlet.sink.set(sink.clone()));
        drop(self.node_ids.set(node_ids.to_vec()));
        if let Some(gate) = &self.inlet.gate {
            let plan = ClaAddress::Private(Bytes::from_static(PLAN_ADDRESS));
            if let Err(error) = sink.add_peer(plan, &gate.nodes()).await {
                tracing::error!(%error, "the contact plan is no peer");
            }
        }
        tokio::spawn(self.inlet.clone().restore());
        self.listener
            .on_register(Box::new(Filtered(self.inlet.clone())), node_ids)
            .await;
    }

    async fn on_unregister(&self) {
        if let Some(gate) = &self.inlet.gate {
            gate.stop();
        }
        let on: Vec<usize> = self.contacts().keys().copied().collect();
        for neighbour in on {
            self.cut(neighbour).await;
        }
        self.listener.on_unregister().await;
    }

    async fn forward(
        &self,
        queue: Option<u32>,
        address: &ClaAddress,
        bundle: Bytes,
    ) -> cla::Result<ForwardBundleResult> {
        let Some(gate) = &self.inlet.gate else {
            return self.listener.forward(queue, address, bundle).await;
        };
        let Some(neighbour) = queue.and_then(|q| usize::try_from(q).ok()) else {
            return Ok(ForwardBundleResult::NoNeighbour);
        };
        let handed = self.send(gate, neighbour, bundle).await;
        gate.note(neighbour, handed);
        Ok(match handed {
            Handed::Sent => ForwardBundleResult::Sent,
            Handed::Failed | Handed::Cut => ForwardBundleResult::NoNeighbour,
        })
    }
}
