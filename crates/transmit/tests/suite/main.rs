//! One test binary for the crate.

mod bundle;
mod killed;
mod passes;
mod rehearsal;
