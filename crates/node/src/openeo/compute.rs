//! Running process graphs for a caller: their processes, the collections they may see, one place
//! among the node's heavy work.

use super::error::Refusal;
use crate::Node;
use crate::view::View;
use async_trait::async_trait;
use corridor_know::call::{Observed, Observer, STOPPED};
use corridor_know::cube::Cube;
use corridor_know::error::GraphError;
use corridor_know::graph::{self, ProcessGraph, RunLimits, UserProcess};
use corridor_know::source::assemble::Scene;
use corridor_know::source::{CatalogSource, LoadRequest, SceneDescription, SceneSource};
use corridor_know::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run gave.
pub(crate) struct Outcome {
    /// The value of the result node.
    pub(crate) value: Value,
    /// What `save_result` nodes are to write.
    pub(crate) saved: Vec<Saved>,
}

/// Data to write to files.
pub(crate) struct Saved {
    /// The node of the graph.
    pub(crate) node: String,
    pub(crate) value: Value,
    /// Name of the format.
    pub(crate) format: String,
    /// Options of the format.
    pub(crate) options: BTreeMap<String, Value>,
}

/// Reads the graph of a process, the user's own processes put in place.
pub(crate) fn read(
    node: &Node,
    user: &str,
    process: &serde_json::Value,
) -> Result<ProcessGraph, Refusal> {
    if !process
        .get("process_graph")
        .is_some_and(serde_json::Value::is_object)
    {
        return Err(Refusal::new(
            "ProcessGraphMissing",
            "Invalid process specified. It doesn't contain a process graph.",
        ));
    }
    let store = node.openeo().store();
    let find = |id: &str| {
        let found = store.process(user, id).inspect_err(|error| {
            tracing::error!(%error, "reading a stored process");
        });
        found.ok().flatten().map(|process| UserProcess {
            process_graph: process["process_graph"].clone(),
            parameters: process["parameters"].clone(),
        })
    };
    let expanded = graph::expand(process, &find)?;
    Ok(ProcessGraph::parse(&expanded)?)
}

/// Runs a graph on a thread of its own.
pub(crate) async fn run(
    graph: Arc<ProcessGraph>,
    source: Arc<dyn SceneSource>,
    limits: RunLimits,
) -> Result<Outcome, Refusal> {
    let runtime = tokio::runtime::Handle::current();
    let ran =
        tokio::task::spawn_blocking(move || runtime.block_on(nodes(&graph, &*source, &limits)));
    let outcome = ran
        .await
        .map_err(|error| Refusal::internal("running a process graph", error))?;
    Ok(outcome?)
}

async fn nodes(
    graph: &ProcessGraph,
    source: &dyn SceneSource,
    limits: &RunLimits,
) -> Result<Outcome, GraphError> {
    let parameters = BTreeMap::new();
    let saves = graph::saves(graph, &parameters)?;
    let keep: Vec<&str> = saves
        .iter()
        .filter(|save| save.needed)
        .map(|save| save.node.as_str())
        .collect();
    let (value, mut kept) = graph::run_keeping(graph, &parameters, source, limits, &keep).await?;
    let mut saved = Vec::with_capacity(saves.len());
    for save in saves {
        let value = match kept.remove(&save.node) {
            Some(value) => value,
            // The result does not need it: it is a result of its own.
            None => {
                let besides = graph.with_result(&save.node)?;
                graph::run(&besides, &parameters, source, limits).await?
            }
        };
        saved.push(Saved {
            node: save.node,
            value,
            format: save.format,
            options: save.options,
        });
    }
    Ok(Outcome { value, saved })
}

/// The scenes of the catalogue as one caller sees them.
pub(crate) struct VisibleScenes {
    view: View,
    scenes: CatalogSource,
    observed: Observed,
}

impl VisibleScenes {
    pub(crate) fn new(node: &Node, view: View) -> Self {
        let chain = node.chain();
        Self {
            view,
            scenes: CatalogSource::new(chain.catalog(), chain.assets()),
            observed: Observed::default(),
        }
    }

    /// The same scenes, whose loading is heard too.
    pub(crate) fn observed(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observed = Observed(Some(observer));
        self
    }

    fn check(&self, collection: &str) -> Result<(), GraphError> {
        match self.view.sees(collection) {
            true => Ok(()),
            false => Err(GraphError::new(
                "CollectionNotFound",
                format!("unknown collection {collection:?}"),
            )),
        }
    }
}

#[async_trait]
impl SceneSource for VisibleScenes {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        self.check(&request.collection)?;
        if let Some(observer) = &self.observed.0 {
            observer.begun("load_collection");
            if observer.stopped() {
                return Err(GraphError::new(STOPPED, "the run was stopped"));
            }
        }
        self.scenes.load(request).await
    }

    async fn scenes(&self, request: &LoadRequest) -> Result<Option<Vec<Scene>>, GraphError> {
        self.check(&request.collection)?;
        self.scenes.scenes(request).await
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        self.check(collection)?;
        self.scenes.describe(collection, item).await
    }
}
