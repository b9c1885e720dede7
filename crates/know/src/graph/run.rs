//! Running a process graph.
//!
//! [`run`] goes through the engine; [`interpret`] is the reference and runs what the engine leaves.
//! Only nodes that the result needs are run, each after those it reads from; a node's value is
//! let go after its last reader. Nested graphs run once for each chunk of pixels, on planes that
//! hold one value a pixel ([`Value::Plane`]).

use super::parse::{Argument, ProcessGraph};
use crate::call::{self, Arguments, Context, Observed, Scope};
use crate::error::GraphError;
use crate::model::Models;
use crate::process::{self, Run};
use crate::source::SceneSource;
use crate::value::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What one run may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLimits {
    /// Most samples (pixel × band × date) in one cube.
    pub max_samples: u64,
    /// Most bytes in all cubes alive at one time.
    pub max_memory_bytes: u64,
    /// Who hears what the run does, and may end it.
    pub observed: Observed,
    /// Networks that graphs can name.
    pub models: Models,
}

impl Default for RunLimits {
    /// 250 million samples in a cube, 2 GiB in all.
    fn default() -> Self {
        Self {
            max_samples: 250_000_000,
            max_memory_bytes: 2 << 30,
            observed: Observed::default(),
            models: Models::default(),
        }
    }
}

/// Runs a graph: checks it, fills in parameters, loads scenes through `source`, computes what can
/// be computed by chunks ([`crate::plan`]) and the rest on whole cubes.
///
/// # Errors
/// The openEO error of the first node that fails, with its path.
pub async fn run(
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
    source: &dyn SceneSource,
    limits: &RunLimits,
) -> Result<Value, GraphError> {
    let engine = crate::plan::Engine::new(limits.clone());
    engine.run(graph, parameters, source).await
}

/// Runs a graph as [`run`] does, and gives the values of some nodes besides: a product reads its
/// threshold so. Nodes that the result does not need are not run and not given.
///
/// # Errors
/// As [`run`].
pub async fn run_keeping(
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
    source: &dyn SceneSource,
    limits: &RunLimits,
    keep: &[&str],
) -> Result<(Value, BTreeMap<String, Value>), GraphError> {
    let engine = crate::plan::Engine::new(limits.clone());
    engine.run_keeping(graph, parameters, source, keep).await
}

/// Runs a graph node by node on whole cubes in memory: what every process means, by which plans
/// are judged.
///
/// The work between loads is done on the calling thread; callers on an async runtime give the
/// run a blocking thread of its own.
///
/// # Errors
/// As [`run`].
pub async fn interpret(
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
    source: &dyn SceneSource,
    limits: &RunLimits,
) -> Result<Value, GraphError> {
    let scope = fill_parameters(graph, parameters)?;
    let wanted = [graph.result()];
    let mut ran = run_nodes(graph, &scope, BTreeMap::new(), &wanted, source, limits).await?;
    ran.values
        .remove(graph.result())
        .ok_or_else(|| GraphError::new("Internal", "the result node was not run"))
}

/// Checks a graph against these parameters and adds the defaults of those left out.
pub(crate) fn fill_parameters(
    graph: &ProcessGraph,
    parameters: &BTreeMap<String, Value>,
) -> Result<BTreeMap<String, Value>, GraphError> {
    let declared: Vec<String> = parameters.keys().cloned().collect();
    if let Some(issue) = super::check::validate(graph, &declared).into_iter().next() {
        return Err(issue.error);
    }
    let mut scope = parameters.clone();
    for parameter in graph.parameters() {
        if !scope.contains_key(&parameter.name) {
            if !parameter.optional {
                return Err(GraphError::new(
                    "ProcessParameterRequired",
                    format!(
                        "the parameter {:?} of the graph is required",
                        parameter.name
                    ),
                ));
            }
            scope.insert(parameter.name.clone(), Value::from_json(&parameter.default));
        }
    }
    Ok(scope)
}

