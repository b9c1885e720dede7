//! Integration tests of `corridor-know`, one module a subject.

mod json5;
mod products;
mod shared_data;
mod vectors;
