//! `exp`: exponentiation to the base e.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "exp",
    definition: official!("exp"),
    run: Run::Unary(f64::exp),
};
