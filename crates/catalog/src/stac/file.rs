//! File info extension: size and checksum of an asset.

use serde_json::Value;

use super::{Asset, Item};
use crate::digest::{multihash_sha256, sha256_of_multihash};

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/file/v2.1.0/schema.json";
/// Asset member: size in bytes.
pub const SIZE: &str = "file:size";
/// Asset member: multihash in lower-case hex.
pub const CHECKSUM: &str = "file:checksum";

/// State size and SHA-256 (64 hex digits) of an asset; the checksum becomes a multihash
/// (`1220` and the digest).
pub fn describe(asset: &mut Asset, size_bytes: u64, sha256: &str) {
    asset.additional.insert(SIZE.to_owned(), size_bytes.into());
    asset
        .additional
        .insert(CHECKSUM.to_owned(), multihash_sha256(sha256).into());
}

/// Name the extension in the Item.
pub fn name_in(item: &mut Item) {
    item.extend_with(SCHEMA);
}

/// `file:size` of an asset, bytes.
pub fn size_bytes(asset: &Asset) -> Option<u64> {
    asset.additional.get(SIZE)?.as_u64()
}

/// SHA-256 of an asset as 64 hex digits, when `file:checksum` is a SHA-256 multihash.
pub fn sha256(asset: &Asset) -> Option<&str> {
    asset
        .additional
        .get(CHECKSUM)
        .and_then(Value::as_str)
        .and_then(sha256_of_multihash)
}
