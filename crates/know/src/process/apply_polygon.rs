//! `apply_polygon`: apply a process to segments of the data cube.

use super::mask_polygon::in_cube_system;
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind, Samples};
use crate::error::GraphError;
use crate::geometry::covered;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "apply_polygon",
    definition: official!("apply_polygon"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let process = arguments.graph("process")?;
    let mask_value = match arguments.get("mask_value") {
        None | Some(Value::Null) => f64::NAN,
        Some(Value::Boolean(truth)) => f64::from(u8::from(*truth)),
        Some(_) => arguments.number("mask_value")?,
    };
    let polygons = in_cube_system(arguments, "geometries", cube)?;
    let missing = || {
        GraphError::new(
            "DimensionNotAvailable",
            "the cube has no regular x and y in a known reference system",
        )
    };
    let grid = cube.grid().ok_or_else(missing)?;
    let x = cube.only(DimensionKind::X).ok_or_else(missing)?;
    let y = cube.only(DimensionKind::Y).ok_or_else(missing)?;
    let mut taken = vec![false; grid.width * grid.height];
    let mut samples = cube.samples().clone();
    for polygon in &polygons {
        let inside = covered(std::slice::from_ref(polygon), grid);
        if inside.iter().zip(&taken).any(|(a, b)| *a && *b) {
            return Err(GraphError::new(
                "GeometriesOverlap",
                "geometries are not allowed to overlap: pixels would be processed several times",
            ));
        }
        taken.iter_mut().zip(&inside).for_each(|(a, b)| *a |= *b);
        let Some((cols, rows)) = extent(&inside, grid.width) else {
            continue;
        };
        let part = cube.select(x, &cols)?.select(y, &rows)?;
        let (x_split, y_split) = (part.split(x), part.split(y));
        let place = |index: usize| {
            let col = cols[(index / x_split.2) % x_split.1];
            let row = rows[(index / y_split.2) % y_split.1];
            row * grid.width + col
        };
        let mut masked = part.samples().clone();
        for index in 0..part.len() {
            if !inside[place(index)] {
                masked.set(index, mask_value);
            }
        }
        let given = part.with_samples(masked)?;
        let parameters = [
            ("data", Value::cube(given)),
            ("context", arguments.value("context")),
        ];
        let Value::Cube(result) = context.call(process, &parameters)? else {
            return Err(immutable("it gives no data cube"));
        };
        put_back(
            &result,
            &part,
            cube,
            &mut samples,
            [x, y],
            [&cols, &rows],
            |index| inside[place(index)],
        )?;
    }
    cube.with_samples(samples).map(Value::cube)
}

fn immutable(reason: &str) -> GraphError {
    GraphError::new(
        "ProcessGraphInvalid",
        format!("the process of apply_polygon must give a cube of the same dimensions: {reason}"),
    )
}

/// Columns and rows of the smallest box around the pixels inside.
fn extent(inside: &[bool], width: usize) -> Option<(Vec<usize>, Vec<usize>)> {
    let pixels = || (0..inside.len()).filter(|pixel| inside[*pixel]);
    let range = |of: &dyn Fn(usize) -> usize| {
        let (low, high) = (pixels().map(of).min()?, pixels().map(of).max()?);
        Some((low..=high).collect::<Vec<usize>>())
    };
    Some((range(&|p| p % width)?, range(&|p| p / width)?))
}

fn put_back(
    result: &Cube,
    part: &Cube,
    cube: &Cube,
    samples: &mut Samples,
    [x, y]: [usize; 2],
    [cols, rows]: [&[usize]; 2],
    inside: impl Fn(usize) -> bool,
) -> Result<(), GraphError> {
    let same = result.dimensions().len() == part.dimensions().len()
        && result
            .dimensions()
            .iter()
            .zip(part.dimensions())
            .all(|(a, b)| a.name == b.name && a.len() == b.len());
    if !same {
        return Err(immutable("names or numbers of labels differ"));
    }
    let strides: Vec<usize> = (0..cube.dimensions().len())
        .map(|d| cube.split(d).2)
        .collect();
    for index in (0..part.len()).filter(|index| inside(*index)) {
        let (mut rest, mut to) = (index, 0);
        for (d, dimension) in part.dimensions().iter().enumerate().rev() {
            let step = rest % dimension.len();
            rest /= dimension.len();
            let step = match d {
                _ if d == x => cols[step],
                _ if d == y => rows[step],
                _ => step,
            };
            to += step * strides[d];
        }
        samples.set(to, result.samples().get(index));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::cube::{Dimension, coordinates};
    use crate::graph::{ProcessGraph, RunLimits};
    use corridor_raster::grid::{Crs, Grid};
    use serde_json::json;
    use std::sync::Arc;

    fn applied(polygons: serde_json::Value) -> Result<Vec<f64>, GraphError> {
        let grid = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 3.0, 0.0, -1.0], 3, 3);
        let (x, y) = coordinates(&grid);
        let dimensions = vec![Dimension::bands(["a"]), y, x];
        let samples = Samples::F64((0..9).map(f64::from).collect());
        let cube = Cube::new(dimensions, samples, Some(Crs::wgs84())).unwrap();
        let process = ProcessGraph::parse(&json!({"process_graph": {"apply": {
            "process_id": "apply", "result": true, "arguments": {
                "data": {"from_parameter": "data"},
                "process": {"process_graph": {"neg": {"process_id": "multiply", "result": true,
                    "arguments": {"x": {"from_parameter": "x"}, "y": -1}}}}}}}}))
        .unwrap();
        let limits = RunLimits::default();
        let arguments = vec![
            ("data", Value::cube(cube)),
            ("geometries", Value::from_json(&polygons)),
            ("process", Value::Graph(Arc::new(process))),
        ];
        match call("apply_polygon", arguments, &Context::new(&limits))? {
            Value::Cube(cube) => Ok(cube.samples().to_f64()),
            other => panic!("{other:?}"),
        }
    }

    fn square(from: f64, to: f64) -> serde_json::Value {
        json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates":
            [[[from, from], [to, from], [to, to], [from, to], [from, from]]]}})
    }

    #[test]
    fn only_pixels_inside_change() {
        let values =
            applied(json!({"type": "FeatureCollection", "features": [square(1.0, 3.0)]})).unwrap();
        let expected = [0.0, -1.0, -2.0, 3.0, -4.0, -5.0, 6.0, 7.0, 8.0];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
    }

    #[test]
    fn overlapping_polygons_are_refused() {
        let error = applied(json!({"type": "FeatureCollection",
            "features": [square(0.0, 2.0), square(1.0, 3.0)]}))
        .unwrap_err();
        assert_eq!(error.code, "GeometriesOverlap");
    }
}