/// What a run of some nodes gave.
pub(crate) struct Ran {
    /// Values of the nodes wanted.
    pub(crate) values: BTreeMap<String, Value>,
    /// Most bytes of cubes that were alive at one time.
    pub(crate) peak_bytes: u64,
}

/// Runs the nodes that `wanted` need. Nodes whose value is `given` are not run, nor is what only
/// they need.
pub(crate) async fn run_nodes(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    given: BTreeMap<String, Value>,
    wanted: &[&str],
    source: &dyn SceneSource,
    limits: &RunLimits,
) -> Result<Ran, GraphError> {
    let context = Context::new(limits);
    let scope = Scope::outer(scope);
    let needed = needed(graph, wanted, &given);
    let mut readers = count_readers(graph, &needed, wanted, &given);
    let mut values = given;
    let mut peak_bytes = 0;
    for id in graph.order() {
        if !needed.contains(id.as_str()) || values.contains_key(id) {
            continue;
        }
        let node = &graph.nodes()[id];
        let value = async {
            let (process, arguments) = prepare(node, &values, &scope)?;
            let value = match process.run {
                Run::Load(request) => {
                    let mut request = request(&arguments)?;
                    request.max_samples = limits.max_samples;
                    Value::cube(source.load(&request).await?)
                }
                _ => call::invoke(process, arguments, &context.in_scope(&scope))?,
            };
            check_size(&value, limits)?;
            Ok::<_, GraphError>(value)
        }
        .await
        .map_err(|error| error.in_node(id))?;
        tracing::debug!(node = id, process = node.process_id, "node run");
        values.insert(id.clone(), value);
        peak_bytes = peak_bytes.max(bytes_of(&values));
        for from in sources(&node.arguments) {
            if let Some(left) = readers.get_mut(from) {
                *left -= 1;
                if *left == 0 {
                    values.remove(from);
                }
            }
        }
        check_memory(&values, limits).map_err(|error| error.in_node(id))?;
    }
    values.retain(|id, _| wanted.contains(&id.as_str()));
    Ok(Ran { values, peak_bytes })
}

/// The request of a node that loads scenes, where its arguments need no other node.
pub(crate) fn load_request(
    node: &super::parse::Node,
    values: &BTreeMap<String, Value>,
    scope: &BTreeMap<String, Value>,
) -> Result<Option<crate::source::LoadRequest>, GraphError> {
    let ready = sources(&node.arguments)
        .iter()
        .all(|from| values.contains_key(*from));
    if !ready {
        return Ok(None);
    }
    let (process, arguments) = prepare(node, values, &Scope::outer(scope))?;
    match process.run {
        Run::Load(request) => request(&arguments).map(Some),
        _ => Ok(None),
    }
}

/// Ids of the nodes that `wanted` depend on, themselves included; nothing beyond those given.
pub(crate) fn needed<'a>(
    graph: &'a ProcessGraph,
    wanted: &[&'a str],
    given: &BTreeMap<String, Value>,
) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    let mut open: Vec<&str> = wanted.to_vec();
    while let Some(id) = open.pop() {
        if needed.insert(id)
            && !given.contains_key(id)
            && let Some(node) = graph.nodes().get(id)
        {
            open.extend(sources(&node.arguments));
        }
    }
    needed
}

/// Runs a nested graph with these parameters; no scene can be loaded inside.
pub(crate) fn run_nested(
    graph: &ProcessGraph,
    scope: &Scope<'_>,
    context: &Context<'_>,
) -> Result<Value, GraphError> {
    let mut values: BTreeMap<String, Value> = BTreeMap::new();
    for id in graph.order() {
        let node = &graph.nodes()[id];
        let value = prepare(node, &values, scope)
            .and_then(|(process, arguments)| {
                call::invoke(process, arguments, &context.in_scope(scope))
            })
            .map_err(|error| error.in_node(id))?;
        if id == graph.result() {
            return Ok(value);
        }
        values.insert(id.clone(), value);
    }
    Err(GraphError::new("Internal", "the result node was not run"))
}

