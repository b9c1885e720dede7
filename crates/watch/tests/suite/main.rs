//! One test binary for the crate: the chain as its callers use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "skipped tests say so")]

mod items;
mod killed;
mod made;
mod schemas;
mod told;
