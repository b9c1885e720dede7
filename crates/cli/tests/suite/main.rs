//! One test binary for the crate: the real program from outside, and the repository's own rules.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stdout, reason = "a test says what it skips")]

mod budget;
mod carried;
mod changed;
mod cluster;
mod coverage;
mod decode;
mod demo;
mod ephemerides;
mod forecast;
mod how_to;
mod items;
mod jobs;
mod killed;
mod products;
mod program;
mod propagate;
mod refused;
mod registers;
mod rehearse;
mod replay;
mod revisit;
mod sense;
mod served;
mod tidy;
mod transmit;
mod watches;
mod windows;
