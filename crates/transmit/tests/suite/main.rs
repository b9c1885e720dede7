//! One test binary for the crate.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests stop and speak like tests"
)]

mod bundle;
mod captures;
mod cfdp;
mod diary;
mod inspect;
mod killed;
mod link;
mod passes;
mod plans;
mod real_data;
mod rehearsal;
mod routing;
mod schedule;
mod security;
mod sky;
