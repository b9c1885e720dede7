//! The crate's integration tests, one binary.
#![allow(missing_docs)]
