//! `rename_labels`: rename dimension labels.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::error::GraphError;
use crate::value::{Label, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "rename_labels",
    definition: official!("rename_labels"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = cube.require_dimension(arguments.text("dimension")?)?;
    let own = &cube.dimensions()[along];
    let target = arguments.labels("target")?;
    let mut source = arguments.labels("source")?;
    if source.is_empty() {
        let counted = (0..own.len()).map(|i| Label::Number(i as f64));
        if own
            .labels
            .iter()
            .zip(counted.clone())
            .any(|(label, i)| !label.same(&i))
        {
            return Err(GraphError::new(
                "LabelsNotEnumerated",
                format!(
                    "the labels of {:?} are not 0, 1, 2, …; name the source labels",
                    own.name
                ),
            ));
        }
        source = counted.take(target.len().min(own.len())).collect();
    }
    if source.len() != target.len() {
        return Err(GraphError::new(
            "LabelMismatch",
            format!(
                "{} source labels and {} target labels",
                source.len(),
                target.len()
            ),
        ));
    }
    let mut labels = (*own.labels).clone();
    let mut steps = Vec::new();
    for label in &source {
        steps.push(own.position(label).ok_or_else(|| {
            GraphError::new(
                "LabelNotAvailable",
                format!("{:?} has no label \"{label}\"", own.name),
            )
        })?);
    }
    for (step, label) in steps.into_iter().zip(&target) {
        if own.position(label).is_some() {
            return Err(GraphError::new(
                "LabelExists",
                format!("{:?} has a label \"{label}\" already", own.name),
            ));
        }
        labels[step] = label.clone();
    }
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along].labels = Arc::new(labels);
    Ok(Value::cube(cube.with_dimensions(dimensions)?))
}
