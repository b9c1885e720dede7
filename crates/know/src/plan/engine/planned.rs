//! Making a plan: what is computed by chunks, and how large they are.

use super::{Engine, RESULT_SHARE};
use crate::cube::{Cube, Dimension, DimensionKind, Samples};
use crate::error::GraphError;
use crate::graph::{ProcessGraph, fill_parameters, load_request};
use crate::plan::chunk;
use crate::plan::error::of_engine_error;
use crate::plan::estimate::Estimate;
use crate::plan::exec::ChunkExec;
use crate::plan::job::{Chunk, Cut, Job, JobData, evaluate};
use crate::plan::merge;
use crate::plan::piece;
use crate::plan::shape::{Shape, shape};
use crate::plan::zones::{self, ZoneCut};
use crate::process::{self, Run};
use crate::source::SceneSource;
use crate::source::assemble::Layout;
use crate::value::Value;
use corridor_raster::dataset::{Dataset, Window};
use datafusion_physical_plan::{ExecutionPlan, displayable};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Pixels computed at a time: their planes stay in the cache.
const PIECE_PX: u64 = 16_384;
/// Fewest pixels worth computing at a time.
const PIECE_PX_MIN: u64 = 16;

/// A graph, ready to run.
#[derive(Debug)]
pub struct Plan {
    pub(super) graph: ProcessGraph,
    pub(super) scope: BTreeMap<String, Value>,
    pub(super) wanted: Vec<String>,
    pub(super) shape: Shape,
    pub(super) exec: Option<ChunkExec>,
    pub(super) results: Vec<Sketch>,
    /// Figures under geometries, each with the cube that its node gives for one pixel.
    pub(super) figures: Vec<(ZoneCut, Cube)>,
    /// Bytes of the results of the chunks, and of those of them that are held in memory.
    result_bytes: u64,
    pub(super) held_bytes: u64,
    pub(super) estimate: Estimate,
    /// The estimated seconds before they are corrected by the pace of earlier runs.
    pub(super) plain_seconds: f64,
    /// Whether every load is computed straight from stored samples.
    pub(super) fused: bool,
}

/// What is known of a result before the run.
#[derive(Debug)]
pub(super) struct Sketch {
    pub(super) cut: Cut,
    pub(super) cube: Cube,
    /// The load whose pixels it has.
    pub(super) load: String,
    /// Bytes of all of it.
    bytes: u64,
    /// Whether it goes to a file: too large to be held, and asked for by nobody but the caller.
    pub(super) spills: bool,
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

    /// Nodes whose values are too large to be held: [`Engine::execute_spilling`] gives them as
    /// files, [`Engine::execute`] refuses them.
    pub fn spilled_nodes(&self) -> impl Iterator<Item = &str> {
        let spilled = self.results.iter().filter(|result| result.spills);
        spilled.map(|result| result.cut.node.as_str())
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
            let mut exec: Arc<dyn ExecutionPlan> = Arc::new(exec.clone());
            if let (false, Ok(merged)) = (self.figures.is_empty(), merge::over(exec.clone())) {
                exec = merged;
            }
            text.push_str(&displayable(exec.as_ref()).indent(false).to_string());
        }
        for (node, reason) in &self.shape.whole {
            text.push_str(&format!("on whole cubes: {node} ({reason})\n"));
        }
        text
    }
}

