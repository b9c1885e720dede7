//! `int`: integer part of a number.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "int",
    definition: official!("int"),
    run: Run::Unary(f64::trunc),
};
