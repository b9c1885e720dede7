//! `aggregate_temporal`: temporal aggregations.

use super::filter_temporal::read_interval;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind, reduce};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "aggregate_temporal",
    definition: official!("aggregate_temporal"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let along = time_dimension(cube, arguments.optional_text("dimension")?)?;
    let empty = || {
        GraphError::new(
            "TemporalExtentEmpty",
            "at least one of the intervals is empty: its second instant must be later than its first",
        )
    };
    let mut intervals = Vec::new();
    let mut labels = arguments.labels("labels")?;
    let named = !labels.is_empty();
    for pair in &arguments.array("intervals")?.values {
        let interval = read_interval(pair)
            .map_err(|reason| reason.map_or_else(empty, |r| arguments.invalid("intervals", r)))?;
        if !named {
            let Value::Array(pair) = pair else { continue };
            labels.push(match pair.values.first() {
                Some(Value::Text(start)) => Label::Text(start.clone()),
                _ => Label::Text("..".to_string()),
            });
        }
        intervals.push(interval);
    }
    let distinct = (1..labels.len()).all(|i| !labels[..i].contains(&labels[i]));
    if !distinct {
        return Err(GraphError::new(
            "DistinctDimensionLabelsRequired",
            "the dimension labels have duplicate values; give distinct labels",
        ));
    }
    if labels.len() != intervals.len() {
        return Err(arguments.invalid(
            "labels",
            format!("{} labels for {} intervals", labels.len(), intervals.len()),
        ));
    }
    let own = &cube.dimensions()[along];
    let instants: Vec<_> = own
        .labels
        .iter()
        .map(|label| instant(&label.to_string()))
        .collect();
    let groups: Vec<Vec<usize>> = intervals
        .iter()
        .map(|interval| {
            let inside = |step: &usize| instants[*step].is_some_and(|t| interval.contains(t));
            (0..own.len()).filter(inside).collect()
        })
        .collect();
    grouped(cube, along, &groups, labels, arguments, context)
}

/// The named temporal dimension, or the only one.
pub(super) fn time_dimension(cube: &Cube, name: Option<&str>) -> Result<usize, GraphError> {
    if let Some(name) = name {
        let index = cube.require_dimension(name)?;
        if cube.dimensions()[index].kind == DimensionKind::Time {
            return Ok(index);
        }
        return Err(GraphError::new(
            "DimensionNotAvailable",
            format!("the dimension {name:?} is not temporal"),
        ));
    }
    let mut all = cube.all(DimensionKind::Time);
    match (all.next(), all.next()) {
        (Some(index), None) => Ok(index),
        (None, _) => Err(GraphError::new(
            "DimensionNotAvailable",
            "the cube has no temporal dimension",
        )),
        _ => Err(GraphError::new(
            "TooManyDimensions",
            "the data cube contains multiple temporal dimensions; the parameter \"dimension\" must be specified",
        )),
    }
}

/// Reduces groups of steps of the temporal dimension to one step each.
pub(super) fn grouped(
    cube: &Cube,
    along: usize,
    groups: &[Vec<usize>],
    labels: Vec<Label>,
    arguments: &Arguments,
    context: &Context<'_>,
) -> Result<Value, GraphError> {
    let reducer = arguments.graph("reducer")?;
    let passed = arguments.value("context");
    let samples = reduce(cube, along, groups, reducer, &passed, context)?;
    let mut dimensions = cube.dimensions().to_vec();
    dimensions[along] = dimensions[along].with_labels(labels);
    let result = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(result.keep_grid_of(cube)))
}
