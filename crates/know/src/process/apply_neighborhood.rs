//! `apply_neighborhood`: apply a process to pixels in a n-dimensional neighborhood.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples, sample_count, transform};
use crate::error::GraphError;
use crate::value::{Array, Label, Value};

pub(super) static PROCESS: Process = Process {
    id: "apply_neighborhood",
    definition: official!("apply_neighborhood"),
    run: Run::Whole(run),
};

/// Most neighbourhoods of one call: each is a run of the callback.
const NEIGHBORHOODS_MAX: usize = 1_000_000;

/// How one dimension is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Cut {
    /// Labels of the dimension.
    length: usize,
    /// Labels of one neighbourhood.
    size: usize,
    /// Labels added before and after.
    overlap: usize,
    /// Whether labels past the ends can be made up (numbers can be counted on).
    padded: bool,
}

impl Cut {
    fn count(&self) -> usize {
        self.length.div_ceil(self.size.max(1))
    }

    /// First and end label, without and with overlap; the latter may leave the dimension.
    fn window(&self, number: usize) -> (usize, usize, i64, i64) {
        let start = number * self.size;
        let end = (start + self.size).min(self.length);
        let (mut low, mut high) = (
            start as i64 - self.overlap as i64,
            (end + self.overlap) as i64,
        );
        if !self.padded {
            low = low.max(0);
            high = high.min(self.length as i64);
        }
        (start, end, low, high)
    }
}

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let process = arguments.graph("process")?;
    let cuts = cuts(cube, arguments)?;
    let passed = arguments.value("context");
    // Series of one dimension, all of it at each place: the callback runs on planes of pixels.
    if let Some(along) = one_series(&cuts) {
        let (steps, samples) = transform(cube, along, process, &passed, context)?;
        return match steps == cuts[along].length {
            true => cube.with_samples(samples).map(Value::cube),
            false => Err(immutable("the number of labels differs")),
        };
    }
    let counts: Vec<usize> = cuts.iter().map(Cut::count).collect();
    let all = counts.iter().try_fold(1_usize, |a, b| a.checked_mul(*b));
    let Some(all) = all.filter(|all| *all <= NEIGHBORHOODS_MAX) else {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "there would be more than {NEIGHBORHOODS_MAX} neighborhoods; give larger sizes"
            ),
        ));
    };
    let mut samples = cube.samples().clone();
    for number in 0..all {
        let mut rest = number;
        let mut windows = vec![(0, 0, 0, 0); cuts.len()];
        for d in (0..cuts.len()).rev() {
            windows[d] = cuts[d].window(rest % counts[d]);
            rest /= counts[d];
        }
        let part = neighborhood(cube, &windows, context)?;
        let given = match series(&part) {
            Some(array) => array,
            None => Value::cube(part.clone()),
        };
        let parameters = [("data", given), ("context", passed.clone())];
        let result = values(context.call(process, &parameters)?, &part)?;
        write(cube, &windows, &part, &result, &mut samples);
    }
    cube.with_samples(samples).map(Value::cube)
}

fn immutable(reason: &str) -> GraphError {
    GraphError::new(
        "DataCubePropertiesImmutable",
        format!("the process of apply_neighborhood must keep the dimensions: {reason}"),
    )
}

/// The dimension that each neighbourhood holds whole, where it holds one step of all others.
fn one_series(cuts: &[Cut]) -> Option<usize> {
    let mut long = (0..cuts.len()).filter(|d| cuts[*d].size != 1 && cuts[*d].length != 1);
    let along = long.next()?;
    let whole = cuts[along].size >= cuts[along].length;
    (long.next().is_none() && whole && cuts.iter().all(|cut| cut.overlap == 0)).then_some(along)
}

fn cuts(cube: &Cube, arguments: &Arguments) -> Result<Vec<Cut>, GraphError> {
    let mut cuts: Vec<Cut> = cube
        .dimensions()
        .iter()
        .map(|dimension| Cut {
            length: dimension.len(),
            size: dimension.len().max(1),
            overlap: 0,
            padded: dimension.len() > 1
                && dimension
                    .labels
                    .iter()
                    .all(|l| matches!(l, Label::Number(_))),
        })
        .collect();
    for (index, size) in chunk_sizes(cube, arguments, "size")? {
        match size {
            Some(0) => return Err(arguments.invalid("size", "a size must be at least one label")),
            Some(size) => cuts[index].size = size,
            None => {}
        }
    }
    for (index, overlap) in chunk_sizes(cube, arguments, "overlap")? {
        cuts[index].overlap = overlap.unwrap_or(0);
    }
    Ok(cuts)
}

