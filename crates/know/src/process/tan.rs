//! `tan`: tangent.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "tan",
    definition: official!("tan"),
    run: Run::Unary(f64::tan),
};
