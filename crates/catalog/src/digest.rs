//! SHA-256 digests of files, bytes and JSON documents.

use std::io::{self, Read};
use std::path::Path;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Bytes read from a file at once.
const CHUNK_BYTES: usize = 256 * 1024;

/// Multihash prefix of SHA-256: code 0x12, length 0x20.
const MULTIHASH_SHA256: &str = "1220";

/// SHA-256 of bytes, 64 lower-case hex digits.
pub fn sha256_bytes(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 (64 lower-case hex digits) and size in bytes of a file. Blocks while reading.
pub fn sha256_file(path: &Path) -> io::Result<(String, u64)> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK_BYTES];
    let mut size_bytes = 0_u64;
    loop {
        let read = file.read(&mut chunk)?;
        if read == 0 {
            return Ok((hex(&hasher.finalize()), size_bytes));
        }
        hasher.update(&chunk[..read]);
        size_bytes += read as u64;
    }
}

/// SHA-256 of a JSON document that does not depend on the order of members.
pub fn sha256_json(value: &Value) -> String {
    let mut hasher = Sha256::new();
    feed(value, &mut hasher);
    hex(&hasher.finalize())
}

/// True for 64 lower-case hex digits.
pub fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// The multihash (`1220…`) of a SHA-256 in hex.
pub fn multihash_sha256(sha256: &str) -> String {
    format!("{MULTIHASH_SHA256}{sha256}")
}

/// The SHA-256 in a multihash, when it is one of that kind.
pub fn sha256_of_multihash(multihash: &str) -> Option<&str> {
    multihash
        .strip_prefix(MULTIHASH_SHA256)
        .filter(|digest| is_sha256(digest))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}

/// Objects are fed with their members in the order of their keys; strings and numbers as
/// `serde_json` writes them; brackets and commas keep neighbours apart.
fn feed(value: &Value, hasher: &mut Sha256) {
    match value {
        Value::Object(members) => {
            let mut keys: Vec<&String> = members.keys().collect();
            keys.sort_unstable();
            hasher.update(b"{");
            for key in keys {
                hasher.update(Value::from(key.as_str()).to_string());
                hasher.update(b":");
                feed(&members[key.as_str()], hasher);
                hasher.update(b",");
            }
            hasher.update(b"}");
        }
        Value::Array(list) => {
            hasher.update(b"[");
            for element in list {
                feed(element, hasher);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        scalar => hasher.update(scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sha256_of_abc_is_the_published_one() {
        // FIPS 180-4 example, "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256_bytes(b"abc"), abc);
        assert_eq!(sha256_of_multihash(&multihash_sha256(abc)), Some(abc));
        assert_eq!(sha256_of_multihash("1114ff"), None);
    }

    #[test]
    fn order_of_members_does_not_count_and_values_do() {
        let one: Value = serde_json::from_str(r#"{"a":1,"b":[1,{"x":2,"y":3}]}"#).unwrap();
        let two: Value = serde_json::from_str(r#"{"b":[1,{"y":3,"x":2}],"a":1}"#).unwrap();
        assert_eq!(sha256_json(&one), sha256_json(&two));
        assert_ne!(sha256_json(&one), sha256_json(&json!({"a": 1})));
        assert_ne!(
            sha256_json(&json!(["ab", ""])),
            sha256_json(&json!(["a", "b"]))
        );
        assert_ne!(sha256_json(&json!("1")), sha256_json(&json!(1)));
    }
}
