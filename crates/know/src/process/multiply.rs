//! `multiply`: multiplication of two numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "multiply",
    definition: official!("multiply"),
    run: Run::Binary(|x, y| x * y),
};
