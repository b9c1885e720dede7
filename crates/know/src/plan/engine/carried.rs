//! Carrying a plan out: chunks, their results put together, and what is left of the graph.

use super::planned::{Plan, Sketch};
use super::{Engine, RESULT_SHARE};
use crate::call::Context;
use crate::cube::{Cube, Dimension, DimensionKind};
use crate::error::GraphError;
use crate::graph::run_nodes;
use crate::plan::error::of_engine_error;
use crate::plan::exec::ChunkExec;
use crate::plan::merge;
use crate::plan::piece::{self, Assembly, Piece};
use crate::plan::spill::Spilled;
use crate::plan::zones;
use crate::source::SceneSource;
use crate::source::assemble::Layout;
use crate::value::Value;
use arrow_array::RecordBatch;
use corridor_raster::dataset::Window;
use futures::StreamExt;
use std::collections::BTreeMap;
use std::time::Instant;

/// What a run gave.
#[derive(Debug, Default)]
pub struct Ran {
    /// Values, by node.
    pub values: BTreeMap<String, Value>,
    /// Values that are too large to be held, by node.
    pub spilled: BTreeMap<String, Spilled>,
}

impl Engine {
    /// Runs a plan: the values of its result and of the nodes to keep, by node.
    ///
    /// # Errors
    /// The openEO error of the first node that fails, with its path; `ProcessGraphComplexity`
    /// where a value is too large to be held ([`Plan::spilled_nodes`]).
    pub async fn execute(
        &self,
        plan: &Plan,
        source: &dyn SceneSource,
    ) -> Result<BTreeMap<String, Value>, GraphError> {
        if plan.spilled_nodes().next().is_some() {
            let bytes = plan.estimate().result_bytes;
            return Err(self.too_large("the results need", bytes));
        }
        Ok(self.execute_spilling(plan, source).await?.values)
    }

    /// Runs a plan as [`Engine::execute`] does; values too large to be held go to temporary files.
    ///
    /// # Errors
    /// As [`Engine::execute`], and `Internal` where a file cannot be written.
    pub async fn execute_spilling(
        &self,
        plan: &Plan,
        source: &dyn SceneSource,
    ) -> Result<Ran, GraphError> {
        let started = Instant::now();
        let (given, spilled) = match &plan.exec {
            Some(exec) => self.chunks(plan, exec).await?,
            None => Default::default(),
        };
        let wanted = plan.wanted.iter().map(String::as_str);
        let wanted: Vec<&str> = wanted.filter(|id| !spilled.contains_key(*id)).collect();
        let values = match wanted.is_empty() {
            true => BTreeMap::new(),
            false => {
                let (graph, scope) = (&plan.graph, &plan.scope);
                run_nodes(graph, scope, given, &wanted, source, &self.limits)
                    .await?
                    .values
            }
        };
        if let Some(pace) = &self.pace {
            let took_s = started.elapsed().as_secs_f64();
            pace.ran(plan.fused, plan.plain_seconds, took_s);
        }
        Ok(Ran { values, spilled })
    }

