//! `predict_onnx`: a class for each pixel, by a network.

use super::filter_bands::steps_of;
use super::focal::starts;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "predict_onnx",
    definition: own!("predict_onnx"),
    run: Run::Whole(run),
};

/// The bands of the result.
const BANDS: [&str; 2] = ["class", "confidence"];

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let id = arguments.text("model")?;
    let models = &context.limits.models;
    let model = models.find(id).ok_or_else(|| {
        let known: Vec<&str> = models.all().map(|m| m.description().id.as_str()).collect();
        GraphError::new(
            "ModelNotFound",
            match known.is_empty() {
                true => format!("there is no model {id:?}: this back-end has none"),
                false => format!("there is no model {id:?}; known: {}", known.join(", ")),
            },
        )
    })?;
    let missing = |what: &str| GraphError::new("DimensionMissing", format!("{what} is missing"));
    let axis = |kind, what| cube.only(kind).ok_or_else(|| missing(what));
    let x = axis(DimensionKind::X, "a dimension of columns (x)")?;
    let y = axis(DimensionKind::Y, "a dimension of rows (y)")?;
    let along = axis(DimensionKind::Bands, "a band dimension")?;
    let ((_, width, x_stride), (_, height, y_stride)) = (cube.split(x), cube.split(y));
    let (_, own_bands, band_stride) = cube.split(along);
    let bands = &cube.dimensions()[along];
    let steps = model.description().bands.iter().map(|band| {
        steps_of(bands, band).first().copied().ok_or_else(|| {
            arguments.invalid(
                "data",
                format!("there is no band {band:?}, which the model needs"),
            )
        })
    });
    let steps = steps.collect::<Result<Vec<usize>, _>>()?;
    let samples = cube.len() / own_bands.max(1) * BANDS.len();
    context.allow_samples(samples)?;

    let mut dimensions: Vec<Dimension> = cube.dimensions().to_vec();
    dimensions[along] = Dimension::bands(BANDS);
    let stride = |axis: usize| dimensions[axis + 1..].iter().map(Dimension::len).product();
    let strides: [usize; 3] = [x, y, along].map(stride);
    let mut judged = Samples::F32(vec![f32::NAN; samples]);
    // The pictures, of each date say, begin at the first pixel of the first band.
    let axes = |bands: usize, [x, y, along]: [usize; 3]| [(width, x), (height, y), (bands, along)];
    let from = starts(
        cube.len(),
        axes(own_bands, [x_stride, y_stride, band_stride]),
    );
    let to = starts(samples, axes(BANDS.len(), strides));
    for (from, to) in from.zip(to) {
        let plane = |step: &usize| {
            let start = from + step * band_stride;
            let pixel = |i: usize| start + i / width * y_stride + i % width * x_stride;
            let value = |i| cube.samples().get(pixel(i)) as f32;
            (0..width * height).map(value).collect()
        };
        let planes: Vec<Vec<f32>> = steps.iter().map(plane).collect();
        let found = model.judge(&planes, (height, width), &|| context.go_on())?;
        for (band, values) in [found.class, found.confidence].iter().enumerate() {
            let start = to + band * strides[2];
            for (i, value) in values.iter().enumerate() {
                let place = start + i / width * strides[1] + i % width * strides[0];
                judged.set(place, f64::from(*value));
            }
        }
    }
    let out = Cube::new(dimensions, judged, cube.crs().cloned())?;
    Ok(Value::cube(out.keep_grid_of(cube)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::graph::RunLimits;

    #[test]
    fn a_model_that_is_not_there_is_named() {
        let limits = RunLimits::default();
        let bands = Dimension::bands(["red"]);
        let cube = Cube::new(vec![bands], Samples::F32(vec![1.0]), None).unwrap();
        let arguments = vec![
            ("data", Value::cube(cube)),
            ("model", Value::Text("forest".into())),
        ];
        let error = call("predict_onnx", arguments, &Context::new(&limits)).unwrap_err();
        assert_eq!(error.code, "ModelNotFound");
        assert!(error.message.contains("forest"), "{error}");
    }
}
