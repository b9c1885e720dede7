//! Parameters in reach of a node, and what a run carries along.

use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits};
use crate::value::Value;
use std::collections::BTreeMap;

/// Deepest nesting of callbacks in one run.
const CALL_DEPTH_MAX: usize = 16;

/// Parameters of a graph, and behind them those of the graphs around it.
#[derive(Debug)]
pub struct Scope<'a> {
    own: Own<'a>,
    outer: Option<&'a Scope<'a>>,
}

#[derive(Debug)]
enum Own<'a> {
    Map(&'a BTreeMap<String, Value>),
    List(&'a [(&'a str, Value)]),
}

impl<'a> Scope<'a> {
    /// The parameters of the outermost graph.
    pub fn outer(parameters: &'a BTreeMap<String, Value>) -> Self {
        Self {
            own: Own::Map(parameters),
            outer: None,
        }
    }

    /// The value of a parameter.
    pub fn get(&self, name: &str) -> Option<&Value> {
        let own = match self.own {
            Own::Map(map) => map.get(name),
            Own::List(list) => list
                .iter()
                .find(|(own, _)| *own == name)
                .map(|(_, value)| value),
        };
        own.or_else(|| self.outer.and_then(|outer| outer.get(name)))
    }
}

/// What a run carries along: limits, and the scope that callbacks see.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Limits of the run.
    pub limits: &'a RunLimits,
    scope: Option<&'a Scope<'a>>,
    depth: usize,
}

impl<'a> Context<'a> {
    /// A context without parameters.
    pub fn new(limits: &'a RunLimits) -> Self {
        Self {
            limits,
            scope: None,
            depth: 0,
        }
    }

    /// The same context where callbacks see this scope.
    pub(crate) fn in_scope<'b>(&self, scope: &'b Scope<'b>) -> Context<'b>
    where
        'a: 'b,
    {
        Context {
            limits: self.limits,
            scope: Some(scope),
            depth: self.depth,
        }
    }

    /// Runs a callback with these parameters.
    ///
    /// # Errors
    /// The first error inside the callback, or `ProcessGraphComplexity` for endless nesting.
    pub fn call(
        &self,
        graph: &ProcessGraph,
        parameters: &[(&str, Value)],
    ) -> Result<Value, GraphError> {
        if self.depth >= CALL_DEPTH_MAX {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!("callbacks are nested deeper than {CALL_DEPTH_MAX}"),
            ));
        }
        let scope = Scope {
            own: Own::List(parameters),
            outer: self.scope,
        };
        let deeper = Context {
            depth: self.depth + 1,
            ..*self
        };
        crate::graph::run_nested(graph, &scope, &deeper)
    }

    /// Refuses a cube of more samples than the limit, before it is made.
    ///
    /// # Errors
    /// `ProcessGraphComplexity` with both figures.
    pub fn allow_samples(&self, samples: usize) -> Result<(), GraphError> {
        if samples as u64 > self.limits.max_samples {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!(
                    "a cube would have {samples} samples; at most {} are allowed in one run",
                    self.limits.max_samples
                ),
            ));
        }
        Ok(())
    }
}
