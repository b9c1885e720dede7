//! User-defined processes: their graphs put in the place of the nodes that call them.
//!
//! Done on the JSON before a graph is read, so that checking, estimating and running know only
//! predefined processes. Source: openEO API 1.2.0, "User-Defined Processes": a node whose process
//! is not predefined (or whose `namespace` is `user`) is a process of the user.

use super::parse::{DEPTH_MAX, NODES_MAX};
use crate::error::GraphError;
use crate::process;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Deepest nesting of user-defined processes that call one another.
const CALLS_MAX: usize = 8;

/// A stored process of a user.
#[derive(Debug, Clone)]
pub struct UserProcess {
    /// Its nodes.
    pub process_graph: Json,
    /// The parameters it declares, an array.
    pub parameters: Json,
}

/// A graph with every call of a user-defined process replaced by that process's nodes.
///
/// Takes what [`super::ProcessGraph::parse`] takes. Node `a` that calls a process with a node `b`
/// becomes nodes `a/b`; the result keeps the id `a`. `find` gives the user's process of a name.
///
/// # Errors
/// `ProcessUnsupported` for a process that is neither predefined nor the user's,
/// `ProcessParameterRequired` and `ProcessParameterUnsupported` for wrong arguments,
/// `ProcessGraphComplexity` for processes that call one another without end, `FeatureUnsupported`
/// for what cannot be put in place: a node's result used inside a callback of the process.
pub fn expand(
    graph: &Json,
    find: &dyn Fn(&str) -> Option<UserProcess>,
) -> Result<Json, GraphError> {
    let wrapped = graph
        .get("process_graph")
        .is_some_and(|inner| inner.get("process_id").is_none());
    if !wrapped {
        return nodes(graph, find, 0, 0);
    }
    let mut outer = graph.clone();
    outer["process_graph"] = nodes(&graph["process_graph"], find, 0, 0)?;
    Ok(outer)
}

fn nodes(
    graph: &Json,
    find: &dyn Fn(&str) -> Option<UserProcess>,
    calls: usize,
    depth: usize,
) -> Result<Json, GraphError> {
    let Json::Object(all) = graph else {
        return Ok(graph.clone());
    };
    if depth > DEPTH_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("process graphs are nested deeper than {DEPTH_MAX}"),
        ));
    }
    let mut out = Map::new();
    for (id, node) in all {
        let placed = place(id, node, find, calls, depth).map_err(|error| error.in_node(id))?;
        out.extend(placed);
        if out.len() > NODES_MAX {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!(
                    "with its user-defined processes the graph has more than {NODES_MAX} nodes"
                ),
            ));
        }
    }
    Ok(Json::Object(out))
}

/// The nodes that stand for one node.
fn place(
    id: &str,
    node: &Json,
    find: &dyn Fn(&str) -> Option<UserProcess>,
    calls: usize,
    depth: usize,
) -> Result<Map<String, Json>, GraphError> {
    let Some(name) = node["process_id"].as_str() else {
        // What is wrong with it is said when the graph is read.
        return Ok(Map::from_iter([(id.to_string(), node.clone())]));
    };
    let mut node = node.clone();
    if let Some(arguments) = node.get_mut("arguments") {
        callbacks(arguments, find, calls, depth + 1)?;
    }
    let user = node["namespace"].as_str() == Some("user");
    if !user && process::find(name).is_some() {
        return Ok(Map::from_iter([(id.to_string(), node)]));
    }
    let Some(own) = find(name) else {
        if user {
            return Err(GraphError::new(
                "ProcessUnsupported",
                format!("process with identifier {name:?} is not available in namespace \"user\""),
            ));
        }
        return Ok(Map::from_iter([(id.to_string(), node)]));
    };
    if calls >= CALLS_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("user-defined processes call one another deeper than {CALLS_MAX}"),
        ));
    }
    let arguments = bound(name, &own.parameters, &node["arguments"])?;
    let inner = nodes(&own.process_graph, find, calls + 1, depth + 1)?;
    let inner = inner.as_object().ok_or_else(|| {
        GraphError::new(
            "ProcessGraphMissing",
            format!("the user-defined process {name:?} has no process graph"),
        )
    })?;
    let mut out = Map::new();
    for (inner_id, inner_node) in inner {
        let mut placed = inner_node.clone();
        let result = placed["result"].as_bool() == Some(true);
        if let Some(members) = placed.as_object_mut() {
            members.remove("result");
            if let (true, Some(flag)) = (result, node.get("result")) {
                members.insert("result".into(), flag.clone());
            }
            if let Some(own) = members.get_mut("arguments") {
                let put = Put {
                    call: id,
                    inner,
                    arguments: &arguments,
                };
                put.within(own, &BTreeSet::new(), false)?;
            }
        }
        out.insert(inner_name(id, inner_id, result), placed);
    }
    Ok(out)
}

