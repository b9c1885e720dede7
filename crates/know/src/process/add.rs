//! `add`: addition of two numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "add",
    definition: official!("add"),
    run: Run::Binary(|x, y| x + y),
};
