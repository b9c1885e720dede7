//! Checking a graph before it runs: processes, arguments, parameters.

use super::parse::{Argument, ProcessGraph};
use super::run::unsupported;
use crate::call::{self, Definition};
use crate::error::GraphError;
use crate::process;
use crate::value::Value;
use serde_json::Value as Json;

/// One thing that is wrong with a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct Issue {
    /// What, with its openEO code and place.
    pub error: GraphError,
}

/// Checks that each process is known, each required argument given, none unknown, each literal of
/// the right type, and each `from_parameter` defined. Empty where all is well.
///
/// `parameters` are the names that the caller will give values for.
pub fn validate(graph: &ProcessGraph, parameters: &[String]) -> Vec<Issue> {
    let mut known: Vec<String> = parameters.to_vec();
    known.extend(graph.parameters().iter().map(|p| p.name.clone()));
    let mut errors = Vec::new();
    check_graph(graph, &known, &mut errors);
    errors.into_iter().map(|error| Issue { error }).collect()
}

fn check_graph(graph: &ProcessGraph, known: &[String], errors: &mut Vec<GraphError>) {
    for id in graph.order() {
        let node = &graph.nodes()[id];
        let Some(process) = process::find(&node.process_id) else {
            errors.push(unsupported(&node.process_id).in_node(id));
            continue;
        };
        let definition = process.definition();
        let mut found = Vec::new();
        for parameter in &definition.parameters {
            if !parameter.optional && !node.arguments.contains_key(&parameter.name) {
                found.push(call::required(process.id, &parameter.name));
            }
        }
        for (name, argument) in &node.arguments {
            check_argument(definition, process.id, name, argument, known, &mut found);
        }
        errors.extend(found.into_iter().map(|error| error.in_node(id)));
    }
}

fn check_argument(
    definition: &Definition,
    process: &str,
    name: &str,
    argument: &Argument,
    known: &[String],
    errors: &mut Vec<GraphError>,
) {
    let Some(parameter) = definition.parameter(name) else {
        errors.push(call::unknown(process, name));
        return;
    };
    match argument {
        Argument::Literal(json) => {
            let value = Value::from_json(json);
            // Single numbers may be missing, whether the definition says so or not.
            if definition.numeric && matches!(value, Value::Null) {
                return;
            }
            if let Some(reason) = call::misfit(&value, &parameter.schema, parameter.optional) {
                errors.push(GraphError::argument(process, name, reason));
            }
        }
        Argument::Graph(nested) => {
            let mut inner = known.to_vec();
            inner.extend(callback_parameters(&parameter.schema));
            check_graph(nested, &inner, errors);
        }
        _ => each_parameter(argument, &mut |parameter| {
            if !known.iter().any(|name| name == parameter) {
                errors.push(GraphError::new(
                    "ProcessParameterRequired",
                    format!("the graph uses the parameter {parameter:?}, which has no value"),
                ));
            }
        }),
    }
}

fn each_parameter(argument: &Argument, visit: &mut dyn FnMut(&str)) {
    match argument {
        Argument::FromParameter(name) => visit(name),
        Argument::Array(items) => items.iter().for_each(|item| each_parameter(item, visit)),
        Argument::Object(members) => members
            .values()
            .for_each(|item| each_parameter(item, visit)),
        Argument::Literal(_) | Argument::FromNode(_) | Argument::Graph(_) => {}
    }
}

/// Names of the parameters that a callback is given, from the schema of the argument.
fn callback_parameters(schema: &Json) -> Vec<String> {
    let alternatives: Vec<&Json> = match schema {
        Json::Array(several) => several.iter().collect(),
        one => vec![one],
    };
    alternatives
        .into_iter()
        .chain(
            // Filters by metadata hold their graphs one level down.
            schema
                .as_array()
                .into_iter()
                .flatten()
                .map(|one| &one["additionalProperties"]),
        )
        .flat_map(|one| one["parameters"].as_array().into_iter().flatten())
        .filter_map(|parameter| parameter["name"].as_str().map(str::to_string))
        .collect()
}
