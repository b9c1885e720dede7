//! What comes in over the links of a node, before hardy's agent sees it.
//!
//! A bundle is read, refused with a reason when it is none, put together when it is a fragment for this node, and
//! written to the store before it is acknowledged.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use hardy_bpa::cla::{self, ClaAddress, Sink};
use hardy_bpv7::{
    bpsec::no_keys,
    bundle::{Id, ParsedBundle},
    eid::NodeId,
};
use jiff::Timestamp;
use tokio::sync::mpsc;

pub(super) use super::door::Refused;
use super::{
    door::{expires, is_fragment_for, misfit, read},
    fragment::{Outcome, Reassembler, whole_id},
    gate::Gate,
    shelf::Shelf,
    store::Room,
};

/// Pause before a bundle found on disk is offered to a full store again.
const RESTORE_PAUSE: Duration = Duration::from_millis(500);

/// What comes in.
pub(super) struct Inlet {
    own: NodeId,
    pub(super) sink: OnceLock<Arc<dyn Sink>>,
    pub(super) gate: Option<Arc<Gate>>,
    room: Arc<Room>,
    fragments: Mutex<Reassembler>,
    shelf: Option<Shelf>,
    refused: mpsc::UnboundedSender<Refused>,
    /// Addresses of the sessions that others opened, by node.
    sessions: Mutex<HashMap<NodeId, SocketAddr>>,
}

impl Inlet {
    pub(super) fn new(
        own: NodeId,
        gate: Option<Arc<Gate>>,
        room: Arc<Room>,
        fragments: Reassembler,
        shelf: Option<Shelf>,
        refused: mpsc::UnboundedSender<Refused>,
    ) -> Arc<Self> {
        Arc::new(Self {
            own,
            sink: OnceLock::new(),
            gate,
            room,
            fragments: Mutex::new(fragments),
            shelf,
            refused,
            sessions: Mutex::default(),
        })
    }

    /// Addresses of the sessions that others opened, by node.
    pub(super) fn sessions(&self) -> MutexGuard<'_, HashMap<NodeId, SocketAddr>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refuse(&self, refused: Refused) {
        // Nobody listening is an ordinary state.
        drop(self.refused.send(refused));
    }

    fn fragments(&self) -> MutexGuard<'_, Reassembler> {
        self.fragments
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to be handed on of a bundle that came; `None` when there is nothing (yet). An error means that
    /// the peer has to keep it.
    async fn admit(&self, bundle: Bytes, peer: &str) -> cla::Result<Option<Admitted>> {
        let parsed = match read(&bundle, peer) {
            Ok(parsed) => parsed,
            Err(refused) => {
                self.refuse(refused);
                return Ok(None);
            }
        };
        if !is_fragment_for(&parsed, &self.own) {
            let whole = Admitted {
                data: bundle,
                of: None,
            };
            return Ok(Some(whole));
        }
        let taken = {
            let (now, mut fragments) = (Timestamp::now(), self.fragments());
            // What was acknowledged must not go for what comes.
            if self.shelf.is_some() && !fragments.has_room(&parsed.id, bundle.len(), now) {
                let held = fragments.held_bytes();
                return Err(full(&format!("{held} bytes of fragments wait for others")));
            }
            fragments.take(&parsed, &bundle, expires(&parsed, now), now)
        };
        self.clear_given_up().await;
        let id = whole_id(&parsed.id);
        match taken {
            Ok(Outcome::Whole(data)) => Ok(Some(Admitted { data, of: Some(id) })),
            Ok(Outcome::Kept | Outcome::Known) => {
                self.shelve(&parsed.id, bundle).await?;
                Ok(None)
            }
            Err(error) => {
                self.refuse(misfit(&parsed, &error));
                Ok(None)
            }
        }
    }

    /// Puts a fragment on disk before it is acknowledged.
    async fn shelve(&self, id: &Id, data: Bytes) -> cla::Result<()> {
        let Some(shelf) = &self.shelf else {
            return Ok(());
        };
        let whole = whole_id(id);
        if !self.fragments().has_made(&whole) {
            let (shelf, id) = (shelf.clone(), id.clone());
            let put = tokio::task::spawn_blocking(move || shelf.put(&id, &data)).await;
            if let Err(reason) = put
                .map_err(|e| e.to_string())
                .and_then(|r| r.map_err(|e| e.to_string()))
            {
                self.begin_anew(&whole).await;
                return Err(full(&reason));
            }
        }
        // Made whole meanwhile by a fragment on another session.
        if self.fragments().has_made(&whole) {
            self.clear(whole).await;
        }
        Ok(())
    }

    /// Goes back to what is on disk of a bundle.
    async fn begin_anew(&self, id: &Id) {
        let Some(shelf) = self.shelf.clone() else {
            return;
        };
        self.fragments().forget(id);
        let of = id.clone();
        match tokio::task::spawn_blocking(move || shelf.of(&of)).await {
            Ok(Ok(there)) => drop(self.put_together(there)),
            Ok(Err(error)) => {
                tracing::error!(%error, bundle = %id, "fragments cannot be read back")
            }
            Err(error) => tracing::error!(%error, bundle = %id, "fragments cannot be read back"),
        }
    }

    /// Takes fragments from the disk; the wholes that they make.
    fn put_together(&self, there: Vec<Bytes>) -> Vec<Admitted> {
        let (now, mut fragments) = (Timestamp::now(), self.fragments());
        let mut wholes = Vec::new();
        for data in there {
            let Ok(parsed) = ParsedBundle::parse(&data, no_keys) else {
                continue;
            };
            let parsed = parsed.bundle;
            let taken = fragments.take(&parsed, &data, expires(&parsed, now), now);
            if let Ok(Outcome::Whole(data)) = taken {
                let of = Some(whole_id(&parsed.id));
                wholes.push(Admitted { data, of });
            }
        }
        wholes
    }

    async fn clear_given_up(&self) {
        let gone = self.fragments().take_given_up();
        for id in gone {
            self.clear(id).await;
        }
    }

    async fn clear(&self, id: Id) {
        if let Some(shelf) = self.shelf.clone() {
            drop(tokio::task::spawn_blocking(move || shelf.clear(&id)).await);
        }
    }

    /// Takes up what was on disk when the process began.
    pub(super) async fn restore(self: Arc<Self>) {
        let Some(shelf) = self.shelf.clone() else {
            return;
        };
        let there = match tokio::task::spawn_blocking(move || shelf.all()).await {
            Ok(Ok(there)) => there,
            Ok(Err(error)) => {
                tracing::error!(%error, "fragments on disk cannot be read");
                return;
            }
            Err(_) => return,
        };
        let wholes = self.put_together(there);
        self.clear_given_up().await;
        for whole in wholes {
            while self.hand_on(whole.clone(), None, None).await.is_err() {
                tokio::time::sleep(RESTORE_PAUSE).await;
            }
        }
    }

    /// Hands a bundle to hardy's agent; it is on disk, where there is one, when this returns.
    async fn hand_on(
        &self,
        admitted: Admitted,
        peer_node: Option<&NodeId>,
        peer_addr: Option<&ClaAddress>,
    ) -> cla::Result<()> {
        let sink = self.sink.get().ok_or(cla::Error::Disconnected)?;
        let Admitted { data, of } = admitted;
        let taken = match self.room.take_in(&data).await {
            Ok(taken) => taken,
            Err(reason) => {
                if let Some(id) = &of {
                    self.begin_anew(id).await;
                }
                return Err(full(&reason));
            }
        };
        let outcome = sink.dispatch(data, peer_node, peer_addr).await;
        taken.settle().await;
        if let Some(id) = of {
            self.clear(id).await;
        }
        outcome
    }
}

