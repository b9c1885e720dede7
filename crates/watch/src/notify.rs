//! Who is told: events in the process, and webhooks to addresses a watch names.

use crate::error::WatchError;
use crate::outgoing;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long one webhook call may take.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
/// How often a webhook is tried before it is given up.
pub const WEBHOOK_TRIES: u32 = 5;

/// What an event is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A scene was catalogued.
    Scene,
    /// An answer was published.
    Answer,
    /// A delivery began, went on or ended.
    Delivery,
    /// A step was added to a trace.
    Trace,
    /// A watch was added or removed.
    Watch,
}

impl EventKind {
    /// The name as it stands in the event stream.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scene => "scene",
            Self::Answer => "answer",
            Self::Delivery => "delivery",
            Self::Trace => "trace",
            Self::Watch => "watch",
        }
    }
}

/// Something that happened, for those who listen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// Grows by one with each event of this node.
    pub id: u64,
    /// What it is about.
    pub kind: EventKind,
    /// When it happened, wall-clock UTC.
    pub time: Timestamp,
    /// The facts, by kind.
    pub data: serde_json::Value,
}

/// Checks that a webhook address is one this node may call at all.
///
/// # Errors
/// [`WatchError::Invalid`] says what an address must be.
pub fn check_address(address: &str) -> Result<(), WatchError> {
    outgoing::check_address("notify address", address)
}

/// Calls webhooks; refuses private addresses unless the node's configuration allows them.
#[derive(Debug, Clone)]
pub struct Webhooks {
    agent: ureq::Agent,
}

impl Webhooks {
    /// `allow_private` lets calls go to loopback and private networks.
    pub fn new(allow_private: bool) -> Self {
        Self {
            agent: outgoing::agent(allow_private, WEBHOOK_TIMEOUT, 0),
        }
    }

    /// Posts the event; any 2xx answer counts as told.
    ///
    /// # Errors
    /// A sentence: what the other side or the network said.
    pub fn post(&self, address: &str, event: &Event) -> Result<(), String> {
        let body = serde_json::to_string(event).map_err(|e| e.to_string())?;
        self.agent
            .post(address)
            .header("content-type", "application/json")
            .header("corridor-event-id", event.id.to_string())
            .send(body)
            .map(|_| ())
            .map_err(|e| e.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    #[test]
    fn a_webhook_is_told_when_allowed_and_refused_when_not() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        let event = Event {
            id: 7,
            kind: EventKind::Answer,
            time: Timestamp::UNIX_EPOCH,
            data: serde_json::json!({"watch": "w"}),
        };
        let e = Webhooks::new(false).post(&address, &event).unwrap_err();
        assert!(e.contains("private network"), "{e}");
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut seen = vec![0u8; 4096];
            let mut text = String::new();
            while !text.contains("\"watch\":\"w\"") {
                let n = stream.read(&mut seen).unwrap();
                text.push_str(&String::from_utf8_lossy(&seen[..n]));
            }
            stream
                .write_all(b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n")
                .unwrap();
            text
        });
        Webhooks::new(true).post(&address, &event).unwrap();
        let text = served.join().unwrap();
        assert!(text.contains("corridor-event-id: 7"), "{text}");
    }
}
