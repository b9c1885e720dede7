//! The crate's integration tests, one binary.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp
)]

mod footprints;
mod laws;
mod reference;
mod speed;
