//! GeoJSON: vector cubes.

use super::{Asked, OutputFile, TEXT_SAMPLES_MAX};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets};
use crate::error::GraphError;
use crate::value::Value;
use serde_json::{Map, json};

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let Value::Cube(cube) = asked.value else {
        // Values that are GeoJSON already, such as literals of the graph.
        if let Value::Object(members) = asked.value
            && members.contains_key("type")
            && let Some(json) = asked.value.to_json()
            && crate::geometry::features_of_geojson(&json).is_ok()
        {
            return Ok(vec![asked.file("", json.to_string().into_bytes())]);
        }
        return Err(asked.unsuitable(format!("it is a {}", asked.value.type_name())));
    };
    let (rows, geometries) = asked.geometries_of(cube)?;
    if cube.len() > TEXT_SAMPLES_MAX {
        return Err(asked.unsuitable(format!(
            "it has {} values; at most {TEXT_SAMPLES_MAX}",
            cube.len()
        )));
    }
    let (others, names) = column_names(cube);
    let columns = names.len();
    let offsets = Offsets::new(&[vec![rows.clone()], others].concat(), cube);
    let mut features = Vec::with_capacity(rows.len());
    for (row, geometry) in geometries.iter().enumerate() {
        let mut properties: Map<String, serde_json::Value> = rows
            .properties
            .as_ref()
            .and_then(|all| all.get(row).cloned())
            .unwrap_or_default();
        for (name, index) in names.iter().zip(offsets.range(row * columns, columns)) {
            let value = index.map_or(f64::NAN, |index| cube.samples().get(index));
            properties.insert(
                name.clone(),
                Value::Number(value).to_json().unwrap_or_default(),
            );
        }
        features.push(json!({
            "type": "Feature",
            "geometry": ::geojson::Geometry::from(geometry),
            "properties": properties,
        }));
    }
    let collection = json!({"type": "FeatureCollection", "features": features});
    Ok(vec![OutputFile {
        bands: names,
        times: super::times(cube),
        ..asked.file("", collection.to_string().into_bytes())
    }])
}

/// The dimensions beside the geometries, and a name for each combination of their labels.
pub(super) fn column_names(cube: &Cube) -> (Vec<Dimension>, Vec<String>) {
    let others: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .filter(|d| d.kind != DimensionKind::Geometry)
        .cloned()
        .collect();
    let columns: usize = others.iter().map(Dimension::len).product();
    let names = (0..columns)
        .map(|column| super::csv::column_name(&others, column))
        .collect();
    (others, names)
}
