//! Bundles, taken or refused by the clause they break.

use crate::real_data;
use corridor_transmit::bundle::inspect::{Secured, inspect};
use hardy_bpv7::bpsec::key::KeySet;
use hardy_bpv7::builder::Builder;
use hardy_bpv7::crc::CrcType;
use hardy_bpv7::creation_timestamp::CreationTimestamp;
use hardy_bpv7::dtn_time::DtnTime;
use hardy_bpv7::hop_info::HopInfo;
use jiff::Timestamp;
use serde::Deserialize;
use std::time::Duration;

/// 2026-08-22T00:00:00Z in DTN time.
const CREATED_MS: u64 = 840_672_000_000;

fn bundle(crc: CrcType, lifetime_s: u64, hops: (u64, u64)) -> Vec<u8> {
    let created = CreationTimestamp::from_parts(Some(DtnTime::new(CREATED_MS)), 7);
    let (_, bytes) = Builder::new("ipn:2.1".parse().unwrap(), "ipn:9.1".parse().unwrap())
        .with_crc_type(crc)
        .with_lifetime(Duration::from_secs(lifetime_s))
        .with_hop_count(&HopInfo {
            limit: hops.0,
            count: hops.1,
        })
        .with_payload(b"whole and right"[..].into())
        .build(created)
        .unwrap();
    bytes.to_vec()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn the_four_rfc_9173_bundles_pass_with_their_keys() {
    #[derive(Deserialize)]
    struct Case {
        bundle_hex: String,
        keys: KeySet,
    }
    let Some(path) = real_data::file("transmit/bpv7/rfc9173_appendix_a.json") else {
        return;
    };
    let cases: Vec<Case> = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    for (i, case) in cases.iter().enumerate() {
        let hex = &case.bundle_hex;
        let bytes: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap())
            .collect();
        let seen = inspect(&bytes, &case.keys, at("2026-08-22T00:00:00Z"));
        assert!(seen.accepted, "{i}: {seen:?}");
        let said = seen.bundle.unwrap();
        assert_eq!(said.payload_bytes, 35, "{i}");
        let secured =
            |b: &corridor_transmit::bundle::inspect::BlockSummary| [b.integrity, b.confidentiality];
        let all: Vec<Secured> = said.blocks.iter().flat_map(secured).flatten().collect();
        assert!(
            !all.is_empty() && all.iter().all(|s| *s == Secured::Verified),
            "{i}: {all:?}"
        );
        // Without keys it is read as far as it goes, and what was not checked is said.
        let blind = inspect(&bytes, &KeySet::EMPTY, at("2026-08-22T00:00:00Z"));
        assert!(blind.accepted, "{i}: {blind:?}");
        let all: Vec<Secured> = blind
            .bundle
            .unwrap()
            .blocks
            .iter()
            .flat_map(secured)
            .flatten()
            .collect();
        assert!(all.contains(&Secured::NoKey), "{i}: {all:?}");
        // A changed byte of payload or ciphertext is refused.
        let mut bad = bytes.clone();
        let last = bad.len() - 3;
        bad[last] ^= 1;
        let refused = inspect(&bad, &case.keys, at("2026-08-22T00:00:00Z"));
        assert!(
            refused.clause.is_some_and(|c| c.starts_with("RFC 9172")),
            "{i}: {refused:?}"
        );
    }
}

#[test]
fn every_changed_byte_is_refused_by_its_crc_or_sooner() {
    for crc in [CrcType::CRC32_CASTAGNOLI, CrcType::CRC16_X25] {
        let right = bundle(crc, 86_400, (30, 3));
        let now = at("2026-08-22T06:00:00Z");
        let seen = inspect(&right, &KeySet::EMPTY, now);
        assert!(seen.accepted, "{seen:?}");
        let said = seen.bundle.unwrap();
        assert_eq!(
            (said.created, said.sequence),
            (Some(at("2026-08-22T00:00:00Z")), 7)
        );
        assert_eq!((said.hop_count, said.hop_limit), (Some(3), Some(30)));
        assert_eq!((said.source.as_str(), said.payload_bytes), ("ipn:2.1", 15));
        for byte in 1..right.len() - 1 {
            let mut bad = right.clone();
            bad[byte] ^= 4;
            let seen = inspect(&bad, &KeySet::EMPTY, now);
            assert!(
                !seen.accepted && seen.clause.is_some(),
                "byte {byte}: {seen:?}"
            );
        }
        for len in 0..right.len() {
            let seen = inspect(&right[..len], &KeySet::EMPTY, now);
            assert!(!seen.accepted && seen.reason.is_some(), "{len} bytes");
        }
        let text = right.windows(5).position(|w| w == b"right").unwrap();
        let mut bad = right.clone();
        bad[text] ^= 1;
        assert_eq!(
            inspect(&bad, &KeySet::EMPTY, now).clause,
            Some("RFC 9171 §4.2.2")
        );
    }
}

#[test]
fn lifetime_over_and_hops_spent_are_refused() {
    let bytes = bundle(CrcType::CRC32_CASTAGNOLI, 3600, (5, 2));
    assert!(inspect(&bytes, &KeySet::EMPTY, at("2026-08-22T00:59:59Z")).accepted);
    let late = inspect(&bytes, &KeySet::EMPTY, at("2026-08-22T01:00:01Z"));
    assert_eq!(late.clause, Some("RFC 9171 §5.5"), "{late:?}");
    let bytes = bundle(CrcType::CRC32_CASTAGNOLI, 3600, (5, 6));
    let spent = inspect(&bytes, &KeySet::EMPTY, at("2026-08-22T00:30:00Z"));
    assert_eq!(spent.clause, Some("RFC 9171 §4.4.3"), "{spent:?}");
}

#[test]
fn a_fragment_longer_than_what_it_is_of_is_refused() {
    let now = at("2026-08-22T00:10:00Z");
    let fragment = |offset: u8, total: u8| {
        let mut bytes = vec![0x9f, 0x8a, 7, 1, 0, 0x82, 2, 0x82, 2, 1];
        bytes.extend([0x82, 2, 0x82, 9, 1, 0x82, 1, 0, 0x82, 0x1b]);
        bytes.extend(CREATED_MS.to_be_bytes());
        bytes.extend([7, 0x1a]);
        bytes.extend(3_600_000_u32.to_be_bytes());
        bytes.extend([offset, total, 0x85, 1, 1, 0, 0, 0x45]);
        bytes.extend(b"hello");
        bytes.push(0xff);
        inspect(&bytes, &KeySet::EMPTY, now)
    };
    for (offset, total) in [(0, 10), (5, 10), (0, 5)] {
        let seen = fragment(offset, total);
        assert!(seen.accepted, "{seen:?}");
    }
    for (offset, total) in [(6, 10), (0, 4), (20, 10)] {
        let seen = fragment(offset, total);
        assert_eq!(seen.clause, Some("RFC 9171 §4.3.1"), "{seen:?}");
    }
}
