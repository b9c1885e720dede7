//! `aggregate_spatial`: zonal statistics for geometries.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Output, Samples};
use crate::error::GraphError;
use crate::geometry::{Feature, covered, features_of_value, to_crs};
use crate::value::{Label, Value};
use corridor_raster::grid::{Crs, Grid, Transformer};
use geo::{Geometry, MultiPolygon};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "aggregate_spatial",
    definition: official!("aggregate_spatial"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let features = features_of_value(
        "aggregate_spatial",
        "geometries",
        &arguments.value("geometries"),
    )?;
    let grid = cube.grid().ok_or_else(|| {
        GraphError::new(
            "DimensionNotAvailable",
            "the cube has no regular x and y in a known reference system",
        )
    })?;
    let target = arguments.optional_text("target_dimension")?;
    if let Some(name) = target
        && cube.dimension_index(name).is_some()
    {
        return Err(GraphError::new(
            "TargetDimensionExists",
            format!("a dimension {name:?} exists already"),
        ));
    }
    let (kept, offsets) = planes_of(cube);
    let pixels = grid.width * grid.height;
    let groups: usize = kept.iter().map(Dimension::len).product();
    let figures = if target.is_some() { 3 } else { 1 };
    context.allow_samples(features.len() * groups * figures)?;
    let mut samples = Samples::F64(vec![f64::NAN; features.len() * groups * figures]);
    let places = features
        .iter()
        .map(|feature| pixels_of(&feature.geometry, grid))
        .collect::<Result<Vec<_>, _>>()?;
    let passed = arguments.value("context");
    let reducer = arguments.graph("reducer")?;
    for group in 0..groups {
        let plane = offsets.range(group * pixels, pixels);
        for (row, place) in places.iter().enumerate() {
            let values: Vec<f64> = place
                .iter()
                .map(|pixel| plane[*pixel].map_or(f64::NAN, |index| cube.samples().get(index)))
                .collect();
            // An empty geometry, or one between pixel centres, has no value.
            let value = if values.is_empty() {
                f64::NAN
            } else {
                reduced(&values, reducer, &passed, context)?
            };
            let to = (row * groups + group) * figures;
            samples.set(to, value);
            if figures == 3 {
                let valid = values.iter().filter(|value| value.is_finite()).count();
                samples.set(to + 1, values.len() as f64);
                samples.set(to + 2, valid as f64);
            }
        }
    }
    let rows = rows_of(features, &kept);
    let mut dimensions = vec![rows];
    dimensions.extend(kept);
    if let Some(name) = target {
        let labels = ["value", "total_count", "valid_count"];
        let labels = labels.map(|label| Label::Text(label.to_string())).to_vec();
        dimensions.push(Dimension::new(name, DimensionKind::Other, labels));
    }
    Cube::new(dimensions, samples, None).map(Value::cube)
}

/// The dimensions of a cube that are not of the ground, and where its samples lie, plane after plane.
pub(super) fn planes_of(cube: &Cube) -> (Vec<Dimension>, Offsets) {
    let spatial = |d: &&Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
    let kept = cube.dimensions().iter().filter(|d| !spatial(d));
    let kept: Vec<Dimension> = kept.cloned().collect();
    let axis = |kind| cube.dimensions()[cube.only(kind).unwrap_or(0)].clone();
    let ground = vec![axis(DimensionKind::Y), axis(DimensionKind::X)];
    let offsets = Offsets::new(&[kept.clone(), ground].concat(), cube);
    (kept, offsets)
}

/// The dimension of the geometries that figures stand under, beside those that are kept.
pub(super) fn rows_of(features: Vec<Feature>, kept: &[Dimension]) -> Dimension {
    let labels = (0..features.len()).map(|row| Label::Number(row as f64));
    let name = free_name(kept, "geometries");
    let mut rows = Dimension::new(name, DimensionKind::Geometry, labels.collect());
    let all = features.into_iter().map(|f| (f.geometry, f.properties));
    let (geometries, properties) = all.unzip();
    rows.geometries = Some(Arc::new(geometries));
    rows.properties = Some(Arc::new(properties));
    rows
}

/// A name that none of the dimensions has.
pub(crate) fn free_name<'a>(taken: &[Dimension], wanted: &'a str) -> &'a str {
    if taken.iter().any(|d| d.name == wanted) {
        "aggregated_geometries"
    } else {
        wanted
    }
}

