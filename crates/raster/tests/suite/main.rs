//! One test binary for the crate.

mod crs;
mod fixtures;
mod hostile;
mod read_shared;
mod shared;
mod warp;
