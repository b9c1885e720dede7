//! `filter_bands`: filter the bands by names.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Dimension, DimensionKind};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "filter_bands",
    definition: official!("filter_bands"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, _context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let missing = || GraphError::new("DimensionMissing", "a band dimension is missing");
    let along = cube.only(DimensionKind::Bands).ok_or_else(missing)?;
    let bands = &cube.dimensions()[along];
    let names = arguments.labels("bands")?;
    let ranges = match arguments.get("wavelengths") {
        Some(Value::Array(array)) => array.values.clone(),
        _ => Vec::new(),
    };
    if names.is_empty() && ranges.is_empty() {
        return Err(GraphError::new(
            "BandFilterParameterMissing",
            "filter_bands needs any of the parameters \"bands\" and \"wavelengths\"",
        ));
    }
    let mut steps: Vec<usize> = Vec::new();
    let mut add = |found: Vec<usize>| {
        for step in found {
            if !steps.contains(&step) {
                steps.push(step);
            }
        }
    };
    names
        .iter()
        .for_each(|name| add(steps_of(bands, &name.to_string())));
    for range in &ranges {
        let Value::Array(range) = range else {
            return Err(arguments.invalid("wavelengths", "pairs of numbers are needed"));
        };
        let (Some(Value::Number(low)), Some(Value::Number(high))) =
            (range.values.first(), range.values.get(1))
        else {
            return Err(arguments.invalid("wavelengths", "pairs of numbers are needed"));
        };
        let inside = |step: &usize| {
            let info = bands.bands.as_ref().map(|all| &all[*step]);
            let centre = info.and_then(|band| band.center_wavelength_um);
            centre.is_some_and(|um| *low <= um && um <= *high)
        };
        add((0..bands.len()).filter(inside).collect());
    }
    Ok(Value::cube(cube.select(along, &steps)?))
}

/// Steps of the band of this name; else of the bands of this common name.
pub(crate) fn steps_of(bands: &Dimension, name: &str) -> Vec<usize> {
    let named = bands
        .labels
        .iter()
        .position(|label| label.to_string() == name);
    if let Some(step) = named {
        return vec![step];
    }
    let common = |step: &usize| {
        let info = bands.bands.as_ref().map(|all| &all[*step]);
        info.and_then(|band| band.common_name.as_deref()) == Some(name)
    };
    (0..bands.len()).filter(common).collect()
}