/// What a reducer gives for the values of some pixels; NaN is no data.
pub(crate) fn reduced(
    values: &[f64],
    reducer: &crate::graph::ProcessGraph,
    passed: &Value,
    context: &Context<'_>,
) -> Result<f64, GraphError> {
    let single = |value: &f64| {
        if value.is_nan() {
            Value::Null
        } else {
            Value::Number(*value)
        }
    };
    let data = Value::array(values.iter().map(single).collect());
    let parameters = [("data", data), ("context", passed.clone())];
    match Output::read(context.call(reducer, &parameters)?)? {
        Output::Same(number) => Ok(number),
        Output::Plane(_) => Err(GraphError::new("Internal", "a reducer gave a plane")),
    }
}

/// Pixels of a geometry, row by row: for polygons those whose centre lies inside or on the edge,
/// for points the one they lie in.
fn pixels_of(geometry: &Geometry<f64>, grid: &Grid) -> Result<Vec<usize>, GraphError> {
    let polygons = match geometry {
        Geometry::Polygon(polygon) => MultiPolygon(vec![polygon.clone()]),
        Geometry::MultiPolygon(several) => several.clone(),
        Geometry::Point(point) => return points(&[*point], grid),
        Geometry::MultiPoint(several) => return points(&several.0, grid),
        _ => return Err(no_area()),
    };
    let inside = covered(&[to_crs(&polygons, &grid.crs)?], grid);
    Ok((0..inside.len()).filter(|pixel| inside[*pixel]).collect())
}

/// The error of geometries that have no pixels of their own.
pub(crate) fn no_area() -> GraphError {
    GraphError::argument(
        "aggregate_spatial",
        "geometries",
        "only (multi-)polygons and (multi-)points are supported, not lines or collections",
    )
}

/// The pixels that points lie in, each once, in order.
pub(crate) fn points(points: &[geo::Point<f64>], grid: &Grid) -> Result<Vec<usize>, GraphError> {
    let transformer =
        Transformer::new(&Crs::wgs84(), &grid.crs).map_err(crate::geometry::projection)?;
    let mut pixels = Vec::new();
    for point in points {
        let (x, y) = transformer
            .transform(point.x(), point.y())
            .map_err(crate::geometry::projection)?;
        if let Some((col, row)) = grid.pixel_of(x, y)
            && col >= 0.0
            && row >= 0.0
            && col < grid.width as f64
            && row < grid.height as f64
        {
            pixels.push(row as usize * grid.width + col as usize);
        }
    }
    pixels.sort_unstable();
    pixels.dedup();
    Ok(pixels)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::call;
    use crate::cube::coordinates;
    use crate::graph::{ProcessGraph, RunLimits};
    use serde_json::json;

    fn cube() -> Cube {
        let grid = Grid::new(Crs::wgs84(), [0.0, 1.0, 0.0, 2.0, 0.0, -1.0], 3, 2);
        let (x, y) = coordinates(&grid);
        let bands = Dimension::bands(["a", "b"]);
        let samples = (0..12).map(|i| if i == 4 { f64::NAN } else { f64::from(i) });
        Cube::new(
            vec![bands, y, x],
            Samples::F64(samples.collect()),
            Some(Crs::wgs84()),
        )
        .unwrap()
    }

    #[test]
    fn polygons_and_points_have_their_own_pixels() {
        let reducer = ProcessGraph::parse(&json!({"process_graph": {"m": {"process_id": "mean",
            "arguments": {"data": {"from_parameter": "data"}}, "result": true}}}))
        .unwrap();
        let features = json!({"type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"name": "west"}, "geometry": {"type": "Polygon",
             "coordinates": [[[0, 0], [2, 0], [2, 2], [0, 2], [0, 0]]]}},
            {"type": "Feature", "properties": null, "geometry": {"type": "Point", "coordinates": [2.5, 0.5]}},
            {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [9, 9]}}
        ]});
        let limits = RunLimits::default();
        let arguments = vec![
            ("data", Value::cube(cube())),
            ("geometries", Value::from_json(&features)),
            ("reducer", Value::Graph(Arc::new(reducer))),
            ("target_dimension", Value::Text("figures".into())),
        ];
        let result = call("aggregate_spatial", arguments, &Context::new(&limits));
        let Ok(Value::Cube(cube)) = result else {
            panic!("{result:?}")
        };
        assert_eq!(
            cube.dimensions()[0].properties.as_ref().unwrap()[0]["name"],
            "west"
        );
        let values = cube.samples().to_f64();
        // Row 0: pixels 0, 1, 3 of band a (4 is missing); all four of band b.
        let expected = [
            4.0 / 3.0,
            4.0,
            3.0,
            8.0,
            4.0,
            4.0,
            5.0,
            1.0,
            1.0,
            11.0,
            1.0,
            1.0,
        ];
        for (value, expected) in values.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-12, "{values:?}");
        }
        assert!(values[12].is_nan() && values[13].abs() < 1e-12);
    }
}
