//! `arsinh`: inverse hyperbolic sine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arsinh",
    definition: official!("arsinh"),
    run: Run::Unary(f64::asinh),
};
