//! Definitions of processes: what openEO says about parameters.

use super::Arguments;
use crate::error::GraphError;
use crate::process::{self, Process, Run};
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::sync::OnceLock;

/// What a process takes.
#[derive(Debug, Clone)]
pub struct Definition {
    /// Parameters in order.
    pub parameters: Vec<ParameterDefinition>,
    /// Whether it computes with single numbers.
    pub numeric: bool,
    /// The whole definition as it is served.
    pub json: Json,
}

/// One parameter of a process.
#[derive(Debug, Clone)]
pub struct ParameterDefinition {
    /// Name.
    pub name: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// Value where it is left out.
    pub default: Json,
    /// JSON schema, or several of which one must fit.
    pub schema: Json,
}

/// The definition of a process, read once.
pub(crate) fn of(process: &'static Process) -> &'static Definition {
    static ALL: OnceLock<BTreeMap<&'static str, Definition>> = OnceLock::new();
    static NONE: Definition = Definition {
        parameters: Vec::new(),
        numeric: false,
        json: Json::Null,
    };
    ALL.get_or_init(|| {
        process::ALL
            .iter()
            .map(|process| (process.id, read(process)))
            .collect()
    })
    .get(process.id)
    .unwrap_or(&NONE)
}

impl Process {
    /// The process's definition.
    pub fn definition(&'static self) -> &'static Definition {
        of(self)
    }
}

fn read(process: &Process) -> Definition {
    // The definitions are part of the program; a test reads them all.
    let json: Json = serde_json::from_str(process.definition).unwrap_or(Json::Null);
    let parameters = json
        .get("parameters")
        .and_then(Json::as_array)
        .into_iter()
        .flatten()
        .map(|parameter| ParameterDefinition {
            name: parameter["name"].as_str().unwrap_or_default().to_string(),
            optional: parameter["optional"].as_bool().unwrap_or(false),
            default: parameter.get("default").cloned().unwrap_or(Json::Null),
            schema: parameter.get("schema").cloned().unwrap_or(Json::Null),
        })
        .collect();
    Definition {
        parameters,
        numeric: matches!(process.run, Run::Unary(_) | Run::Binary(_)),
        json,
    }
}

impl Definition {
    /// The parameter of this name.
    pub fn parameter(&self, name: &str) -> Option<&ParameterDefinition> {
        self.parameters.iter().find(|p| p.name == name)
    }

    /// Checks names, presence and types of arguments.
    ///
    /// # Errors
    /// `ProcessParameterRequired`, `ProcessParameterUnsupported`, `ProcessParameterInvalid`.
    pub(super) fn check_arguments(&self, arguments: &Arguments) -> Result<(), GraphError> {
        let process = arguments.process();
        for parameter in &self.parameters {
            match arguments.get(&parameter.name) {
                None if parameter.optional => {}
                None => return Err(required(process, &parameter.name)),
                // Single numbers may be missing, whether the definition says so or not.
                Some(Value::Null) if self.numeric => {}
                Some(value) => {
                    if let Some(reason) = misfit(value, &parameter.schema, parameter.optional) {
                        return Err(GraphError::argument(process, &parameter.name, reason));
                    }
                }
            }
        }
        match arguments
            .values()
            .keys()
            .find(|name| self.parameter(name).is_none())
        {
            Some(name) => Err(unknown(process, name)),
            None => Ok(()),
        }
    }
}

pub(crate) fn required(process: &str, name: &str) -> GraphError {
    GraphError::new(
        "ProcessParameterRequired",
        format!("process {process:?} needs the parameter {name:?}"),
    )
}

pub(crate) fn unknown(process: &str, name: &str) -> GraphError {
    GraphError::new(
        "ProcessParameterUnsupported",
        format!("process {process:?} has no parameter {name:?}"),
    )
}

/// Why a value fits none of the schemas; `None` where it fits one or the schema is open.
///
/// Ranges of numbers are left to the processes: the official vectors ask for NaN outside of a
/// function's domain, not for an error.
pub(crate) fn misfit(value: &Value, schema: &Json, optional: bool) -> Option<String> {
    let alternatives: Vec<&Json> = match schema {
        Json::Array(several) => several.iter().collect(),
        Json::Null => return None,
        one => vec![one],
    };
    if optional && matches!(value, Value::Null) {
        return None;
    }
    let mut reason = None;
    for alternative in alternatives {
        match misfit_one(value, alternative) {
            None => return None,
            Some(why) => reason = reason.or(Some(why)),
        }
    }
    reason
}

fn misfit_one(value: &Value, schema: &Json) -> Option<String> {
    let types: Vec<&str> = match &schema["type"] {
        Json::String(one) => vec![one],
        Json::Array(several) => several.iter().filter_map(Json::as_str).collect(),
        _ => return None,
    };
    let subtype = schema["subtype"].as_str().unwrap_or_default();
    let fits = types.iter().any(|wanted| match (value, *wanted) {
        (Value::Null, "null") | (Value::Boolean(_), "boolean") => true,
        (Value::Number(_), "number") | (Value::Text(_), "string") | (Value::Array(_), "array") => {
            true
        }
        (Value::Number(number), "integer") => number.is_finite() && number.fract().abs() == 0.0,
        (Value::Graph(_), "object") => subtype == "process-graph",
        (Value::Cube(_), "object") => subtype == "datacube",
        (Value::Cube(_), "array") => subtype == "vector-cube",
        // Clients write GeoJSON where a vector cube is asked for.
        (Value::Object(members), "object") if subtype == "datacube" => {
            let dimensions = schema["dimensions"].as_array();
            let geometries = dimensions.is_some_and(|d| d.iter().any(|d| d["type"] == "geometry"));
            geometries && members.contains_key("type")
        }
        (Value::Object(_), "object") => subtype != "process-graph",
        // Values of pixels stand for numbers, booleans and null.
        (Value::Plane(_), "number" | "integer" | "boolean" | "null") => true,
        _ => false,
    });
    if !fits {
        return Some(format!(
            "{} given, {} needed",
            value.type_name(),
            if subtype.is_empty() {
                types.join(" or ")
            } else {
                subtype.to_string()
            }
        ));
    }
    if let (Value::Text(text), Some(choices)) = (value, schema["enum"].as_array())
        && !choices.iter().any(|choice| choice.as_str() == Some(text))
    {
        let known: Vec<&str> = choices.iter().filter_map(Json::as_str).collect();
        return Some(format!("{text:?} is none of {}", known.join(", ")));
    }
    if let (Value::Array(array), Some(least)) = (value, schema["minItems"].as_u64())
        && (array.values.len() as u64) < least
    {
        return Some(format!(
            "{} elements, at least {least} needed",
            array.values.len()
        ));
    }
    None
}
