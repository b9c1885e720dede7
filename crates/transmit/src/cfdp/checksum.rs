//! Checksums of whole files (727.0-B-5 §4.2.2 and annex F; SANA registry of checksum identifiers).

use crc::{CRC_32_ISCSI, CRC_32_ISO_HDLC, Crc, Digest, Table};
use serde::{Deserialize, Serialize};

static CASTAGNOLI: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISCSI);
static ETHERNET: Crc<u32, Table<16>> = Crc::<u32, Table<16>>::new(&CRC_32_ISO_HDLC);

/// The checksums known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Checksum {
    /// Sum of big-endian words of four bytes (0).
    Modular,
    /// CRC-32C of Castagnoli (2).
    Crc32C,
    /// CRC-32 of Ethernet (3).
    Crc32,
    /// None: always zero (15).
    Null,
}

impl Checksum {
    /// The identifier on the wire.
    pub fn id(self) -> u8 {
        match self {
            Self::Modular => 0,
            Self::Crc32C => 2,
            Self::Crc32 => 3,
            Self::Null => 15,
        }
    }

    /// The checksum of an identifier; `None` for those not known here.
    pub fn from_id(id: u8) -> Option<Self> {
        [Self::Modular, Self::Crc32C, Self::Crc32, Self::Null]
            .into_iter()
            .find(|c| c.id() == id)
    }

    /// A sum to add a file to, piece by piece from its start.
    pub fn begin(self) -> Sum {
        match self {
            Self::Modular => Sum::Modular { sum: 0, at: 0 },
            Self::Crc32C => Sum::Crc(CASTAGNOLI.digest()),
            Self::Crc32 => Sum::Crc(ETHERNET.digest()),
            Self::Null => Sum::Null,
        }
    }

    /// The checksum of a file in memory.
    pub fn of(self, file: &[u8]) -> u32 {
        let mut sum = self.begin();
        sum.add(file);
        sum.finish()
    }
}

/// A checksum under way.
pub enum Sum {
    /// See [`Checksum::Modular`].
    Modular {
        /// So far.
        sum: u32,
        /// Bytes so far, modulo 4.
        at: u8,
    },
    /// See [`Checksum::Crc32C`] and [`Checksum::Crc32`].
    Crc(Digest<'static, u32, Table<16>>),
    /// See [`Checksum::Null`].
    Null,
}

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sum")
    }
}

impl Sum {
    /// Adds the next bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Modular { sum, at } => {
                for byte in bytes {
                    *sum = sum.wrapping_add(u32::from(*byte) << (24 - 8 * u32::from(*at)));
                    *at = (*at + 1) % 4;
                }
            }
            Self::Crc(digest) => digest.update(bytes),
            Self::Null => {}
        }
    }

    /// The checksum.
    pub fn finish(self) -> u32 {
        match self {
            Self::Modular { sum, .. } => sum,
            Self::Crc(digest) => digest.finalize(),
            Self::Null => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_standard_and_the_catalogues() {
        // 727.0-B-5 annex F: bytes 0 to 14, the last word filled with zeros.
        let file: Vec<u8> = (0..15).collect();
        assert_eq!(Checksum::Modular.of(&file), 0x181c_2015);
        assert_eq!(Checksum::Crc32C.of(b"123456789"), 0xe306_9283);
        assert_eq!(Checksum::Crc32.of(b"123456789"), 0xcbf4_3926);
        assert_eq!(Checksum::Null.of(b"123456789"), 0);
        let mut sum = Checksum::Modular.begin();
        file.chunks(3).for_each(|piece| sum.add(piece));
        assert_eq!(sum.finish(), 0x181c_2015);
        assert_eq!(Checksum::from_id(1), None);
    }
}
