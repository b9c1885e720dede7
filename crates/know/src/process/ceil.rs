//! `ceil`: round fractions up.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "ceil",
    definition: official!("ceil"),
    run: Run::Unary(f64::ceil),
};
