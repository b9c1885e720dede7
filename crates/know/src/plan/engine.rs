//! Plan, refuse, run, put together.

use super::chunk;
use super::error::of_engine_error;
use super::estimate::{Budget, Estimate, stored_bytes_a_pixel};
use super::exec::ChunkExec;
use super::job::{Cut, Job, JobData, evaluate};
use super::piece::{self, Assembly};
use super::shape::{Shape, shape};
use super::spill::Spilled;
use crate::call::Context;
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits, fill_parameters, load_request, run_nodes};
use crate::process::{self, Run};
use crate::source::SceneSource;
use crate::source::assemble::Layout;
use crate::value::Value;
use async_trait::async_trait;
use corridor_raster::dataset::{Dataset, Window};
use datafusion_execution::{SendableRecordBatchStream, TaskContext};
use datafusion_physical_plan::{ExecutionPlan, displayable, execute_stream};
use futures::StreamExt;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pixels computed at a time: their planes stay in the cache.
const PIECE_PX: u64 = 16_384;
/// Results may take this part of the memory; larger ones go to a file.
const RESULT_SHARE: u64 = 2;
/// Fewest pixels worth computing at a time.
const PIECE_PX_MIN: u64 = 16;

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

/// A graph, ready to run.
#[derive(Debug)]
pub struct Plan {
    graph: ProcessGraph,
    scope: BTreeMap<String, Value>,
    wanted: Vec<String>,
    shape: Shape,
    exec: Option<ChunkExec>,
    results: Vec<Sketch>,
    /// Bytes of the results of the chunks.
    result_bytes: u64,
    estimate: Estimate,
}

/// What is known of a result before the run.
#[derive(Debug)]
struct Sketch {
    cut: Cut,
    cube: Cube,
    /// The load whose pixels it has.
    load: String,
}

impl Plan {
    /// Chunks, bytes, seconds.
    pub fn estimate(&self) -> &Estimate {
        &self.estimate
    }

    /// Nodes that need the whole picture and so run on assembled cubes, with the reason.
    pub fn whole_nodes(&self) -> &[(String, String)] {
        &self.shape.whole
    }

    /// Whether any of it runs by chunks.
    pub fn is_chunked(&self) -> bool {
        self.exec.is_some()
    }

    /// The operator that computes the chunks, where there are any.
    pub fn operator(&self) -> Option<&ChunkExec> {
        self.exec.as_ref()
    }

