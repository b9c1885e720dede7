//! `max`: maximum value.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "max",
    definition: official!("max"),
    run: Run::Reduce(max),
};

fn max(data: &mut [f64]) -> Option<f64> {
    data.iter()
        .copied()
        .reduce(|a, b| if a.is_nan() || a >= b { a } else { b })
}
