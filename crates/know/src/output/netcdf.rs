//! NetCDF in the classic format with 64-bit offsets ("CDF-2"), and what the CF conventions ask
//! for.
//!
//! Source: "The NetCDF Classic Format Specification", NetCDF Users Guide 4.9, appendix B: a header
//! of dimensions, attributes and variables, then the values of each variable one after the other,
//! big-endian, each padded to four bytes. CF conventions 1.8: coordinates, `units`,
//! `standard_name`, `grid_mapping`. `spatial_ref` and `GeoTransform` are what GDAL reads besides.

use super::planes::Planes;
use super::{Asked, OutputFile};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Samples};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Label, Value};
use corridor_raster::grid::Grid;

/// Most bytes of one variable: its size is a 32-bit number in the header.
const VARIABLE_BYTES_MAX: u64 = u32::MAX as u64 - 3;

/// Value that stands for no data, as NetCDF readers expect it for floats.
const FILL: f32 = f32::NAN;

/// External types by their tags.
const CHAR: u32 = 2;
const INT: u32 = 4;
const FLOAT: u32 = 5;
const DOUBLE: u32 = 6;

enum Attribute {
    Text(String),
    Float(f32),
    Double(f64),
}

enum Values {
    Text(Vec<u8>),
    Int(Vec<i32>),
    Float(Vec<f32>),
    Double(Vec<f64>),
}

