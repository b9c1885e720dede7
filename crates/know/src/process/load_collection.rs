//! `load_collection`: load a collection.

use super::{Process, Run};
use crate::call::Arguments;
use crate::cube::Cube;
use crate::error::GraphError;
use crate::extent::{SpatialExtent, spatial_extent};
use crate::source::LoadRequest;
use crate::value::Value;

pub(super) static PROCESS: Process = Process {
    id: "load_collection",
    definition: official!("load_collection"),
    run: Run::Load(request),
};

fn request(arguments: &Arguments) -> Result<LoadRequest, GraphError> {
    let mut request = read(arguments)?;
    request.collection = arguments.text("id")?.to_string();
    Ok(request)
}

/// What the filters of a load ask for, of no collection yet.
pub(super) fn read(arguments: &Arguments) -> Result<LoadRequest, GraphError> {
    let spatial_extent = match arguments.get("spatial_extent") {
        Some(Value::Cube(cube)) => cube_extent(cube),
        _ => spatial_extent(&arguments.value("spatial_extent"))
            .map_err(|reason| arguments.invalid("spatial_extent", reason))?,
    };
    let temporal_extent = match arguments.get("temporal_extent") {
        None | Some(Value::Null) => None,
        Some(_) => Some(super::filter_temporal::interval(
            arguments,
            "temporal_extent",
        )?),
    };
    let bands = match arguments.get("bands") {
        None | Some(Value::Null) => None,
        Some(_) => Some(
            arguments
                .labels("bands")?
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
    };
    let mut properties = Vec::new();
    if let Some(Value::Object(conditions)) = arguments.get("properties") {
        for (name, condition) in conditions {
            match condition {
                Value::Graph(graph) => properties.push((name.clone(), graph.clone())),
                other => {
                    let reason = format!(
                        "{name:?}: {} given, a process graph needed",
                        other.type_name()
                    );
                    return Err(arguments.invalid("properties", reason));
                }
            }
        }
    }
    Ok(LoadRequest {
        collection: String::new(),
        items: None,
        spatial_extent,
        temporal_extent,
        bands,
        max_samples: u64::MAX,
        side_max_px: None,
        properties,
    })
}

/// The polygons of a vector cube.
fn cube_extent(cube: &Cube) -> Option<SpatialExtent> {
    let geometries = cube
        .dimensions()
        .iter()
        .find_map(|d| d.geometries.as_ref())?;
    let mut polygons = Vec::new();
    for geometry in geometries.iter() {
        match geometry {
            geo::Geometry::Polygon(polygon) => polygons.push(polygon.clone()),
            geo::Geometry::MultiPolygon(several) => polygons.extend(several.0.iter().cloned()),
            _ => {}
        }
    }
    Some(SpatialExtent::Polygons(geo::MultiPolygon(polygons)))
}
