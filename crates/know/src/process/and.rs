//! `and`: logical AND.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "and",
    definition: official!("and"),
    run: Run::Logic(truth),
};

fn truth(x: Option<bool>, y: Option<bool>) -> Option<bool> {
    match (x, y) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}
