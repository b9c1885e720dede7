//! Zstandard (compression 50000), by the reference library.

use zstd::bulk;

/// Decodes at most `decoded_len` bytes.
pub(super) fn decode(input: &[u8], decoded_len: usize) -> Result<Vec<u8>, String> {
    bulk::decompress(input, decoded_len).map_err(|e| format!("Zstandard: {e}"))
}

/// Encodes `input`; `level` is 1 (fast) to 22 (small).
pub(crate) fn encode(input: &[u8], level: i32) -> Result<Vec<u8>, String> {
    bulk::compress(input, level).map_err(|e| format!("Zstandard: {e}"))
}
