//! `median`: statistical median.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "median",
    definition: official!("median"),
    run: Run::Reduce(median),
};

/// Middle value, or mean of the two middle values.
pub(crate) fn median(data: &mut [f64]) -> Option<f64> {
    if data.iter().any(|value| value.is_nan()) {
        return Some(f64::NAN);
    }
    let middle = data.len() / 2;
    if data.is_empty() {
        return None;
    }
    let odd = data.len() % 2 == 1;
    let (below, upper, _) = data.select_nth_unstable_by(middle, f64::total_cmp);
    if odd {
        return Some(*upper);
    }
    let lower = below.iter().copied().max_by(f64::total_cmp)?;
    Some((lower + *upper) / 2.0)
}
