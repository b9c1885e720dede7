//! `array_find_run`: where the first run of true values is.

use super::fit_curve::abscissa;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::Output;
use crate::error::GraphError;
use crate::value::Value;
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "array_find_run",
    definition: own!("array_find_run"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let length = arguments.optional_integer("length")?.unwrap_or(1);
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length >= 1)
        .ok_or_else(|| arguments.invalid("length", format!("{length} is not 1 or more")))?;
    let at_end = arguments.optional_text("position")? == Some("last");
    let places: Vec<f64> = match &data.labels {
        None => (0..data.values.len()).map(|i| i as f64).collect(),
        Some(labels) => labels
            .iter()
            .map(abscissa)
            .collect::<Option<_>>()
            .ok_or_else(|| arguments.invalid("data", "a label is neither a number nor a date"))?,
    };
    let values = data
        .values
        .iter()
        .map(|value| Output::read(value.clone()))
        .collect::<Result<Vec<Output>, _>>()?;
    let pixels = values.iter().find_map(|value| match value {
        Output::Plane(plane) => Some(plane.len()),
        Output::Same(_) => None,
    });
    let found = (0..pixels.unwrap_or(1))
        .map(|pixel| {
            let (mut begun, mut run) = (0, 0);
            for (step, value) in values.iter().enumerate() {
                let value = value.at(pixel)?;
                if value.is_nan() {
                    continue;
                }
                if value.abs() > 0.0 {
                    begun = if run == 0 { step } else { begun };
                    run += 1;
                } else {
                    run = 0;
                }
                if run == length {
                    return Ok(places[if at_end { step } else { begun }]);
                }
            }
            Ok(f64::NAN)
        })
        .collect::<Result<Vec<f64>, GraphError>>()?;
    Ok(match (pixels, found.first()) {
        (None, Some(place)) if place.is_nan() => Value::Null,
        (None, Some(place)) => Value::Number(*place),
        _ => Value::Plane(Arc::new(found)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::graph::RunLimits;
    use crate::value::{Array, Label};

    fn find(values: &[Value], length: f64, position: &str) -> Value {
        let limits = RunLimits::default();
        let labels = (0..values.len()).map(|i| Label::Text(format!("1970-01-{:02}", i + 1)));
        let data = Array {
            values: values.to_vec(),
            labels: Some(Arc::new(labels.collect())),
        };
        let arguments = vec![
            ("data", Value::Array(data)),
            ("length", Value::Number(length)),
            ("position", Value::Text(position.into())),
        ];
        call("array_find_run", arguments, &Context::new(&limits)).unwrap()
    }

    #[test]
    fn a_run_passes_over_what_has_no_data_and_begins_anew_after_false() {
        let (t, f, n) = (Value::Boolean(true), Value::Boolean(false), Value::Null);
        let values = [
            t.clone(),
            f.clone(),
            t.clone(),
            n.clone(),
            t.clone(),
            t.clone(),
            f.clone(),
        ];
        let day = |value: Value| match value {
            Value::Number(seconds) => (seconds / 86_400.0) as i64,
            Value::Null => -1,
            other => panic!("{other:?}"),
        };
        assert_eq!(day(find(&values, 1.0, "first")), 0);
        assert_eq!(day(find(&values, 2.0, "first")), 2);
        assert_eq!(day(find(&values, 2.0, "last")), 4);
        assert_eq!(day(find(&values, 3.0, "last")), 5);
        assert_eq!(day(find(&values, 4.0, "first")), -1);
    }

    #[test]
    fn each_pixel_has_its_own_run() {
        let plane = |a: f64, b: f64| Value::Plane(Arc::new(vec![a, b]));
        let values = [plane(0.0, 1.0), plane(1.0, f64::NAN), plane(1.0, 0.0)];
        let Value::Plane(found) = find(&values, 2.0, "first") else {
            panic!("no plane")
        };
        assert!((found[0] - 86_400.0).abs() < 1e-9 && found[1].is_nan());
    }
}
