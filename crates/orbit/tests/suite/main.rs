//! The crate's integration tests, one binary.
#![allow(missing_docs)]

mod sgp4_verification;
mod shared;