fn inner_name(call: &str, node: &str, result: bool) -> String {
    if result {
        call.to_string()
    } else {
        format!("{call}/{node}")
    }
}

/// Expands the callbacks among arguments.
fn callbacks(
    value: &mut Json,
    find: &dyn Fn(&str) -> Option<UserProcess>,
    calls: usize,
    depth: usize,
) -> Result<(), GraphError> {
    if depth > 2 * DEPTH_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("arguments are nested deeper than {DEPTH_MAX}"),
        ));
    }
    match value {
        Json::Array(items) => items
            .iter_mut()
            .try_for_each(|item| callbacks(item, find, calls, depth + 1)),
        Json::Object(members) => {
            if let Some(graph) = members.get("process_graph") {
                let expanded = nodes(graph, find, calls, depth + 1)?;
                members.insert("process_graph".into(), expanded);
                return Ok(());
            }
            members
                .values_mut()
                .try_for_each(|item| callbacks(item, find, calls, depth + 1))
        }
        _ => Ok(()),
    }
}

/// The arguments of a call with the defaults of the parameters.
fn bound(name: &str, parameters: &Json, given: &Json) -> Result<Map<String, Json>, GraphError> {
    let mut arguments = Map::new();
    let declared = parameters.as_array().map_or(&[][..], Vec::as_slice);
    for parameter in declared {
        let Some(own) = parameter["name"].as_str() else {
            continue;
        };
        let optional = parameter["optional"].as_bool() == Some(true);
        let value = match (given.get(own), parameter.get("default")) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => default.clone(),
            (None, None) if optional => Json::Null,
            (None, None) => return Err(crate::call::required(name, own)),
        };
        arguments.insert(own.to_string(), value);
    }
    if let Some(unknown) = given
        .as_object()
        .and_then(|given| given.keys().find(|key| !arguments.contains_key(*key)))
    {
        return Err(crate::call::unknown(name, unknown));
    }
    Ok(arguments)
}

/// Puts arguments and node names of one call in place.
struct Put<'a> {
    call: &'a str,
    inner: &'a Map<String, Json>,
    arguments: &'a Map<String, Json>,
}

impl Put<'_> {
    /// `shadowed` are parameters of callbacks around; `nested` says that there are any.
    fn within(
        &self,
        value: &mut Json,
        shadowed: &BTreeSet<String>,
        nested: bool,
    ) -> Result<(), GraphError> {
        let members = match value {
            Json::Array(items) => {
                return items
                    .iter_mut()
                    .try_for_each(|item| self.within(item, shadowed, nested));
            }
            Json::Object(members) => members,
            _ => return Ok(()),
        };
        if let Some(name) = members.get("from_parameter").and_then(Json::as_str) {
            if !shadowed.contains(name)
                && let Some(argument) = self.arguments.get(name)
            {
                if nested {
                    within_callback(argument, shadowed, name)?;
                }
                *value = argument.clone();
            }
            return Ok(());
        }
        if let Some(node) = members.get("from_node").and_then(Json::as_str) {
            // Callbacks have nodes of their own.
            if !nested && let Some(found) = self.inner.get(node) {
                let result = found["result"].as_bool() == Some(true);
                *value = json!({"from_node": inner_name(self.call, node, result)});
            }
            return Ok(());
        }
        if let Some(graph) = members.get_mut("process_graph") {
            let Some(inside) = graph.as_object_mut() else {
                return Ok(());
            };
            // Which parameters a callback is given is known by the process it is given to; those of
            // all predefined ones are few, and are taken to shadow.
            let mut hidden = shadowed.clone();
            hidden.extend(CALLBACK_PARAMETERS.map(str::to_string));
            for node in inside.values_mut() {
                if let Some(arguments) = node.get_mut("arguments") {
                    self.within(arguments, &hidden, true)?;
                }
            }
            return Ok(());
        }
        members
            .values_mut()
            .try_for_each(|item| self.within(item, shadowed, nested))
    }
}

/// Parameters that predefined processes give to callbacks.
const CALLBACK_PARAMETERS: [&str; 7] = ["x", "y", "data", "context", "value", "index", "label"];

