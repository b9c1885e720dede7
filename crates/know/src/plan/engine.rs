//! Plan, refuse, run, put together.

mod carried;
mod planned;

pub use carried::Ran;
pub use planned::Plan;

use super::error::of_engine_error;
use super::estimate::{Budget, Estimate, Pace};
use super::exec::ChunkExec;
use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits};
use crate::source::SceneSource;
use crate::value::Value;
use async_trait::async_trait;
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_plan::execute_stream;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Results may take this part of the memory; larger ones go to a file.
const RESULT_SHARE: u64 = 2;

/// Runs an operator somewhere and gives its rows.
#[async_trait]
pub trait Carrier: Send + Sync + std::fmt::Debug {
    /// Starts the operator; rows may come in any order.
    ///
    /// # Errors
    /// The openEO error of what failed, `Internal` for the carrier's own failures.
    async fn start(&self, exec: ChunkExec) -> Result<SendableRecordBatchStream, GraphError>;
}

/// In this process, a thread a partition.
#[derive(Debug, Clone, Copy, Default)]
pub struct InProcess;

#[async_trait]
impl Carrier for InProcess {
    async fn start(&self, exec: ChunkExec) -> Result<SendableRecordBatchStream, GraphError> {
        execute_stream(Arc::new(exec), Arc::new(TaskContext::default()))
            .map_err(|error| of_engine_error(&error))
    }
}

/// Told about a run's progress: samples of results done, and all.
pub type Progress = Arc<dyn Fn(u64, u64) + Send + Sync>;

/// Turns graphs into plans and runs them.
#[derive(Clone)]
pub struct Engine {
    limits: RunLimits,
    partitions: usize,
    budget: Option<Budget>,
    carrier: Arc<dyn Carrier>,
    progress: Option<Progress>,
    pace: Option<Arc<Pace>>,
    spill_folder: Option<PathBuf>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("limits", &self.limits)
            .field("partitions", &self.partitions)
            .field("budget", &self.budget)
            .field("carrier", &self.carrier)
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine with these limits, on all cores of this machine, without a budget.
    pub fn new(limits: RunLimits) -> Self {
        Self {
            limits,
            partitions: std::thread::available_parallelism().map_or(1, usize::from),
            budget: None,
            carrier: Arc::new(InProcess),
            progress: None,
            pace: None,
            spill_folder: None,
        }
    }

    /// With so many chunks at a time.
    #[must_use]
    pub fn with_partitions(mut self, partitions: usize) -> Self {
        self.partitions = partitions.max(1);
        self
    }

    /// Refusing what costs more than this.
    #[must_use]
    pub fn with_budget(mut self, budget: Budget) -> Self {
        self.budget = Some(budget);
        self
    }

    /// Running chunks by this carrier, such as a cluster.
    #[must_use]
    pub fn with_carrier(mut self, carrier: Arc<dyn Carrier>) -> Self {
        self.carrier = carrier;
        self
    }

    /// Telling this about progress.
    #[must_use]
    pub fn with_progress(mut self, progress: Progress) -> Self {
        self.progress = Some(progress);
        self
    }

    /// Estimating by how earlier runs went, and keeping how this engine's go.
    #[must_use]
    pub fn with_pace(mut self, pace: Arc<Pace>) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Putting values too large to be held into files of this folder, not the system's folder for
    /// temporary files, which may itself be memory.
    #[must_use]
    pub fn with_spill_folder(mut self, folder: &Path) -> Self {
        self.spill_folder = Some(folder.to_path_buf());
        self
    }

    /// What a graph would cost. Files are opened for their grids; no pixel is read.
    ///
    /// # Errors
    /// As [`Engine::plan`].
    pub async fn estimate(
        &self,
        graph: &ProcessGraph,
        parameters: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
    ) -> Result<Estimate, GraphError> {
        self.plan(graph, parameters, source, &[])
            .await
            .map(|plan| plan.estimate)
    }

    /// Plans, refuses what is over budget, and runs.
    ///
    /// # Errors
    /// As [`Engine::plan`] and [`Engine::execute`]; `ProcessGraphComplexity` with the estimate for
    /// a run over budget.
    pub async fn run(
        &self,
        graph: &ProcessGraph,
        parameters: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
    ) -> Result<Value, GraphError> {
        self.run_keeping(graph, parameters, source, &[])
            .await
            .map(|(value, _)| value)
    }

    /// As [`Engine::run`], with the values of some nodes besides; nodes that the result does not
    /// need are not run and not given.
    ///
    /// # Errors
    /// As [`Engine::run`].
    pub async fn run_keeping(
        &self,
        graph: &ProcessGraph,
        parameters: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
        keep: &[&str],
    ) -> Result<(Value, BTreeMap<String, Value>), GraphError> {
        let plan = self.plan(graph, parameters, source, keep).await?;
        if let Some(budget) = &self.budget {
            plan.estimate.within(budget)?;
        }
        let mut values = self.execute(&plan, source).await?;
        let result = match keep.contains(&graph.result()) {
            true => values.get(graph.result()).cloned(),
            false => values.remove(graph.result()),
        };
        result
            .map(|value| (value, values))
            .ok_or_else(|| GraphError::new("Internal", "the result node was not run"))
    }
}
