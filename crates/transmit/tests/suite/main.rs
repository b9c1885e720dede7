//! One test binary for the crate.

#![allow(
    clippy::unwrap_used,
    reason = "the helpers of tests stop the test where something is wrong"
)]

mod bundle;
mod killed;
mod passes;
mod rehearsal;
mod security;
mod shared;