/// A bundle that may be handed on.
#[derive(Debug, Clone)]
struct Admitted {
    data: Bytes,
    /// The bundle whose fragments made it whole, where it came in such.
    of: Option<Id>,
}

/// An error ends the session: the peer keeps the bundle and comes again.
fn full(reason: &str) -> cla::Error {
    tracing::warn!(reason, "a bundle was not taken, the store is full");
    cla::Error::Internal(format!("the store is full: {reason}").into())
}

/// The side of hardy's agent, as the adapters see it.
pub(super) struct Filtered(pub(super) Arc<Inlet>);

#[async_trait]
impl Sink for Filtered {
    async fn unregister(&self) {}

    async fn dispatch(
        &self,
        bundle: Bytes,
        peer_node: Option<&NodeId>,
        peer_addr: Option<&ClaAddress>,
    ) -> cla::Result<()> {
        let inlet = &self.0;
        let peer = match (peer_node, peer_addr) {
            (Some(node), _) => node.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => "an unknown peer".into(),
        };
        match inlet.admit(bundle, &peer).await? {
            Some(admitted) => inlet.hand_on(admitted, peer_node, peer_addr).await,
            None => Ok(()),
        }
    }

    async fn add_peer(&self, address: ClaAddress, nodes: &[NodeId]) -> cla::Result<bool> {
        let inlet = &self.0;
        let Some(gate) = &inlet.gate else {
            let sink = inlet.sink.get().ok_or(cla::Error::Disconnected)?;
            return sink.add_peer(address, nodes).await;
        };
        // With a plan a session is a way for contacts, not a route.
        if let ClaAddress::Tcp(address) = address {
            for node in nodes {
                inlet.sessions().insert(node.clone(), address);
                let index = gate.neighbours().iter().position(|n| n.node == *node);
                if let Some(index) = index {
                    gate.came_about(index);
                }
            }
        }
        Ok(true)
    }

    async fn remove_peer(&self, address: &ClaAddress) -> cla::Result<bool> {
        let inlet = &self.0;
        if inlet.gate.is_none() {
            let sink = inlet.sink.get().ok_or(cla::Error::Disconnected)?;
            return sink.remove_peer(address).await;
        }
        if let ClaAddress::Tcp(address) = address {
            inlet.sessions().retain(|_, a| a != address);
        }
        Ok(true)
    }
}
