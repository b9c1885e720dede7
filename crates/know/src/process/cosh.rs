//! `cosh`: hyperbolic cosine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "cosh",
    definition: official!("cosh"),
    run: Run::Unary(f64::cosh),
};
