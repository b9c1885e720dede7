//! The pseudo-random sequence that is added to frames before they are sent (CCSDS 131.0-B-5 §10.4.1).

use std::sync::LazyLock;

/// Bytes after which the sequence repeats.
const PERIOD: usize = 255;

/// The sequence, long enough for any place of a chunk to start from.
static SEQUENCE: LazyLock<[u8; 2 * PERIOD]> = LazyLock::new(|| {
    let mut state = 0xff_u8;
    let mut made = [0; 2 * PERIOD];
    for byte in &mut made {
        for _ in 0..8 {
            *byte = (*byte << 1) | (state >> 7);
            // x⁸ + x⁷ + x⁵ + x³ + 1: the next bit is the sum of the bits 8, 5, 3 and 1 steps ago.
            let next = (state >> 7) ^ (state >> 4) ^ (state >> 2) ^ state;
            state = (state << 1) | (next & 1);
        }
    }
    made
});

/// Adds the sequence to a frame, from its start; twice is nothing.
pub fn randomize(frame: &mut [u8]) {
    let sequence: &[u8] = &SEQUENCE[..PERIOD];
    for chunk in frame.chunks_mut(PERIOD) {
        for (byte, add) in chunk.iter_mut().zip(sequence) {
            *byte ^= add;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first forty bits as CCSDS 131.0-B-5 §10.4.1 prints them.
    #[test]
    fn the_sequence_starts_as_printed_and_repeats() {
        let mut bytes = [0; 600];
        randomize(&mut bytes);
        assert_eq!(bytes[..5], [0xff, 0x48, 0x0e, 0xc0, 0x9a]);
        assert_eq!(bytes[..255], bytes[255..510]);
        randomize(&mut bytes);
        assert_eq!(bytes, [0; 600]);
    }
}
