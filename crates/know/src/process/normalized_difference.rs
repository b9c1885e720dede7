//! `normalized_difference`: normalized difference.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "normalized_difference",
    definition: official!("normalized_difference"),
    run: Run::Binary(|x, y| (x - y) / (x + y)),
};
