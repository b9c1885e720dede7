//! `resample_cube_temporal`: resample temporal dimensions to match a target data cube.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::Value;
use jiff::Timestamp;

pub(super) static PROCESS: Process = Process {
    id: "resample_cube_temporal",
    definition: official!("resample_cube_temporal"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let target = arguments.cube("target")?;
    let within_s = arguments.optional_number("valid_within")?;
    if within_s.is_some_and(|days| days < 0.0 || days.is_nan()) {
        return Err(arguments.invalid("valid_within", "a number of days of at least 0 is needed"));
    }
    let within_s = within_s.map(|days| days * 86_400.0);
    let mismatch = |reason: String| GraphError::new("DimensionMismatch", reason);
    let names: Vec<String> = match arguments.optional_text("dimension")? {
        Some(name) => {
            for one in [cube, target] {
                let index = one.require_dimension(name)?;
                if one.dimensions()[index].kind != DimensionKind::Time {
                    return Err(mismatch(format!("the dimension {name:?} is not temporal")));
                }
            }
            vec![name.to_string()]
        }
        None => {
            let temporal = |one: &Cube, name: &str| {
                one.dimension_index(name)
                    .is_some_and(|i| one.dimensions()[i].kind == DimensionKind::Time)
            };
            let shared: Vec<String> = cube
                .all(DimensionKind::Time)
                .map(|index| cube.dimensions()[index].name.clone())
                .filter(|name| temporal(target, name))
                .collect();
            if shared.is_empty() {
                return Err(mismatch(
                    "the cubes share no temporal dimension of one name".to_string(),
                ));
            }
            shared
        }
    };
    let mut resampled = (**cube).clone();
    for name in names {
        let along = resampled.require_dimension(&name)?;
        let to = &target.dimensions()[target.require_dimension(&name)?];
        resampled = resample(&resampled, along, to, within_s, arguments, context)?;
    }
    Ok(Value::cube(resampled))
}

fn resample(
    cube: &Cube,
    along: usize,
    target: &Dimension,
    within_s: Option<f64>,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<Cube, GraphError> {
    let (outer, length, inner) = cube.split(along);
    let from = instants(&cube.dimensions()[along], "data", arguments)?;
    let to = instants(target, "target", arguments)?;
    context.allow_samples(outer * to.len() * inner)?;
    let mut samples = Samples::like(cube.samples(), outer * to.len() * inner);
    for (step, wanted) in to.iter().enumerate() {
        // Nearest first; of two as near, the earlier.
        let mut order: Vec<usize> = (0..length).collect();
        let gap_s = |i: usize| from[i].duration_since(*wanted).as_secs_f64().abs();
        order.sort_by(|a, b| {
            gap_s(*a)
                .total_cmp(&gap_s(*b))
                .then(from[*a].cmp(&from[*b]))
        });
        for o in 0..outer {
            let target_start = (o * to.len() + step) * inner;
            match within_s {
                None => {
                    if let Some(nearest) = order.first() {
                        let start = (o * length + nearest) * inner;
                        samples.copy_from(target_start, cube.samples(), start, inner);
                    }
                }
                Some(within_s) => {
                    for i in 0..inner {
                        let value = order
                            .iter()
                            .take_while(|candidate| gap_s(**candidate) <= within_s)
                            .map(|candidate| {
                                cube.samples().get((o * length + candidate) * inner + i)
                            })
                            .find(|value| !value.is_nan());
                        samples.set(target_start + i, value.unwrap_or(f64::NAN));
                    }
                }
            }
        }
    }
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along] = dimensions[along].with_labels((*target.labels).clone());
    Cube::new(dimensions, samples, cube.crs().cloned()).map(|new| new.keep_grid_of(cube))
}

fn instants(
    dimension: &Dimension,
    argument: &str,
    arguments: &Arguments,
) -> Result<Vec<Timestamp>, GraphError> {
    dimension
        .labels
        .iter()
        .map(|label| {
            instant(&label.to_string()).ok_or_else(|| {
                arguments.invalid(argument, format!("the label \"{label}\" is no date"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::graph::RunLimits;
    use crate::value::Label;
    use std::sync::Arc;

    fn series(dates: &[&str], values: &[f64]) -> Value {
        let labels = dates.iter().map(|d| Label::Text((*d).into())).collect();
        let time = Dimension::new("t", DimensionKind::Time, labels);
        Value::cube(Cube::new(vec![time], Samples::F64(values.to_vec()), None).unwrap())
    }

    fn resampled(within: Option<f64>) -> Vec<f64> {
        let data = series(
            &["2020-01-01", "2020-01-03", "2020-01-20"],
            &[1.0, f64::NAN, 3.0],
        );
        let target = series(&["2020-01-02", "2020-01-04", "2020-02-20"], &[0.0; 3]);
        let mut arguments = vec![("data", data), ("target", target)];
        if let Some(days) = within {
            arguments.push(("valid_within", Value::Number(days)));
        }
        let limits = RunLimits::default();
        let Ok(Value::Cube(cube)) =
            call("resample_cube_temporal", arguments, &Context::new(&limits))
        else {
            panic!("no cube")
        };
        let cube: Arc<Cube> = cube;
        cube.samples().to_f64()
    }

    #[test]
    fn ties_take_the_earlier_and_gaps_stay_gaps_unless_a_range_is_given() {
        let plain = resampled(None);
        assert!(
            (plain[0] - 1.0).abs() < 1e-12 && plain[1].is_nan() && (plain[2] - 3.0).abs() < 1e-12
        );
        let within = resampled(Some(7.0));
        assert!((within[0] - 1.0).abs() < 1e-12 && (within[1] - 1.0).abs() < 1e-12);
        assert!(within[2].is_nan());
    }
}
