//! The four bundles of RFC 9173 appendix A through the library that parses every bundle here; bundles signed and
//! encrypted by keys of our own, and what is refused.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use corridor_transmit::bundle::{
    receiver::{Carriage, Event, Receiver, ReceiverConfig},
    secure::{self, Keyring},
    sender::{SendError, SenderConfig, send_files},
};
use hardy_bpv7::{
    bpsec::{
        key::KeySet,
        no_keys,
        rfc9173::ScopeFlags,
        signer::{Context, Signer},
    },
    builder::Builder,
    bundle::ParsedBundle,
    creation_timestamp::CreationTimestamp,
};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::real_data;
use crate::rehearsal::{NODE, bytes, file, loopback, sender};

#[derive(Deserialize)]
struct Case {
    name: String,
    bundle_hex: String,
    keys: KeySet,
}

fn bytes_of(hex: &str) -> Vec<u8> {
    (0..hex.len())
        .step_by(2)
        .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
        .collect()
}

#[test]
fn the_four_rfc_9173_bundles_verify_and_decrypt() {
    let Some(path) = real_data::file("transmit/bpv7/rfc9173_appendix_a.json") else {
        return;
    };
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(cases.len(), 4);
    for case in cases {
        let data = bytes_of(&case.bundle_hex);
        ParsedBundle::parse(&data, no_keys).unwrap();
        let parsed = ParsedBundle::parse_with_keys(&data, &case.keys).unwrap();
        let payload = parsed.bundle.block_data(1, &data, &case.keys).unwrap();
        assert_eq!(
            payload.as_ref(),
            b"Ready to generate a 32-byte payload",
            "{}",
            case.name
        );
        // One flipped bit anywhere in the payload block is noticed by block, CRC or integrity check.
        for at in data.len() - 20..data.len() - 1 {
            let mut bad = data.clone();
            bad[at] ^= 1;
            let read = ParsedBundle::parse_with_keys(&bad, &case.keys).and_then(|p| {
                p.bundle
                    .block_data(1, &bad, &case.keys)
                    .map(|d| d.as_ref().to_vec())
            });
            assert!(read.is_err(), "{} with byte {at} changed", case.name);
        }
    }
}

const SIGNING: &str = r#"{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8","alg":"HS256","key_ops":["sign","verify"]}"#;
const ENCRYPTING: &str = r#"{"kty":"oct","k":"cXdlcnR5dWlvcGFzZGZnaHF3ZXJ0eXVpb3Bhc2RmZ2g","alg":"dir","enc":"A256GCM","key_ops":["encrypt","decrypt"]}"#;

