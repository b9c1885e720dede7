//! Reading openEO process graphs.
//!
//! Source: openEO API 1.2.0, "Process Graphs". A graph is an object of nodes; a node names a
//! process and gives its arguments; an argument is a value, the result of another node
//! (`from_node`), a parameter of the graph (`from_parameter`) or a nested graph
//! (`process_graph`).

use crate::error::GraphError;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most nodes in one graph, nested ones apart. Graphs of people have tens.
pub const NODES_MAX: usize = 2_000;
/// Deepest nesting of graphs and of arrays and objects in arguments.
pub const DEPTH_MAX: usize = 32;

/// A process graph whose references resolve and that has no cycle.
#[derive(Debug, Clone, PartialEq)]
pub struct ProcessGraph {
    nodes: BTreeMap<String, Node>,
    order: Vec<String>,
    result: String,
    parameters: Vec<DeclaredParameter>,
    source: Json,
}

/// One call of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The process to call.
    pub process_id: String,
    /// Namespace of the process, where given.
    pub namespace: Option<String>,
    /// Arguments by parameter name.
    pub arguments: BTreeMap<String, Argument>,
}

/// An argument of a node.
#[derive(Debug, Clone, PartialEq)]
pub enum Argument {
    /// A value written in the graph; holds no references.
    Literal(Json),
    /// The result of this node.
    FromNode(String),
    /// The value of this parameter.
    FromParameter(String),
    /// A nested process graph.
    Graph(Arc<ProcessGraph>),
    /// An array with references among its elements.
    Array(Vec<Argument>),
    /// An object with references among its members.
    Object(BTreeMap<String, Argument>),
}

/// A parameter that a graph declares for its callers.
#[derive(Debug, Clone, PartialEq)]
pub struct DeclaredParameter {
    /// Name, as `from_parameter` uses it.
    pub name: String,
    /// Whether it may be left out.
    pub optional: bool,
    /// Value where it is left out.
    pub default: Json,
}

impl Serialize for ProcessGraph {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.source.serialize(serializer)
    }
}

impl ProcessGraph {
    /// Reads a graph: a bare graph, or an object with `process_graph` and maybe `parameters`.
    ///
    /// # Errors
    /// `ProcessGraphInvalid` or `ProcessGraphMissing` for a broken shape, no or several result
    /// nodes, references that lead nowhere, and cycles.
    pub fn parse(json: &Json) -> Result<Self, GraphError> {
        Self::parse_at(json, 0)
    }

    /// Reads a graph from JSON text.
    ///
    /// # Errors
    /// As [`ProcessGraph::parse`], and `ProcessGraphInvalid` where the text is not JSON.
    pub fn from_text(text: &str) -> Result<Self, GraphError> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| invalid(format!("the process graph is not JSON: {error}")))?;
        Self::parse(&json)
    }

    fn parse_at(json: &Json, depth: usize) -> Result<Self, GraphError> {
        if depth > DEPTH_MAX {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!("process graphs are nested deeper than {DEPTH_MAX}"),
            ));
        }
        let Json::Object(outer) = json else {
            return Err(invalid("a process graph must be an object of nodes"));
        };
        let (nodes_json, parameters) = match outer.get("process_graph") {
            Some(Json::Object(inner)) if !inner.contains_key("process_id") => {
                (inner, declared(outer.get("parameters"))?)
            }
            Some(Json::Object(_)) | None => (outer, Vec::new()),
            Some(_) => return Err(invalid("process_graph must be an object of nodes")),
        };
        if nodes_json.is_empty() {
            return Err(GraphError::new(
                "ProcessGraphMissing",
                "the process graph has no nodes",
            ));
        }
        if nodes_json.len() > NODES_MAX {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!(
                    "the process graph has {} nodes; at most {NODES_MAX}",
                    nodes_json.len()
                ),
            ));
        }
        let mut nodes = BTreeMap::new();
        let mut results = Vec::new();
        for (id, node) in nodes_json {
            let parsed = parse_node(id, node, depth).map_err(|error| error.in_node(id))?;
            if node.get("result").and_then(Json::as_bool) == Some(true) {
                results.push(id.clone());
            }
            nodes.insert(id.clone(), parsed);
        }
        let result = match results.len() {
            1 => results.remove(0),
            0 => return Err(invalid("no node of the process graph has \"result\": true")),
            _ => {
                return Err(invalid(format!(
                    "several nodes have \"result\": true: {}; exactly one must",
                    results.join(", ")
                )));
            }
        };
        let order = topological_order(&nodes)?;
        Ok(Self {
            nodes,
            order,
            result,
            parameters,
            source: Json::Object(nodes_json.clone()),
        })
    }

    /// The nodes by id.
    pub fn nodes(&self) -> &BTreeMap<String, Node> {
        &self.nodes
    }

    /// Node ids such that each node comes after those it reads from.
    pub fn order(&self) -> &[String] {
        &self.order
    }

    /// Id of the node whose value is the graph's value.
    pub fn result(&self) -> &str {
        &self.result
    }

    /// Parameters that the graph declares.
    pub fn parameters(&self) -> &[DeclaredParameter] {
        &self.parameters
    }

    /// The same graph with another node as its result.
    ///
    /// # Errors
    /// `Internal` where there is no such node.
    pub fn with_result(&self, node: &str) -> Result<Self, GraphError> {
        if !self.nodes.contains_key(node) {
            return Err(GraphError::new(
                "Internal",
                format!("there is no node {node:?}"),
            ));
        }
        Ok(Self {
            result: node.to_string(),
            ..self.clone()
        })
    }

    /// The graph as it was read, without the wrapping object.
    pub fn to_json(&self) -> &Json {
        &self.source
    }

    /// Ids of the nodes that the result depends on, itself included.
    pub fn needed(&self) -> BTreeSet<&str> {
        let mut needed = BTreeSet::new();
        let mut open = vec![self.result.as_str()];
        while let Some(id) = open.pop() {
            if needed.insert(id)
                && let Some(node) = self.nodes.get(id)
            {
                node.arguments
                    .values()
                    .for_each(|argument| argument.each_node(&mut |from| open.push(from)));
            }
        }
        needed
    }
}