    /// The plan in words, one line an operator or node.
    pub fn explain(&self) -> String {
        let mut text = String::new();
        if let Some(exec) = &self.exec {
            let exec: Arc<dyn ExecutionPlan> = Arc::new(exec.clone());
            text.push_str(&displayable(exec.as_ref()).indent(false).to_string());
        }
        for (node, reason) in &self.shape.whole {
            text.push_str(&format!("on whole cubes: {node} ({reason})\n"));
        }
        text
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

    /// Checks a graph, asks the source for its scenes, and plans. `keep` are nodes whose values are
    /// wanted besides the result's.
    ///
    /// # Errors
    /// The graph's own errors; those of the source, such as `CollectionNotFound` and
    /// `NoDataAvailable`; `ProcessGraphComplexity` where one pixel needs more memory than allowed.
    pub async fn plan(
        &self,
        graph: &ProcessGraph,
        parameters: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
        keep: &[&str],
    ) -> Result<Plan, GraphError> {
        let scope = fill_parameters(graph, parameters)?;
        let needed = graph.needed();
        let mut wanted: Vec<&str> = keep
            .iter()
            .copied()
            .filter(|id| needed.contains(id))
            .collect();
        wanted.push(graph.result());
        let (layouts, held) = self.layouts(graph, &scope, source).await?;
        let shape = shape(graph, &scope, &wanted, &layouts);
        let mut plan = Plan {
            graph: graph.clone(),
            wanted: wanted.iter().map(ToString::to_string).collect(),
            estimate: Estimate::of_layouts(layouts.values()),
            shape,
            exec: None,
            results: Vec::new(),
            result_bytes: 0,
            scope,
        };
        let only_loads = plan.shape.chunked.len() == plan.shape.loads.len();
        let parameters = json_of(&plan.scope);
        if let (false, Some(parameters)) = (only_loads, parameters) {
            self.cut_up(&mut plan, layouts, held, parameters)?;
        }
        Ok(plan)
    }

    /// The layouts of the loads whose arguments depend on no other scene.
    async fn layouts(
        &self,
        graph: &ProcessGraph,
        scope: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
    ) -> Result<(BTreeMap<String, Layout>, Held), GraphError> {
        let needed = graph.needed();
        let (mut layouts, mut held) = (BTreeMap::new(), Held::new());
        for id in graph
            .order()
            .iter()
            .filter(|id| needed.contains(id.as_str()))
        {
            let node = &graph.nodes()[id];
            let loads = process::find(&node.process_id)
                .is_some_and(|process| matches!(process.run, Run::Load(_)));
            if !loads {
                continue;
            }
            let placed = |error: GraphError| error.in_node(id);
            let request = load_request(node, &BTreeMap::new(), scope).map_err(placed)?;
            let Some(mut request) = request else {
                continue;
            };
            request.max_samples = self.limits.max_samples;
            let Some(scenes) = source.scenes(&request).await.map_err(placed)? else {
                continue;
            };
            let (mut layout, files) = Layout::of(scenes, &request).map_err(placed)?;
            for (entry, dataset) in layout.files.iter_mut().zip(files) {
                // Another process may stand in another folder.
                match std::path::absolute(&entry.name) {
                    Ok(path) if path.is_file() => entry.name = path.display().to_string(),
                    _ => {
                        held.insert(entry.name.clone(), dataset);
                    }
                }
            }
            layouts.insert(id.clone(), layout);
        }
        Ok((layouts, held))
    }

    /// Makes the operator of what can be computed by chunks.
    fn cut_up(
        &self,
        plan: &mut Plan,
        layouts: BTreeMap<String, Layout>,
        held: Held,
        parameters: serde_json::Map<String, serde_json::Value>,
    ) -> Result<(), GraphError> {
        let loads: BTreeMap<String, Layout> = layouts
            .into_iter()
            .filter(|(id, _)| plan.shape.loads.contains(id))
            .collect();
        let given = loads
            .iter()
            .map(|(id, layout)| Ok((id.clone(), Value::cube(layout.sketch()?))))
            .collect::<Result<BTreeMap<_, _>, GraphError>>()?;
        let wanted: Vec<&str> = plan.shape.cuts.iter().map(String::as_str).collect();
        let (values, peak_bytes) = evaluate(&plan.graph, &plan.scope, given, &wanted)?;
        let (mut result_bytes, mut cuts) = (0, Vec::new());
        for (node, load) in plan.shape.cuts.iter().zip(&plan.shape.cut_loads) {
            let Some(Value::Cube(cube)) = values.get(node) else {
                return Ok(());
            };
            let Some(planes) = piece::planes_of(cube.dimensions()) else {
                return Ok(());
            };
            let cut = Cut {
                node: node.clone(),
                planes,
                wide: matches!(cube.samples(), Samples::F64(_)),
            };
            let grid = &loads[load].grid;
            let pixels = grid.width as u64 * grid.height as u64;
            result_bytes += pixels.saturating_mul(cube.bytes());
            cuts.push(cut.clone());
            plan.results.push(Sketch {
                cut,
                cube: (**cube).clone(),
                load: load.clone(),
            });
        }
        let Some(lead) = loads.values().next() else {
            return Ok(());
        };
        let lead = lead.clone();
        let data = JobData {
            graph: plan.graph.to_json().clone(),
            parameters,
            cuts,
            halo_px: plan.shape.halo_px,
            chunks: Vec::new(),
            piece_px: 1,
            loads,
        };
        let mut job = Job::new(data, held)?;
        let work = job.work_bytes_a_pixel(peak_bytes)?;
        // What is too large to be held goes to a file, or is refused when it is to be held.
        plan.result_bytes = result_bytes;
        let kept_bytes = match result_bytes > self.limits.max_memory_bytes / RESULT_SHARE {
            true => 0,
            false => result_bytes,
        };
        let sizes = self.sizes(&job.data.loads, work, kept_bytes)?;
        job.data.chunks = chunk::cut(&lead, sizes.chunk_px, self.partitions);
        job.data.piece_px = sizes.piece_px as usize;
        plan.estimate = Estimate::of_job(&job, self.partitions, sizes.memory_bytes);
        let exec = ChunkExec::new(Arc::new(job), self.partitions, None);
        plan.exec = Some(exec.map_err(|error| of_engine_error(&error))?);
        Ok(())
    }

    /// How much is read and computed at a time, so that all of it stays within the limit.
    fn sizes(
        &self,
        loads: &BTreeMap<String, Layout>,
        work: u64,
        result_bytes: u64,
    ) -> Result<Sizes, GraphError> {
        let limit = self.limits.max_memory_bytes;
        let too_much = |what: String| {
            GraphError::new(
                "ProcessGraphComplexity",
                format!("{what}; at most {limit} bytes are allowed in one run"),
            )
        };
        let workers = self.partitions as u64;
        let share = limit.saturating_sub(result_bytes) / workers;
        let stored: u64 = loads.values().map(stored_bytes_a_pixel).sum();
        let piece_px = PIECE_PX.min(share / 2 / work.max(1));
        let chunk_px = share / 2 / stored.max(1);
        if piece_px < PIECE_PX_MIN || chunk_px < PIECE_PX_MIN {
            return Err(too_much(format!(
                "the result needs {result_bytes} bytes, and computing {PIECE_PX_MIN} pixels at a time {} more",
                2 * workers * PIECE_PX_MIN * work.max(stored)
            )));
        }
        Ok(Sizes {
            chunk_px,
            piece_px,
            memory_bytes: limit
                .min(result_bytes + workers * (piece_px * work + chunk_px.min(1 << 24) * stored)),
        })
    }

    /// Runs a plan: the values of its result and of the nodes to keep, by node.
    ///
    /// # Errors
    /// The openEO error of the first node that fails, with its path.
    pub async fn execute(
        &self,
        plan: &Plan,
        source: &dyn SceneSource,
    ) -> Result<BTreeMap<String, Value>, GraphError> {
        let given = match &plan.exec {
            Some(exec) => self.chunks(plan, exec).await?,
            None => BTreeMap::new(),
        };
        let wanted: Vec<&str> = plan.wanted.iter().map(String::as_str).collect();
        run_nodes(
            &plan.graph,
            &plan.scope,
            given,
            &wanted,
            source,
            &self.limits,
        )
        .await
        .map(|ran| ran.values)
    }

    /// Says which nodes begin, to whoever hears.
    fn begin(&self, plan: &Plan) {
        if let Some(observer) = &self.limits.observed.0 {
            for node in &plan.shape.chunked {
                observer.begun(&plan.graph.nodes()[node].process_id);
            }
        }
    }

    /// Ends a run that shall end; the chunks under way stop when nobody takes their results.
    fn go_on(&self) -> Result<(), GraphError> {
        Context::new(&self.limits).go_on()
    }

    /// Runs the chunks and puts their results together.
    async fn chunks(
        &self,
        plan: &Plan,
        exec: &ChunkExec,
    ) -> Result<BTreeMap<String, Value>, GraphError> {
        let limit = self.limits.max_memory_bytes;
        if plan.result_bytes > limit / RESULT_SHARE {
            return Err(GraphError::new(
                "ProcessGraphComplexity",
                format!(
                    "the results need {} bytes; at most {}, half of what a run may hold, are kept in memory",
                    plan.result_bytes,
                    limit / RESULT_SHARE
                ),
            ));
        }
        let layouts = exec.loads();
        let mut results = Vec::new();
        for sketch in &plan.results {
            let dimensions = sketch.dimensions(&layouts[&sketch.load]);
            let broken = || GraphError::new("Internal", "a result has no pixels");
            results.push(Assembly::new(dimensions, sketch.cut.wide).ok_or_else(broken)?);
        }
        let all: u64 = results.iter().map(Assembly::samples).sum();
        self.begin(plan);
        let mut rows = self.carrier.start(exec.clone()).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| of_engine_error(&error))?;
            self.go_on()?;
            piece::place(&batch, &mut results)?;
            if let Some(progress) = &self.progress {
                progress(results.iter().map(|result| result.filled as u64).sum(), all);
            }
        }
        let mut values = BTreeMap::new();
        for (sketch, result) in plan.results.iter().zip(results) {
            if !result.complete() {
                return Err(incomplete(&sketch.cut.node));
            }
            let layout = &layouts[&sketch.load];
            let (dimensions, samples) = result.into_parts();
            let mut cube = Cube::new(dimensions, samples, sketch.cube.crs().cloned())?;
            let exact = layout.grid_of(Window::new(0, 0, 1, 1));
            if sketch.cube.grid() == Some(&exact) {
                cube = cube.on_grid(layout.grid.clone());
            }
            values.insert(sketch.cut.node.clone(), Value::cube(cube));
        }
        Ok(values)
    }

    /// Runs a plan whose result comes out of the chunks as it is, and keeps it in a temporary file:
    /// for results larger than the memory. `None` where the result needs the whole picture.
    ///
    /// # Errors
    /// As [`Engine::execute`].
    pub async fn spill(&self, plan: &Plan) -> Result<Option<Spilled>, GraphError> {
        let only = match (&plan.exec, plan.results.as_slice()) {
            (Some(exec), [only]) if only.cut.node == plan.graph.result() => Some((exec, only)),
            _ => None,
        };
        let Some((exec, sketch)) = only else {
            return Ok(None);
        };
        let layout = &exec.loads()[&sketch.load];
        let pixels = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
        let others = sketch.cube.dimensions().iter();
        let others = others.filter(|d| !pixels(d)).cloned().collect();
        let grid = layout.grid.clone();
        let mut result = Spilled::new(others, grid, sketch.cut.planes, sketch.cut.wide)?;
        self.begin(plan);
        let mut rows = self.carrier.start(exec.clone()).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| of_engine_error(&error))?;
            self.go_on()?;
            piece::each(&batch, |_, piece| match result.place(piece) {
                Some(written) => written.map(|()| true),
                None => Ok(false),
            })?;
            if let Some(progress) = &self.progress {
                progress(result.filled(), result.samples());
            }
        }
        if result.filled() != result.samples() {
            return Err(incomplete(&sketch.cut.node));
        }
        Ok(Some(result))
    }
}

