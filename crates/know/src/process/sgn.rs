//! `sgn`: signum.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sgn",
    definition: official!("sgn"),
    run: Run::Unary(|x| {
        if x > 0.0 {
            1.0
        } else if x < 0.0 {
            -1.0
        } else {
            x
        }
    }),
};
