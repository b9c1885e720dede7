//! `sd`: standard deviation.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "sd",
    definition: official!("sd"),
    run: Run::Reduce(sd),
};

/// Sample standard deviation (divided by n - 1).
fn sd(data: &mut [f64]) -> Option<f64> {
    super::variance::variance(data).map(f64::sqrt)
}
