//! Parameters in reach of a node, and what a run carries along.

use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits};
use crate::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Deepest nesting of callbacks in one run.
const CALL_DEPTH_MAX: usize = 16;

/// Code of the error that ends a run which was stopped. No openEO code: nobody sees it who did not
/// stop it.
pub const STOPPED: &str = "Stopped";

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

/// Hears what a run does, and may end it.
pub trait Observer: std::fmt::Debug + Send + Sync {
    /// A process of the outer graph begins.
    fn begun(&self, process: &str);
    /// `inspect` was called: level, code, message and data.
    fn inspected(&self, level: &str, code: &str, message: &str, data: &serde_json::Value);
    /// Whether the run shall end now.
    fn stopped(&self) -> bool;
}

/// An observer, or none. Says nothing of what a run gives, so all are equal.
#[derive(Debug, Clone, Default)]
pub struct Observed(pub Option<Arc<dyn Observer>>);

impl PartialEq for Observed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Observed {}

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

    /// Who hears what the run does.
    pub(crate) fn observer(&self) -> Option<&dyn Observer> {
        self.limits.observed.0.as_deref()
    }

    /// Tells the observer of a process of the outer graph, and ends a run that shall end.
    pub(crate) fn begin(&self, process: &str) -> Result<(), GraphError> {
        if self.depth == 0
            && let Some(observer) = self.observer()
        {
            observer.begun(process);
        }
        self.go_on()
    }

    /// Ends a run that shall end.
    ///
    /// # Errors
    /// [`STOPPED`] where the observer says so.
    pub fn go_on(&self) -> Result<(), GraphError> {
        match self.observer() {
            Some(observer) if observer.stopped() => {
                Err(GraphError::new(STOPPED, "the run was stopped"))
            }
            _ => Ok(()),
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
        self.go_on()?;
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
