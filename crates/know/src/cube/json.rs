//! Cubes as JSON: what a result without a file format is given as, and small cubes written in a
//! graph.
//!
//! The shape is that of the openEO process test vectors: `type` is `datacube`, `order` names the
//! dimensions slowest first, `dimensions` has `type`, `axis`, `values` and `reference_system` of
//! each, `data` nests arrays in that order, and null is no data.

use super::{Cube, DIMENSIONS_MAX, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::extent::crs_of;
use crate::output::TEXT_SAMPLES_MAX;
use crate::value::{Label, Value};
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

impl Cube {
    /// The cube as JSON.
    ///
    /// # Errors
    /// `FormatUnsuitable` for cubes of more than [`TEXT_SAMPLES_MAX`] samples.
    pub fn to_json(&self) -> Result<Json, GraphError> {
        if self.len() > TEXT_SAMPLES_MAX {
            return Err(GraphError::new(
                "FormatUnsuitable",
                format!(
                    "a data cube of {} samples is too large for JSON (at most {TEXT_SAMPLES_MAX}); save it as GTiff or NetCDF",
                    self.len()
                ),
            ));
        }
        let mut dimensions = Map::new();
        for dimension in self.dimensions() {
            dimensions.insert(dimension.name.clone(), self.describe(dimension));
        }
        let order: Vec<&str> = self.dimensions().iter().map(|d| d.name.as_str()).collect();
        Ok(json!({
            "type": "datacube",
            "order": order,
            "dimensions": dimensions,
            "nodata": [null],
            "data": self.nested(0, 0),
        }))
    }

    fn describe(&self, dimension: &Dimension) -> Json {
        let label = |label: &Label| label.to_value().to_json().unwrap_or_default();
        let mut own = json!({
            "type": dimension.kind.openeo_type(),
            "values": dimension.labels.iter().map(label).collect::<Vec<_>>(),
        });
        let axis = match dimension.kind {
            DimensionKind::X => Some("x"),
            DimensionKind::Y => Some("y"),
            DimensionKind::Z => Some("z"),
            _ => None,
        };
        if let Some(axis) = axis {
            own["axis"] = axis.into();
        }
        if matches!(dimension.kind, DimensionKind::X | DimensionKind::Y)
            && let Some(crs) = self.crs()
        {
            own["reference_system"] = match crs.epsg_code() {
                Some(code) => code.into(),
                None => crs.wkt().map_or(Json::Null, Json::from),
            };
        }
        if let Some(geometries) = &dimension.geometries {
            let all: Vec<geojson::Geometry> =
                geometries.iter().map(geojson::Geometry::from).collect();
            own["geometries"] = json!(all);
        }
        if let Some(properties) = &dimension.properties {
            own["properties"] = json!(**properties);
        }
        own
    }

    /// Samples of the dimensions from `depth` on, beginning at `start`.
    fn nested(&self, depth: usize, start: usize) -> Json {
        let single = |index| Value::Number(self.samples().get(index)).to_json();
        let Some(dimension) = self.dimensions().get(depth) else {
            return single(start).unwrap_or_default();
        };
        let (_, _, stride) = self.split(depth);
        (0..dimension.len())
            .map(|step| self.nested(depth + 1, start + step * stride))
            .collect()
    }

    /// A cube from JSON of the shape that [`Cube::to_json`] gives. Numbers that `nodata` lists are
    /// no data; `data` may be null or left out for a cube without data.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn from_json(json: &Json) -> Result<Self, String> {
        let order = json["order"]
            .as_array()
            .ok_or("\"order\" must list the dimensions")?;
        if order.len() > DIMENSIONS_MAX {
            return Err(format!(
                "{} dimensions; at most {DIMENSIONS_MAX}",
                order.len()
            ));
        }
        let mut dimensions = Vec::with_capacity(order.len());
        let mut crs = None;
        for name in order {
            let name = name
                .as_str()
                .ok_or("\"order\" must hold names of dimensions")?;
            let own = &json["dimensions"][name];
            let dimension = read_dimension(name, own)?;
            let system = &own["reference_system"];
            if dimension.kind == DimensionKind::X && !system.is_null() {
                crs = Some(crs_of(&Value::from_json(system))?);
            }
            dimensions.push(dimension);
        }
        let len = super::sample_count(&dimensions).map_err(|error| error.message)?;
        if len > TEXT_SAMPLES_MAX {
            return Err(format!("{len} samples; at most {TEXT_SAMPLES_MAX}"));
        }
        let nodata: Vec<f64> = match &json["nodata"] {
            Json::Array(all) => all.iter().filter_map(Json::as_f64).collect(),
            one => one.as_f64().into_iter().collect(),
        };
        let mut samples = Vec::with_capacity(len);
        match &json["data"] {
            Json::Null => samples.resize(len, f64::NAN),
            data => flatten(data, &dimensions, &nodata, &mut samples)?,
        }
        Self::new(dimensions, Samples::F64(samples), crs).map_err(|error| error.message)
    }
}

