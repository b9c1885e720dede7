//! Files over the Bundle Protocol: a sender, a receiver, and what they say to one another.
//!
//! Bundles are BPv7 (RFC 9171), made and parsed by `hardy-bpv7` and `hardy-bpa`, carried by TCPCLv4
//! (RFC 9174, `hardy-tcpclv4`). What is added here is the layer above: a file is cut into parts, each
//! part is one bundle with a self-describing header ([`message`]), the receiving node keeps parts on disk
//! ([`spool`]) and answers what it has, and the sender ([`sender`]) repeats what is missing until the node
//! says *stored*. Every message may be lost, doubled or reordered, and either end may be killed.

pub mod fragment;
pub mod gate;
pub mod inspect;
pub mod message;
pub mod receiver;
pub mod secure;
pub mod sender;
pub mod spool;
pub mod store;
pub mod unplugged;

mod agent;
mod door;
mod inlet;
mod link;
mod make;
mod shelf;

/// Bytes of a file in one bundle when nothing else is asked for: 1 MiB keeps the header and the two
/// syncs of a part small beside its data, and loses at most a second of a 10 Mbit/s link to a cut.
pub const PART_SIZE_BYTES: u32 = 1 << 20;

/// Largest part a receiver takes: what one bundle in memory may cost, several of them at once.
pub const PART_SIZE_MAX_BYTES: u32 = 16 << 20;

/// Smallest part size of a file that needs more than one part: below it headers outweigh data.
pub const PART_SIZE_MIN_BYTES: u32 = 64;

/// Most parts of one file: bounds the record of kept parts to 128 KiB of memory.
pub const PARTS_MAX: u32 = 1 << 20;

/// Largest file a receiver takes unless configured otherwise, 64 GiB: above the largest scene product
/// in use, below what would fill an ordinary disk by one mistaken header.
pub const FILE_SIZE_MAX_BYTES: u64 = 64 << 30;

/// Longest file name, bytes: the limit of common file systems.
pub const NAME_LENGTH_MAX: usize = 255;

/// Longest media type, bytes: RFC 6838 allows 127 for type and for subtype.
pub const MEDIA_TYPE_LENGTH_MAX: usize = 255;

/// Largest metadata text, bytes: it travels with every part, and a STAC Item draft has a few thousand.
pub const METADATA_LENGTH_MAX: usize = 64 << 10;

/// Most files under way at once in one receiver.
pub const OPEN_TRANSFERS_MAX: usize = 256;

/// Service number of the file service on `ipn` nodes: outside the ranges IANA assigns (up to 65535).
pub const SERVICE_NUMBER: u32 = 70_016;

/// Service name of the file service on `dtn` nodes.
pub const SERVICE_NAME: &str = "corridor-files";
