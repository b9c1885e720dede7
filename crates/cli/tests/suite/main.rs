//! One test binary for the crate: the real program from outside, and the repository's own rules.

mod changed;
mod demo;
mod forecast;
mod killed;
mod program;
mod refused;
mod replay;
mod served;
mod tidy;
mod watches;
