//! `xor`: logical XOR (exclusive or).

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "xor",
    definition: official!("xor"),
    run: Run::Logic(truth),
};

fn truth(x: Option<bool>, y: Option<bool>) -> Option<bool> {
    Some(x? != y?)
}
