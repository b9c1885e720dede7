//! `subtract`: subtraction of two numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "subtract",
    definition: official!("subtract"),
    run: Run::Binary(|x, y| x - y),
};
