//! `log`: logarithm to a base.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "log",
    definition: official!("log"),
    run: Run::Binary(logarithm),
};

/// Logarithm of `x` to the base; the bases 2 and 10 without a rounding error of the quotient.
fn logarithm(x: f64, base: f64) -> f64 {
    if base.total_cmp(&10.0).is_eq() {
        x.log10()
    } else if base.total_cmp(&2.0).is_eq() {
        x.log2()
    } else {
        x.ln() / base.ln()
    }
}
