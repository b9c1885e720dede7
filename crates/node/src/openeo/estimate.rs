//! What a graph will read and take, before it runs: the engine's own plan, no pixel is read.

use super::compute::Planned;
use super::error::Refusal;
use corridor_know::plan::{Budget, Estimate};
use serde_json::{Value, json};

/// As the API shows it: nothing is billed.
pub(crate) fn describe(estimate: &Estimate) -> Value {
    let size = match estimate.result_bytes {
        0 => estimate.bytes,
        known => known,
    };
    json!({
        "costs": 0,
        "duration": format!("PT{}S", estimate.seconds.max(1.0).ceil()),
        "size": size,
        "chunks": estimate.chunks,
        "samples": estimate.samples,
        "bytes": estimate.bytes,
        "seconds": estimate.seconds,
        "memory_bytes": estimate.memory_bytes,
    })
}

/// In a sentence, for logs.
pub(crate) fn sentence(estimate: &Estimate) -> String {
    format!(
        "reads {} samples ({:.1} MB) in {} chunks, takes about {:.1} s",
        estimate.samples,
        estimate.bytes as f64 / 1e6,
        estimate.chunks,
        estimate.seconds
    )
}

/// Whether a budget that the user set allows a run that costs nothing.
pub(crate) fn check_budget(budget: Option<&Value>) -> Result<(), Refusal> {
    match budget.and_then(Value::as_f64) {
        Some(budget) if budget <= 0.0 => Err(Refusal::new(
            "BudgetInvalid",
            "The specified budget is too low.",
        )),
        _ => Ok(()),
    }
}

/// Refuses a synchronous run that is too large, with its estimate. What the plan does not count is
/// held by the limits of the run itself.
pub(crate) fn allow(planned: &Planned, samples_max: u64, seconds_max: u64) -> Result<(), Refusal> {
    let estimate = planned.estimate();
    let budget = Budget {
        samples: samples_max,
        seconds: seconds_max as f64,
    };
    estimate.within(&budget).map_err(|error| {
        let message = format!(
            "The process graph is too demanding for synchronous processing. Please use a batch job instead: {}.",
            error.message
        );
        Refusal::new("ProcessGraphComplexity", message).with_estimate(describe(&estimate))
    })
}
