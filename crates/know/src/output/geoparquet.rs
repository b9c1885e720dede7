//! GeoParquet: vector cubes.
//!
//! Source: GeoParquet 1.1.0: a Parquet file whose `geo` entry names the geometry column, its
//! encoding (WKB), types and bounds, and the columns of each row's bounds (`covering`). No `crs`:
//! the default is OGC:CRS84, longitude and latitude, as all geometries here are.

use super::geojson::column_names;
use super::{Asked, OutputFile, option, wkb};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Samples};
use crate::error::GraphError;
use crate::value::{Label, Value};
use arrow_array::builder::{BinaryBuilder, BooleanBuilder, StringBuilder};
use arrow_array::{ArrayRef, Float64Array, Int64Array, RecordBatch, StructArray};
use arrow_schema::{DataType, Field, Fields, Schema};
use geo::{BoundingRect, Geometry};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use serde_json::{Map, json};
use std::collections::BTreeSet;
use std::sync::Arc;

pub(super) const OPTIONS: &[(&str, &str, &str)] =
    &[("compression", "string", "zstd (unless given) or none.")];

/// Columns of this format's own.
const GEOMETRY: &str = "geometry";
const BOUNDS: &str = "bbox";

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let compression = match asked.text("compression")?.unwrap_or("zstd") {
        "zstd" => Compression::ZSTD(ZstdLevel::default()),
        "none" => Compression::UNCOMPRESSED,
        other => {
            return Err(option(
                "compression",
                format!("{other:?} is none of zstd, none"),
            ));
        }
    };
    let own;
    let cube = match asked.value {
        Value::Cube(cube) => cube.as_ref(),
        // Values that are GeoJSON, such as literals of the graph.
        Value::Object(_) => {
            own = literal(asked)?;
            &own
        }
        other => return Err(asked.unsuitable(format!("it is a {}", other.type_name()))),
    };
    let table = Table::of(cube, asked)?;
    let bytes = table
        .to_bytes(compression)
        .map_err(|error| asked.unsuitable(error))?;
    let mut output = asked.file("", bytes);
    output.times = asked.times();
    output.bands = table.values;
    Ok(vec![output])
}

/// GeoJSON as a vector cube without values.
fn literal(asked: &Asked<'_>) -> Result<Cube, GraphError> {
    let json = asked.value.to_json().unwrap_or_default();
    let features = crate::geometry::features_of_geojson(&json)
        .map_err(|reason| asked.unsuitable(format!("it is no GeoJSON: {reason}")))?;
    let rows = (0..features.len())
        .map(|row| Label::Number(row as f64))
        .collect();
    let mut along = Dimension::new(GEOMETRY, DimensionKind::Geometry, rows);
    along.geometries = Some(Arc::new(
        features.iter().map(|f| f.geometry.clone()).collect(),
    ));
    along.properties = Some(Arc::new(
        features.into_iter().map(|f| f.properties).collect(),
    ));
    let none = Dimension::new("properties", DimensionKind::Other, Vec::new());
    Cube::new(vec![along, none], Samples::F64(Vec::new()), None)
}

/// The rows, as columns.
struct Table {
    columns: Vec<(String, ArrayRef)>,
    /// Names of the columns that hold the cube's values.
    values: Vec<String>,
    /// The `geo` entry.
    geo: serde_json::Value,
}

impl Table {
    fn of(cube: &Cube, asked: &Asked<'_>) -> Result<Self, GraphError> {
        let (rows, geometries) = asked.geometries_of(cube)?;
        let (others, names) = column_names(cube);
        let mut taken = BTreeSet::from([GEOMETRY.to_string(), BOUNDS.to_string()]);
        let mut columns = Vec::new();
        let (geometry, kinds) = geometry_column(geometries);
        let bounds: Vec<Option<[f64; 4]>> = geometries.iter().map(bounds_of).collect();
        columns.push((GEOMETRY.to_string(), geometry));
        columns.push((BOUNDS.to_string(), bounds_column(&bounds)));
        // A value stands in the place of a property of its name, as in GeoJSON.
        let values: Vec<String> = names.iter().map(|name| free(name, &mut taken)).collect();
        if let Some(properties) = &rows.properties {
            let all: BTreeSet<&String> = properties.iter().flat_map(Map::keys).collect();
            for name in all.into_iter().filter(|name| !names.contains(name)) {
                let column = property_column(properties, name);
                columns.push((free(name, &mut taken), column));
            }
        }
        let offsets = Offsets::new(&[vec![rows.clone()], others].concat(), cube);
        let width = names.len();
        let samples = offsets.range(0, geometries.len() * width);
        for (column, name) in values.iter().enumerate() {
            let column: Float64Array = (0..geometries.len())
                .map(|row| samples[row * width + column])
                .map(|index| index.map(|index| cube.samples().get(index)))
                .map(|value| value.filter(|value| !value.is_nan()))
                .collect();
            columns.push((name.clone(), Arc::new(column)));
        }
        Ok(Self {
            columns,
            values,
            geo: entry(&kinds, &bounds),
        })
    }

