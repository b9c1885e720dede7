//! `sinh`: hyperbolic sine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sinh",
    definition: official!("sinh"),
    run: Run::Unary(f64::sinh),
};
