//! The priority of a bundle: written into a block of its own, read into the label that hardy hands on.

use hardy_bpa::{
    async_trait,
    bundle::{Bundle, WritableMetadata},
    filter::{WriteFilter, WriteResult},
};
use hardy_bpv7::{block::Type, bundle};

/// Block that carries a bundle's priority, one CBOR unsigned integer from 0 to 255: BPv7 has none of its own.
/// Of the block types for private use (RFC 9171 §9.1: 192 to 255).
pub(in crate::bundle) const PRIORITY_BLOCK: u64 = 227;

/// A priority as the block's data.
pub(in crate::bundle) fn priority_to_cbor(priority: u8) -> Vec<u8> {
    // RFC 8949 §3: below 24 in the first byte, else in the one after it.
    if priority < 24 {
        vec![priority]
    } else {
        vec![0x18, priority]
    }
}

fn priority_from_cbor(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [small @ 0..24] => Some(*small),
        [0x18, value] if *value >= 24 => Some(*value),
        _ => None,
    }
}

/// The priority that a bundle says, where it can be read on the way.
pub(in crate::bundle) fn priority_of(bundle: &bundle::Bundle, data: &[u8]) -> Option<u8> {
    let blocks = bundle.blocks.values();
    blocks
        .filter(|b| b.block_type == Type::Unrecognised(PRIORITY_BLOCK) && b.bcb.is_none())
        .find_map(|b| priority_from_cbor(b.payload(data)?))
}

/// Reads a bundle's priority into the label that hardy hands on with it.
pub(super) struct ReadPriority;

#[async_trait]
impl WriteFilter for ReadPriority {
    async fn filter(&self, bundle: &Bundle, data: &[u8]) -> Result<WriteResult, hardy_bpa::Error> {
        let metadata = priority_of(&bundle.bundle, data).map(|priority| WritableMetadata {
            flow_label: Some(priority.into()),
        });
        Ok(WriteResult::Continue(metadata, None))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn priorities_come_back_as_they_went() {
        for priority in 0..=u8::MAX {
            assert_eq!(
                priority_from_cbor(&priority_to_cbor(priority)),
                Some(priority)
            );
        }
        for bad in [&[][..], &[0x18, 3], &[0x19, 1, 0], &[0x41], &[1, 2]] {
            assert_eq!(priority_from_cbor(bad), None);
        }
    }
}
