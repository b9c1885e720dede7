//! Comma separated values (RFC 4180).

use super::{Asked, OutputFile, TEXT_SAMPLES_MAX};
use crate::cube::{Cube, Dimension, DimensionKind, Offsets};
use crate::error::GraphError;
use crate::value::{Label, Value};
use std::fmt::Write;

pub(super) fn write(asked: &Asked<'_>) -> Result<Vec<OutputFile>, GraphError> {
    let text = match asked.value {
        Value::Cube(cube) => table(cube, asked)?,
        Value::Array(array) => {
            let mut text = String::from("label,value\r\n");
            for (i, value) in array.values.iter().enumerate() {
                let label = array
                    .labels
                    .as_ref()
                    .and_then(|labels| labels.get(i))
                    .map_or_else(|| i.to_string(), ToString::to_string);
                let _ = write!(text, "{},{}\r\n", field(&label), single(value, asked)?);
            }
            text
        }
        other => format!("value\r\n{}\r\n", single(other, asked)?),
    };
    let times = match asked.value {
        Value::Cube(cube) => super::times(cube),
        _ => None,
    };
    Ok(vec![OutputFile {
        times,
        ..asked.file("", text.into_bytes())
    }])
}

/// Bands become columns; every other dimension is a column of its labels.
fn table(cube: &Cube, asked: &Asked<'_>) -> Result<String, GraphError> {
    if cube.len() > TEXT_SAMPLES_MAX {
        return Err(asked.unsuitable(format!(
            "it has {} values; at most {TEXT_SAMPLES_MAX}",
            cube.len()
        )));
    }
    let wide = |d: &Dimension| d.kind == DimensionKind::Bands;
    let keys: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .filter(|d| !wide(d))
        .cloned()
        .collect();
    let columns: Vec<Dimension> = cube
        .dimensions()
        .iter()
        .filter(|d| wide(d))
        .cloned()
        .collect();
    let width: usize = columns.iter().map(Dimension::len).product();
    let height: usize = keys.iter().map(Dimension::len).product();
    let properties = property_names(&keys);
    let offsets = Offsets::new(&[keys.clone(), columns.clone()].concat(), cube);
    let mut text = String::new();
    let mut head: Vec<String> = Vec::new();
    for key in &keys {
        head.push(field(&key.name));
        if key.kind == DimensionKind::Geometry {
            head.extend(properties.iter().map(|name| field(name)));
        }
    }
    head.extend((0..width).map(|column| field(&column_name(&columns, column))));
    let _ = write!(text, "{}\r\n", head.join(","));
    for row in 0..height {
        let mut steps = vec![0; keys.len()];
        let mut rest = row;
        for (step, key) in steps.iter_mut().zip(&keys).rev() {
            *step = rest % key.len();
            rest /= key.len();
        }
        let mut fields: Vec<String> = Vec::new();
        for (step, key) in steps.iter().zip(&keys) {
            fields.push(field(&key.labels[*step].to_string()));
            if key.kind == DimensionKind::Geometry {
                let own = key.properties.as_ref().and_then(|all| all.get(*step));
                fields.extend(properties.iter().map(
                    |name| match own.and_then(|own| own.get(name)) {
                        None | Some(serde_json::Value::Null) => String::new(),
                        Some(serde_json::Value::String(text)) => field(text),
                        Some(other) => field(&other.to_string()),
                    },
                ));
            }
        }
        for index in offsets.range(row * width, width) {
            let value = index.map_or(f64::NAN, |index| cube.samples().get(index));
            fields.push(if value.is_nan() {
                String::new()
            } else {
                value.to_string()
            });
        }
        let _ = write!(text, "{}\r\n", fields.join(","));
    }
    Ok(text)
}

/// Names of the features' properties, sorted.
fn property_names(keys: &[Dimension]) -> Vec<String> {
    let names: std::collections::BTreeSet<String> = keys
        .iter()
        .filter_map(|key| key.properties.as_ref())
        .flat_map(|all| all.iter().flat_map(|own| own.keys().cloned()))
        .collect();
    names.into_iter().collect()
}

/// Name of a column: its labels along these dimensions.
pub(super) fn column_name(dimensions: &[Dimension], column: usize) -> String {
    let mut rest = column;
    let mut parts: Vec<String> = Vec::new();
    for dimension in dimensions.iter().rev() {
        let label: &Label = &dimension.labels[rest % dimension.len()];
        parts.push(label.to_string());
        rest /= dimension.len();
    }
    parts.reverse();
    if parts.is_empty() {
        "value".to_string()
    } else {
        parts.join(" ")
    }
}

fn single(value: &Value, asked: &Asked<'_>) -> Result<String, GraphError> {
    Ok(match value {
        Value::Null => String::new(),
        Value::Number(number) if number.is_nan() => String::new(),
        Value::Number(number) => number.to_string(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Text(text) => field(text),
        other => return Err(asked.unsuitable(format!("{} is no single value", other.type_name()))),
    })
}

/// A field, in quotes where it must be.
fn field(text: &str) -> String {
    if text.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
