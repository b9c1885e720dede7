//! Calls to other machines: limited in size, time and redirects, and never into private networks
//! unless the node's configuration allows it.

use crate::error::WatchError;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::ResponseExt;
use ureq::tls::{RootCerts, TlsConfig};
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::{DefaultConnector, NextTimeout};

/// Longest address, characters.
pub const ADDRESS_MAX_CHARS: usize = 2_000;
/// Largest file fetched, bytes.
pub const FETCH_MAX_BYTES: u64 = 64 << 20;
/// How long one fetch may take.
const FETCH_TIMEOUT: Duration = Duration::from_secs(60);
/// Largest file of a scene fetched, bytes: a band of a whole orbit fits.
pub const FILE_MAX_BYTES: u64 = 16 << 30;
/// How long fetching one file of a scene may take.
const FILE_TIMEOUT: Duration = Duration::from_secs(3_600);
/// Bytes of such a file held in memory.
const PIECE_BYTES: usize = 256 << 10;
/// How often a fetch may be sent elsewhere.
const FETCH_REDIRECTS_MAX: u32 = 3;

/// Checks that an address is one this node may call at all; `what` says whose it is.
///
/// # Errors
/// [`WatchError::Invalid`] says what an address must be.
pub fn check_address(what: &str, address: &str) -> Result<(), WatchError> {
    let wrong = |why: &str| {
        WatchError::Invalid(format!(
            "{what} {address:?}: {why}; say http(s)://host/path"
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

/// A client that answers within `timeout` and follows at most `redirects`.
pub(crate) fn agent(allow_private: bool, timeout: Duration, redirects: u32) -> ureq::Agent {
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let tls = TlsConfig::builder()
        .unversioned_rustls_crypto_provider(Arc::new(provider))
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(timeout))
        .max_redirects(redirects)
        .max_redirects_will_error(true)
        .http_status_as_error(true)
        .tls_config(tls)
        .user_agent(concat!("corridor/", env!("CARGO_PKG_VERSION")))
        .build();
    let resolver = PublicOnly {
        inner: DefaultResolver::default(),
        allow_private,
    };
    ureq::Agent::with_parts(config, DefaultConnector::default(), resolver)
}

/// The answer to a request for an address, its content not read yet.
fn get(
    address: &str,
    timeout: Duration,
    allow_private: bool,
) -> Result<ureq::http::Response<ureq::Body>, WatchError> {
    check_address("address", address)?;
    agent(allow_private, timeout, FETCH_REDIRECTS_MAX)
        .get(address)
        .call()
        .map_err(|e| unfetched(address, &e))
}

fn unfetched(address: &str, error: &dyn std::fmt::Display) -> WatchError {
    WatchError::Invalid(format!("fetching {address}: {error}"))
}

/// Gets a file of at most [`FETCH_MAX_BYTES`].
///
/// # Errors
/// [`WatchError::Invalid`] where the address is none, or what the other side or the network said.
pub fn fetch(address: &str, allow_private: bool) -> Result<Vec<u8>, WatchError> {
    fetch_document(address, FETCH_MAX_BYTES, allow_private).map(|fetched| fetched.bytes)
}

/// A small document, and the address it came from in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where the last redirect led.
    pub address: String,
}

/// Gets a document of at most `max_bytes`.
///
/// # Errors
/// As [`fetch`].
pub fn fetch_document(
    address: &str,
    max_bytes: u64,
    allow_private: bool,
) -> Result<Fetched, WatchError> {
    let mut answer = get(address, FETCH_TIMEOUT, allow_private)?;
    let bytes = answer
        .body_mut()
        .with_config()
        .limit(max_bytes)
        .read_to_vec()
        .map_err(|e| unfetched(address, &e))?;
    Ok(Fetched {
        bytes,
        address: answer.get_uri().to_string(),
    })
}

/// Gets a file of at most [`FILE_MAX_BYTES`] to `path`, a piece at a time.
///
/// # Errors
/// As [`fetch`]; [`WatchError::Internal`] where this machine cannot keep it.
pub fn fetch_file(address: &str, path: &Path, allow_private: bool) -> Result<(), WatchError> {
    let mut answer = get(address, FILE_TIMEOUT, allow_private)?;
    let mut body = answer
        .body_mut()
        .with_config()
        .limit(FILE_MAX_BYTES)
        .reader();
    let unkept = |e| WatchError::internal(format!("writing {}", path.display()), e);
    let mut file = std::fs::File::create(path).map_err(unkept)?;
    let mut piece = vec![0; PIECE_BYTES];
    loop {
        let length = body.read(&mut piece).map_err(|e| unfetched(address, &e))?;
        if length == 0 {
            return file.flush().map_err(unkept);
        }
        file.write_all(&piece[..length]).map_err(unkept)?;
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
    use std::net::TcpListener;

    #[test]
    fn addresses_are_checked() {
        assert!(check_address("notify address", "https://example.org/hook").is_ok());
        for bad in [
            "ftp://example.org/",
            "example.org",
            "http://u:p@example.org/",
            "http:///x",
            "file:///etc/passwd",
        ] {
            let e = check_address("notify address", bad)
                .unwrap_err()
                .to_string();
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

    /// Answers each connection with the next of the texts.
    fn serve(answers: Vec<Vec<u8>>) -> (String, std::thread::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let _ = stream.read(&mut [0u8; 4096]).unwrap();
                // The other side may hang up once it has seen enough.
                let _ = stream.write_all(&answer);
            }
        });
        (address, served)
    }

    fn ok(body: &[u8], length: u64) -> Vec<u8> {
        let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    }

    #[test]
    fn a_file_is_fetched_when_allowed_and_refused_when_not() {
        let e = fetch("http://127.0.0.1:9/x", false)
            .unwrap_err()
            .to_string();
        assert!(e.contains("private network"), "{e}");
        let (address, served) = serve(vec![ok(b"hello", 5)]);
        assert_eq!(fetch(&address, true).unwrap(), b"hello");
        served.join().unwrap();
        let gone = b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n".to_vec();
        let (address, served) = serve(vec![gone]);
        let e = fetch(&address, true).unwrap_err().to_string();
        assert!(e.contains("404"), "{e}");
        served.join().unwrap();
    }

    #[test]
    fn a_file_too_large_is_refused() {
        let (address, served) = serve(vec![ok(b"hello", FETCH_MAX_BYTES + 1)]);
        let e = fetch(&address, true).unwrap_err().to_string();
        assert!(e.contains("fetching http://127.0.0.1"), "{e}");
        served.join().unwrap();
    }

    #[test]
    fn a_document_says_where_it_came_from_and_a_file_is_kept() {
        let moved =
            b"HTTP/1.1 302 Found\r\nlocation: /b/item.json\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (address, served) = serve(vec![moved.to_vec(), ok(b"{}", 2), ok(b"pixels", 6)]);
        let fetched = fetch_document(&format!("{address}/a"), 10, true).unwrap();
        assert_eq!(fetched.bytes, b"{}");
        assert_eq!(fetched.address, format!("{address}/b/item.json"));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.tif");
        fetch_file(&format!("{address}/x.tif"), &path, true).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"pixels");
        served.join().unwrap();
        let (address, served) = serve(vec![ok(b"hello", 9)]);
        let short = fetch_file(&address, &path, true).unwrap_err().to_string();
        assert!(short.contains("fetching http://127.0.0.1"), "{short}");
        served.join().unwrap();
    }

    #[test]
    fn redirects_end() {
        let round = b"HTTP/1.1 302 Found\r\nlocation: /again\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        let (address, served) = serve(vec![round.to_vec(); 4]);
        let e = fetch(&address, true).unwrap_err().to_string();
        assert!(e.contains("redirect"), "{e}");
        served.join().unwrap();
    }

    #[test]
    fn what_speaks_no_tls_is_an_error() {
        let (address, served) = serve(vec![b"no hello\r\n".to_vec()]);
        let address = address.replace("http:", "https:");
        assert!(fetch(&address, true).is_err());
        served.join().unwrap();
    }
}