/// Whether an argument keeps its meaning inside of a callback.
fn within_callback(
    argument: &Json,
    shadowed: &BTreeSet<String>,
    name: &str,
) -> Result<(), GraphError> {
    let refused = |reason: &str| {
        Err(GraphError::new(
            "FeatureUnsupported",
            format!(
                "the argument {name:?} of a user-defined process is used inside of a callback there, and {reason}; pass a value"
            ),
        ))
    };
    match argument {
        Json::Array(items) => items
            .iter()
            .try_for_each(|item| within_callback(item, shadowed, name)),
        Json::Object(members) => {
            if members.contains_key("from_node") {
                return refused("is the result of a node");
            }
            if let Some(outer) = members.get("from_parameter").and_then(Json::as_str)
                && shadowed.contains(outer)
            {
                return refused("is a parameter of the name of one that the callback has itself");
            }
            members
                .values()
                .try_for_each(|item| within_callback(item, shadowed, name))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::{ProcessGraph, RunLimits, run};
    use crate::source::FileSource;
    use crate::value::Value;
    use std::collections::BTreeMap;

    fn library(name: &str) -> Option<UserProcess> {
        let parameter = |name: &str| json!({"name": name, "schema": {"type": "number"}});
        let own = match name {
            "fahrenheit" => UserProcess {
                process_graph: json!({
                    "times": {"process_id": "multiply", "arguments": {"x": {"from_parameter": "celsius"}, "y": 1.8}},
                    "plus": {"process_id": "add", "arguments": {"x": {"from_node": "times"}, "y": {"from_parameter": "offset"}}, "result": true}
                }),
                parameters: json!([parameter("celsius"), {"name": "offset", "default": 32, "optional": true, "schema": {}}]),
            },
            "all_times" => UserProcess {
                process_graph: json!({"each": {"process_id": "array_apply", "result": true, "arguments": {
                    "data": {"from_parameter": "data"},
                    "process": {"process_graph": {"m": {"process_id": "multiply", "result": true,
                        "arguments": {"x": {"from_parameter": "x"}, "y": {"from_parameter": "factor"}}}}}}}}),
                parameters: json!([parameter("data"), parameter("factor")]),
            },
            "endless" => UserProcess {
                process_graph: json!({"a": {"process_id": "endless", "arguments": {}, "result": true}}),
                parameters: json!([]),
            },
            _ => return None,
        };
        Some(own)
    }

    fn value_of(graph: &Json) -> Result<Value, GraphError> {
        let graph = ProcessGraph::parse(&expand(graph, &library)?)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(run(
            &graph,
            &BTreeMap::new(),
            &FileSource::new(),
            &RunLimits::default(),
        ))
    }

    #[test]
    fn calls_nest_and_defaults_hold() {
        let graph = json!({
            "a": {"process_id": "fahrenheit", "arguments": {"celsius": 10}},
            "b": {"process_id": "fahrenheit", "namespace": "user", "result": true,
                  "arguments": {"celsius": {"from_node": "a"}, "offset": 0}}
        });
        let Value::Number(number) = value_of(&graph).unwrap() else {
            panic!("no number")
        };
        assert!((number - 90.0).abs() < 1e-12);
    }

    #[test]
    fn a_process_as_a_callback_and_values_within_callbacks() {
        let graph = json!({"a": {"process_id": "array_apply", "result": true, "arguments": {
            "data": [0, 100],
            "process": {"process_graph": {"f": {"process_id": "fahrenheit", "result": true,
                "arguments": {"celsius": {"from_parameter": "x"}}}}}}}});
        assert_eq!(
            value_of(&graph).unwrap().to_json().unwrap(),
            json!([32, 212])
        );
        let graph = json!({"a": {"process_id": "all_times", "result": true,
            "arguments": {"data": [1, 2], "factor": 3}}});
        assert_eq!(value_of(&graph).unwrap().to_json().unwrap(), json!([3, 6]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let call = |name: &str, arguments: Json| json!({"a": {"process_id": name, "namespace": "user", "arguments": arguments, "result": true}});
        let cases = [
            (call("nobody", json!({})), "ProcessUnsupported"),
            (call("fahrenheit", json!({})), "ProcessParameterRequired"),
            (
                call("fahrenheit", json!({"celsius": 1, "k": 2})),
                "ProcessParameterUnsupported",
            ),
            (call("endless", json!({})), "ProcessGraphComplexity"),
        ];
        for (graph, code) in cases {
            assert_eq!(value_of(&graph).unwrap_err().code, code, "{graph}");
        }
        let graph = json!({
            "n": {"process_id": "pi", "arguments": {}},
            "a": {"process_id": "all_times", "result": true,
                  "arguments": {"data": [1], "factor": {"from_node": "n"}}}
        });
        assert_eq!(value_of(&graph).unwrap_err().code, "FeatureUnsupported");
    }
}
