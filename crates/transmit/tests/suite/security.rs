//! The four bundles of RFC 9173 appendix A through the library that parses every bundle here.

use hardy_bpv7::{
    bpsec::{key::KeySet, no_keys},
    bundle::ParsedBundle,
};
use serde::Deserialize;

use crate::real_data;

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