impl Argument {
    /// Calls `visit` with each node that the argument reads from, nested graphs left out.
    pub fn each_node<'a>(&'a self, visit: &mut dyn FnMut(&'a str)) {
        match self {
            Argument::FromNode(id) => visit(id),
            Argument::Array(items) => items.iter().for_each(|item| item.each_node(visit)),
            Argument::Object(members) => members.values().for_each(|item| item.each_node(visit)),
            Argument::Literal(_) | Argument::FromParameter(_) | Argument::Graph(_) => {}
        }
    }
}

fn invalid(message: impl Into<String>) -> GraphError {
    GraphError::new("ProcessGraphInvalid", message)
}

fn declared(parameters: Option<&Json>) -> Result<Vec<DeclaredParameter>, GraphError> {
    let list = match parameters {
        None | Some(Json::Null) => return Ok(Vec::new()),
        Some(Json::Array(list)) => list,
        Some(_) => return Err(invalid("parameters must be an array")),
    };
    list.iter()
        .map(|parameter| {
            let name = parameter
                .get("name")
                .and_then(Json::as_str)
                .ok_or_else(|| invalid("a declared parameter has no name"))?;
            Ok(DeclaredParameter {
                name: name.to_string(),
                // A default says that the parameter may be left out, whether "optional" does or not.
                optional: parameter.get("optional").and_then(Json::as_bool) == Some(true)
                    || parameter.get("default").is_some(),
                default: parameter.get("default").cloned().unwrap_or(Json::Null),
            })
        })
        .collect()
}

fn parse_node(id: &str, json: &Json, depth: usize) -> Result<Node, GraphError> {
    let Json::Object(node) = json else {
        return Err(invalid(format!("node {id:?} is not an object")));
    };
    let Some(Json::String(process_id)) = node.get("process_id") else {
        return Err(invalid(format!("node {id:?} has no process_id")));
    };
    let arguments = match node.get("arguments") {
        Some(Json::Object(arguments)) => arguments,
        None => &Map::new(),
        Some(_) => {
            return Err(invalid(format!(
                "the arguments of node {id:?} are not an object"
            )));
        }
    };
    let arguments = arguments
        .iter()
        .map(|(name, value)| Ok((name.clone(), parse_argument(value, depth + 1)?)))
        .collect::<Result<_, GraphError>>()?;
    Ok(Node {
        process_id: process_id.clone(),
        namespace: node
            .get("namespace")
            .and_then(Json::as_str)
            .map(str::to_string),
        arguments,
    })
}

