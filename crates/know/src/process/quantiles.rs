//! `quantiles`: quantiles.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "quantiles",
    definition: official!("quantiles"),
    run: Run::Single(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let probabilities = probabilities(arguments)?;
    let ignore_nodata = arguments.boolean_or("ignore_nodata", true)?;
    let data = arguments.array("data")?;
    let all_missing = || Value::array(vec![Value::Null; probabilities.len()]);
    let mut numbers = Vec::with_capacity(data.values.len());
    for value in &data.values {
        match value {
            Value::Number(number) => numbers.push(*number),
            Value::Null if ignore_nodata => {}
            _ => return Ok(all_missing()),
        }
    }
    if numbers.is_empty() {
        return Ok(all_missing());
    }
    if numbers.iter().any(|number| number.is_nan()) {
        return Ok(Value::numbers(probabilities.iter().map(|_| f64::NAN)));
    }
    numbers.sort_unstable_by(f64::total_cmp);
    Ok(Value::numbers(
        probabilities.iter().map(|p| quantile(&numbers, *p)),
    ))
}

/// Quantile of sorted numbers by linear interpolation (type 7 of Hyndman and Fan 1996).
pub(crate) fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability * (sorted.len() - 1) as f64;
    let below = place.floor() as usize;
    let part = place - place.floor();
    let low = sorted[below];
    match sorted.get(below + 1) {
        // With infinities the difference would not be a number.
        Some(high) if part > 0.0 && (low.is_infinite() || high.is_infinite()) => {
            low * (1.0 - part) + high * part
        }
        Some(high) if part > 0.0 => low + (high - low) * part,
        _ => low,
    }
}

fn probabilities(arguments: &Arguments) -> Result<Vec<f64>, GraphError> {
    let parts = match (arguments.get("probabilities"), arguments.get("q")) {
        (Some(Value::Array(_)), None | Some(Value::Null)) => {
            let probabilities = arguments.numbers("probabilities")?;
            if probabilities.windows(2).any(|pair| pair[0] > pair[1]) {
                return Err(GraphError::new(
                    "AscendingProbabilitiesRequired",
                    "the values passed for parameter \"probabilities\" must be sorted in ascending order",
                ));
            }
            if probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
                return Err(arguments.invalid("probabilities", "each must be from 0 to 1"));
            }
            return Ok(probabilities);
        }
        (Some(Value::Number(parts)), None | Some(Value::Null))
        | (None | Some(Value::Null), Some(Value::Number(parts))) => *parts,
        (None | Some(Value::Null), None | Some(Value::Null)) => {
            return Err(GraphError::new(
                "QuantilesParameterMissing",
                "either \"probabilities\" or \"q\" must be given",
            ));
        }
        _ => {
            return Err(GraphError::new(
                "QuantilesParameterConflict",
                "only one of \"probabilities\" and \"q\" may be given",
            ));
        }
    };
    if !(2.0..=10_000.0).contains(&parts) {
        return Err(arguments.invalid(
            "probabilities",
            format!("{parts} intervals; from 2 to 10000 can be made"),
        ));
    }
    Ok((1..parts as usize).map(|i| i as f64 / parts).collect())
}
