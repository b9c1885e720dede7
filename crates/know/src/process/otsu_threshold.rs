//! `otsu_threshold`: threshold between two classes by Otsu.

use super::{Process, Run};
use crate::threshold::Histogram;

pub(super) static PROCESS: Process = Process {
    id: "otsu_threshold",
    definition: own!("otsu_threshold"),
    run: Run::Reduce(threshold),
};

fn threshold(data: &mut [f64]) -> Option<f64> {
    Histogram::new(data).map(|histogram| histogram.otsu())
}
