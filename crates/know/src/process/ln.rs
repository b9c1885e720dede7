//! `ln`: natural logarithm.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "ln",
    definition: official!("ln"),
    run: Run::Unary(f64::ln),
};
