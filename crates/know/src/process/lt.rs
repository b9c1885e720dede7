//! `lt`: less than comparison.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "lt",
    definition: official!("lt"),
    run: Run::Compare(|x, y| x < y),
};
