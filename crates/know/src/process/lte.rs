//! `lte`: less than or equal to comparison.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "lte",
    definition: official!("lte"),
    run: Run::Compare(|x, y| x <= y),
};
