//! Bundles signed and encrypted with keys from configuration (BPSec, RFC 9172; the contexts of RFC 9173).
//!
//! Keys are a JWK set (RFC 7517) as hardy reads it: `{"keys": [{"kty": "oct", "k": BASE64URL, "alg": "HS256",
//! "key_ops": ["sign", "verify"]}, {"kty": "oct", "k": …, "alg": "dir", "enc": "A256GCM", "key_ops":
//! ["encrypt", "decrypt"]}]}`. `alg` of a signing key is HS256, HS384 or HS512 (BIB-HMAC-SHA2), `enc` of an
//! encrypting key A128GCM or A256GCM (BCB-AES-GCM). A `kid` that is a node, such as `ipn:977001.0`, makes a
//! key that node's own; keys without one are everybody's.
//!
//! A node signs with a key it may sign with, encrypts with one it may encrypt with, and takes only what
//! carries each protection that it has a key to check: a bundle without it is refused like one that fails, and so is one
//! that another node than its source protected.

use bytes::Bytes;
use hardy_bpv7::{
    Error,
    block::BibCoverage,
    bpsec::{
        self, encryptor,
        key::{Key, KeyAlgorithm, KeySet, KeySource, Operation, Type},
        rfc9173::ScopeFlags,
        signer,
    },
    bundle::{Bundle, ParsedBundle},
    eid::{Eid, NodeId},
};
use thiserror::Error as ThisError;

/// Number of the payload block (RFC 9171 §4.1).
const PAYLOAD: u64 = 1;

/// Keys that cannot be used.
#[derive(Debug, ThisError)]
pub enum KeyError {
    /// Not a JWK set.
    #[error("{file}: not a JWK set of keys: {reason}")]
    Read {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// One key of it.
    #[error("{file}: key {number}: {field} is {value}, expected {expected}")]
    Key {
        /// The file.
        file: String,
        /// Which key, from 1.
        number: usize,
        /// Field at fault.
        field: &'static str,
        /// Its value; never the key itself.
        value: String,
        /// What would be right.
        expected: &'static str,
    },
}

/// Why a bundle is refused.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[error("{clause}: {reason}")]
pub struct Refusal {
    /// The clause that is broken.
    pub clause: &'static str,
    /// In words.
    pub reason: String,
}

/// A payload that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Endpoint that the bundle is from.
    pub source: Eid,
    /// The payload, in clear.
    pub payload: Bytes,
}

/// The keys of a node.
#[derive(Debug)]
pub struct Keyring {
    keys: Vec<(Option<NodeId>, Key)>,
}

impl Keyring {
    /// Reads a JWK set; `file` names it in errors.
    ///
    /// # Errors
    /// Where it is none, or a key cannot do what it says it is for.
    pub fn parse(text: &str, file: &str) -> Result<Self, KeyError> {
        let set: KeySet = serde_json::from_str(text).map_err(|e| KeyError::Read {
            file: file.into(),
            // Where it is wrong, never what stands there.
            reason: format!("line {}, column {}", e.line(), e.column()),
        })?;
        if set.keys.is_empty() {
            return Err(KeyError::Read {
                file: file.into(),
                reason: "it holds no key".into(),
            });
        }
        let mut keys = Vec::with_capacity(set.keys.len());
        for (i, key) in set.keys.into_iter().enumerate() {
            check(&key).map_err(|(field, value, expected)| KeyError::Key {
                file: file.into(),
                number: i + 1,
                field,
                value,
                expected,
            })?;
            let eid: Option<Eid> = key.id.as_deref().and_then(|id| id.parse().ok());
            let node = eid.and_then(|eid| eid.to_node_id().ok());
            keys.push((node, key));
        }
        Ok(Self { keys })
    }

