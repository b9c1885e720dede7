//! `arcsin`: inverse sine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arcsin",
    definition: official!("arcsin"),
    run: Run::Unary(f64::asin),
};
