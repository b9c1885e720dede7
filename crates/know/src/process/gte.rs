//! `gte`: greater than or equal to comparison.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "gte",
    definition: official!("gte"),
    run: Run::Compare(|x, y| x >= y),
};
