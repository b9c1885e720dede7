//! A cube as the CF conventions see it: dimensions, coordinates, a variable for each band.
//!
//! Source: CF conventions 1.8: coordinates, `units`, `standard_name`, `grid_mapping`.
//! `spatial_ref` and `GeoTransform` are what GDAL reads besides. [`super::netcdf`] and
//! [`super::zarr`] write it.

use super::Asked;
use super::planes::Planes;
use crate::cube::{Cube, Dimension, DimensionKind, Offsets, Samples};
use crate::error::GraphError;
use crate::extent::instant;
use crate::value::{Label, Value};
use corridor_raster::grid::Grid;

/// Value that stands for no data, as readers expect it for floats.
const FILL: f32 = f32::NAN;

pub(super) enum Attribute {
    Text(String),
    Float(f32),
    Double(f64),
}

/// Values of a variable, last dimension fastest; NaN is no data.
pub(super) enum Values {
    Text(Vec<String>),
    Int(Vec<i32>),
    Float(Vec<f32>),
    Double(Vec<f64>),
}

pub(super) struct Variable {
    pub(super) name: String,
    /// Indices of its dimensions, slowest first.
    pub(super) dimensions: Vec<usize>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) values: Values,
}

#[derive(Default)]
pub(super) struct Dataset {
    /// Name and length.
    pub(super) dimensions: Vec<(String, usize)>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
    pub(super) variables: Vec<Variable>,
    /// Names of the bands, as the cube has them.
    pub(super) bands: Vec<String>,
    /// The grid of its pixels, from the north.
    pub(super) grid: Option<Grid>,
}

impl Dataset {
    /// The cube that is to be written.
    pub(super) fn of(asked: &Asked<'_>) -> Result<Self, GraphError> {
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
            let named = |axis: Dimension, name: &str| {
                Dimension::new(name, axis.kind, (*axis.labels).clone())
            };
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
        dataset.bands = names;
        dataset.grid = planes.map(|planes| planes.grid);
        Ok(dataset)
    }
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
    let values = match (dimension.kind, instants, numbers) {
        (DimensionKind::Time, Some(seconds), _) => {
            attributes.push(("standard_name", text("time")));
            attributes.push(("units", text("seconds since 1970-01-01 00:00:00")));
            attributes.push(("calendar", text("proleptic_gregorian")));
            attributes.push(("axis", text("T")));
            Values::Double(seconds)
        }
        (_, _, Some(numbers)) => Values::Double(numbers),
        _ => Values::Text(dimension.labels.iter().map(ToString::to_string).collect()),
    };
    dataset.variables.push(Variable {
        name,
        dimensions: vec![index],
        attributes,
        values,
    });
    index
}

/// A name as readers take it: letters, digits and underscores, not beginning with a digit.
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
