//! Files over the Bundle Protocol.
pub mod receiver;
pub mod sender;