    fn too_large(&self, what: &str, bytes: u64) -> GraphError {
        let most = self.limits.max_memory_bytes / RESULT_SHARE;
        GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "{what} {bytes} bytes; at most {most}, half of what a run may hold, are kept in memory"
            ),
        )
    }

    /// Says which nodes begin, to whoever hears.
    fn begin(&self, plan: &Plan) {
        if let Some(observer) = &self.limits.observed.0 {
            for node in &plan.shape.chunked {
                observer.begun(&plan.graph.nodes()[node].process_id);
            }
        }
    }

    /// Runs the chunks and puts their results together.
    async fn chunks(
        &self,
        plan: &Plan,
        exec: &ChunkExec,
    ) -> Result<(BTreeMap<String, Value>, BTreeMap<String, Spilled>), GraphError> {
        if plan.held_bytes > self.limits.max_memory_bytes / RESULT_SHARE {
            return Err(self.too_large("the results need", plan.held_bytes));
        }
        let layouts = exec.loads();
        let (mut figures, mut figure_bytes) = (Vec::new(), 0);
        let results = plan.results.iter();
        let mut results = results
            .map(|sketch| self.collected(sketch, &layouts[&sketch.load]))
            .collect::<Result<Vec<_>, _>>()?;
        let all: u64 = results.iter().map(Collected::samples).sum();
        self.begin(plan);
        let mut rows = self.carrier.start(exec.clone()).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| of_engine_error(&error))?;
            // The chunks under way stop when nobody takes their results.
            Context::new(&self.limits).go_on()?;
            let (pixels, found) = piece::split(batch, results.len())?;
            if let Some(found) = found {
                figure_bytes += found.get_array_memory_size() as u64;
                self.hold_figures(figure_bytes)?;
                figures.push(found);
            }
            if let Some(pixels) = pixels {
                piece::each(&pixels, |cut, piece| match results.get_mut(cut) {
                    Some(result) => result.place(piece),
                    None => Ok(false),
                })?;
            }
            if let Some(progress) = &self.progress {
                progress(results.iter().map(Collected::filled).sum(), all);
            }
        }
        let (mut values, mut spilled) = (BTreeMap::new(), BTreeMap::new());
        for (sketch, result) in plan.results.iter().zip(results) {
            let node = sketch.cut.node.clone();
            if result.filled() != result.samples() {
                let reason = format!("pieces of node {node:?} are missing");
                return Err(GraphError::new("Internal", reason));
            }
            match result {
                Collected::Held(held) => {
                    values.insert(node, sketch.value(held, &layouts[&sketch.load])?);
                }
                Collected::Filed(file) => {
                    spilled.insert(node, file);
                }
            }
        }
        self.add_figures(plan, figures, &mut values).await?;
        Ok((values, spilled))
    }

    /// Where the pieces of a result go.
    fn collected(&self, sketch: &Sketch, layout: &Layout) -> Result<Collected, GraphError> {
        if sketch.spills {
            let pixels = |d: &Dimension| matches!(d.kind, DimensionKind::X | DimensionKind::Y);
            let others = sketch.cube.dimensions().iter();
            let others = others.filter(|d| !pixels(d)).cloned().collect();
            let folder = self.spill_folder.as_deref();
            let file = Spilled::new(others, layout.grid.clone(), &sketch.cut, folder)?;
            return Ok(Collected::Filed(file));
        }
        let broken = || GraphError::new("Internal", "a result has no pixels");
        Assembly::new(sketch.dimensions(layout), sketch.cut.wide)
            .map(Collected::Held)
            .ok_or_else(broken)
    }

    fn hold_figures(&self, bytes: u64) -> Result<(), GraphError> {
        let most = self.limits.max_memory_bytes / RESULT_SHARE;
        if bytes <= most {
            return Ok(());
        }
        Err(GraphError::new(
            "ProcessGraphComplexity",
            format!(
                "the values under the geometries need more than {most} bytes, half of what a run may hold: reducers such as mean, sd, min, max and median need less"
            ),
        ))
    }

    /// Merges the partial figures of all chunks into the values of their nodes.
    async fn add_figures(
        &self,
        plan: &Plan,
        partial: Vec<RecordBatch>,
        values: &mut BTreeMap<String, Value>,
    ) -> Result<(), GraphError> {
        let mut found = merge::merged(partial).await?;
        for (at, (cut, sketch)) in plan.figures.iter().enumerate() {
            let found = found.remove(&(plan.results.len() + at)).unwrap_or_default();
            let value = zones::value(cut, &plan.graph, &plan.scope, sketch, found, &self.limits)?;
            values.insert(cut.node.clone(), value);
        }
        Ok(())
    }
}

impl Sketch {
    /// The whole result as a cube.
    fn value(&self, held: Assembly, layout: &Layout) -> Result<Value, GraphError> {
        let (dimensions, samples) = held.into_parts();
        let cube = Cube::new(dimensions, samples, self.cube.crs().cloned())?;
        let exact = layout.grid_of(Window::new(0, 0, 1, 1));
        Ok(Value::cube(match self.cube.grid() == Some(&exact) {
            true => cube.on_grid(layout.grid.clone()),
            false => cube,
        }))
    }
}

/// A result being put together.
enum Collected {
    Held(Assembly),
    Filed(Spilled),
}

impl Collected {
    fn samples(&self) -> u64 {
        match self {
            Self::Held(held) => held.samples(),
            Self::Filed(file) => file.samples(),
        }
    }

    fn filled(&self) -> u64 {
        match self {
            Self::Held(held) => held.filled as u64,
            Self::Filed(file) => file.filled(),
        }
    }

    /// Puts a piece in its place; `false` where it does not fit.
    fn place(&mut self, piece: &Piece<'_>) -> Result<bool, GraphError> {
        match self {
            Self::Held(held) => Ok(held.place(piece).is_some()),
            Self::Filed(file) => match file.place(piece) {
                Some(written) => written.map(|()| true),
                None => Ok(false),
            },
        }
    }
}
