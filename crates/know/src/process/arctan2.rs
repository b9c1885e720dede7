//! `arctan2`: inverse tangent of two numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "arctan2",
    definition: official!("arctan2"),
    run: Run::Binary(f64::atan2),
};