struct Variable {
    name: String,
    dimensions: Vec<usize>,
    attributes: Vec<(&'static str, Attribute)>,
    values: Values,
}

#[derive(Default)]
struct Dataset {
    dimensions: Vec<(String, usize)>,
    attributes: Vec<(&'static str, Attribute)>,
    variables: Vec<Variable>,
}

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let Value::Cube(cube) = asked.value else {
        return Err(asked.unsuitable(format!("it is a {}", asked.value.type_name())));
    };
    let mut dataset = Dataset::default();
    dataset
        .attributes
        .push(("Conventions", Attribute::Text("CF-1.8".into())));
    dataset.attributes.push((
        "source",
        Attribute::Text(format!("Corridor {}", env!("CARGO_PKG_VERSION"))),
    ));
    let spatial = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
    let has_pixels = cube.dimensions().iter().any(spatial);
    let planes = has_pixels.then(|| Planes::of(cube, asked)).transpose()?;
    // Variables lie along every dimension but bands, which they are named for.
    let bands = cube.only(DimensionKind::Bands);
    let mut along: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .enumerate()
        .filter(|(index, d)| Some(*index) != bands && !(planes.is_some() && spatial(d)))
        .map(|(_, d)| d.clone())
        .collect();
    if let Some(planes) = &planes {
        let (x, y) = planes.axes();
        let named =
            |axis: Dimension, name: &str| Dimension::new(name, axis.kind, (*axis.labels).clone());
        along.extend([named(y, "y"), named(x, "x")]);
        grid_mapping(&mut dataset, &planes.grid);
    }
    let mut shape = Vec::with_capacity(along.len());
    for dimension in &along {
        let grid = planes.as_ref().map(|planes| &planes.grid);
        shape.push(coordinate(&mut dataset, dimension, grid));
    }
    let names: Vec<String> = match bands {
        Some(bands) => cube.dimensions()[bands]
            .labels
            .iter()
            .map(ToString::to_string)
            .collect(),
        None => vec!["value".to_string()],
    };
    for (band, name) in names.iter().enumerate() {
        let values = samples(
            cube,
            planes.as_ref(),
            &along,
            bands.map(|index| (index, band)),
        );
        let mut attributes = vec![("long_name", Attribute::Text(name.clone()))];
        let values = match cube.samples() {
            Samples::F32(_) => {
                attributes.push(("_FillValue", Attribute::Float(FILL)));
                Values::Float(values.into_iter().map(|v| v as f32).collect())
            }
            Samples::F64(_) => {
                attributes.push(("_FillValue", Attribute::Double(f64::NAN)));
                Values::Double(values)
            }
        };
        if planes.is_some() {
            attributes.push(("grid_mapping", Attribute::Text("crs".into())));
        }
        let taken: Vec<&str> = dataset.variables.iter().map(|v| v.name.as_str()).collect();
        let name = variable_name(name, &taken);
        dataset.variables.push(Variable {
            name,
            dimensions: shape.clone(),
            attributes,
            values,
        });
    }
    let bytes = dataset
        .to_bytes()
        .map_err(|reason| asked.unsuitable(reason))?;
    Ok(vec![OutputFile {
        bands: names,
        grid: planes.map(|planes| planes.grid),
        times: super::times(cube),
        ..asked.file("", bytes)
    }])
}

/// Samples of one band in the order of the variable's dimensions.
fn samples(
    cube: &Cube,
    planes: Option<&Planes<'_>>,
    along: &[Dimension],
    band: Option<(usize, usize)>,
) -> Vec<f64> {
    match planes {
        Some(planes) => {
            // Planes are ordered by all dimensions beside y and x, bands among them.
            let mut values = Vec::new();
            let place = planes
                .others
                .iter()
                .position(|d| d.kind == DimensionKind::Bands);
            for plane in 0..planes.count() {
                let step = place.map(|place| {
                    let inner: usize = planes.others[place + 1..]
                        .iter()
                        .map(Dimension::len)
                        .product();
                    (plane / inner) % planes.others[place].len()
                });
                if step == band.map(|(_, step)| step) {
                    values.extend(planes.values(plane));
                }
            }
            values
        }
        None => {
            let one = match band {
                Some((index, step)) => cube.select(index, &[step]).unwrap_or_else(|_| cube.clone()),
                None => cube.clone(),
            };
            let offsets = Offsets::new(along, &one);
            let len = along.iter().map(Dimension::len).product();
            offsets
                .range(0, len)
                .into_iter()
                .map(|index| index.map_or(f64::NAN, |index| one.samples().get(index)))
                .collect()
        }
    }
}

fn grid_mapping(dataset: &mut Dataset, grid: &Grid) {
    let transform: Vec<String> = grid.transform.iter().map(ToString::to_string).collect();
    let mut attributes = vec![
        (
            "grid_mapping_name",
            Attribute::Text(
                if grid.crs.is_geographic() {
                    "latitude_longitude"
                } else {
                    "unknown"
                }
                .into(),
            ),
        ),
        ("GeoTransform", Attribute::Text(transform.join(" "))),
    ];
    if let Some(wkt) = grid.crs.wkt() {
        attributes.push(("crs_wkt", Attribute::Text(wkt.clone())));
        attributes.push(("spatial_ref", Attribute::Text(wkt)));
    }
    if let Some(code) = grid.crs.epsg_code() {
        attributes.push(("epsg_code", Attribute::Text(format!("EPSG:{code}"))));
    }
    dataset.variables.push(Variable {
        name: "crs".into(),
        dimensions: Vec::new(),
        attributes,
        values: Values::Int(vec![0]),
    });
}

/// Adds a dimension and the variable of its labels; the dimension's index.
fn coordinate(dataset: &mut Dataset, dimension: &Dimension, grid: Option<&Grid>) -> usize {
    let taken: Vec<&str> = dataset
        .dimensions
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    let name = variable_name(&dimension.name, &taken);
    let index = dataset.dimensions.len();
    dataset.dimensions.push((name.clone(), dimension.len()));
    let text = |text: &str| Attribute::Text(text.to_string());
    let mut attributes = Vec::new();
    let geographic = grid.is_some_and(|grid| grid.crs.is_geographic());
    let words = match (dimension.kind, geographic) {
        (DimensionKind::X, true) => Some(("longitude", "degrees_east", "X")),
        (DimensionKind::Y, true) => Some(("latitude", "degrees_north", "Y")),
        (DimensionKind::X, false) => Some(("projection_x_coordinate", "m", "X")),
        (DimensionKind::Y, false) => Some(("projection_y_coordinate", "m", "Y")),
        _ => None,
    };
    if let Some((standard_name, units, axis)) = words {
        attributes.push(("standard_name", text(standard_name)));
        attributes.push(("units", text(units)));
        attributes.push(("axis", text(axis)));
    }
    let instants: Option<Vec<f64>> = dimension
        .labels
        .iter()
        .map(|label| Some(instant(&label.to_string())?.as_millisecond() as f64 / 1000.0))
        .collect();
    let numbers: Option<Vec<f64>> = dimension
        .labels
        .iter()
        .map(|label| match label {
            Label::Number(number) => Some(*number),
            Label::Text(_) => None,
        })
        .collect();
    let (dimensions, values) = match (dimension.kind, instants, numbers) {
        (DimensionKind::Time, Some(seconds), _) => {
            attributes.push(("standard_name", text("time")));
            attributes.push(("units", text("seconds since 1970-01-01 00:00:00")));
            attributes.push(("calendar", text("proleptic_gregorian")));
            attributes.push(("axis", text("T")));
            (vec![index], Values::Double(seconds))
        }
        (_, _, Some(numbers)) => (vec![index], Values::Double(numbers)),
        _ => {
            let labels: Vec<String> = dimension.labels.iter().map(ToString::to_string).collect();
            let width = labels.iter().map(String::len).max().unwrap_or(1).max(1);
            dataset.dimensions.push((format!("{name}_length"), width));
            let mut bytes = Vec::with_capacity(width * labels.len());
            for label in labels {
                bytes.extend(label.as_bytes());
                bytes.resize(bytes.len() + width - label.len(), 0);
            }
            attributes.push(("_Encoding", text("utf-8")));
            (vec![index, index + 1], Values::Text(bytes))
        }
    };
    dataset.variables.push(Variable {
        name,
        dimensions,
        attributes,
        values,
    });
    index
}

/// A name as NetCDF takes it: letters, digits and underscores, not beginning with a digit.
fn variable_name(name: &str, taken: &[&str]) -> String {
    let mut plain: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' || c == '-' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if !plain.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        plain.insert(0, '_');
    }
    while taken.contains(&plain.as_str()) {
        plain.push('_');
    }
    plain
}