fn prepare(
    node: &super::parse::Node,
    values: &BTreeMap<String, Value>,
    scope: &Scope<'_>,
) -> Result<(&'static process::Process, Arguments), GraphError> {
    let process = process::find(&node.process_id).ok_or_else(|| unsupported(&node.process_id))?;
    let mut arguments = Arguments::new(process.id);
    for (name, argument) in &node.arguments {
        arguments.set(name, resolve(argument, values, scope)?);
    }
    Ok((process, arguments))
}

pub(super) fn unsupported(process_id: &str) -> GraphError {
    GraphError::new(
        "ProcessUnsupported",
        format!("the process {process_id:?} is not known here"),
    )
}

/// The value of an argument, given those of the nodes it reads.
///
/// # Errors
/// `Internal` where one of them is missing, `ProcessParameterMissing`.
pub(crate) fn argument_value(
    argument: &Argument,
    values: &BTreeMap<String, Value>,
    scope: &BTreeMap<String, Value>,
) -> Result<Value, GraphError> {
    resolve(argument, values, &Scope::outer(scope))
}

fn resolve(
    argument: &Argument,
    values: &BTreeMap<String, Value>,
    scope: &Scope<'_>,
) -> Result<Value, GraphError> {
    Ok(match argument {
        Argument::Literal(json) => Value::from_json(json),
        Argument::Graph(graph) => Value::Graph(graph.clone()),
        Argument::FromNode(id) => values.get(id).cloned().ok_or_else(|| {
            GraphError::new("Internal", format!("node {id:?} was not run in time"))
        })?,
        Argument::FromParameter(name) => scope.get(name).cloned().ok_or_else(|| {
            GraphError::new(
                "ProcessParameterRequired",
                format!("the graph uses the parameter {name:?}, which has no value"),
            )
        })?,
        Argument::Array(items) => Value::array(
            items
                .iter()
                .map(|item| resolve(item, values, scope))
                .collect::<Result<_, _>>()?,
        ),
        Argument::Object(members) => Value::Object(
            members
                .iter()
                .map(|(name, member)| Ok((name.clone(), resolve(member, values, scope)?)))
                .collect::<Result<_, GraphError>>()?,
        ),
    })
}

/// Ids of the nodes that arguments read from.
pub(crate) fn sources(arguments: &BTreeMap<String, Argument>) -> Vec<&str> {
    let mut from = Vec::new();
    arguments
        .values()
        .for_each(|argument| argument.each_node(&mut |id| from.push(id)));
    from
}

fn count_readers(
    graph: &ProcessGraph,
    needed: &BTreeSet<&str>,
    wanted: &[&str],
    given: &BTreeMap<String, Value>,
) -> BTreeMap<String, usize> {
    let mut readers = BTreeMap::new();
    for id in wanted {
        *readers.entry((*id).to_string()).or_insert(0) += 1;
    }
    for id in needed.iter().filter(|id| !given.contains_key(**id)) {
        for from in sources(&graph.nodes()[*id].arguments) {
            *readers.entry(from.to_string()).or_insert(0) += 1;
        }
    }
    readers
}

fn check_size(value: &Value, limits: &RunLimits) -> Result<(), GraphError> {
    if let Value::Cube(cube) = value
        && cube.len() as u64 > limits.max_samples
    {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "a cube has {} samples; at most {} are allowed in one run",
                cube.len(),
                limits.max_samples
            ),
        ));
    }
    Ok(())
}

fn bytes_of(values: &BTreeMap<String, Value>) -> u64 {
    values
        .values()
        .map(|value| match value {
            Value::Cube(cube) => cube.bytes(),
            _ => 0,
        })
        .sum()
}

fn check_memory(values: &BTreeMap<String, Value>, limits: &RunLimits) -> Result<(), GraphError> {
    let bytes = bytes_of(values);
    if bytes > limits.max_memory_bytes {
        return Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the cubes of this run need {bytes} bytes; at most {} are allowed",
                limits.max_memory_bytes
            ),
        ));
    }
    Ok(())
}
