//! One test binary for the crate.

mod crs;
mod read_shared;
mod shared;
mod warp;
