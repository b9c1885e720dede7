//! The file service, as hardy's agent sees it.

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use hardy_bpa::{
    async_trait,
    services::{self, Service as BundleService, ServiceSink, StatusNotify},
};
use hardy_bpv7::{eid::Eid, status_report::ReasonCode};
use tokio::sync::{mpsc, oneshot};

use crate::bundle::{
    inlet::Refused,
    secure::{self, Keyring},
};

/// A payload that came for the file service.
#[derive(Debug)]
pub(in crate::bundle) struct Incoming {
    pub(in crate::bundle) source: Eid,
    pub(in crate::bundle) payload: Bytes,
    /// Let go of when the payload is dealt with: until then the agent keeps the bundle.
    pub(in crate::bundle) done: oneshot::Sender<()>,
}

/// The service that hardy delivers bundles to.
pub(in crate::bundle) struct FileService {
    pub(in crate::bundle) sink: OnceLock<(Eid, Box<dyn ServiceSink>)>,
    pub(in crate::bundle) queue: mpsc::Sender<Incoming>,
    pub(in crate::bundle) keys: Option<Arc<Keyring>>,
    pub(in crate::bundle) refused: mpsc::UnboundedSender<Refused>,
}

#[async_trait]
impl BundleService for FileService {
    async fn on_register(&self, endpoint: &Eid, sink: Box<dyn ServiceSink>) {
        // Registered once: a second sink would be dropped, which unregisters it.
        drop(self.sink.set((endpoint.clone(), sink)));
    }

    async fn on_unregister(&self) {}

    async fn on_receive(&self, data: Bytes, _expiry: time::OffsetDateTime) -> services::Result<()> {
        let opened = match secure::open(&data, self.keys.as_deref()) {
            Ok(opened) => opened,
            Err(refusal) => {
                let source = secure::source_of(&data);
                // Nobody listening is an ordinary state.
                drop(self.refused.send(Refused {
                    source,
                    reason: refusal.to_string(),
                }));
                return Ok(());
            }
        };
        // Holding the agent back here is what bounds memory.
        let (done, dealt_with) = oneshot::channel();
        let incoming = Incoming {
            source: opened.source,
            payload: opened.payload,
            done,
        };
        if self.queue.send(incoming).await.is_err() {
            // Shutting down: the bundle stays where it is.
            return Err(services::Error::Disconnected);
        }
        // An error says that it was dealt with and nothing was said: as good.
        drop(dealt_with.await);
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
