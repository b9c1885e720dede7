//! `mod`: modulo.

use super::{Process, Run};

pub(super) static PROCESS: Process = Process {
    id: "mod",
    definition: official!("mod"),
    run: Run::Binary(modulo),
};

/// Remainder with the sign of the divisor; of a finite number by an infinite one, the number.
fn modulo(x: f64, y: f64) -> f64 {
    if y.abs() > 0.0 {
        let remainder = x % y;
        if y.is_finite() && remainder.abs() > 0.0 && (remainder < 0.0) != (y < 0.0) {
            remainder + y
        } else {
            remainder
        }
    } else {
        x / y.abs()
    }
}