impl Engine {
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
        let (layouts, held, uncounted) = self.layouts(graph, &scope, source).await?;
        let shape = shape(graph, &scope, &wanted, &layouts);
        let mut plan = Plan {
            graph: graph.clone(),
            wanted: wanted.iter().map(ToString::to_string).collect(),
            estimate: Estimate::of_layouts(layouts.values()),
            shape,
            exec: None,
            results: Vec::new(),
            figures: Vec::new(),
            result_bytes: 0,
            held_bytes: 0,
            plain_seconds: 0.0,
            fused: false,
            scope,
        };
        let only_loads =
            plan.shape.chunked.len() == plan.shape.loads.len() && plan.shape.figures.is_empty();
        let parameters = json_of(&plan.scope);
        if let (false, Some(parameters)) = (only_loads, parameters) {
            self.cut_up(&mut plan, layouts, held, parameters)?;
        }
        plan.plain_seconds = plan.estimate.seconds;
        if let Some(pace) = &self.pace {
            plan.estimate.seconds *= pace.factor(plan.fused);
        }
        plan.estimate.result_bytes = plan.result_bytes;
        plan.estimate.uncounted_loads = uncounted;
        Ok(plan)
    }

    /// The layouts of the loads whose arguments depend on no other scene, files that no other
    /// process can open, and how many loads are left out.
    async fn layouts(
        &self,
        graph: &ProcessGraph,
        scope: &BTreeMap<String, Value>,
        source: &dyn SceneSource,
    ) -> Result<(BTreeMap<String, Layout>, Held, u64), GraphError> {
        let needed = graph.needed();
        let (mut layouts, mut held) = (BTreeMap::new(), Held::new());
        let mut uncounted = 0;
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
                uncounted += 1;
                continue;
            };
            request.max_samples = self.limits.max_samples;
            let Some(scenes) = source.scenes(&request).await.map_err(placed)? else {
                uncounted += 1;
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
        Ok((layouts, held, uncounted))
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
        let data = plan.shape.figures.iter().map(|[_, data, _]| data);
        let wanted: Vec<&str> = plan
            .shape
            .cuts
            .iter()
            .map(|cut| &cut.node)
            .chain(data)
            .map(String::as_str)
            .collect();
        let (values, peak_bytes) = evaluate(&plan.graph, &plan.scope, given, &wanted)?;
        let Some(figures) = figures(plan, &values)? else {
            return Ok(());
        };
        let (mut cuts, mut readable) = (Vec::new(), Vec::new());
        for cut in &plan.shape.cuts {
            let Some(Value::Cube(cube)) = values.get(&cut.node) else {
                return Ok(());
            };
            let Some(planes) = piece::planes_of(cube.dimensions()) else {
                return Ok(());
            };
            let own = Cut {
                node: cut.node.clone(),
                planes,
                wide: matches!(cube.samples(), Samples::F64(_)),
            };
            let grid = &loads[&cut.load].grid;
            let pixels = grid.width as u64 * grid.height as u64;
            cuts.push(own.clone());
            readable.push(!cut.read && cube.grid().is_some());
            plan.results.push(Sketch {
                cut: own,
                bytes: pixels.saturating_mul(cube.bytes()),
                cube: (**cube).clone(),
                load: cut.load.clone(),
                spills: false,
            });
        }
        // What is too large to be held goes to a file; where others need it, the run is refused.
        let most = self.limits.max_memory_bytes / RESULT_SHARE;
        let bytes = plan.results.iter().map(|result| result.bytes);
        plan.result_bytes = bytes.fold(0, u64::saturating_add);
        plan.held_bytes = plan.result_bytes;
        if plan.result_bytes > most {
            for (result, readable) in plan.results.iter_mut().zip(readable) {
                result.spills = readable;
            }
            let held = plan.results.iter().filter(|result| !result.spills);
            plan.held_bytes = held.map(|r| r.bytes).fold(0, u64::saturating_add);
        }
        let Some(lead) = loads.values().next() else {
            return Ok(());
        };
        let lead = lead.clone();
        let data = JobData {
            graph: plan.graph.to_json().clone(),
            parameters,
            cuts,
            figures: figures.iter().map(|(cut, _)| cut.clone()).collect(),
            halo_px: plan.shape.halo_px,
            chunks: Vec::new(),
            sheets: Vec::new(),
            piece_px: 1,
            loads,
        };
        let mut job = Job::new(data, held)?;
        let work = job.work_bytes_a_pixel(peak_bytes)?;
        let held_bytes = if plan.held_bytes > most {
            0
        } else {
            plan.held_bytes
        };
        let stored = job.stored_a_pixel(0).0;
        let mut sizes = self.sizes(stored, work, job.fixed_bytes(), held_bytes)?;
        let block_px = chunk::block_px(&lead);
        if sizes.chunk_px < block_px
            && let Some(sheets) = job.sheets(stored * sizes.chunk_px / block_px)
        {
            let of_sheets = 0..sheets.len();
            job = job.in_sheets(sheets)?;
            let stored = of_sheets.map(|sheet| job.stored_a_pixel(sheet).0).max();
            let stored = stored.unwrap_or_default();
            sizes = self.sizes(stored, work, job.fixed_bytes(), held_bytes)?;
        }
        let windows = chunk::cut(&lead, sizes.chunk_px, self.partitions, job.data.halo_px);
        let windows = windows.into_iter().filter(|window| job.gives(*window));
        let sheets = job.data.sheets.len().max(1);
        let chunks = windows.flat_map(|window| {
            let of_sheet = move |sheet| Chunk { window, sheet };
            (0..sheets).map(of_sheet)
        });
        job.data.chunks = chunks.collect();
        plan.figures = figures;
        job.data.piece_px = sizes.piece_px as usize;
        plan.estimate = Estimate::of_job(&job, self.partitions, sizes.memory_bytes);
        plan.fused = job.is_fused();
        let exec = ChunkExec::new(Arc::new(job), self.partitions, None);
        plan.exec = Some(exec.map_err(|error| of_engine_error(&error))?);
        Ok(())
    }

    /// How much is read and computed at a time, so that all of it stays within the limit, given the
    /// bytes of a pixel as stored and as computed.
    fn sizes(
        &self,
        stored: u64,
        work: u64,
        fixed: u64,
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
        let share = (limit.saturating_sub(result_bytes) / workers).saturating_sub(fixed);
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
            memory_bytes: limit.min(
                result_bytes + workers * (fixed + piece_px * work + chunk_px.min(1 << 24) * stored),
            ),
        })
    }
}

/// The figures of a plan with what their nodes give for one pixel; `None` where one of them cannot
/// be found by chunks.
fn figures(
    plan: &Plan,
    values: &BTreeMap<String, Value>,
) -> Result<Option<Vec<(ZoneCut, Cube)>>, GraphError> {
    let mut all = Vec::new();
    for [node, data, load] in &plan.shape.figures {
        let Some(Value::Cube(pixels)) = values.get(data) else {
            return Ok(None);
        };
        let planes = match piece::planes_of(pixels.dimensions()) {
            Some(planes) if pixels.grid().is_some() => planes,
            _ => return Ok(None),
        };
        let own = &plan.graph.nodes()[node];
        let cut = ZoneCut {
            node: node.clone(),
            data: data.clone(),
            load: load.clone(),
            planes,
            keep: zones::kept_for(own, &plan.graph, &plan.scope),
        };
        let given = BTreeMap::from([(data.clone(), Value::Cube(pixels.clone()))]);
        let mut given = evaluate(&plan.graph, &plan.scope, given, &[node])?.0;
        match given.remove(node) {
            Some(Value::Cube(sketch)) => all.push((cut, (*sketch).clone())),
            _ => return Ok(None),
        }
    }
    Ok(Some(all))
}

impl Sketch {
    /// The dimensions of the whole result.
    pub(super) fn dimensions(&self, layout: &Layout) -> Vec<Dimension> {
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
