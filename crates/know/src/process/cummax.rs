//! `cummax`: cumulative maxima.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "cummax",
    definition: official!("cummax"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    super::cumsum::cumulate(arguments, |total, number| {
        if number.is_nan() || total.is_nan() {
            f64::NAN
        } else {
            total.max(number)
        }
    })
}
