//! `mask`: apply a raster mask.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Offsets, map_chunks};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "mask",
    definition: official!("mask"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let mask = &super::resample_cube_spatial::onto(arguments.cube("mask")?, cube)?;
    for own in mask.dimensions() {
        let fits = cube.dimension_index(&own.name).is_some_and(|index| {
            let other = &cube.dimensions()[index];
            other.kind == own.kind && other.labels == own.labels
        });
        if !fits {
            return Err(GraphError::new(
                "IncompatibleDataCubes",
                format!(
                    "the dimension {:?} of the mask is not in the data cube with the same labels",
                    own.name
                ),
            ));
        }
    }
    let replacement = match arguments.get("replacement") {
        None | Some(Value::Null) => f64::NAN,
        Some(Value::Boolean(truth)) => f64::from(u8::from(*truth)),
        Some(_) => arguments.number("replacement")?,
    };
    let offsets = Offsets::new(cube.dimensions(), mask);
    let mut samples = cube.samples().clone();
    map_chunks(cube.len(), |from, count| {
        for (i, index) in offsets.range(from, count).into_iter().enumerate() {
            let masked = index.map(|index| mask.samples().get(index));
            // No data in the mask says nothing about the pixel: it cannot be trusted.
            if masked.is_none_or(|m| m.is_nan() || m.abs() > 0.0) {
                samples.set(
                    from + i,
                    if masked.is_some_and(f64::is_nan) {
                        f64::NAN
                    } else {
                        replacement
                    },
                );
            }
        }
        Ok(())
    })?;
    Ok(Value::cube(cube.with_samples(samples)?))
}
