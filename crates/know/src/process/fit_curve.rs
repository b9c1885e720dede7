//! `fit_curve`: curve fitting.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::Output;
use crate::error::GraphError;
use crate::extent::instant;
use crate::graph::ProcessGraph;
use crate::least_squares::{levenberg_marquardt, linear};
use crate::value::{Label, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "fit_curve",
    definition: official!("fit_curve"),
    run: Run::Whole(run),
};

/// Most parameters of a model.
const PARAMETERS_MAX: usize = 32;
/// How far a model may be from linear, relative to its terms, to be fitted as linear.
const LINEAR_WITHIN: f64 = 1e-9;

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let data = arguments.array("data")?;
    let guess = arguments.numbers("parameters")?;
    if guess.is_empty() || guess.len() > PARAMETERS_MAX || guess.iter().any(|g| g.is_nan()) {
        return Err(arguments.invalid(
            "parameters",
            format!("1 to {PARAMETERS_MAX} numbers are needed"),
        ));
    }
    let labels = data.labels.as_ref().ok_or_else(|| {
        arguments.invalid("data", "the array has no labels: they are the variable x")
    })?;
    let x = labels
        .iter()
        .map(abscissa)
        .collect::<Option<Vec<f64>>>()
        .ok_or_else(|| arguments.invalid("data", "a label is neither a number nor a date"))?;
    let keep_nodata = !arguments.boolean_or("ignore_nodata", true)?;
    let model = Model {
        function: arguments.graph("function")?,
        context,
    };
    let (observed, single) = observed(arguments)?;
    let parameters = match model.basis(&x, guess.len())? {
        Some(basis) => linear_fit(&observed, &basis, guess.len()),
        None => levenberg_marquardt(&observed, &guess, |step, parameters| {
            let planes = parameters.iter().map(|p| Value::Plane(Arc::new(p.clone())));
            let count = observed[step].len();
            Ok::<_, GraphError>(match model.at(x[step], planes.collect())? {
                Output::Plane(plane) => plane.as_ref().clone(),
                Output::Same(number) => vec![number; count],
            })
        })?,
    };
    let unjudged = |pixel: usize| keep_nodata && observed.iter().any(|p| p[pixel].is_nan());
    let values = parameters.into_iter().map(|mut plane| {
        for (pixel, value) in plane.iter_mut().enumerate() {
            if unjudged(pixel) {
                *value = f64::NAN;
            }
        }
        match (single, plane.first()) {
            (true, Some(value)) if value.is_nan() => Value::Null,
            (true, Some(value)) => Value::Number(*value),
            _ => Value::Plane(Arc::new(plane)),
        }
    });
    Ok(Value::array(values.collect()))
}

/// The number that a label is as a variable: dates are seconds since 1970-01-01T00:00:00Z.
pub(super) fn abscissa(label: &Label) -> Option<f64> {
    match label {
        Label::Number(number) => Some(*number),
        Label::Text(text) => instant(text)
            .map(|time| time.as_second() as f64 + f64::from(time.subsec_nanosecond()) * 1e-9),
    }
}

/// The observations, one plane a label; and whether there were single values only.
fn observed(arguments: &Arguments) -> Result<(Vec<Vec<f64>>, bool), GraphError> {
    let values = &arguments.array("data")?.values;
    let length = values.iter().find_map(|value| match value {
        Value::Plane(plane) => Some(plane.len()),
        _ => None,
    });
    let planes = values
        .iter()
        .map(|value| {
            Ok(match Output::read(value.clone())? {
                Output::Plane(plane) => plane.as_ref().clone(),
                Output::Same(number) => vec![number; length.unwrap_or(1)],
            })
        })
        .collect::<Result<Vec<Vec<f64>>, GraphError>>()?;
    Ok((planes, length.is_none()))
}

/// A model function `y = f(x, parameters)`.
pub(super) struct Model<'a> {
    pub(super) function: &'a ProcessGraph,
    pub(super) context: &'a Context<'a>,
}

/// What a model linear in its parameters is at one `x`: a constant, and a factor a parameter.
struct Basis {
    constant: f64,
    factors: Vec<f64>,
}

impl Model<'_> {
    /// The model's value.
    pub(super) fn at(&self, x: f64, parameters: Vec<Value>) -> Result<Output, GraphError> {
        let arguments = [
            ("x", Value::Number(x)),
            ("parameters", Value::array(parameters)),
        ];
        Output::read(self.context.call(self.function, &arguments)?)
    }

    fn number(&self, x: f64, parameters: &[f64]) -> Result<f64, GraphError> {
        let values = parameters.iter().map(|p| Value::Number(*p)).collect();
        Ok(match self.at(x, values)? {
            Output::Same(number) => number,
            Output::Plane(_) => f64::NAN,
        })
    }

    /// The model's terms at each `x`, where it is linear in its parameters.
    fn basis(&self, x: &[f64], count: usize) -> Result<Option<Vec<Basis>>, GraphError> {
        // Two points off the axes, on both sides of zero, tell a linear model from others.
        let probe = |scale: f64| -> Vec<f64> {
            (0..count)
                .map(|j| scale * (1.37 + (j as f64 * 2.4).sin()))
                .collect()
        };
        let probes = [probe(1.0), probe(-3.1)];
        let mut basis = Vec::with_capacity(x.len());
        for x in x {
            let constant = self.number(*x, &vec![0.0; count])?;
            let mut factors = Vec::with_capacity(count);
            for j in 0..count {
                let mut unit = vec![0.0; count];
                unit[j] = 1.0;
                factors.push(self.number(*x, &unit)? - constant);
            }
            for probe in &probes {
                let terms = || probe.iter().zip(&factors).map(|(p, f)| p * f);
                let size = constant.abs() + terms().map(f64::abs).sum::<f64>();
                let off = (self.number(*x, probe)? - constant - terms().sum::<f64>()).abs();
                if off.is_nan() || off > LINEAR_WITHIN * size {
                    return Ok(None);
                }
            }
            basis.push(Basis { constant, factors });
        }
        Ok(Some(basis))
    }
}

