//! `floor`: round fractions down.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "floor",
    definition: official!("floor"),
    run: Run::Unary(f64::floor),
};
