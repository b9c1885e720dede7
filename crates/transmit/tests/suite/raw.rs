//! hardy's TCPCLv4 adapter without hardy's agent: what comes in is kept as it came, what goes out is acknowledged
//! or not.

use std::{net::SocketAddr, sync::Arc};

use bytes::Bytes;
use hardy_bpa::{
    async_trait,
    cla::{self, Cla, ClaAddress, ForwardBundleResult, Sink},
};
use hardy_bpv7::{
    builder::Builder,
    creation_timestamp::CreationTimestamp,
    eid::{Eid, NodeId},
};
use tokio::sync::mpsc;

struct Raw(mpsc::UnboundedSender<Bytes>);

#[async_trait]
impl Sink for Raw {
    async fn unregister(&self) {}

    async fn dispatch(
        &self,
        bundle: Bytes,
        _: Option<&NodeId>,
        _: Option<&ClaAddress>,
    ) -> cla::Result<()> {
        drop(self.0.send(bundle));
        Ok(())
    }

    async fn add_peer(&self, _: ClaAddress, _: &[NodeId]) -> cla::Result<bool> {
        Ok(true)
    }

    async fn remove_peer(&self, _: &ClaAddress) -> cla::Result<bool> {
        Ok(true)
    }
}

/// An adapter of a node that has no agent.
pub(crate) struct Adapter(Arc<hardy_tcpclv4::Cla>);

impl Adapter {
    /// One for a node, listening if an address is given, and what comes to it.
    pub(crate) async fn start(
        node: &str,
        listen: Option<SocketAddr>,
    ) -> (Self, mpsc::UnboundedReceiver<Bytes>) {
        let (sink, came) = mpsc::unbounded_channel();
        let config = hardy_tcpclv4::config::Config {
            address: listen,
            ..Default::default()
        };
        let adapter = Arc::new(hardy_tcpclv4::Cla::new(&config).unwrap());
        let own = node.parse::<Eid>().unwrap().to_node_id().unwrap();
        adapter.on_register(Box::new(Raw(sink)), &[own]).await;
        (Self(adapter), came)
    }

    /// Whether the other end acknowledged a bundle.
    pub(crate) async fn send(&self, to: SocketAddr, bundle: Bytes) -> bool {
        let sent = self.0.forward(None, &ClaAddress::Tcp(to), bundle).await;
        matches!(sent, Ok(ForwardBundleResult::Sent))
    }

    pub(crate) async fn stop(self) {
        self.0.on_unregister().await;
    }
}

/// A bundle as another implementation's application would make it.
pub(crate) fn bundle(source: &str, to: &str, payload: &[u8]) -> Bytes {
    let (_, data) = Builder::new(source.parse().unwrap(), to.parse().unwrap())
        .with_lifetime(std::time::Duration::from_secs(600))
        .with_payload(payload.into())
        .build(CreationTimestamp::now())
        .unwrap();
    data.into()
}
