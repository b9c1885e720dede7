//! `merge_cubes`: merge two data cubes.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{
    Cube, Dimension, DimensionKind, Offsets, Output, Samples, map_chunks, merge_dimensions,
    sample_count,
};
use crate::error::GraphError;
use crate::value::{Label, Value};
use geo::Geometry;
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "merge_cubes",
    definition: official!("merge_cubes"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube1 = arguments.cube("cube1")?;
    let cube2 = &super::resample_cube_spatial::onto(arguments.cube("cube2")?, cube1)?;
    let cube2 = &same_rows(cube1, cube2)?;
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

/// `cube2` with the rows of its geometries numbered as `cube1` numbers the equal ones; those that
/// only it has are counted on.
fn same_rows(cube1: &Cube, cube2: &Arc<Cube>) -> Result<Arc<Cube>, GraphError> {
    let incompatible = |reason: &str| GraphError::new("IncompatibleDataCubes", reason);
    let (first, second) = match (rows(cube1), rows(cube2)) {
        (None, None) => return Ok(cube2.clone()),
        (Some(first), Some(second)) => (first, second),
        (Some(_), None) if cube2.only(DimensionKind::X).is_none() => return Ok(cube2.clone()),
        (None, Some(_)) if cube1.only(DimensionKind::X).is_none() => return Ok(cube2.clone()),
        _ => {
            return Err(incompatible(
                "a vector and a raster data cube cannot be merged",
            ));
        }
    };
    let own = &cube1.dimensions()[first];
    let other = &cube2.dimensions()[second];
    if own.name != other.name {
        return Err(incompatible(
            "the dimensions of the geometries have different names: rename one of them",
        ));
    }
    let (known, new) = (geometries(own), geometries(other));
    let base = |all: &[Geometry<f64>]| all.first().map(base_type);
    if let (Some(a), Some(b)) = (base(known), base(new))
        && a != b
    {
        return Err(GraphError::new(
            "IncompatibleGeometryTypes",
            format!("{a}s and {b}s cannot be merged"),
        ));
    }
    let numbers = own.labels.iter().map(|label| match label {
        Label::Number(number) => *number,
        Label::Text(_) => -1.0,
    });
    let mut last = numbers.fold(-1.0, f64::max);
    let labels = new
        .iter()
        .map(|geometry| match known.iter().position(|k| k == geometry) {
            Some(row) => own.labels[row].clone(),
            None => {
                last += 1.0;
                Label::Number(last)
            }
        })
        .collect();
    let mut dimensions = cube2.dimensions().to_vec();
    dimensions[second].labels = Arc::new(labels);
    cube2.with_dimensions(dimensions).map(Arc::new)
}

/// The dimension of a vector cube's geometries.
fn rows(cube: &Cube) -> Option<usize> {
    cube.dimensions()
        .iter()
        .position(|dimension| dimension.geometries.is_some())
}

fn geometries(dimension: &Dimension) -> &[Geometry<f64>] {
    dimension
        .geometries
        .as_ref()
        .map_or(&[], |all| all.as_slice())
}

/// What a geometry is made of: a multi geometry is of the same as its parts.
fn base_type(geometry: &Geometry<f64>) -> &'static str {
    match geometry {
        Geometry::Point(_) | Geometry::MultiPoint(_) => "point",
        Geometry::Line(_) | Geometry::LineString(_) | Geometry::MultiLineString(_) => "line",
        Geometry::GeometryCollection(_) => "collection",
        _ => "polygon",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::graph::RunLimits;
    use geo::Point;

    fn vector(points: &[(f64, f64)], values: &[f64]) -> Value {
        let labels = (0..points.len()).map(|row| Label::Number(row as f64));
        let mut rows = Dimension::new("geometry", DimensionKind::Geometry, labels.collect());
        let all = points.iter().map(|(x, y)| Point::new(*x, *y).into());
        rows.geometries = Some(Arc::new(all.collect()));
        Value::cube(Cube::new(vec![rows], Samples::F64(values.to_vec()), None).unwrap())
    }

    #[test]
    fn rows_of_vectors_are_matched_by_their_geometries() {
        let limits = RunLimits::default();
        let arguments = vec![
            ("cube1", vector(&[(0.0, 0.0), (1.0, 1.0)], &[10.0, 11.0])),
            ("cube2", vector(&[(2.0, 2.0), (3.0, 3.0)], &[12.0, 13.0])),
        ];
        let Ok(Value::Cube(cube)) = call("merge_cubes", arguments, &Context::new(&limits)) else {
            panic!("no cube")
        };
        let rows = &cube.dimensions()[0];
        assert_eq!(geometries(rows)[2], Point::new(2.0, 2.0).into());
        assert_eq!(cube.samples().to_f64(), [10.0, 11.0, 12.0, 13.0]);
        // The second of the one is the first of the other: both have a value for it.
        let arguments = vec![
            ("cube1", vector(&[(0.0, 0.0), (1.0, 1.0)], &[10.0, 11.0])),
            ("cube2", vector(&[(1.0, 1.0)], &[12.0])),
        ];
        let error = call("merge_cubes", arguments, &Context::new(&limits)).unwrap_err();
        assert_eq!(error.code, "OverlapResolverMissing");
    }
}
