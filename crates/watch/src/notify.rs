//! Who is told: events in the process, and webhooks to addresses a watch names.

use crate::error::WatchError;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Longest webhook address, characters.
pub const ADDRESS_MAX_CHARS: usize = 2_000;
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
    let wrong = |why: &str| {
        WatchError::Invalid(format!(
            "notify address {address:?}: {why}; say http(s)://host/path"
        ))
    };
    if address.chars().count() > ADDRESS_MAX_CHARS {
        return Err(wrong("is too long"));
    }
    let uri: ureq::http::Uri = address.parse().map_err(|_| wrong("is no web address"))?;
    match uri.scheme_str() {
        Some("http" | "https") => {}
        _ => return Err(wrong("has no http or https scheme")),
    }
    match uri.authority() {
        Some(a) if a.as_str().contains('@') => Err(wrong("carries credentials")),
        Some(a) if !a.host().is_empty() => Ok(()),
        _ => Err(wrong("has no host")),
    }
}

/// Calls webhooks; refuses private addresses unless the node's configuration allows them.
#[derive(Debug, Clone)]
pub struct Webhooks {
    agent: ureq::Agent,
}

impl Webhooks {
    /// `allow_private` lets calls go to loopback and private networks.
    pub fn new(allow_private: bool) -> Self {
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(WEBHOOK_TIMEOUT))
            .max_redirects(0)
            .http_status_as_error(true)
            .user_agent(concat!("corridor/", env!("CARGO_PKG_VERSION")))
            .build();
        let resolver = PublicOnly {
            inner: DefaultResolver::default(),
            allow_private,
        };
        Self {
            agent: ureq::Agent::with_parts(config, DefaultConnector::default(), resolver),
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

/// Resolves names as usual and leaves out addresses of private networks, so that a name that
/// points inside cannot be used to reach inside.
#[derive(Debug)]
struct PublicOnly {
    inner: DefaultResolver,
    allow_private: bool,
}

impl Resolver for PublicOnly {
    fn resolve(
        &self,
        uri: &ureq::http::Uri,
        config: &ureq::config::Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let all = self.inner.resolve(uri, config, timeout)?;
        let mut allowed = self.empty();
        for address in all.iter() {
            if self.allow_private || is_public(address) {
                allowed.push(*address);
            }
        }
        if allowed.is_empty() {
            let refused = std::io::Error::new(
                std::io::ErrorKind::PermissionDenied,
                format!("{uri} is on a private network, which this node does not call"),
            );
            return Err(ureq::Error::Io(refused));
        }
        Ok(allowed)
    }
}

fn is_public(address: &SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_broadcast()
                || ip.is_multicast()
                || ip.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b)))
        }
        IpAddr::V6(ip) => match ip.to_ipv4() {
            Some(v4) => is_public(&SocketAddr::new(IpAddr::V4(v4), address.port())),
            None => {
                !(ip.is_loopback()
                    || ip.is_unspecified()
                    || ip.is_multicast()
                    || ip.is_unique_local()
                    || ip.is_unicast_link_local())
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    #[test]
    fn addresses_are_checked() {
        assert!(check_address("https://example.org/hook").is_ok());
        for bad in [
            "ftp://example.org/",
            "example.org",
            "http://u:p@example.org/",
            "http:///x",
        ] {
            let e = check_address(bad).unwrap_err().to_string();
            assert!(e.contains("notify address"), "{bad}: {e}");
        }
    }

    #[test]
    fn private_networks_are_not_public() {
        for ip in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "100.64.0.1",
            "169.254.1.1",
            "::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "0.0.0.0",
        ] {
            assert!(
                !is_public(&SocketAddr::new(ip.parse().unwrap(), 80)),
                "{ip}"
            );
        }
        assert!(is_public(&SocketAddr::new("9.9.9.9".parse().unwrap(), 80)));
    }

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