    fn to_bytes(&self, compression: Compression) -> Result<Vec<u8>, parquet::errors::ParquetError> {
        let fields: Vec<Field> = self
            .columns
            .iter()
            .map(|(name, column)| Field::new(name, column.data_type().clone(), true))
            .collect();
        let schema = Arc::new(Schema::new(fields));
        let columns = self
            .columns
            .iter()
            .map(|(_, column)| column.clone())
            .collect();
        let batch = RecordBatch::try_new(schema.clone(), columns)?;
        let entry = KeyValue::new("geo".to_string(), self.geo.to_string());
        let properties = WriterProperties::builder()
            .set_compression(compression)
            .set_created_by(format!("Corridor {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(vec![entry]))
            .build();
        let mut bytes = Vec::new();
        // With a schema of Arrow's in the file, its readers would look for `geo` there.
        let options = ArrowWriterOptions::new()
            .with_properties(properties)
            .with_skip_arrow_metadata(true);
        let mut writer = ArrowWriter::try_new_with_options(&mut bytes, schema, options)?;
        writer.write(&batch)?;
        writer.close()?;
        Ok(bytes)
    }
}

/// The name, with what it needs to be the only one.
fn free(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name = name.to_string();
    while !taken.insert(name.clone()) {
        name.push('_');
    }
    name
}

fn entry(kinds: &BTreeSet<&'static str>, bounds: &[Option<[f64; 4]>]) -> serde_json::Value {
    let corner = |name: &str| json!([BOUNDS, name]);
    let mut column = json!({
        "encoding": "WKB",
        "geometry_types": kinds,
        "edges": "planar",
        "covering": {"bbox": {
            "xmin": corner("xmin"), "ymin": corner("ymin"),
            "xmax": corner("xmax"), "ymax": corner("ymax"),
        }},
    });
    let all = bounds.iter().flatten().copied().reduce(|a, b| {
        [
            a[0].min(b[0]),
            a[1].min(b[1]),
            a[2].max(b[2]),
            a[3].max(b[3]),
        ]
    });
    if let Some(all) = all {
        column["bbox"] = json!(all);
    }
    json!({
        "version": "1.1.0",
        "primary_column": GEOMETRY,
        "columns": {GEOMETRY: column},
    })
}

fn geometry_column(geometries: &[Geometry<f64>]) -> (ArrayRef, BTreeSet<&'static str>) {
    let mut column = BinaryBuilder::new();
    let mut kinds = BTreeSet::new();
    for geometry in geometries {
        let (bytes, kind) = wkb::encode(geometry);
        column.append_value(bytes);
        kinds.insert(kind);
    }
    (Arc::new(column.finish()), kinds)
}

/// West, south, east, north; nothing of an empty geometry.
fn bounds_of(geometry: &Geometry<f64>) -> Option<[f64; 4]> {
    let rect = geometry.bounding_rect()?;
    Some([rect.min().x, rect.min().y, rect.max().x, rect.max().y])
}

fn bounds_column(bounds: &[Option<[f64; 4]>]) -> ArrayRef {
    let names = ["xmin", "ymin", "xmax", "ymax"];
    let fields: Fields = names
        .iter()
        .map(|name| Field::new(*name, DataType::Float64, true))
        .collect();
    let corners = (0..names.len())
        .map(|corner| {
            let numbers: Float64Array = bounds.iter().map(|b| b.map(|b| b[corner])).collect();
            Arc::new(numbers) as ArrayRef
        })
        .collect();
    Arc::new(StructArray::new(fields, corners, None))
}

/// A property as the narrowest type that holds it in every row; JSON text where none does.
fn property_column(rows: &[Map<String, serde_json::Value>], name: &str) -> ArrayRef {
    let cells: Vec<Option<&serde_json::Value>> = rows
        .iter()
        .map(|row| row.get(name).filter(|value| !value.is_null()))
        .collect();
    let all = |fits: fn(&serde_json::Value) -> bool| cells.iter().flatten().all(|v| fits(v));
    if cells.iter().flatten().next().is_some() {
        if all(serde_json::Value::is_boolean) {
            let mut column = BooleanBuilder::new();
            for cell in &cells {
                column.append_option(cell.and_then(serde_json::Value::as_bool));
            }
            return Arc::new(column.finish());
        }
        if all(serde_json::Value::is_i64) {
            let column: Int64Array = cells.iter().map(|v| v.and_then(|v| v.as_i64())).collect();
            return Arc::new(column);
        }
        if all(serde_json::Value::is_number) {
            let column: Float64Array = cells.iter().map(|v| v.and_then(|v| v.as_f64())).collect();
            return Arc::new(column);
        }
    }
    let mut column = StringBuilder::new();
    for cell in &cells {
        column.append_option(cell.map(|value| match value.as_str() {
            Some(text) => text.to_string(),
            None => value.to_string(),
        }));
    }
    Arc::new(column.finish())
}
