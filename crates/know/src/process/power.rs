//! `power`: exponentiation.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "power",
    definition: official!("power"),
    run: Run::Binary(f64::powf),
};