    fn find(&self, source: &Eid, operation: Operation) -> Option<&Key> {
        let node = source.to_node_id().ok();
        let may = |key: &Key| {
            let allowed = key.operations.as_ref();
            allowed.is_some_and(|ops| ops.contains(&operation))
        };
        let of = |owner: Option<&NodeId>| {
            let found = self.keys.iter();
            let mut found = found.filter(|(o, key)| o.as_ref() == owner && may(key));
            found.next().map(|(_, key)| key)
        };
        node.as_ref().and_then(|n| of(Some(n))).or_else(|| of(None))
    }

    /// Signs and encrypts the payload of a bundle made here, by the keys there are for its source.
    ///
    /// # Errors
    /// Where the library cannot use a key.
    pub fn protect(&self, bundle: Bundle, data: Box<[u8]>) -> Result<Bytes, KeyError> {
        let source = bundle.id.source.clone();
        let unusable = |operation: &'static str, reason: String| KeyError::Read {
            file: format!("key of {source} to {operation}"),
            reason,
        };
        let (mut bundle, mut data) = (bundle, data);
        if let Some(key) = self.find(&source, Operation::Sign) {
            let context = signer::Context::HMAC_SHA2(ScopeFlags::default());
            (bundle, data) = signer::Signer::new(&bundle, &data)
                .sign_block(PAYLOAD, context, source.clone(), key)
                .map_err(|(_, e)| e)
                .and_then(signer::Signer::rebuild_bundle)
                .map_err(|e| unusable("sign", e.to_string()))?;
        }
        if let Some(key) = self.find(&source, Operation::Encrypt) {
            let context = encryptor::Context::AES_GCM(ScopeFlags::default());
            data = encryptor::Encryptor::new(&bundle, &data)
                .encrypt_block(PAYLOAD, context, source.clone(), key)
                .map_err(|(_, e)| e)
                .and_then(encryptor::Encryptor::rebuild)
                .map_err(|e| unusable("encrypt", e.to_string()))?;
        }
        Ok(Bytes::from(data))
    }

    /// Checks and decrypts the payload of a bundle that came.
    ///
    /// # Errors
    /// The clause that it breaks: no protection where there is a key to check it with, no key for the
    /// protection there is, or a check that fails.
    pub fn open(&self, data: &Bytes) -> Result<Opened, Refusal> {
        open(data, Some(self))
    }
}

/// The keys for what the source of a bundle protected, as the endpoint that it is from or as the node.
struct OfSource<'k> {
    keys: Option<&'k Keyring>,
    source: Eid,
}

impl KeySource for OfSource<'_> {
    fn key<'a>(&'a self, source: &Eid, operations: &[Operation]) -> Option<&'a Key> {
        let keys = self.keys?;
        let node = self.source.to_node_id().ok();
        let by_node = node.is_some_and(|n| n.to_string() == source.to_string());
        if *source != self.source && !by_node {
            return None;
        }
        operations.iter().find_map(|op| keys.find(source, *op))
    }
}

/// The payload of a bundle, by a node with keys or without: one that is encrypted or signed is not taken
/// unchecked.
///
/// # Errors
/// As [`Keyring::open`].
pub fn open(data: &Bytes, keys: Option<&Keyring>) -> Result<Opened, Refusal> {
    // Who signed is not itself signed: only the source of the bundle may.
    let plain = ParsedBundle::parse(data, bpsec::no_keys).map_err(|e| refusal(&e))?;
    let source = &OfSource {
        keys,
        source: plain.bundle.id.source.clone(),
    };
    let parsed = ParsedBundle::parse_with_keys(data, source).map_err(|e| refusal(&e))?;
    let bundle = &parsed.bundle;
    let block = bundle.blocks.get(&PAYLOAD);
    let block = block.ok_or_else(|| refusal(&Error::MissingPayload))?;
    let from = &bundle.id.source;
    let must = |operation| keys.is_some_and(|k| k.find(from, operation).is_some());
    if block.bcb.is_none() && must(Operation::Decrypt) {
        return Err(Refusal {
            clause: "RFC 9172 §3.8",
            reason: format!(
                "the payload of {from} is not encrypted, and there is a key that says it must be"
            ),
        });
    }
    let payload = bundle.block_data(PAYLOAD, data, source);
    let payload = payload.map_err(|e| refusal(&e))?;
    let signed = match &block.bib {
        BibCoverage::None => false,
        BibCoverage::Some(_) | BibCoverage::Maybe => bundle
            .verify_block(PAYLOAD, data, source)
            .map_err(|e| refusal(&e))?,
    };
    if !signed && must(Operation::Verify) {
        return Err(Refusal {
            clause: "RFC 9172 §3.7",
            reason: format!(
                "the payload of {from} is not signed, and there is a key that says it must be"
            ),
        });
    }
    let payload = match payload {
        hardy_bpv7::block::Payload::Borrowed(bytes) => data.slice_ref(bytes),
        hardy_bpv7::block::Payload::Decrypted(bytes) => Bytes::copy_from_slice(&bytes),
    };
    Ok(Opened {
        source: bundle.id.source.clone(),
        payload,
    })
}