/// Reads `[{dimension, value, unit}]`: index of the dimension and number of labels.
fn chunk_sizes(
    cube: &Cube,
    arguments: &Arguments,
    name: &str,
) -> Result<Vec<(usize, Option<usize>)>, GraphError> {
    if matches!(arguments.get(name), None | Some(Value::Null)) {
        return Ok(Vec::new());
    }
    let mut sizes = Vec::new();
    for chunk in &arguments.array(name)?.values {
        let Value::Object(members) = chunk else {
            return Err(arguments.invalid(name, "each must be an object with dimension and value"));
        };
        let Some(Value::Text(dimension)) = members.get("dimension") else {
            return Err(arguments.invalid(name, "an element names no dimension"));
        };
        let index = cube.require_dimension(dimension)?;
        let unit = match members.get("unit") {
            Some(Value::Text(unit)) => Some(unit.as_str()),
            _ => None,
        };
        let labels = match members.get("value") {
            None | Some(Value::Null) => None,
            Some(Value::Number(value)) => Some(labels(
                cube,
                &cube.dimensions()[index],
                *value,
                unit,
                arguments,
                name,
            )?),
            Some(Value::Text(duration)) => {
                return Err(GraphError::new(
                    "FeatureUnsupported",
                    format!(
                        "{name} as a duration ({duration:?}) is not supported; give a number of labels in px"
                    ),
                ));
            }
            Some(other) => {
                return Err(arguments.invalid(name, format!("{} is no size", other.type_name())));
            }
        };
        sizes.push((index, labels));
    }
    Ok(sizes)
}

/// Labels of a size in pixels, metres or the unit of the reference system.
fn labels(
    cube: &Cube,
    dimension: &Dimension,
    value: f64,
    unit: Option<&str>,
    arguments: &Arguments,
    name: &str,
) -> Result<usize, GraphError> {
    /// Larger sizes are a slip of the pen.
    const SIZE_MAX: f64 = 1e9;
    if !(0.0..=SIZE_MAX).contains(&value) {
        return Err(arguments.invalid(name, format!("{value} is not from 0 to {SIZE_MAX}")));
    }
    let step = match (dimension.labels.first(), dimension.labels.get(1)) {
        (Some(Label::Number(a)), Some(Label::Number(b))) => (b - a).abs(),
        _ => 1.0,
    };
    let spatial = matches!(dimension.kind, DimensionKind::X | DimensionKind::Y);
    let geographic = cube.crs().is_some_and(|crs| crs.is_geographic());
    let labels = match unit {
        Some("px") => value,
        Some("m") if spatial && geographic => {
            return Err(arguments.invalid(
                name,
                "metres cannot be counted off on a cube in degrees; give px",
            ));
        }
        Some("m") if spatial => value / step,
        Some(other) => {
            return Err(arguments.invalid(name, format!("the unit {other:?} does not fit here")));
        }
        None if spatial => value / step,
        None => value,
    };
    Ok(labels.round() as usize)
}

type Window = (usize, usize, i64, i64);

/// The samples of one neighbourhood with its overlap, no data past the ends.
fn neighborhood(
    cube: &Cube,
    windows: &[Window],
    context: &Context<'_>,
) -> Result<Cube, GraphError> {
    let mut dimensions = Vec::with_capacity(windows.len());
    for (own, (_, _, low, high)) in cube.dimensions().iter().zip(windows) {
        let inside = *low >= 0 && *high <= own.len() as i64;
        dimensions.push(if inside {
            own.select(&(*low as usize..*high as usize).collect::<Vec<_>>())
        } else {
            own.with_labels((*low..*high).map(|step| label(own, step)).collect())
        });
    }
    let len = sample_count(&dimensions)?;
    context.allow_samples(len)?;
    let mut samples = Samples::like(cube.samples(), len);
    each_place(cube, windows, &dimensions, |index, from, _| {
        if let Some(from) = from {
            samples.set(index, cube.samples().get(from));
        }
    });
    Cube::new(dimensions, samples, cube.crs().cloned())
}

/// The label of a step, counted on past the ends.
fn label(dimension: &Dimension, step: i64) -> Label {
    let at = |i: usize| match dimension.labels.get(i) {
        Some(Label::Number(number)) => *number,
        _ => 0.0,
    };
    match usize::try_from(step)
        .ok()
        .and_then(|i| dimension.labels.get(i))
    {
        Some(label) => label.clone(),
        None => Label::Number(at(0) + (at(1) - at(0)) * step as f64),
    }
}

/// Visits each sample of a neighbourhood: its index, the index in the cube where it has one, and
/// whether it lies outside of the overlap.
fn each_place(
    cube: &Cube,
    windows: &[Window],
    dimensions: &[Dimension],
    mut visit: impl FnMut(usize, Option<usize>, bool),
) {
    let strides: Vec<usize> = (0..windows.len()).map(|d| cube.split(d).2).collect();
    let len: usize = dimensions.iter().map(Dimension::len).product();
    for index in 0..len {
        let (mut rest, mut from, mut core) = (index, Some(0), true);
        for (d, dimension) in dimensions.iter().enumerate().rev() {
            let (start, end, low, _) = windows[d];
            let step = low + (rest % dimension.len()) as i64;
            rest /= dimension.len();
            core &= step >= start as i64 && step < end as i64;
            from = match usize::try_from(step) {
                Ok(step) if step < cube.dimensions()[d].len() => {
                    from.map(|f| f + step * strides[d])
                }
                _ => None,
            };
        }
        visit(index, from, core);
    }
}

