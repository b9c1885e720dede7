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
    let filtered =
        matches!(arguments.get("properties"), Some(Value::Object(all)) if !all.is_empty());
    if filtered {
        return Err(GraphError::new(
            "FeatureUnsupported",
            "load_collection does not filter by properties yet; leave \"properties\" out",
        ));
    }
    Ok(LoadRequest {
        collection: arguments.text("id")?.to_string(),
        items: None,
        spatial_extent,
        temporal_extent,
        bands,
        max_samples: u64::MAX,
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
