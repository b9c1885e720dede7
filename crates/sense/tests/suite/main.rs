//! The crate's integration tests, one binary.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::float_cmp
)]

mod acquisition;
mod ageing;
mod coverage;
mod coverage_reference;
mod design;
mod footprints;
mod laws;
mod merit;
mod real_data;
mod reference;
mod schedule;
mod speed;
mod walker;