/// A neighbourhood of one dimension as a labelled array.
fn series(part: &Cube) -> Option<Value> {
    let mut long = part.dimensions().iter().filter(|d| d.len() != 1);
    let (Some(dimension), None) = (long.next(), long.next()) else {
        return None;
    };
    let single = |value: f64| {
        if value.is_nan() {
            Value::Null
        } else {
            Value::Number(value)
        }
    };
    Some(Value::Array(Array {
        values: part.samples().to_f64().into_iter().map(single).collect(),
        labels: Some(dimension.labels.clone()),
    }))
}

/// What the callback gave, as many samples as it was given.
fn values(result: Value, part: &Cube) -> Result<Vec<f64>, GraphError> {
    let values = match result {
        Value::Cube(cube) => {
            let same = cube.dimensions().len() == part.dimensions().len()
                && cube
                    .dimensions()
                    .iter()
                    .zip(part.dimensions())
                    .all(|(a, b)| a.name == b.name && a.len() == b.len());
            if !same {
                return Err(immutable("names or numbers of labels differ"));
            }
            cube.samples().to_f64()
        }
        Value::Array(array) => array
            .values
            .iter()
            .map(|value| match value {
                Value::Number(number) => Ok(*number),
                Value::Boolean(truth) => Ok(f64::from(u8::from(*truth))),
                Value::Null => Ok(f64::NAN),
                other => Err(immutable(&format!(
                    "{} among its values",
                    other.type_name()
                ))),
            })
            .collect::<Result<_, _>>()?,
        other => return Err(immutable(&format!("it gives a {}", other.type_name()))),
    };
    match values.len() == part.len() {
        true => Ok(values),
        false => Err(immutable("the number of values differs")),
    }
}

fn write(cube: &Cube, windows: &[Window], part: &Cube, result: &[f64], samples: &mut Samples) {
    each_place(cube, windows, part.dimensions(), |index, to, core| {
        if let Some(to) = to.filter(|_| core) {
            samples.set(to, result[index]);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::cube::coordinates;
    use crate::graph::{ProcessGraph, RunLimits};
    use corridor_raster::grid::{Crs, Grid};
    use serde_json::json;
    use std::sync::Arc;

    fn applied(
        size: serde_json::Value,
        overlap: serde_json::Value,
        process: &serde_json::Value,
    ) -> Vec<f64> {
        let grid = Grid::new(
            Crs::epsg(3035).unwrap(),
            [0.0, 10.0, 0.0, 40.0, 0.0, -10.0],
            5,
            4,
        );
        let (x, y) = coordinates(&grid);
        let dimensions = vec![Dimension::bands(["a", "b"]), y, x];
        let samples = Samples::F64((0..40).map(f64::from).collect());
        let cube = Cube::new(dimensions, samples, Some(grid.crs)).unwrap();
        let limits = RunLimits::default();
        let arguments = vec![
            ("data", Value::cube(cube)),
            ("size", Value::from_json(&size)),
            ("overlap", Value::from_json(&overlap)),
            (
                "process",
                Value::Graph(Arc::new(ProcessGraph::parse(process).unwrap())),
            ),
        ];
        match call("apply_neighborhood", arguments, &Context::new(&limits)).unwrap() {
            Value::Cube(cube) => cube.samples().to_f64(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn overlaps_reach_over_the_seams() {
        // A 3 x 3 mean in tiles with an overlap of one pixel is the mean of the whole.
        let process = json!({"process_graph": {"k": {"process_id": "apply_kernel", "result": true,
            "arguments": {"data": {"from_parameter": "data"}, "border": 0,
                "kernel": [[1, 1, 1], [1, 1, 1], [1, 1, 1]]}}}});
        let px = |value: u32| {
            json!([{"dimension": "x", "value": value, "unit": "px"},
                   {"dimension": "y", "value": value * 10, "unit": "m"}])
        };
        let whole = applied(px(100), json!(null), &process);
        let tiled = applied(px(2), px(1), &process);
        let inner = |i: &usize| (1..3).contains(&(i / 5 % 4)) && (1..4).contains(&(i % 5));
        for i in (0..40).filter(inner) {
            assert!(
                (whole[i] - tiled[i]).abs() < 1e-9,
                "{i}: {whole:?} {tiled:?}"
            );
        }
    }

    #[test]
    fn a_series_runs_on_planes_and_as_arrays_alike() {
        let process = json!({"process_graph": {"s": {"process_id": "sort", "result": true,
            "arguments": {"data": {"from_parameter": "data"}, "asc": false}}}});
        let one = |name: &str| json!({"dimension": name, "value": 1, "unit": "px"});
        let planes = applied(json!([one("x"), one("y")]), json!(null), &process);
        assert!((planes[0] - 20.0).abs() < 1e-9 && planes[20].abs() < 1e-9);
        let rows = applied(
            json!([one("bands"), one("y"), {"dimension": "x", "value": 3, "unit": "px"}]),
            json!(null),
            &process,
        );
        assert!(
            (rows[0] - 2.0).abs() < 1e-9 && (rows[3] - 4.0).abs() < 1e-9,
            "{rows:?}"
        );
    }
}
