//! How a physical channel is framed: everything a receiver must know before the first bit.

use super::field::Basis;
use super::reed_solomon::{CODEWORD_LEN, INTERLEAVE_MAX, ReedSolomon, Strength};
use super::transfer::Layout;

/// Longest frame with its check symbols, without the marker: 8 codewords of 255, and 64 KiB for
/// frames without Reed-Solomon (the longest USLP frame).
pub const BODY_LEN_MAX: usize = 1 << 16;

/// Shortest frame: a header and one byte of data.
pub const BODY_LEN_MIN: usize = 8;

/// The error correction of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Coding {
    /// None.
    Uncoded,
    /// Interleaved Reed-Solomon codewords, shortened where the frame is shorter than 255 symbols each.
    ReedSolomon {
        /// Errors corrected.
        strength: Strength,
        /// How symbols are written.
        basis: Basis,
        /// Codewords in a frame, 1 to 8.
        interleave: usize,
    },
}

/// How a physical channel is framed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Framing {
    /// Bytes after the marker: the transfer frame and its check symbols.
    pub body_len: usize,
    /// Whether the pseudo-random sequence was added.
    pub randomized: bool,
    /// The error correction.
    pub coding: Coding,
    /// Fields around the data of a frame.
    pub layout: Layout,
}

/// Why a framing cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FramingFault {
    /// Length out of range.
    #[error("a frame of {0} bytes after the marker: {BODY_LEN_MIN} to {BODY_LEN_MAX} are taken")]
    Length(usize),
    /// The codewords do not fit the length.
    #[error(
        "{body_len} bytes after the marker cannot be {interleave} Reed-Solomon {code} codewords: the length must \
         be a multiple of the interleaving (1 to {INTERLEAVE_MAX}), at most {CODEWORD_LEN} symbols each and more \
         than the check symbols"
    )]
    Codewords {
        /// Bytes after the marker.
        body_len: usize,
        /// Interleaving.
        interleave: usize,
        /// Name of the code.
        code: &'static str,
    },
}

impl Framing {
    /// Whether such a framing can be.
    pub fn check(&self) -> Result<(), FramingFault> {
        if !(BODY_LEN_MIN..=BODY_LEN_MAX).contains(&self.body_len) {
            return Err(FramingFault::Length(self.body_len));
        }
        match self.coding {
            Coding::Uncoded => Ok(()),
            Coding::ReedSolomon {
                strength,
                basis,
                interleave,
            } => {
                if ReedSolomon::new(strength, basis).fits(self.body_len, interleave) {
                    Ok(())
                } else {
                    Err(FramingFault::Codewords {
                        body_len: self.body_len,
                        interleave,
                        code: strength.name(),
                    })
                }
            }
        }
    }

    /// Bytes of the transfer frame.
    pub fn frame_len(&self) -> usize {
        match self.coding {
            Coding::Uncoded => self.body_len,
            Coding::ReedSolomon {
                strength,
                interleave,
                ..
            } => self
                .body_len
                .saturating_sub(strength.check_len() * interleave),
        }
    }

    /// Bytes from marker to marker.
    pub fn unit_len(&self) -> usize {
        self.body_len + super::sync::MARKER_LEN
    }

    /// Symbols of virtual fill over all codewords.
    pub fn virtual_fill(&self) -> usize {
        match self.coding {
            Coding::Uncoded => 0,
            Coding::ReedSolomon { interleave, .. } => {
                (CODEWORD_LEN * interleave).saturating_sub(self.body_len)
            }
        }
    }
}
