//! The frame error control field: CRC-16 of CCSDS 132.0-B-3 §4.1.6 (x¹⁶ + x¹² + x⁵ + 1, from all ones).

use crc::{CRC_16_IBM_3740, Crc, Table};

static CRC: Crc<u16, Table<16>> = Crc::<u16, Table<16>>::new(&CRC_16_IBM_3740);

/// The check of the bytes before it.
pub fn of(bytes: &[u8]) -> u16 {
    CRC.checksum(bytes)
}

/// Whether a frame that ends with its check is as it was sent. Fewer than three bytes never are.
pub fn is_whole(frame: &[u8]) -> bool {
    match frame.split_last_chunk::<2>() {
        Some((bytes, check)) if !bytes.is_empty() => of(bytes) == u16::from_be_bytes(*check),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_check_value_of_the_catalogue() {
        assert_eq!(of(b"123456789"), 0x29b1);
        assert!(is_whole(b"123456789\x29\xb1"));
        assert!(!is_whole(b"123456788\x29\xb1"));
        assert!(!is_whole(&[0xff, 0xff]));
    }
}
