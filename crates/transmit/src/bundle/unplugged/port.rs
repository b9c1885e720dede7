//! Where hardy's agent of a node ends: its egress, and its link.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use hardy_bpa::{
    bundle::Bundle,
    cla::{self, Cla, ClaAddress, ForwardBundleResult, Sink},
    policy::{EgressController, EgressPolicy, EgressQueue},
};
use hardy_bpv7::eid::NodeId;
use tokio::sync::{mpsc, oneshot};

use super::locked;
use crate::bundle::{
    agent::Incoming,
    inlet::{Inlet, Refused},
    store::Gated,
};

/// Address under which hardy's agent knows what a node sends to.
const LINE_ADDRESS: &[u8] = b"line";

/// The way out of a node: what hardy's agent forwards, and where it goes on when a link takes it.
pub(super) struct Outward {
    pub(super) gated: Gated,
    pub(super) outbox: mpsc::UnboundedSender<Bundle>,
    pub(super) queue: OnceLock<Arc<dyn EgressQueue>>,
}

/// [`Outward`] as hardy's agent sees it.
pub(super) struct Policy(pub(super) Arc<Outward>);

#[async_trait]
impl EgressPolicy for Policy {
    fn queue_count(&self) -> u32 {
        0
    }

    fn classify(&self, _flow_label: Option<u32>) -> Option<u32> {
        None
    }

    async fn new_controller(
        &self,
        queues: HashMap<Option<u32>, Arc<dyn EgressQueue>>,
    ) -> Arc<dyn EgressController> {
        if let Some(queue) = queues.get(&None) {
            // A node has one peer, and that for as long as it is there.
            drop(self.0.queue.set(queue.clone()));
        }
        Arc::new(Controller(self.0.clone()))
    }
}

pub(super) struct Controller(Arc<Outward>);

#[async_trait]
impl EgressController for Controller {
    async fn forward(&self, _queue: Option<u32>, bundle: Bundle) {
        let new = locked(&self.0.gated).insert(bundle.bundle.id.clone());
        if new {
            // Nobody receives it only once the node is gone.
            drop(self.0.outbox.send(bundle));
        }
    }
}

/// A bundle on a link, and whom to tell whether it got over.
pub(super) struct Crossing {
    pub(super) data: Bytes,
    pub(super) handed: oneshot::Sender<ForwardBundleResult>,
}

/// The link of a node, as hardy's agent sees it: it has what the rehearsal says.
pub(super) struct Line {
    pub(super) inlet: Arc<Inlet>,
    pub(super) towards: Vec<NodeId>,
    pub(super) crossings: mpsc::UnboundedSender<Crossing>,
}

#[async_trait]
impl Cla for Line {
    async fn on_register(&self, sink: Box<dyn Sink>, _node_ids: &[NodeId]) {
        let sink: Arc<dyn Sink> = sink.into();
        drop(self.inlet.sink.set(sink.clone()));
        if self.towards.is_empty() {
            return;
        }
        let line = ClaAddress::Private(Bytes::from_static(LINE_ADDRESS));
        if let Err(error) = sink.add_peer(line, &self.towards).await {
            tracing::error!(%error, "a line is no peer");
        }
    }

    async fn on_unregister(&self) {}

    async fn forward(
        &self,
        _queue: Option<u32>,
        _address: &ClaAddress,
        data: Bytes,
    ) -> cla::Result<ForwardBundleResult> {
        let (handed, outcome) = oneshot::channel();
        let crossing = Crossing { data, handed };
        if self.crossings.send(crossing).is_err() {
            return Ok(ForwardBundleResult::NoNeighbour);
        }
        Ok(outcome.await.unwrap_or(ForwardBundleResult::NoNeighbour))
    }
}

/// What comes out of a node's agent, until the step is over.
pub(super) struct Outlets {
    pub(super) outbox: mpsc::UnboundedReceiver<Bundle>,
    pub(super) crossings: mpsc::UnboundedReceiver<Crossing>,
    pub(super) incoming: mpsc::Receiver<Incoming>,
    pub(super) refused: mpsc::UnboundedReceiver<Refused>,
    pub(super) unopened: mpsc::UnboundedReceiver<Refused>,
}
