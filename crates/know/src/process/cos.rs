//! `cos`: cosine.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "cos",
    definition: official!("cos"),
    run: Run::Unary(f64::cos),
};
