//! `or`: logical OR.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "or",
    definition: official!("or"),
    run: Run::Logic(truth),
};

fn truth(x: Option<bool>, y: Option<bool>) -> Option<bool> {
    match (x, y) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    }
}
