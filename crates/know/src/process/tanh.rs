//! `tanh`: hyperbolic tangent.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "tanh",
    definition: official!("tanh"),
    run: Run::Unary(f64::tanh),
};