impl Values {
    fn tag(&self) -> u32 {
        match self {
            Values::Text(_) => CHAR,
            Values::Int(_) => INT,
            Values::Float(_) => FLOAT,
            Values::Double(_) => DOUBLE,
        }
    }

    fn bytes(&self) -> u64 {
        match self {
            Values::Text(bytes) => bytes.len() as u64,
            Values::Int(values) => 4 * values.len() as u64,
            Values::Float(values) => 4 * values.len() as u64,
            Values::Double(values) => 8 * values.len() as u64,
        }
    }

    fn append(&self, to: &mut Vec<u8>) {
        match self {
            Values::Text(bytes) => to.extend(bytes),
            Values::Int(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
            Values::Float(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
            Values::Double(values) => values.iter().for_each(|v| to.extend(v.to_be_bytes())),
        }
        pad(to);
    }
}

fn pad(to: &mut Vec<u8>) {
    to.resize(to.len().next_multiple_of(4), 0);
}

fn put(to: &mut Vec<u8>, number: u32) {
    to.extend(number.to_be_bytes());
}

fn put_text(to: &mut Vec<u8>, text: &str) {
    put(to, text.len() as u32);
    to.extend(text.as_bytes());
    pad(to);
}

fn put_attributes(to: &mut Vec<u8>, attributes: &[(&'static str, Attribute)]) {
    const ATTRIBUTES: u32 = 0x0C;
    put(to, if attributes.is_empty() { 0 } else { ATTRIBUTES });
    put(to, attributes.len() as u32);
    for (name, attribute) in attributes {
        put_text(to, name);
        match attribute {
            Attribute::Text(text) => {
                put(to, CHAR);
                put_text(to, text);
            }
            Attribute::Float(number) => {
                put(to, FLOAT);
                put(to, 1);
                to.extend(number.to_be_bytes());
            }
            Attribute::Double(number) => {
                put(to, DOUBLE);
                put(to, 1);
                to.extend(number.to_be_bytes());
            }
        }
    }
}

impl Dataset {
    fn to_bytes(&self) -> Result<Vec<u8>, String> {
        for variable in &self.variables {
            if variable.values.bytes() > VARIABLE_BYTES_MAX {
                return Err(format!(
                    "the variable {:?} would have {} bytes; at most {VARIABLE_BYTES_MAX} fit",
                    variable.name,
                    variable.values.bytes()
                ));
            }
        }
        // The header has the same length whatever the offsets in it are.
        let length = self.header(0).len() as u64;
        let mut bytes = self.header(length);
        for variable in &self.variables {
            variable.values.append(&mut bytes);
        }
        Ok(bytes)
    }

    /// The header, where the values begin at `data`.
    fn header(&self, data: u64) -> Vec<u8> {
        const DIMENSIONS: u32 = 0x0A;
        const VARIABLES: u32 = 0x0B;
        let mut to = b"CDF\x02".to_vec();
        // No dimension grows, so there are no records.
        put(&mut to, 0);
        put(
            &mut to,
            if self.dimensions.is_empty() {
                0
            } else {
                DIMENSIONS
            },
        );
        put(&mut to, self.dimensions.len() as u32);
        for (name, length) in &self.dimensions {
            put_text(&mut to, name);
            put(&mut to, *length as u32);
        }
        put_attributes(&mut to, &self.attributes);
        put(
            &mut to,
            if self.variables.is_empty() {
                0
            } else {
                VARIABLES
            },
        );
        put(&mut to, self.variables.len() as u32);
        let mut begin = data;
        for variable in &self.variables {
            put_text(&mut to, &variable.name);
            put(&mut to, variable.dimensions.len() as u32);
            variable
                .dimensions
                .iter()
                .for_each(|d| put(&mut to, *d as u32));
            put_attributes(&mut to, &variable.attributes);
            put(&mut to, variable.values.tag());
            let size = variable.values.bytes().next_multiple_of(4);
            put(&mut to, size as u32);
            to.extend(begin.to_be_bytes());
            begin += size;
        }
        to
    }
}
