//! Integration tests of `corridor-know`, one module a subject.

mod json5;
mod shared_data;
mod vectors;
