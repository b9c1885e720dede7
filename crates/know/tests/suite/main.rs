//! Integration tests of `corridor-know`, one module a subject.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod json5;
mod products;
mod shared_data;
mod vectors;
