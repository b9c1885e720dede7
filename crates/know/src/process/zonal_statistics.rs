//! `zonal_statistics`: statistics under polygons, each pixel weighted by the part covered.

use super::aggregate_spatial::{planes_of, rows_of};
use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::geometry::{features_of_value, projection};
use crate::plan::zones::figure;
use crate::value::{Label, Value};
use crate::zones::{Layer, Statistic};
use corridor_raster::grid::Crs;
use corridor_raster::zonal::{Ring, Tally};
use geo::{Geometry, LineString, Polygon};

pub(super) static PROCESS: Process = Process {
    id: "zonal_statistics",
    definition: own!("zonal_statistics"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let cube = arguments.cube("data")?;
    let geometries = arguments.value("geometries");
    let features = features_of_value("zonal_statistics", "geometries", &geometries)?;
    let statistics = wanted(&arguments.value("statistics"))?;
    let grid = cube.grid().ok_or_else(|| {
        GraphError::new(
            "DimensionNotAvailable",
            "the cube has no regular x and y in a known reference system",
        )
    })?;
    let name = arguments.optional_text("target_dimension")?;
    let name = name.unwrap_or("statistics");
    if cube.dimension_index(name).is_some() {
        return Err(GraphError::new(
            "TargetDimensionExists",
            format!("a dimension {name:?} exists already"),
        ));
    }
    let (kept, offsets) = planes_of(cube);
    let pixels = grid.width * grid.height;
    let planes: usize = kept.iter().map(Dimension::len).product();
    context.allow_samples(features.len() * planes * statistics.len())?;
    let layer = Layer::new(&Crs::wgs84(), grid).map_err(projection)?;
    let mut samples = Vec::with_capacity(features.len() * planes * statistics.len());
    for feature in &features {
        let zone = layer.zone(&rings(&feature.geometry)?).map_err(projection)?;
        for plane in 0..planes {
            let values = statistics.iter().any(|s| s.needs_values());
            let mut tally = Tally::new(values);
            if let Some(zone) = &zone {
                let (window, mut rows) = (zone.window(), zone.rows());
                let mut row = window.row;
                while let Some(parts) = rows.next_row() {
                    let from = plane * pixels + row * grid.width + window.col;
                    let line = offsets.range(from, window.width);
                    let value =
                        |at: Option<usize>| at.map_or(f64::NAN, |at| cube.samples().get(at));
                    let line: Vec<f64> = line.into_iter().map(value).collect();
                    tally.add(&line, parts).map_err(|error| {
                        GraphError::new("ProcessGraphComplexity", error.to_string())
                    })?;
                    row += 1;
                }
            }
            samples.extend(statistics.iter().map(|s| figure(*s, &mut tally)));
        }
    }
    let rows = rows_of(features, &kept);
    let labels = statistics.iter().map(|s| Label::Text(s.to_string()));
    let mut dimensions = vec![rows];
    dimensions.extend(kept);
    dimensions.push(Dimension::new(name, DimensionKind::Other, labels.collect()));
    Cube::new(dimensions, Samples::F64(samples), None).map(Value::cube)
}

/// The statistics of an argument; the mean where there is none.
pub(crate) fn wanted(argument: &Value) -> Result<Vec<Statistic>, GraphError> {
    let invalid = |reason: String| GraphError::argument("zonal_statistics", "statistics", reason);
    let names = match argument {
        Value::Null => return Ok(vec![Statistic::Mean]),
        Value::Array(array) => &array.values,
        other => return Err(invalid(format!("a {} is no array", other.type_name()))),
    };
    let mut all = Vec::with_capacity(names.len());
    for name in names {
        let Value::Text(name) = name else {
            return Err(invalid("names of statistics are needed".to_string()));
        };
        let statistic: Statistic = name.parse().map_err(invalid)?;
        if statistic == Statistic::Histogram {
            return Err(invalid("a histogram is not one number".to_string()));
        }
        if all.contains(&statistic) {
            return Err(invalid(format!("{name:?} stands twice")));
        }
        all.push(statistic);
    }
    match all.is_empty() {
        true => Err(invalid("there is none".to_string())),
        false => Ok(all),
    }
}

/// The rings of a geometry with area, an outer ring and its holes for each polygon.
pub(crate) fn rings(geometry: &Geometry<f64>) -> Result<Vec<Vec<Ring>>, GraphError> {
    let ring = |line: &LineString<f64>| line.0.iter().map(|c| [c.x, c.y]).collect();
    let polygon = |polygon: &Polygon<f64>| {
        std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .map(ring)
            .collect()
    };
    match geometry {
        Geometry::Polygon(one) => Ok(vec![polygon(one)]),
        Geometry::MultiPolygon(several) => Ok(several.0.iter().map(polygon).collect()),
        _ => Err(GraphError::argument(
            "zonal_statistics",
            "geometries",
            "only polygons have an area",
        )),
    }
}
