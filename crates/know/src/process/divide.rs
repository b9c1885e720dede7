//! `divide`: division of two numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "divide",
    definition: official!("divide"),
    run: Run::Binary(|x, y| x / y),
};
