//! `ndvi`: normalized Difference Vegetation Index.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::value::{Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "ndvi",
    definition: official!("ndvi"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let ambiguous = || {
        GraphError::new(
            "DimensionAmbiguous",
            "the cube has not exactly one dimension of bands",
        )
    };
    let along = cube.only(DimensionKind::Bands).ok_or_else(ambiguous)?;
    let bands = &cube.dimensions()[along];
    let nir = band(
        bands,
        arguments.optional_text("nir")?.unwrap_or("nir"),
        "NirBandAmbiguous",
    )?;
    let red = band(
        bands,
        arguments.optional_text("red")?.unwrap_or("red"),
        "RedBandAmbiguous",
    )?;
    let (outer, length, inner) = cube.split(along);
    let target = arguments.optional_text("target_band")?;
    if let Some(target) = target
        && bands.position(&Label::Text(target.to_string())).is_some()
    {
        return Err(GraphError::new(
            "BandExists",
            format!("the cube has a band {target:?} already"),
        ));
    }
    let steps = if target.is_some() { length + 1 } else { 1 };
    context.allow_samples(outer * steps * inner)?;
    let mut samples = Samples::like(cube.samples(), outer * steps * inner);
    for o in 0..outer {
        let from = |step: usize| (o * length + step) * inner;
        if target.is_some() {
            samples.copy_from(o * steps * inner, cube.samples(), from(0), length * inner);
        }
        let to = (o * steps + steps - 1) * inner;
        for i in 0..inner {
            let (n, r) = (
                cube.samples().get(from(nir) + i),
                cube.samples().get(from(red) + i),
            );
            samples.set(to + i, (n - r) / (n + r));
        }
    }
    let mut dimensions = cube.dimensions().to_vec();
    match target {
        None => {
            dimensions.remove(along);
        }
        Some(target) => {
            let mut labels = (*bands.labels).clone();
            labels.push(Label::Text(target.to_string()));
            dimensions[along] = bands.with_labels(labels);
        }
    }
    let result = Cube::new(dimensions, samples, cube.crs().cloned())?;
    Ok(Value::cube(result.keep_grid_of(cube)))
}

fn band(bands: &Dimension, name: &str, code: &'static str) -> Result<usize, GraphError> {
    match super::filter_bands::steps_of(bands, name).as_slice() {
        [step] => Ok(*step),
        found => Err(GraphError::new(
            code,
            format!(
                "{} bands are named {name:?}; exactly one is needed",
                found.len()
            ),
        )),
    }
}
