//! What a graph asks to be written: its `save_result` nodes.

use super::parse::{Argument, ProcessGraph};
use crate::error::GraphError;
use crate::value::Value;
use std::collections::BTreeMap;

/// One `save_result` of the outer graph. The node's value is the data to write.
#[derive(Debug, Clone)]
pub struct Save {
    /// The node.
    pub node: String,
    /// Name of the format.
    pub format: String,
    /// Options of the format.
    pub options: BTreeMap<String, Value>,
    /// Whether the graph's result is computed from it, or it must be run besides.
    pub needed: bool,
}

/// The `save_result` nodes of a graph, in the order they are run. `parameters` are values for the
/// graph's parameters; defaults stand in for others.
///
/// # Errors
/// `ProcessParameterInvalid` where format or options are results of other nodes or of a wrong type.
pub fn saves(
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
) -> Result<Vec<Save>, GraphError> {
    let needed = graph.needed();
    let mut found = Vec::new();
    for id in graph.order() {
        let node = &graph.nodes()[id];
        if node.process_id != "save_result" {
            continue;
        }
        let argument = |name: &str| {
            let value = node
                .arguments
                .get(name)
                .map(|a| resolve(a, graph, parameters));
            value
                .transpose()
                .map_err(|reason| GraphError::argument("save_result", name, reason).in_node(id))
        };
        let wrong = |name: &str, wanted: &str| {
            GraphError::argument("save_result", name, format!("{wanted} is needed")).in_node(id)
        };
        let format = match argument("format")? {
            Some(Value::Text(format)) => format,
            _ => return Err(wrong("format", "a text")),
        };
        let options = match argument("options")? {
            None | Some(Value::Null) => BTreeMap::new(),
            Some(Value::Object(options)) => options,
            // Clients in languages without empty objects send an empty array.
            Some(Value::Array(array)) if array.values.is_empty() => BTreeMap::new(),
            Some(_) => return Err(wrong("options", "an object")),
        };
        found.push(Save {
            node: id.clone(),
            format,
            options,
            needed: needed.contains(id.as_str()),
        });
    }
    Ok(found)
}

/// The value of an argument that needs no node to run: what is written in the graph, and parameters
/// with their defaults.
///
/// # Errors
/// A sentence that says why there is none.
pub fn resolve(
    argument: &Argument,
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
) -> Result<Value, String> {
    Ok(match argument {
        Argument::Literal(json) => Value::from_json(json),
        Argument::FromParameter(name) => {
            let declared = || graph.parameters().iter().find(|p| p.name == *name);
            match (parameters.get(name), declared()) {
                (Some(value), _) => value.clone(),
                (None, Some(declared)) => Value::from_json(&declared.default),
                (None, None) => return Err(format!("the parameter {name:?} has no value")),
            }
        }
        Argument::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((name.clone(), resolve(member, graph, parameters)?)))
                .collect::<Result<_, String>>()?,
        ),
        Argument::Array(items) => Value::array(
            items
                .iter()
                .map(|item| resolve(item, graph, parameters))
                .collect::<Result<_, String>>()?,
        ),
        Argument::Graph(graph) => Value::Graph(graph.clone()),
        Argument::FromNode(_) => {
            return Err("it must be written in the graph, not computed".to_string());
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn formats_and_options_are_read_without_running() {
        let graph = ProcessGraph::parse(&json!({
            "process_graph": {
                "a": {"process_id": "array_create", "arguments": {"data": [1]}},
                "csv": {"process_id": "save_result", "arguments": {"data": {"from_node": "a"}, "format": "CSV", "options": []}},
                "last": {"process_id": "save_result", "result": true, "arguments": {
                    "data": {"from_node": "a"}, "format": {"from_parameter": "format"}, "options": {"x": 1}}}
            },
            "parameters": [{"name": "format", "default": "JSON", "schema": {}}]
        }))
        .unwrap();
        let saves = saves(&graph, &BTreeMap::new()).unwrap();
        assert_eq!(saves.len(), 2);
        assert!(!saves[0].needed && saves[1].needed);
        assert_eq!(saves[1].format, "JSON");
        assert!(saves[1].options.contains_key("x"));
    }
}
