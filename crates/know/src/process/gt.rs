//! `gt`: greater than comparison.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "gt",
    definition: official!("gt"),
    run: Run::Compare(|x, y| x > y),
};
