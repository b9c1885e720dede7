//! Zarr, version 2 of the format, as one ZIP file.
//!
//! Source: "Zarr storage specification version 2": `.zgroup`, `.zarray` and `.zattrs` as JSON, a
//! chunk a key of its indices joined by dots, little-endian, every chunk of full size; `.zmetadata`
//! holds all of the metadata once more (consolidated). `_ARRAY_DIMENSIONS` names the dimensions as
//! xarray and GDAL read them. Version 2 rather than 3, because texts as coordinates and consolidated
//! metadata are settled there and all readers in use take it.

use super::cf::{Attribute, Dataset, Values, Variable};
use super::zip::Zip;
use super::{Asked, OutputFile, option};
use crate::error::GraphError;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::{Map, Value, json};
use std::io::Write;

pub(super) const OPTIONS: &[(&str, &str, &str)] =
    &[("compression", "string", "zlib (unless given) or none.")];

/// Side of a chunk along the last two dimensions, and along every other.
const SIDE_LAST: usize = 256;
const SIDE_OTHER: usize = 16;
/// Level of zlib: in the middle, as readers' own default.
const LEVEL: u32 = 5;

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let packed = match asked.text("compression")?.unwrap_or("zlib") {
        "zlib" => true,
        "none" => false,
        other => {
            return Err(option(
                "compression",
                format!("{other:?} is none of zlib, none"),
            ));
        }
    };
    let dataset = Dataset::of(asked)?;
    let bytes = store(&dataset, packed).map_err(|reason| asked.unsuitable(reason))?;
    let mut output = asked.file("", bytes);
    output.times = asked.times();
    output.bands = dataset.bands;
    output.grid = dataset.grid;
    Ok(vec![output])
}

fn store(dataset: &Dataset, packed: bool) -> Result<Vec<u8>, String> {
    let mut zip = Zip::default();
    let mut metadata = Map::new();
    metadata.insert(".zgroup".into(), json!({"zarr_format": 2}));
    metadata.insert(".zattrs".into(), attributes(&dataset.attributes));
    for variable in &dataset.variables {
        let array = Array::of(variable, dataset, packed);
        metadata.insert(format!("{}/.zarray", variable.name), array.describe());
        let mut own = attributes(&variable.attributes);
        let names: Vec<&str> = variable
            .dimensions
            .iter()
            .map(|index| dataset.dimensions[*index].0.as_str())
            .collect();
        own["_ARRAY_DIMENSIONS"] = json!(names);
        metadata.insert(format!("{}/.zattrs", variable.name), own);
        array.put_chunks(&mut zip)?;
    }
    for (name, value) in &metadata {
        zip.add(name, value.to_string().as_bytes())?;
    }
    let consolidated = json!({"zarr_consolidated_format": 1, "metadata": metadata});
    zip.add(".zmetadata", consolidated.to_string().as_bytes())?;
    zip.finish()
}

