//! The crate's integration tests, one binary.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp
)]

mod access_samples;
mod batch;
mod catalogue;
mod elements;
mod flights;
mod frames;
mod passes_reference;
mod real_data;
mod sgp4_verification;