/// The source that a bundle names, as far as that can be read.
pub(super) fn source_of(data: &[u8]) -> String {
    let parsed = ParsedBundle::parse(data, bpsec::no_keys);
    parsed.map_or_else(
        |_| "an unknown source".into(),
        |p| p.bundle.id.source.to_string(),
    )
}

fn refusal(error: &Error) -> Refusal {
    let reason = match error {
        Error::InvalidBPSec(bpsec::Error::NoKey | bpsec::Error::MaybeHasBib(_)) => {
            "there is no key for its protection".into()
        }
        other => other.to_string(),
    };
    Refusal {
        clause: super::inspect::clause(error),
        reason,
    }
}

/// What a key is wrong about: field, value, what would be right.
type Fault = (&'static str, String, &'static str);

fn check(key: &Key) -> Result<(), Fault> {
    let Type::OctetSequence { key: octets } = &key.key_type else {
        let expected = "oct: the contexts of RFC 9173 are symmetric";
        return Err(("kty", "another".into(), expected));
    };
    let operations = key.operations.as_ref();
    let may = |operation| operations.is_some_and(|ops| ops.contains(&operation));
    let signs = may(Operation::Sign) || may(Operation::Verify);
    let encrypts = may(Operation::Encrypt) || may(Operation::Decrypt);
    match (signs, encrypts) {
        (true, false) => {
            let hmac = matches!(
                key.key_algorithm,
                Some(KeyAlgorithm::HS256 | KeyAlgorithm::HS384 | KeyAlgorithm::HS512)
            );
            if !hmac {
                let value = format!("{:?}", key.key_algorithm);
                return Err(("alg", value, "HS256, HS384 or HS512 for a key that signs"));
            }
            if octets.len() < 16 {
                let value = format!("{} bytes", octets.len());
                return Err(("k", value, "16 bytes or more for a key that signs"));
            }
            Ok(())
        }
        (false, true) => {
            if !matches!(key.key_algorithm, Some(KeyAlgorithm::Direct) | None) {
                let value = format!("{:?}", key.key_algorithm);
                return Err(("alg", value, "dir for a key that encrypts"));
            }
            let length = match key.enc_algorithm {
                Some(bpsec::key::EncAlgorithm::A128GCM) => 16,
                None | Some(bpsec::key::EncAlgorithm::A256GCM) => 32,
                Some(bpsec::key::EncAlgorithm::Unknown) => {
                    return Err(("enc", "another".into(), "A128GCM or A256GCM"));
                }
            };
            if octets.len() != length {
                let value = format!("{} bytes", octets.len());
                return Err(("k", value, "16 bytes for A128GCM, 32 for A256GCM"));
            }
            Ok(())
        }
        (true, true) => Err((
            "key_ops",
            "both".into(),
            "one key to sign and another to encrypt",
        )),
        (false, false) => {
            let expected = "sign, verify, encrypt or decrypt";
            Err(("key_ops", "none of these".into(), expected))
        }
    }
}
