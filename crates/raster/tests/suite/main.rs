//! One test binary for the crate.

// Helpers of tests are tests too, and exact equality is what many of them check.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::float_cmp)]

mod codecs;
mod cog;
mod crs;
mod draw;
mod fixtures;
mod hostile;
mod read_shared;
mod real_data;
#[cfg(feature = "remote")]
mod remote;
mod summary;
mod tiles;
mod warp;
mod zonal;
