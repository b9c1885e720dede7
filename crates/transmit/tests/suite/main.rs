//! One test binary for the crate.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests stop and speak like tests"
)]

mod bundle;
mod captures;
mod cfdp;
mod contacts;
mod delivery;
mod diary;
mod dissect;
mod downlink;
mod inspect;
mod killed;
mod link;
mod passes;
mod peers;
mod plans;
mod raw;
mod real_data;
mod rehearsal;
mod relay;
mod routing;
mod schedule;
mod security;
mod session;
mod sky;
mod wire;
