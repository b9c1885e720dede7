//! `anomaly`: compute anomalies.

use super::aggregate_temporal::time_dimension;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Dimension, Offsets, Samples, map_chunks};
use crate::error::GraphError;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "anomaly",
    definition: official!("anomaly"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let normals = arguments.cube("normals")?;
    let period = arguments.text("period")?;
    let along = time_dimension(cube, None)?;
    let normal_along = time_dimension(normals, None)?;
    let own = &cube.dimensions()[along];
    let known = &normals.dimensions()[normal_along];
    let steps = own
        .labels
        .iter()
        .map(|label| {
            let key = key(&label.to_string(), period);
            known
                .labels
                .iter()
                .position(|normal| key.as_deref().is_none_or(|key| normal.to_string() == key))
                .ok_or_else(|| {
                    arguments.invalid(
                        "normals",
                        format!("there is no normal for the label \"{label}\" of the data"),
                    )
                })
        })
        .collect::<Result<Vec<usize>, _>>()?;
    context.allow_samples(cube.len())?;
    // The normals laid along the data's own dates, then subtracted label by label.
    let mut laid = normals.select(normal_along, &steps)?;
    let mut dimensions: Vec<Dimension> = laid.dimensions().to_vec();
    dimensions[normal_along] = own.clone();
    laid = laid.with_dimensions(dimensions)?;
    if let Some(other) = laid
        .dimensions()
        .iter()
        .find(|d| cube.dimension_index(&d.name).is_none())
    {
        return Err(GraphError::new(
            "IncompatibleDataCubes",
            format!(
                "the normals have the dimension {:?}, which the data has not",
                other.name
            ),
        ));
    }
    let offsets = Offsets::new(cube.dimensions(), &laid);
    let mut samples = Samples::like(cube.samples(), cube.len());
    map_chunks(cube.len(), |from, count| {
        for (i, index) in offsets.range(from, count).into_iter().enumerate() {
            let normal = index.map_or(f64::NAN, |index| laid.samples().get(index));
            samples.set(from + i, cube.samples().get(from + i) - normal);
        }
        Ok(())
    })?;
    cube.with_samples(samples).map(Value::cube)
}

/// What the normals call the period that a label of the data lies in; `None`: there is one only.
fn key(label: &str, period: &str) -> Option<String> {
    match period {
        "climatology-period" | "single-period" => None,
        "year" | "decade" | "decade-ad" => Some(label.to_string()),
        // The part after the year: the month, day of year, hour or season.
        _ => Some(
            label
                .rsplit_once('-')
                .map_or(label, |(_, rest)| rest)
                .to_string(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::cube::{Cube, DimensionKind};
    use crate::graph::RunLimits;
    use crate::value::Label;

    fn series(labels: &[&str], values: &[f64]) -> Value {
        let labels = labels.iter().map(|l| Label::Text((*l).into())).collect();
        let time = Dimension::new("t", DimensionKind::Time, labels);
        Value::cube(Cube::new(vec![time], Samples::F64(values.to_vec()), None).unwrap())
    }

    #[test]
    fn each_label_has_its_normal_subtracted() {
        let limits = RunLimits::default();
        let arguments = vec![
            (
                "data",
                series(&["2020-01", "2020-02", "2021-01"], &[5.0, 7.0, f64::NAN]),
            ),
            ("normals", series(&["01", "02"], &[1.0, 2.0])),
            ("period", Value::Text("month".into())),
        ];
        let Ok(Value::Cube(cube)) = call("anomaly", arguments, &Context::new(&limits)) else {
            panic!("no cube")
        };
        let values = cube.samples().to_f64();
        assert!((values[0] - 4.0).abs() < 1e-12 && (values[1] - 5.0).abs() < 1e-12);
        assert!(values[2].is_nan());
    }

    #[test]
    fn a_label_without_normal_is_named() {
        let limits = RunLimits::default();
        let arguments = vec![
            ("data", series(&["2020-03"], &[5.0])),
            ("normals", series(&["01", "02"], &[1.0, 2.0])),
            ("period", Value::Text("month".into())),
        ];
        let error = call("anomaly", arguments, &Context::new(&limits)).unwrap_err();
        assert!(error.message.contains("2020-03"), "{error}");
    }
}