/// Attributes as JSON. `_FillValue` is the array's own `fill_value`.
fn attributes(given: &[(&'static str, Attribute)]) -> Value {
    let shown = given
        .iter()
        .filter(|(name, _)| *name != "_FillValue")
        .map(|(name, attribute)| {
            let value = match attribute {
                Attribute::Text(text) => json!(text),
                Attribute::Float(number) => json!(number),
                Attribute::Double(number) => json!(number),
            };
            ((*name).to_string(), value)
        });
    Value::Object(shown.collect())
}

/// One variable as an array of chunks.
struct Array<'a> {
    variable: &'a Variable,
    shape: Vec<usize>,
    chunk: Vec<usize>,
    packed: bool,
    /// Letters of the longest text.
    letters: usize,
}

impl<'a> Array<'a> {
    fn of(variable: &'a Variable, dataset: &Dataset, packed: bool) -> Self {
        let shape: Vec<usize> = variable
            .dimensions
            .iter()
            .map(|index| dataset.dimensions[*index].1)
            .collect();
        // Coordinates are one chunk each.
        let chunk = match shape.len() {
            0 | 1 => shape.clone(),
            rank => shape
                .iter()
                .enumerate()
                .map(|(place, length)| {
                    let side = match place + 2 >= rank {
                        true => SIDE_LAST,
                        false => SIDE_OTHER,
                    };
                    side.min(*length)
                })
                .collect(),
        };
        let letters = match &variable.values {
            Values::Text(texts) => texts.iter().map(|text| text.chars().count()).max(),
            _ => None,
        };
        Self {
            variable,
            shape,
            chunk,
            packed,
            letters: letters.unwrap_or(1).max(1),
        }
    }

    fn describe(&self) -> Value {
        let (kind, fill) = match &self.variable.values {
            Values::Text(_) => (format!("<U{}", self.letters), Value::Null),
            Values::Int(_) => ("<i4".to_string(), Value::Null),
            Values::Float(_) => ("<f4".to_string(), json!("NaN")),
            // Coordinates have no gaps.
            Values::Double(_) if self.shape.len() < 2 => ("<f8".to_string(), Value::Null),
            Values::Double(_) => ("<f8".to_string(), json!("NaN")),
        };
        let compressor = match self.packed {
            true => json!({"id": "zlib", "level": LEVEL}),
            false => Value::Null,
        };
        json!({
            "zarr_format": 2,
            "shape": self.shape,
            "chunks": self.chunk,
            "dtype": kind,
            "compressor": compressor,
            "fill_value": fill,
            "order": "C",
            "filters": null,
            "dimension_separator": ".",
        })
    }

    fn put_chunks(&self, zip: &mut Zip) -> Result<(), String> {
        let counts: Vec<usize> = self
            .shape
            .iter()
            .zip(&self.chunk)
            .map(|(length, side)| length.div_ceil(*side))
            .collect();
        for number in 0..counts.iter().product() {
            let at = steps(number, &counts);
            let bytes = self.chunk_bytes(&at);
            let Some(bytes) = bytes else { continue };
            let key = match at.is_empty() {
                true => "0".to_string(),
                false => at
                    .iter()
                    .map(ToString::to_string)
                    .collect::<Vec<_>>()
                    .join("."),
            };
            let name = format!("{}/{key}", self.variable.name);
            match self.packed {
                true => {
                    let mut packer = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
                    let packed = packer.write_all(&bytes).and_then(|()| packer.finish());
                    zip.add(&name, &packed.map_err(|error| error.to_string())?)?;
                }
                false => zip.add(&name, &bytes)?,
            }
        }
        Ok(())
    }

    /// The values of one chunk, of full size; nothing where it is fill throughout.
    fn chunk_bytes(&self, at: &[usize]) -> Option<Vec<u8>> {
        let places: Vec<Option<usize>> = self.places(at);
        let take = |bytes: &mut dyn FnMut(Option<usize>)| places.iter().for_each(|p| bytes(*p));
        let mut bytes = Vec::new();
        match &self.variable.values {
            Values::Text(texts) => take(&mut |place| {
                let mut letters = place
                    .map(|place| texts[place].chars())
                    .into_iter()
                    .flatten();
                for _ in 0..self.letters {
                    let code = letters.next().map_or(0, u32::from);
                    bytes.extend(code.to_le_bytes());
                }
            }),
            Values::Int(values) => take(&mut |place| {
                bytes.extend(place.map_or(0, |place| values[place]).to_le_bytes());
            }),
            Values::Float(values) => {
                let value = |place: Option<usize>| place.map_or(f32::NAN, |place| values[place]);
                if places.iter().all(|place| value(*place).is_nan()) {
                    return None;
                }
                take(&mut |place| bytes.extend(value(place).to_le_bytes()));
            }
            Values::Double(values) => {
                let value = |place: Option<usize>| place.map_or(f64::NAN, |place| values[place]);
                if places.iter().all(|place| value(*place).is_nan()) {
                    return None;
                }
                take(&mut |place| bytes.extend(value(place).to_le_bytes()));
            }
        }
        Some(bytes)
    }

    /// For each place of a chunk, its index among the values; none beyond the array's edge.
    fn places(&self, at: &[usize]) -> Vec<Option<usize>> {
        let count: usize = self.chunk.iter().product();
        let mut places = Vec::with_capacity(count);
        let mut within = vec![0; self.chunk.len()];
        for _ in 0..count {
            let mut index = Some(0);
            for (axis, length) in self.shape.iter().enumerate() {
                let step = at[axis] * self.chunk[axis] + within[axis];
                index = index
                    .filter(|_| step < *length)
                    .map(|index| index * length + step);
            }
            places.push(index);
            for (step, side) in within.iter_mut().zip(&self.chunk).rev() {
                *step += 1;
                if *step < *side {
                    break;
                }
                *step = 0;
            }
        }
        places
    }
}

/// The steps along each axis of a number that counts the last axis fastest.
fn steps(number: usize, lengths: &[usize]) -> Vec<usize> {
    let mut rest = number;
    let mut steps = vec![0; lengths.len()];
    for (step, length) in steps.iter_mut().zip(lengths).rev() {
        *step = rest % length;
        rest /= length;
    }
    steps
}