fn incomplete(node: &str) -> GraphError {
    GraphError::new("Internal", format!("pieces of node {node:?} are missing"))
}

impl Sketch {
    /// The dimensions of the whole result.
    fn dimensions(&self, layout: &Layout) -> Vec<Dimension> {
        let whole = Window::whole(layout.grid.width, layout.grid.height);
        let full = layout.dimensions(whole);
        self.cube
            .dimensions()
            .iter()
            .map(|own| match own.kind {
                DimensionKind::Y => full[2].clone(),
                DimensionKind::X => full[3].clone(),
                _ => own.clone(),
            })
            .collect()
    }
}

type Held = BTreeMap<String, Arc<Dataset>>;

struct Sizes {
    chunk_px: u64,
    piece_px: u64,
    memory_bytes: u64,
}

/// Parameters as JSON; `None` where one cannot be written.
fn json_of(scope: &BTreeMap<String, Value>) -> Option<serde_json::Map<String, serde_json::Value>> {
    fn finite(value: &Value) -> bool {
        match value {
            Value::Number(number) => number.is_finite(),
            Value::Array(array) => array.labels.is_none() && array.values.iter().all(finite),
            Value::Object(members) => members.values().all(finite),
            _ => true,
        }
    }
    scope
        .iter()
        .map(|(name, value)| {
            let json = value.to_json().filter(|_| finite(value))?;
            Some((name.clone(), json))
        })
        .collect()
}
