//! `minimum_error_threshold`: threshold between two classes by minimum error.

use super::{Process, Run};
use crate::threshold::Histogram;

pub(super) static PROCESS: Process = Process {
    id: "minimum_error_threshold",
    definition: own!("minimum_error_threshold"),
    run: Run::Reduce(threshold),
};

fn threshold(data: &mut [f64]) -> Option<f64> {
    Histogram::new(data).map(|histogram| histogram.minimum_error())
}
