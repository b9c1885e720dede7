//! `merge_cubes`: merge two data cubes.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Offsets, Output, Samples, map_chunks, merge_dimensions, sample_count};
use crate::error::GraphError;
use crate::value::Value;
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "merge_cubes",
    definition: official!("merge_cubes"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube1 = arguments.cube("cube1")?;
    let cube2 = &super::resample_cube_spatial::onto(arguments.cube("cube2")?, cube1)?;
    let resolver = arguments.optional_graph("overlap_resolver")?;
    let dimensions = merge_dimensions(cube1, cube2)?;
    let len = sample_count(&dimensions)?;
    context.allow_samples(len)?;
    let (first, second) = (
        Offsets::new(&dimensions, cube1),
        Offsets::new(&dimensions, cube2),
    );
    let mut samples = match (cube1.samples(), cube2.samples()) {
        (Samples::F32(_), Samples::F32(_)) => Samples::F32(vec![f32::NAN; len]),
        _ => Samples::F64(vec![f64::NAN; len]),
    };
    map_chunks(len, |from, count| {
        let (a, b) = (first.range(from, count), second.range(from, count));
        let mut both = Vec::new();
        for i in 0..count {
            match (a[i], b[i]) {
                (Some(_), Some(_)) => both.push(i),
                (Some(index), None) => samples.set(from + i, cube1.samples().get(index)),
                (None, Some(index)) => samples.set(from + i, cube2.samples().get(index)),
                (None, None) => {}
            }
        }
        if both.is_empty() {
            return Ok(());
        }
        let resolver = resolver.ok_or_else(|| {
            GraphError::new(
                "OverlapResolverMissing",
                "the data cubes overlap, but no overlap resolver has been specified",
            )
        })?;
        let plane = |cube: &Cube, indices: &[Option<usize>]| {
            let values = both
                .iter()
                .map(|i| indices[*i].map_or(f64::NAN, |j| cube.samples().get(j)));
            Value::Plane(Arc::new(values.collect()))
        };
        let parameters = [
            ("x", plane(cube1, &a)),
            ("y", plane(cube2, &b)),
            ("context", arguments.value("context")),
        ];
        match Output::read(context.call(resolver, &parameters)?)? {
            Output::Plane(values) => {
                both.iter()
                    .zip(values.iter())
                    .for_each(|(i, v)| samples.set(from + i, *v));
            }
            Output::Same(value) => both.iter().for_each(|i| samples.set(from + i, value)),
        }
        Ok(())
    })?;
    let crs = cube1.crs().or(cube2.crs()).cloned();
    let merged = Cube::new(dimensions, samples, crs)?;
    Ok(Value::cube(merged.keep_grid_of(cube1).keep_grid_of(cube2)))
}
