//! Arguments of one call, read by type.

use crate::cube::Cube;
use crate::error::GraphError;
use crate::graph::ProcessGraph;
use crate::value::{Array, Label, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Arguments of one call by parameter name.
#[derive(Debug, Clone)]
pub struct Arguments {
    process: &'static str,
    values: BTreeMap<String, Value>,
}

impl Arguments {
    /// No arguments yet.
    pub fn new(process: &'static str) -> Self {
        Self {
            process,
            values: BTreeMap::new(),
        }
    }

    /// Sets an argument.
    pub fn set(&mut self, name: &str, value: Value) {
        self.values.insert(name.to_string(), value);
    }

    /// The process that is called.
    pub fn process(&self) -> &'static str {
        self.process
    }

    /// All arguments.
    pub fn values(&self) -> &BTreeMap<String, Value> {
        &self.values
    }

    /// An argument, where it was given.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.values.get(name)
    }

    /// An argument; null where it was not given.
    pub fn value(&self, name: &str) -> Value {
        self.get(name).cloned().unwrap_or(Value::Null)
    }

    /// The error that this argument is not right.
    pub fn invalid(&self, name: &str, reason: impl std::fmt::Display) -> GraphError {
        GraphError::argument(self.process, name, reason)
    }

    fn wrong_type(&self, name: &str, wanted: &str) -> GraphError {
        match self.get(name) {
            None => GraphError::new(
                "ProcessParameterRequired",
                format!(
                    "process {:?} needs the parameter {name:?}, {wanted}",
                    self.process
                ),
            ),
            Some(found) => self.invalid(
                name,
                format!("{} given, {wanted} needed", found.type_name()),
            ),
        }
    }

    /// A number.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn number(&self, name: &str) -> Result<f64, GraphError> {
        self.optional_number(name)?
            .ok_or_else(|| self.wrong_type(name, "a number"))
    }

    /// A number; `None` for null and where it was not given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn optional_number(&self, name: &str) -> Result<Option<f64>, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Number(number)) => Ok(Some(*number)),
            // Values of pixels know truth as 1 and 0.
            Some(Value::Boolean(truth)) => Ok(Some(f64::from(u8::from(*truth)))),
            Some(_) => Err(self.wrong_type(name, "a number")),
        }
    }

    /// A number, or this value where none was given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn number_or(&self, name: &str, default: f64) -> Result<f64, GraphError> {
        Ok(self.optional_number(name)?.unwrap_or(default))
    }

    /// A whole number, or `None`.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn optional_integer(&self, name: &str) -> Result<Option<i64>, GraphError> {
        match self.optional_number(name)? {
            None => Ok(None),
            Some(number)
                if number.fract().abs() > 0.0 || number.abs() > 1e15 || number.is_nan() =>
            {
                Err(self.invalid(name, format!("{number} is not a whole number")))
            }
            Some(number) => Ok(Some(number as i64)),
        }
    }

    /// A boolean, or this value where none was given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn boolean_or(&self, name: &str, default: bool) -> Result<bool, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(default),
            Some(Value::Boolean(truth)) => Ok(*truth),
            Some(_) => Err(self.wrong_type(name, "a boolean")),
        }
    }

    /// A truth value; `None` for null. Pixel values count as true unless zero.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn truth(&self, name: &str) -> Result<Option<bool>, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Boolean(truth)) => Ok(Some(*truth)),
            Some(Value::Number(number)) if number.is_nan() => Ok(None),
            Some(Value::Number(number)) => Ok(Some(number.abs() > 0.0)),
            Some(_) => Err(self.wrong_type(name, "a boolean")),
        }
    }

    /// A text.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn text(&self, name: &str) -> Result<&str, GraphError> {
        self.optional_text(name)?
            .ok_or_else(|| self.wrong_type(name, "a text"))
    }

    /// A text; `None` for null and where it was not given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn optional_text(&self, name: &str) -> Result<Option<&str>, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(_) => Err(self.wrong_type(name, "a text")),
        }
    }

    /// A label (number or text); `None` for null and where it was not given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn optional_label(&self, name: &str) -> Result<Option<Label>, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Text(text)) => Ok(Some(Label::Text(text.clone()))),
            Some(Value::Number(number)) => Ok(Some(Label::Number(*number))),
            Some(_) => Err(self.wrong_type(name, "a number or a text")),
        }
    }

    /// An array.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn array(&self, name: &str) -> Result<&Array, GraphError> {
        match self.get(name) {
            Some(Value::Array(array)) => Ok(array),
            _ => Err(self.wrong_type(name, "an array")),
        }
    }

    /// An array of labels; empty where none was given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn labels(&self, name: &str) -> Result<Vec<Label>, GraphError> {
        let array = match self.get(name) {
            None | Some(Value::Null) => return Ok(Vec::new()),
            Some(_) => self.array(name)?,
        };
        array
            .values
            .iter()
            .map(|value| match value {
                Value::Text(text) => Ok(Label::Text(text.clone())),
                Value::Number(number) => Ok(Label::Number(*number)),
                other => Err(self.invalid(name, format!("{} is no label", other.type_name()))),
            })
            .collect()
    }

    /// An array of numbers; null becomes NaN.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn numbers(&self, name: &str) -> Result<Vec<f64>, GraphError> {
        self.array(name)?
            .values
            .iter()
            .map(|value| match value {
                Value::Number(number) => Ok(*number),
                Value::Null => Ok(f64::NAN),
                other => Err(self.invalid(name, format!("{} among numbers", other.type_name()))),
            })
            .collect()
    }

    /// A cube.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn cube(&self, name: &str) -> Result<&Arc<Cube>, GraphError> {
        match self.get(name) {
            Some(Value::Cube(cube)) => Ok(cube),
            _ => Err(self.wrong_type(name, "a data cube")),
        }
    }

    /// A callback.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterInvalid`.
    pub fn graph(&self, name: &str) -> Result<&Arc<ProcessGraph>, GraphError> {
        self.optional_graph(name)?
            .ok_or_else(|| self.wrong_type(name, "a process graph"))
    }

    /// A callback; `None` for null and where it was not given.
    ///
    /// # Errors
    /// `ProcessParameterInvalid`.
    pub fn optional_graph(&self, name: &str) -> Result<Option<&Arc<ProcessGraph>>, GraphError> {
        match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Graph(graph)) => Ok(Some(graph)),
            Some(_) => Err(self.wrong_type(name, "a process graph")),
        }
    }
}