fn read_dimension(name: &str, own: &Json) -> Result<Dimension, String> {
    let kind = match (own["type"].as_str(), own["axis"].as_str()) {
        (Some("spatial"), Some("x")) => DimensionKind::X,
        (Some("spatial"), Some("y")) => DimensionKind::Y,
        (Some("spatial"), Some("z")) => DimensionKind::Z,
        (Some("spatial"), None) if name == "x" => DimensionKind::X,
        (Some("spatial"), None) if name == "y" => DimensionKind::Y,
        (Some("temporal"), _) => DimensionKind::Time,
        (Some("bands"), _) => DimensionKind::Bands,
        (Some("geometry"), _) => DimensionKind::Geometry,
        (Some("other"), _) => DimensionKind::Other,
        _ => return Err(format!("the dimension {name:?} has no known type and axis")),
    };
    let values = own["values"]
        .as_array()
        .ok_or_else(|| format!("the dimension {name:?} has no \"values\""))?;
    let labels = values
        .iter()
        .map(|value| match value {
            Json::Number(number) => Ok(Label::Number(number.as_f64().unwrap_or(f64::NAN))),
            Json::String(text) => Ok(Label::Text(text.clone())),
            other => Err(format!("{other} is no label of the dimension {name:?}")),
        })
        .collect::<Result<_, _>>()?;
    let mut dimension = Dimension::new(name, kind, labels);
    if let Json::Array(geometries) = &own["geometries"] {
        let collection = json!({"type": "FeatureCollection", "features": geometries
            .iter()
            .map(|g| json!({"type": "Feature", "properties": {}, "geometry": g}))
            .collect::<Vec<_>>()});
        let features = crate::geometry::features_of_geojson(&collection)?;
        if features.len() != dimension.len() {
            return Err(format!(
                "{} geometries for {} labels",
                features.len(),
                dimension.len()
            ));
        }
        dimension.geometries = Some(Arc::new(features.into_iter().map(|f| f.geometry).collect()));
    }
    Ok(dimension)
}

fn flatten(
    data: &Json,
    dimensions: &[Dimension],
    nodata: &[f64],
    samples: &mut Vec<f64>,
) -> Result<(), String> {
    let Some((first, rest)) = dimensions.split_first() else {
        samples.push(match data {
            Json::Null => f64::NAN,
            Json::Bool(truth) => f64::from(u8::from(*truth)),
            Json::Number(number) => {
                let number = number.as_f64().unwrap_or(f64::NAN);
                let missing = nodata.iter().any(|n| n.total_cmp(&number).is_eq());
                if missing { f64::NAN } else { number }
            }
            other => return Err(format!("{other} is no sample: numbers and null are")),
        });
        return Ok(());
    };
    let items = data
        .as_array()
        .ok_or_else(|| format!("along {:?} there is no array in \"data\"", first.name))?;
    if items.len() != first.len() {
        return Err(format!(
            "{} elements in \"data\" for the {} labels of {:?}",
            items.len(),
            first.len(),
            first.name
        ));
    }
    items
        .iter()
        .try_for_each(|item| flatten(item, rest, nodata, samples))
}
