//! `arctan`: inverse tangent.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arctan",
    definition: official!("arctan"),
    run: Run::Unary(f64::atan),
};
