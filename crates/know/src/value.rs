//! Values that flow along the edges of a process graph.

use crate::cube::Cube;
use crate::graph::ProcessGraph;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A value of a process graph.
///
/// `Null` is openEO's no-data value for single values; in cubes and planes it is NaN.
#[derive(Debug, Clone)]
pub enum Value {
    /// No data.
    Null,
    /// True or false.
    Boolean(bool),
    /// A number; may be NaN or infinite.
    Number(f64),
    /// A text; dates and times too.
    Text(String),
    /// An array, with labels where it has some.
    Array(Array),
    /// An object.
    Object(BTreeMap<String, Value>),
    /// A nested process graph.
    Graph(Arc<ProcessGraph>),
    /// A data cube.
    Cube(Arc<Cube>),
    /// Many single values at once, one for each pixel of a chunk; NaN is no data, truth is 1 and
    /// 0. Stands for a single value inside nested process graphs.
    Plane(Arc<Vec<f64>>),
}

/// An array with optional labels.
#[derive(Debug, Clone, Default)]
pub struct Array {
    /// The elements.
    pub values: Vec<Value>,
    /// Labels of the elements, as many as there are elements.
    pub labels: Option<Arc<Vec<Label>>>,
}

/// A label of an array element or of a dimension.
#[derive(Debug, Clone, PartialEq)]
pub enum Label {
    /// A number: coordinates.
    Number(f64),
    /// A text: band names, dates and times.
    Text(String),
}

impl Label {
    /// Whether two labels name the same step. A text of a number is not that number.
    pub fn same(&self, other: &Label) -> bool {
        match (self, other) {
            (Label::Number(a), Label::Number(b)) => a.total_cmp(b).is_eq(),
            (Label::Text(a), Label::Text(b)) => a == b,
            _ => false,
        }
    }

    /// The label as a value.
    pub fn to_value(&self) -> Value {
        match self {
            Label::Number(number) => Value::Number(*number),
            Label::Text(text) => Value::Text(text.clone()),
        }
    }
}

impl std::fmt::Display for Label {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Label::Number(number) => write!(f, "{number}"),
            Label::Text(text) => f.write_str(text),
        }
    }
}

impl Value {
    /// A cube as a value.
    pub fn cube(cube: Cube) -> Self {
        Value::Cube(Arc::new(cube))
    }

    /// An array without labels.
    pub fn array(values: Vec<Value>) -> Self {
        Value::Array(Array {
            values,
            labels: None,
        })
    }

    /// An array of numbers; NaN stays NaN.
    pub fn numbers(values: impl IntoIterator<Item = f64>) -> Self {
        Self::array(values.into_iter().map(Value::Number).collect())
    }

    /// The value of JSON; nested process graphs are not looked for.
    pub fn from_json(json: &serde_json::Value) -> Self {
        match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(truth) => Value::Boolean(*truth),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap_or(f64::NAN)),
            serde_json::Value::String(text) => Value::Text(text.clone()),
            serde_json::Value::Array(items) => {
                Value::array(items.iter().map(Value::from_json).collect())
            }
            serde_json::Value::Object(members) => Value::Object(
                members
                    .iter()
                    .map(|(name, member)| (name.clone(), Value::from_json(member)))
                    .collect(),
            ),
        }
    }

    /// The value as JSON; `None` for cubes, graphs and planes. NaN and infinities become null,
    /// whole numbers are written without a fraction.
    pub fn to_json(&self) -> Option<serde_json::Value> {
        Some(match self {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(truth) => (*truth).into(),
            Value::Number(number) => number_to_json(*number),
            Value::Text(text) => text.clone().into(),
            Value::Array(array) => array
                .values
                .iter()
                .map(Value::to_json)
                .collect::<Option<Vec<_>>>()?
                .into(),
            Value::Object(members) => members
                .iter()
                .map(|(name, member)| Some((name.clone(), member.to_json()?)))
                .collect::<Option<serde_json::Map<_, _>>>()?
                .into(),
            Value::Graph(_) | Value::Cube(_) | Value::Plane(_) => return None,
        })
    }

    /// Word for the type, for messages.
    pub fn type_name(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Boolean(_) => "boolean",
            Value::Number(_) => "number",
            Value::Text(_) => "string",
            Value::Array(_) => "array",
            Value::Object(_) => "object",
            Value::Graph(_) => "process graph",
            Value::Cube(_) => "data cube",
            Value::Plane(_) => "values of pixels",
        }
    }

    /// Truth of a boolean; `None` for null, NaN and other types.
    pub fn truth(&self) -> Option<bool> {
        match self {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Whether it is null or NaN.
    pub fn is_nodata(&self) -> bool {
        match self {
            Value::Null => true,
            Value::Number(number) => number.is_nan(),
            _ => false,
        }
    }
}

fn number_to_json(number: f64) -> serde_json::Value {
    /// Whole numbers up to here are exact in 64-bit floats.
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    if number.fract().abs() > 0.0 || number.abs() > EXACT_MAX || !number.is_finite() {
        return serde_json::Number::from_f64(number)
            .map_or(serde_json::Value::Null, serde_json::Value::Number);
    }
    (number as i64).into()
}
