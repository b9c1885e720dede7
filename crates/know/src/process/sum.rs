//! `sum`: compute the sum by adding up numbers.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sum",
    definition: official!("sum"),
    run: Run::Reduce(sum),
};

fn sum(data: &mut [f64]) -> Option<f64> {
    (!data.is_empty()).then(|| data.iter().sum())
}