/// The parameters, one plane each; NaN for pixels with too few observations.
fn linear_fit(observed: &[Vec<f64>], basis: &[Basis], count: usize) -> Vec<Vec<f64>> {
    let pixels = observed.first().map_or(0, Vec::len);
    let mut parameters = vec![vec![f64::NAN; pixels]; count];
    let (mut rows, mut values) = (Vec::new(), Vec::new());
    for pixel in 0..pixels {
        rows.clear();
        values.clear();
        for (plane, basis) in observed.iter().zip(basis) {
            let value = plane[pixel];
            if !value.is_nan() {
                rows.extend_from_slice(&basis.factors);
                values.push(value - basis.constant);
            }
        }
        if let Some(found) = linear(&rows, &values, count) {
            for (plane, value) in parameters.iter_mut().zip(found) {
                plane[pixel] = value;
            }
        }
    }
    parameters
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::graph::RunLimits;
    use crate::value::Array;
    use serde_json::json;

    fn fit(function: &serde_json::Value, guess: &[f64], x: &[&str], y: &[f64]) -> Vec<Value> {
        let limits = RunLimits::default();
        let graph = ProcessGraph::parse(function).unwrap();
        let label = |x: &&str| x.parse().map_or(Label::Text((*x).into()), Label::Number);
        let data = Array {
            values: y.iter().map(|y| Value::Number(*y)).collect(),
            labels: Some(Arc::new(x.iter().map(label).collect())),
        };
        let arguments = vec![
            ("data", Value::Array(data)),
            ("parameters", Value::numbers(guess.iter().copied())),
            ("function", Value::Graph(Arc::new(graph))),
        ];
        match call("fit_curve", arguments, &Context::new(&limits)) {
            Ok(Value::Array(array)) => array.values,
            other => panic!("{other:?}"),
        }
    }

    fn element(index: u8) -> serde_json::Value {
        json!({"process_id": "array_element",
            "arguments": {"data": {"from_parameter": "parameters"}, "index": index}})
    }

    fn near(found: &[Value], wanted: &[f64]) {
        for (found, wanted) in found.iter().zip(wanted) {
            let Value::Number(found) = found else {
                panic!("{found:?}")
            };
            assert!((found / wanted - 1.0).abs() < 1e-8, "{found} {wanted}");
        }
    }

    /// numpy.polyfit of the same points.
    #[test]
    fn a_line_over_days() {
        let line = json!({
            "a": element(0), "b": element(1),
            "days": {"process_id": "divide", "arguments": {"x": {"from_parameter": "x"}, "y": 86400}},
            "bx": {"process_id": "multiply",
                "arguments": {"x": {"from_node": "b"}, "y": {"from_node": "days"}}},
            "y": {"process_id": "add",
                "arguments": {"x": {"from_node": "a"}, "y": {"from_node": "bx"}}, "result": true},
        });
        let days = ["1970-01-01", "1970-01-02T00:00:00Z", "1970-01-03"];
        near(
            &fit(&line, &[0.0, 0.0], &days, &[1.0, 2.0, 4.0]),
            &[5.0 / 6.0, 1.5],
        );
        let none = fit(&line, &[0.0, 0.0], &days[..1], &[1.0]);
        assert!(matches!(none[..], [Value::Null, Value::Null]), "{none:?}");
    }

    /// scipy.optimize.curve_fit of the same points.
    #[test]
    fn an_exponential_is_fitted_though_not_linear() {
        let model = json!({
            "a": element(0), "b": element(1),
            "bx": {"process_id": "multiply",
                "arguments": {"x": {"from_node": "b"}, "y": {"from_parameter": "x"}}},
            "e": {"process_id": "exp", "arguments": {"p": {"from_node": "bx"}}},
            "y": {"process_id": "multiply",
                "arguments": {"x": {"from_node": "a"}, "y": {"from_node": "e"}}, "result": true},
        });
        let found = fit(
            &model,
            &[1.0, 0.1],
            &["0", "1", "2", "3", "4"],
            &[2.0, 2.9, 4.6, 6.6, 10.1],
        );
        near(&found, SCIPY);
    }

    const SCIPY: &[f64] = &[1.979_691_181_166, 0.406_691_918_703];
}
