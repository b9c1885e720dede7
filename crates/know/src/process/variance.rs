//! `variance`: variance.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "variance",
    definition: official!("variance"),
    run: Run::Reduce(variance),
};

/// Sample variance (divided by n - 1), in two passes.
pub(super) fn variance(data: &mut [f64]) -> Option<f64> {
    if data.is_empty() {
        return None;
    }
    let count = data.len() as f64;
    let mean = data.iter().sum::<f64>() / count;
    let squares: f64 = data.iter().map(|value| (value - mean).powi(2)).sum();
    Some(squares / (count - 1.0))
}
