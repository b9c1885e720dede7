//! Frames: from a stream of bits to packets (CCSDS 131.0-B-5, 132.0-B-3, 732.0-B-4, 732.1-B-2).
//!
//! | step | module |
//! |---|---|
//! | find the frames in the bits | [`sync`] |
//! | take off the pseudo-random sequence | [`randomizer`] |
//! | correct errors | [`reed_solomon`] |
//! | check what has only a CRC | [`check`] |
//! | take the frame apart | [`transfer`] |
//! | all of it, with counts by channel | [`decoder`] |
//! | find out how a stream is framed | [`detect`] |
//!
//! Bytes are handed in, frames and packets are handed out: no files, no sockets, no clock. What is held is
//! bounded by three frames and one packet a channel. A frame that cannot be corrected, or fails its check, is
//! counted and shown as such; none of its bytes reaches a packet.

pub mod check;
pub mod decoder;
pub mod detect;
mod field;
pub mod framing;
pub mod randomizer;
pub mod reed_solomon;
pub mod spacecraft;
pub mod sync;
pub mod transfer;

pub use field::Basis;
