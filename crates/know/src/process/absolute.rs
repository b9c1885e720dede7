//! `absolute`: absolute value.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "absolute",
    definition: official!("absolute"),
    run: Run::Unary(f64::abs),
};
