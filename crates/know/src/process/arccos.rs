//! `arccos`: inverse cosine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arccos",
    definition: official!("arccos"),
    run: Run::Unary(f64::acos),
};
