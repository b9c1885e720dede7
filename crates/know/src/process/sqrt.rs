//! `sqrt`: square root.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sqrt",
    definition: official!("sqrt"),
    run: Run::Unary(f64::sqrt),
};
