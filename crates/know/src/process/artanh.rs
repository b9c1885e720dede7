//! `artanh`: inverse hyperbolic tangent.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "artanh",
    definition: official!("artanh"),
    run: Run::Unary(f64::atanh),
};
