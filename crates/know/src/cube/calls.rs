//! Running callbacks over the samples of cubes, a chunk of pixels at a time.

use super::{Cube, Dimension, Samples};
use crate::call::Context;
use crate::error::GraphError;
use crate::graph::ProcessGraph;
use crate::value::{Array, Value};
use std::sync::Arc;

/// Pixels a chunk: a plane is half a megabyte, so a few planes stay in the cache.
pub(crate) const CHUNK: usize = 65_536;

/// Calls `function` with the index of the first sample and the number of samples of each chunk.
pub(crate) fn map_chunks(
    len: usize,
    mut function: impl FnMut(usize, usize) -> Result<(), GraphError>,
) -> Result<(), GraphError> {
    let mut from = 0;
    while from < len {
        let count = CHUNK.min(len - from);
        function(from, count)?;
        from += count;
    }
    Ok(())
}

/// What a callback gave for a chunk, as numbers.
pub(crate) enum Output {
    /// One number a pixel.
    Plane(Arc<Vec<f64>>),
    /// The same number for each pixel.
    Same(f64),
}

impl Output {
    /// Reads what a callback gave.
    pub(crate) fn read(value: Value) -> Result<Self, GraphError> {
        match value {
            Value::Plane(plane) => Ok(Output::Plane(plane)),
            Value::Number(number) => Ok(Output::Same(number)),
            Value::Boolean(truth) => Ok(Output::Same(f64::from(u8::from(truth)))),
            Value::Null => Ok(Output::Same(f64::NAN)),
            other => Err(GraphError::new(
                "ProcessGraphInvalid",
                format!(
                    "a callback on samples must give numbers or booleans, it gives a {}",
                    other.type_name()
                ),
            )),
        }
    }

    /// The number of a pixel.
    pub(crate) fn at(&self, pixel: usize) -> Result<f64, GraphError> {
        match self {
            Output::Plane(plane) => plane.get(pixel).copied().ok_or_else(|| {
                GraphError::new(
                    "Internal",
                    format!("{} pixels came back for more", plane.len()),
                )
            }),
            Output::Same(number) => Ok(*number),
        }
    }

    /// Writes the numbers to `count` samples from `from` on.
    pub(crate) fn write(
        &self,
        samples: &mut Samples,
        from: usize,
        count: usize,
    ) -> Result<(), GraphError> {
        match self {
            Output::Plane(plane) if plane.len() == count => {
                plane
                    .iter()
                    .enumerate()
                    .for_each(|(i, value)| samples.set(from + i, *value));
            }
            Output::Plane(plane) => {
                return Err(GraphError::new(
                    "Internal",
                    format!("{} pixels came back for {count}", plane.len()),
                ));
            }
            Output::Same(number) => (0..count).for_each(|i| samples.set(from + i, *number)),
        }
        Ok(())
    }
}

/// Reduces steps of a dimension: for each group of steps one step of the result.
///
/// The result has the cube's dimensions with dimension `along` of one label a group.
pub(crate) fn reduce(
    cube: &Cube,
    along: usize,
    groups: &[Vec<usize>],
    reducer: &ProcessGraph,
    passed: &Value,
    context: &Context<'_>,
) -> Result<Samples, GraphError> {
    let (outer, length, inner) = cube.split(along);
    let dimension: &Dimension = &cube.dimensions()[along];
    context.allow_samples(outer * groups.len() * inner)?;
    let mut samples = Samples::like(cube.samples(), outer * groups.len() * inner);
    // Chunks of pixels across `outer` and `inner`, so that short runs still fill a chunk.
    map_chunks(outer * inner, |from, count| {
        for (to, group) in groups.iter().enumerate() {
            let values = group
                .iter()
                .map(|step| {
                    let plane = gather(cube.samples(), from, count, inner, |o| {
                        (o * length + step) * inner
                    });
                    Value::Plane(Arc::new(plane))
                })
                .collect();
            let labels = group.iter().map(|step| dimension.labels[*step].clone());
            let data = Value::Array(Array {
                values,
                labels: Some(Arc::new(labels.collect())),
            });
            let parameters = [("data", data), ("context", passed.clone())];
            let output = Output::read(context.call(reducer, &parameters)?)?;
            for i in 0..count {
                let (o, rest) = ((from + i) / inner, (from + i) % inner);
                let value = match &output {
                    Output::Plane(plane) => plane[i],
                    Output::Same(number) => *number,
                };
                samples.set((o * groups.len() + to) * inner + rest, value);
            }
        }
        Ok(())
    })?;
    Ok(samples)
}

/// The samples of one step for a run of (outer, inner) positions.
pub(crate) fn gather(
    samples: &Samples,
    from: usize,
    count: usize,
    inner: usize,
    start: impl Fn(usize) -> usize,
) -> Vec<f64> {
    let mut plane = Vec::with_capacity(count);
    let mut position = from;
    while plane.len() < count {
        let (o, rest) = (position / inner, position % inner);
        let take = (inner - rest).min(count - plane.len());
        plane.extend(samples.range_f64(start(o) + rest, take));
        position += take;
    }
    plane
}

/// Applies a callback that takes and gives an array along a dimension; the number of values it
/// gives, and the samples with that many steps.
pub(crate) fn transform(
    cube: &Cube,
    along: usize,
    process: &ProcessGraph,
    passed: &Value,
    context: &Context<'_>,
) -> Result<(usize, Samples), GraphError> {
    let (outer, length, inner) = cube.split(along);
    let labels = &cube.dimensions()[along].labels;
    let mut result: Option<(usize, Samples)> = None;
    map_chunks(outer * inner, |from, count| {
        let values = (0..length)
            .map(|step| {
                let plane = gather(cube.samples(), from, count, inner, |o| {
                    (o * length + step) * inner
                });
                Value::Plane(Arc::new(plane))
            })
            .collect();
        let data = Value::Array(Array {
            values,
            labels: Some(labels.clone()),
        });
        let parameters = [("data", data), ("context", passed.clone())];
        let given = match context.call(process, &parameters)? {
            Value::Array(array) => array.values,
            single => vec![single],
        };
        if result.is_none() {
            context.allow_samples(outer * given.len() * inner)?;
            let samples = Samples::like(cube.samples(), outer * given.len() * inner);
            result = Some((given.len(), samples));
        }
        let Some((steps, samples)) = result.as_mut().filter(|(steps, _)| *steps == given.len())
        else {
            return Err(GraphError::new(
                "ProcessGraphInvalid",
                "the callback gives arrays of different lengths for different pixels",
            ));
        };
        for (to, value) in given.into_iter().enumerate() {
            let output = Output::read(value)?;
            for i in 0..count {
                let (o, rest) = ((from + i) / inner, (from + i) % inner);
                let value = match &output {
                    Output::Plane(plane) => plane[i],
                    Output::Same(number) => *number,
                };
                samples.set((o * *steps + to) * inner + rest, value);
            }
        }
        Ok(())
    })?;
    Ok(result.unwrap_or_else(|| (length, Samples::like(cube.samples(), 0))))
}