fn parse_argument(json: &Json, depth: usize) -> Result<Argument, GraphError> {
    if depth > DEPTH_MAX {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!("arguments are nested deeper than {DEPTH_MAX}"),
        ));
    }
    match json {
        Json::Array(items) => {
            let items = items
                .iter()
                .map(|item| parse_argument(item, depth + 1))
                .collect::<Result<Vec<_>, _>>()?;
            if items
                .iter()
                .all(|item| matches!(item, Argument::Literal(_)))
            {
                return Ok(Argument::Literal(json.clone()));
            }
            Ok(Argument::Array(items))
        }
        Json::Object(members) => {
            if let Some(reference) = members.get("from_node") {
                let id = reference
                    .as_str()
                    .ok_or_else(|| invalid("from_node must be a text"))?;
                return Ok(Argument::FromNode(id.to_string()));
            }
            if let Some(reference) = members.get("from_parameter") {
                let name = reference
                    .as_str()
                    .ok_or_else(|| invalid("from_parameter must be a text"))?;
                return Ok(Argument::FromParameter(name.to_string()));
            }
            if members.contains_key("process_graph") {
                let graph = ProcessGraph::parse_at(json, depth + 1)?;
                return Ok(Argument::Graph(Arc::new(graph)));
            }
            let parsed = members
                .iter()
                .map(|(name, member)| Ok((name.clone(), parse_argument(member, depth + 1)?)))
                .collect::<Result<BTreeMap<_, _>, GraphError>>()?;
            if parsed
                .values()
                .all(|member| matches!(member, Argument::Literal(_)))
            {
                return Ok(Argument::Literal(json.clone()));
            }
            Ok(Argument::Object(parsed))
        }
        scalar => Ok(Argument::Literal(scalar.clone())),
    }
}

/// Kahn's algorithm; ties in the order of node ids, so that runs repeat exactly.
fn topological_order(nodes: &BTreeMap<String, Node>) -> Result<Vec<String>, GraphError> {
    let mut waits: BTreeMap<&str, usize> = BTreeMap::new();
    let mut readers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (id, node) in nodes {
        let mut from = BTreeSet::new();
        node.arguments.values().for_each(|argument| {
            argument.each_node(&mut |source| {
                from.insert(source);
            });
        });
        for source in &from {
            if !nodes.contains_key(*source) {
                return Err(invalid(format!(
                    "node {id:?} reads from node {source:?}, which does not exist"
                ))
                .in_node(id));
            }
            readers.entry(source).or_default().push(id);
        }
        waits.insert(id, from.len());
    }
    let mut ready: BTreeSet<&str> = waits
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(id) = ready.pop_first() {
        order.push(id.to_string());
        for reader in readers.get(id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(reader) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(reader);
                }
            }
        }
    }
    if order.len() < nodes.len() {
        let cyclic: Vec<&str> = waits
            .iter()
            .filter(|(_, count)| **count > 0)
            .map(|(id, _)| *id)
            .collect();
        return Err(invalid(format!(
            "the process graph has a cycle among the nodes {}",
            cyclic.join(", ")
        )));
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn nodes_come_after_what_they_read() {
        let graph = ProcessGraph::parse(&json!({
            "a": {"process_id": "add", "arguments": {"x": {"from_node": "b"}, "y": 1}, "result": true},
            "b": {"process_id": "pi", "arguments": {}},
            "unused": {"process_id": "e", "arguments": {}}
        }))
        .unwrap();
        assert_eq!(graph.order(), ["b", "a", "unused"]);
        assert_eq!(graph.result(), "a");
        assert!(!graph.needed().contains("unused"));
    }

    #[test]
    fn broken_graphs_name_what_is_broken() {
        let cases = [
            (json!([]), "ProcessGraphInvalid", "object of nodes"),
            (json!({}), "ProcessGraphMissing", "no nodes"),
            (
                json!({"a": {"process_id": "pi"}}),
                "ProcessGraphInvalid",
                "result",
            ),
            (
                json!({"a": {"process_id": "absolute", "arguments": {"x": {"from_node": "z"}}, "result": true}}),
                "ProcessGraphInvalid",
                "\"z\"",
            ),
            (
                json!({
                    "a": {"process_id": "absolute", "arguments": {"x": {"from_node": "b"}}, "result": true},
                    "b": {"process_id": "absolute", "arguments": {"x": {"from_node": "a"}}}
                }),
                "ProcessGraphInvalid",
                "cycle among the nodes a, b",
            ),
        ];
        for (graph, code, text) in cases {
            let error = ProcessGraph::parse(&graph).unwrap_err();
            assert_eq!(error.code, code, "{error}");
            assert!(error.message.contains(text), "{error}");
        }
    }

    #[test]
    fn endless_nesting_is_refused() {
        let mut nested = json!(1);
        for _ in 0..100 {
            nested = json!([nested]);
        }
        let error = ProcessGraph::parse(&json!({
            "a": {"process_id": "count", "arguments": {"data": nested}, "result": true}
        }))
        .unwrap_err();
        assert_eq!(error.code, "ProcessGraphComplexity");
    }
}
