//! The crate's integration tests, one binary.
#![allow(missing_docs, unreachable_pub)]

mod access_samples;
mod catalogue;
mod passes_reference;
mod sgp4_verification;
mod shared;
