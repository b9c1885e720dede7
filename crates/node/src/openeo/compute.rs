//! Running process graphs for a caller: their processes, the collections they may see, one place
//! among the node's heavy work.

use super::error::Refusal;
use crate::Node;
use crate::view::View;
use async_trait::async_trait;
use corridor_know::call::{Observed, Observer, STOPPED};
use corridor_know::cube::Cube;
use corridor_know::error::GraphError;
use corridor_know::graph::{self, ProcessGraph, RunLimits, Save, UserProcess};
use corridor_know::output::Format;
use corridor_know::plan::{Engine, Estimate, Plan, Ran, Spilled};
use corridor_know::source::assemble::Scene;
use corridor_know::source::{CatalogSource, LoadRequest, SceneDescription, SceneSource};
use corridor_know::value::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a run gave.
pub(crate) struct Outcome {
    /// The value of the result node, unless it is too large to be held.
    pub(crate) value: Option<Value>,
    /// What `save_result` nodes are to write.
    pub(crate) saved: Vec<Saved>,
}

/// Data to write to files.
pub(crate) struct Saved {
    /// The node of the graph.
    pub(crate) node: String,
    pub(crate) data: Data,
    /// Name of the format.
    pub(crate) format: String,
    /// Options of the format.
    pub(crate) options: BTreeMap<String, Value>,
}

/// A value, or what is too large to be held and so kept in a file.
pub(crate) enum Data {
    Value(Value),
    Spilled(Spilled),
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

/// A graph with its plans, ready to run.
#[derive(Debug)]
pub(crate) struct Planned {
    graph: Arc<ProcessGraph>,
    saves: Vec<Save>,
    /// The plan of the result, with the saves that it needs.
    main: Plan,
    /// The plans of saves that the result does not need: results of their own.
    besides: BTreeMap<String, Plan>,
}

impl Planned {
    /// What all of it costs.
    pub(crate) fn estimate(&self) -> Estimate {
        self.besides
            .values()
            .fold(*self.main.estimate(), |all, plan| all.and(*plan.estimate()))
    }

    /// Refuses results that are too large to be held, where they are to be written in a format that
    /// is written whole.
    pub(crate) fn allow_spilled(&self) -> Result<(), GraphError> {
        for save in &self.saves {
            let plan = self.besides.get(&save.node).unwrap_or(&self.main);
            if plan.spilled_nodes().any(|node| node == save.node) {
                let format = Format::find(&save.format)?;
                let allowed = format.allow_spilled();
                allowed.map_err(|error| error.in_node(&save.node))?;
            }
        }
        match self.saves.is_empty() && self.main.spilled_nodes().next().is_some() {
            true => Format::find("JSON")?.allow_spilled(),
            false => Ok(()),
        }
    }

    /// Refuses results that are too large to be held.
    pub(crate) fn allow_held(&self) -> Result<(), Refusal> {
        let mut plans = std::iter::once(&self.main).chain(self.besides.values());
        match plans.find_map(|plan| plan.spilled_nodes().next()) {
            None => Ok(()),
            Some(node) => Err(Refusal::new(
                "ProcessGraphComplexity",
                format!(
                    "The result of node {node:?} is too large for synchronous processing. Please use a batch job that saves it as GTiff."
                ),
            )),
        }
    }
}

/// An engine within these limits that knows how earlier runs of the node went.
pub(crate) fn engine(node: &Node, mut limits: RunLimits) -> Engine {
    limits.models = node.chain().models().clone();
    Engine::new(limits).with_pace(node.openeo().pace())
}

/// Plans a graph on a thread of its own: files are opened, no pixel is read.
pub(crate) async fn plan(
    graph: Arc<ProcessGraph>,
    source: Arc<dyn SceneSource>,
    engine: Engine,
) -> Result<Planned, Refusal> {
    let runtime = tokio::runtime::Handle::current();
    let made = tokio::task::spawn_blocking(move || {
        runtime.block_on(async {
            let none = BTreeMap::new();
            let saves = graph::saves(&graph, &none)?;
            let keep: Vec<&str> = saves
                .iter()
                .filter(|save| save.needed)
                .map(|save| save.node.as_str())
                .collect();
            let main = engine.plan(&graph, &none, &*source, &keep).await?;
            let mut besides = BTreeMap::new();
            for save in saves.iter().filter(|save| !save.needed) {
                let own = graph.with_result(&save.node)?;
                let plan = engine.plan(&own, &none, &*source, &[]).await?;
                besides.insert(save.node.clone(), plan);
            }
            Ok::<_, GraphError>(Planned {
                graph,
                saves,
                main,
                besides,
            })
        })
    });
    let planned = made
        .await
        .map_err(|error| Refusal::internal("planning a process graph", error))?;
    Ok(planned?)
}

/// Runs what was planned, on a thread of its own.
pub(crate) async fn run(
    planned: Planned,
    source: Arc<dyn SceneSource>,
    engine: Engine,
) -> Result<Outcome, Refusal> {
    let runtime = tokio::runtime::Handle::current();
    let ran =
        tokio::task::spawn_blocking(move || runtime.block_on(nodes(planned, &*source, &engine)));
    let outcome = ran
        .await
        .map_err(|error| Refusal::internal("running a process graph", error))?;
    Ok(outcome?)
}

async fn nodes(
    planned: Planned,
    source: &dyn SceneSource,
    engine: &Engine,
) -> Result<Outcome, GraphError> {
    let missing = || GraphError::new("Internal", "the result node was not run");
    let mut ran = engine.execute_spilling(&planned.main, source).await?;
    let result = planned.graph.result();
    let value = ran.values.get(result).cloned();
    if value.is_none() && !ran.spilled.contains_key(result) {
        return Err(missing());
    }
    let mut saved = Vec::with_capacity(planned.saves.len());
    for save in planned.saves {
        let data = match planned.besides.get(&save.node) {
            None => taken(&mut ran, &save.node),
            Some(plan) => taken(
                &mut engine.execute_spilling(plan, source).await?,
                &save.node,
            ),
        };
        saved.push(Saved {
            data: data.ok_or_else(missing)?,
            node: save.node,
            format: save.format,
            options: save.options,
        });
    }
    Ok(Outcome { value, saved })
}

fn taken(ran: &mut Ran, node: &str) -> Option<Data> {
    let value = ran.values.remove(node).map(Data::Value);
    value.or_else(|| ran.spilled.remove(node).map(Data::Spilled))
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
