//! Pixels under geometries, chunk by chunk: partial figures of each geometry and plane.
//!
//! A chunk knows only its own pixels. What it finds under a geometry is a [`Partial`]: sums that
//! can be merged with those of other chunks ([`super::merge`]), or, where the reducer is not known
//! to be made of such sums, the values themselves with their places.

mod ground;
mod partial;

pub(crate) use ground::Grounds;
pub(crate) use partial::Partial;

use super::fuse::single;
use super::job::evaluate;
use crate::call::{Context, Scope};
use crate::cube::{Cube, Samples};
use crate::error::GraphError;
use crate::graph::{Argument, Node, ProcessGraph, RunLimits, argument_value, sources};
use crate::process::zonal_statistics;
use crate::value::Value;
use crate::zones::Statistic;
use corridor_raster::zonal::Tally;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Processes that are computed so.
pub(crate) const PROCESSES: [&str; 2] = ["aggregate_spatial", "zonal_statistics"];

/// What is kept of the pixels under a geometry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keep {
    /// Count, sum, spread, extremes.
    Moments,
    /// Different values and their weights.
    Values,
    /// Every value with its place.
    Series,
}

/// Figures under geometries, wanted of the chunked part of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ZoneCut {
    /// Node of the figures.
    pub(crate) node: String,
    /// Node of the pixels.
    pub(crate) data: String,
    /// The load whose pixels it has.
    pub(crate) load: String,
    /// Planes of `x` and `y` of the pixels.
    pub(crate) planes: usize,
    /// What is kept of them.
    pub(crate) keep: Keep,
}

/// What a reducer of `aggregate_spatial` needs of its pixels.
pub(crate) fn kept_for(node: &Node, graph: &ProcessGraph, scope: &BTreeMap<String, Value>) -> Keep {
    if node.process_id == "zonal_statistics" {
        let statistics = zonal_statistics::wanted(&value_of(node, "statistics", graph, scope));
        return match statistics {
            Ok(all) if all.iter().any(|s| s.needs_values()) => Keep::Values,
            _ => Keep::Moments,
        };
    }
    match single(node, "reducer") {
        Some("mean" | "sum" | "min" | "max" | "sd" | "variance" | "count") => Keep::Moments,
        Some("median") => Keep::Values,
        _ => Keep::Series,
    }
}

fn value_of(
    node: &Node,
    name: &str,
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
) -> Value {
    constant(node, name, graph, scope).unwrap_or(Value::Null)
}

/// The value of an argument that depends on no scene.
fn constant(
    node: &Node,
    name: &str,
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
) -> Result<Value, GraphError> {
    let Some(argument) = node.arguments.get(name) else {
        return Ok(Value::Null);
    };
    let one = BTreeMap::from([(name.to_string(), argument.clone())]);
    let from = sources(&one);
    let values = evaluate(graph, scope, BTreeMap::new(), &from)?.0;
    argument_value(argument, &values, scope)
}

/// The node of the pixels that a node of figures reads, where all else it reads is constant.
pub(crate) fn data_of(node: &Node) -> Option<&str> {
    match node.arguments.get("data") {
        Some(Argument::FromNode(id)) if PROCESSES.contains(&node.process_id.as_str()) => Some(id),
        _ => None,
    }
}

/// The value of a node of figures: the cube that it gives for one pixel, with the samples of all.
pub(crate) fn value(
    cut: &ZoneCut,
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    sketch: &Cube,
    mut found: BTreeMap<(usize, usize), Partial>,
    limits: &RunLimits,
) -> Result<Value, GraphError> {
    let node = &graph.nodes()[&cut.node];
    let outer = Scope::outer(scope);
    let context = Context::new(limits);
    let context = context.in_scope(&outer);
    let rows = sketch.dimensions().first().map_or(0, |d| d.len());
    let figures = sketch.len() / (rows * cut.planes).max(1);
    let mut samples = vec![f64::NAN; sketch.len()];
    let statistics = match node.process_id.as_str() {
        "zonal_statistics" => {
            zonal_statistics::wanted(&value_of(node, "statistics", graph, scope))?
        }
        _ => Vec::new(),
    };
    let reducer = match node.arguments.get("reducer") {
        Some(Argument::Graph(reducer)) => Some(reducer.clone()),
        _ => None,
    };
    let passed = value_of(node, "context", graph, scope);
    let process = single(node, "reducer");
    for row in 0..rows {
        for plane in 0..cut.planes {
            let mut partial = found
                .remove(&(row, plane))
                .unwrap_or_else(|| Partial::new(cut.keep));
            let to = (row * cut.planes + plane) * figures;
            let Some(reducer) = &reducer else {
                for (index, statistic) in statistics.iter().enumerate() {
                    samples[to + index] = figure(*statistic, &mut partial.tally);
                }
                continue;
            };
            if figures == 3 {
                samples[to + 1] = partial.pixels;
                samples[to + 2] = partial.finite;
            }
            samples[to] = partial
                .reduced(reducer, &passed, process, &context)
                .map_err(|error| error.in_node(&cut.node))?;
        }
    }
    sketch.with_samples(Samples::F64(samples)).map(Value::cube)
}

/// A statistic as a number; NaN where there is none.
pub(crate) fn figure(statistic: Statistic, tally: &mut Tally) -> f64 {
    statistic.of(tally).as_f64().unwrap_or(f64::NAN)
}