fn ring(keys: &[&str]) -> Keyring {
    Keyring::parse(&format!(r#"{{"keys":[{}]}}"#, keys.join(",")), "keys.json").unwrap()
}

fn other(key: &str) -> String {
    key.replace("\"k\":\"A", "\"k\":\"B")
        .replace("\"k\":\"c", "\"k\":\"d")
}

const PAYLOAD: &[u8] = b"what only some may read, and nobody may change";

fn protected(keys: Option<&Keyring>) -> Bytes {
    let (source, to) = ("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap());
    let (bundle, data) = Builder::new(source, to)
        .with_payload(PAYLOAD.into())
        .build(CreationTimestamp::now())
        .unwrap();
    match keys {
        Some(keys) => keys.protect(bundle, data).unwrap(),
        None => data.into(),
    }
}

#[test]
fn what_is_signed_and_encrypted_opens_with_its_keys_and_with_no_others() {
    let both = ring(&[SIGNING, ENCRYPTING]);
    let sealed = protected(Some(&both));
    assert!(
        !sealed.windows(8).any(|w| w == &PAYLOAD[..8]),
        "not in clear"
    );
    let opened = both.open(&sealed).unwrap();
    assert_eq!(
        (opened.source.to_string().as_str(), &opened.payload[..]),
        ("ipn:1.7", PAYLOAD)
    );
    let signed = protected(Some(&ring(&[SIGNING])));
    assert_eq!(ring(&[SIGNING]).open(&signed).unwrap().payload, PAYLOAD);

    let refused = |keys: Option<&Keyring>, bundle: &Bytes, clause: &str, word: &str| {
        let refusal = secure::open(bundle, keys).unwrap_err();
        assert!(
            refusal.clause.contains(clause) && refusal.reason.contains(word),
            "{refusal}, expected {clause} {word}"
        );
    };
    // Wrong keys.
    let wrong = ring(&[&other(SIGNING)]);
    refused(Some(&wrong), &signed, "RFC 9172 §3.7", "");
    refused(
        Some(&ring(&[SIGNING, &other(ENCRYPTING)])),
        &sealed,
        "RFC 9172 §3.8",
        "",
    );
    refused(
        Some(&ring(&[&other(SIGNING), ENCRYPTING])),
        &sealed,
        "RFC 9172 §3.7",
        "",
    );
    // No key for the protection there is.
    refused(None, &sealed, "RFC 9172", "no key");
    refused(None, &signed, "RFC 9172", "no key");
    refused(Some(&ring(&[SIGNING])), &sealed, "RFC 9172", "no key");
    // No protection where there is a key that says it must be.
    refused(
        Some(&ring(&[SIGNING])),
        &protected(None),
        "RFC 9172 §3.7",
        "not signed",
    );
    refused(Some(&both), &signed, "RFC 9172 §3.8", "not encrypted");
    // Plain bundles where nothing is asked.
    assert_eq!(
        secure::open(&protected(None), None).unwrap().payload,
        PAYLOAD
    );
}

#[test]
fn a_secured_bundle_with_a_byte_changed_is_refused_or_says_the_same() {
    let both = ring(&[SIGNING, ENCRYPTING]);
    for (keys, security_blocks) in [(both, 2), (ring(&[SIGNING]), 1)] {
        let bundle = protected(Some(&keys));
        let right = keys.open(&bundle).unwrap();
        let mut taken = 0;
        for at in 0..bundle.len() {
            let mut bad = bundle.to_vec();
            bad[at] ^= 0x10;
            if let Ok(opened) = keys.open(&bad.into()) {
                assert_eq!(opened, right, "byte {at} of {}", bundle.len());
                taken += 1;
            }
        }
        // The reserved bits of a security block's flags (RFC 9172 §3.6) mean nothing and nothing covers them.
        assert!(taken <= security_blocks, "{taken} of {}", bundle.len());
    }
}

#[test]
fn keys_that_cannot_be_used_are_named_and_never_printed() {
    for (keys, words) in [
        ("{}", "not a JWK set"),
        (r#"{"keys":[]}"#, "no key"),
        (
            r#"{"keys":[{"kty":"RSA","key_ops":["sign"]}]}"#,
            "key 1: kty",
        ),
        (
            r#"{"keys":[{"kty":"oct","k":"AAEC","alg":"HS256","key_ops":["sign"]}]}"#,
            "3 bytes",
        ),
        (
            r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw","alg":"dir","key_ops":["sign"]}]}"#,
            "key 1: alg",
        ),
        (
            r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw","alg":"dir","enc":"A256GCM","key_ops":["encrypt"]}]}"#,
            "16 bytes",
        ),
        (
            r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw","alg":"HS256","key_ops":["sign","decrypt"]}]}"#,
            "key_ops",
        ),
        (
            r#"{"keys":[{"kty":"oct","k":"AAECAwQFBgcICQoLDA0ODw","alg":"HS256","key_ops":[]}]}"#,
            "key_ops",
        ),
    ] {
        let error = Keyring::parse(keys, "keys.json").unwrap_err().to_string();
        assert!(
            error.contains(words) && error.contains("keys.json"),
            "{error}"
        );
        assert!(!error.contains("AAEC"), "{error}");
    }
}

#[test]
fn a_key_of_one_node_is_not_used_for_another() {
    let of = |node: &str, key: &str| key.replacen('{', &format!(r#"{{"kid":"{node}","#), 1);
    let sender = ring(&[SIGNING]);
    let bundle = protected(Some(&sender));
    let theirs = ring(&[&of("ipn:1.0", SIGNING)]);
    assert_eq!(theirs.open(&bundle).unwrap().payload, PAYLOAD);
    let others = ring(&[&of("ipn:9.0", SIGNING)]);
    assert!(others.open(&bundle).unwrap_err().reason.contains("no key"));
}

#[test]
fn a_node_with_a_key_of_its_own_cannot_sign_for_another() {
    let keys: KeySet = serde_json::from_str(&format!(r#"{{"keys":[{SIGNING}]}}"#)).unwrap();
    let ring = ring(&[SIGNING]);
    for (signer, taken) in [
        ("ipn:1.7", true),
        ("ipn:1.0", true),
        ("ipn:1.8", false),
        ("ipn:9.0", false),
    ] {
        let (source, to) = ("ipn:1.7".parse().unwrap(), "ipn:2.7".parse().unwrap());
        let (bundle, data) = Builder::new(source, to)
            .with_payload(PAYLOAD.into())
            .build(CreationTimestamp::now())
            .unwrap();
        let context = Context::HMAC_SHA2(ScopeFlags::default());
        let (_, data) = Signer::new(&bundle, &data)
            .sign_block(1, context, signer.parse().unwrap(), &keys.keys[0])
            .map_err(|(_, e)| e)
            .unwrap()
            .rebuild_bundle()
            .unwrap();
        let opened = ring.open(&Bytes::from(data));
        assert_eq!(opened.is_ok(), taken, "{signer}: {opened:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_secured_end_to_end_in_fragments_and_refusals_have_their_reason() {
    let dir = tempfile::tempdir().unwrap();
    let both = Arc::new(ring(&[SIGNING, ENCRYPTING]));
    let carriage = |keys: Option<&Arc<Keyring>>| Carriage {
        keys: keys.cloned(),
        fragment_bytes: Some(20_000),
        ..Carriage::default()
    };
    let (sink, mut files) = mpsc::channel(4);
    let config = ReceiverConfig {
        carriage: carriage(Some(&both)),
        ..ReceiverConfig::new(NODE, loopback(), dir.path().join("spool"))
    };
    let node = Receiver::start(config, sink).await.unwrap();
    let mut events = node.events();
    let content = bytes(300_000, 8);
    let send = |keys: Option<&Arc<Keyring>>| {
        let config = SenderConfig {
            carriage: carriage(keys),
            patience: Duration::from_secs(1),
            ..sender(node.local_addr())
        };
        let one = file(dir.path(), "scene.tif", &content);
        tokio::spawn(send_files(config, vec![one], |_, _| {}))
    };
    let wrong = Arc::new(ring(&[&other(SIGNING), ENCRYPTING]));
    let half = Arc::new(ring(&[SIGNING]));
    for (keys, reason) in [
        (Some(&wrong), "RFC 9172 §3.7"),
        (Some(&half), "not encrypted"),
        (None, "not encrypted"),
    ] {
        let error = send(keys).await.unwrap().unwrap_err();
        assert!(matches!(error, SendError::NoProgress { .. }), "{error}");
        let mut reasons = String::new();
        while let Ok(event) = events.try_recv() {
            if let Event::Refused {
                reason, source_eid, ..
            } = event
            {
                assert!(source_eid.starts_with("ipn:977001"), "{source_eid}");
                reasons.push_str(&reason);
            }
        }
        assert!(reasons.contains(reason), "{reason} in {reasons}");
    }
    assert!(files.try_recv().is_err(), "nothing came of them");
    let sending = send(Some(&both));
    let got = files.recv().await.unwrap();
    assert_eq!(std::fs::read(&got.path).unwrap(), content);
    got.accept().await.unwrap();
    sending.await.unwrap().unwrap();
    node.shutdown().await;
}
