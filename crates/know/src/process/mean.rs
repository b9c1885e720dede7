//! `mean`: arithmetic mean (average).

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "mean",
    definition: official!("mean"),
    run: Run::Reduce(mean),
};

pub(crate) fn mean(data: &mut [f64]) -> Option<f64> {
    (!data.is_empty()).then(|| data.iter().sum::<f64>() / data.len() as f64)
}
