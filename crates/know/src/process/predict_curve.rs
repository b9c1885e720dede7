//! `predict_curve`: predict values.

use super::fit_curve::{Model, abscissa};
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Samples, gather, map_chunks};
use crate::error::GraphError;
use crate::value::Value;
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "predict_curve",
    definition: official!("predict_curve"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("parameters")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let labels = arguments.labels("labels")?;
    if labels.is_empty() {
        // The cube of parameters has no values whose gaps could be filled.
        return Err(arguments.invalid("labels", "the labels to predict values for are needed"));
    }
    let x = labels
        .iter()
        .map(abscissa)
        .collect::<Option<Vec<f64>>>()
        .ok_or_else(|| arguments.invalid("labels", "a label is neither a number nor a date"))?;
    let model = Model {
        function: arguments.graph("function")?,
        context,
    };
    let (outer, count, inner) = cube.split(along);
    context.allow_samples(outer * x.len() * inner)?;
    let mut samples = Samples::like(cube.samples(), outer * x.len() * inner);
    map_chunks(outer * inner, |from, pixels| {
        let parameters: Vec<Value> = (0..count)
            .map(|step| {
                let plane = gather(cube.samples(), from, pixels, inner, |o| {
                    (o * count + step) * inner
                });
                Value::Plane(Arc::new(plane))
            })
            .collect();
        for (to, x) in x.iter().enumerate() {
            let output = model.at(*x, parameters.clone())?;
            for i in 0..pixels {
                let (o, rest) = ((from + i) / inner, (from + i) % inner);
                samples.set((o * labels.len() + to) * inner + rest, output.at(i)?);
            }
        }
        Ok(())
    })?;
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along] = dimensions[along].with_labels(labels);
    let predicted = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(predicted.keep_grid_of(cube)))
}
