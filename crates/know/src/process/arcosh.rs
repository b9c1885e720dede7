//! `arcosh`: inverse hyperbolic cosine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arcosh",
    definition: official!("arcosh"),
    run: Run::Unary(f64::acosh),
};
