//! `min`: minimum value.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "min",
    definition: official!("min"),
    run: Run::Reduce(min),
};

fn min(data: &mut [f64]) -> Option<f64> {
    data.iter()
        .copied()
        .reduce(|a, b| if a.is_nan() || a <= b { a } else { b })
}
