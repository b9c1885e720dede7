//! Space packets (CCSDS 133.0-B-2): read from frames or from a stream, counted, merged, decoded.
//!
//! Nothing here opens a file or a socket: bytes are handed in, packets are handed out, and what is held
//! between the two is bounded by the longest packet.

pub mod account;
pub mod assemble;
pub mod header;
pub mod merge;
pub mod stream;
pub mod time;
pub mod xtce;
