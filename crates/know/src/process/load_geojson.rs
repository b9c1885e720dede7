//! `load_geojson`: GeoJSON in the graph as a vector cube.

use super::{Process, Run};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::geometry::features_of_value;
use crate::value::{Label, Value};
use std::sync::Arc;

pub(super) static PROCESS: Process = Process {
    id: "load_geojson",
    definition: own!("load_geojson"),
    run: Run::Whole(run),
};

fn run(arguments: &Arguments, context: &Context<'_>) -> Result<Value, GraphError> {
    let features = features_of_value("load_geojson", "data", &arguments.value("data"))?;
    let mut names: Vec<Label> = arguments.labels("properties")?;
    let empty = names.is_empty();
    if empty {
        names.push(Label::Text("value".to_string()));
    }
    context.allow_samples(features.len() * names.len())?;
    let value =
        |properties: &serde_json::Map<String, serde_json::Value>, name: &Label| match properties
            .get(&name.to_string())
        {
            _ if empty => Ok(f64::NAN),
            None | Some(serde_json::Value::Null) => Ok(f64::NAN),
            Some(serde_json::Value::Bool(truth)) => Ok(f64::from(u8::from(*truth))),
            Some(serde_json::Value::Number(number)) => Ok(number.as_f64().unwrap_or(f64::NAN)),
            Some(other) => Err(arguments.invalid(
                "properties",
                format!("the property \"{name}\" is {other}; numbers and booleans become samples"),
            )),
        };
    let mut samples = Vec::with_capacity(features.len() * names.len());
    for feature in &features {
        for name in &names {
            samples.push(value(&feature.properties, name)?);
        }
    }
    let rows = (0..features.len())
        .map(|row| Label::Number(row as f64))
        .collect();
    let mut geometries = Dimension::new("geometry", DimensionKind::Geometry, rows);
    geometries.geometries = Some(Arc::new(
        features.iter().map(|f| f.geometry.clone()).collect(),
    ));
    geometries.properties = Some(Arc::new(
        features.into_iter().map(|f| f.properties).collect(),
    ));
    let mut dimensions = vec![geometries];
    if !empty {
        dimensions.push(Dimension::new("properties", DimensionKind::Other, names));
    }
    Cube::new(dimensions, Samples::F64(samples), None).map(Value::cube)
}
