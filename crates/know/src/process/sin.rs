//! `sin`: sine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sin",
    definition: official!("sin"),
    run: Run::Unary(f64::sin),
};
