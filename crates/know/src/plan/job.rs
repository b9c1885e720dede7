//! What a chunk computes: plain data that can be sent to another process, and the doing.

use super::chunk::{pieces, widened};
use super::fuse::{self, Fused};
use super::piece::Rows;
use crate::cube::Cube;
use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits, needed, run_nodes};
use crate::source::assemble::{Layout, RawPart};
use crate::source::{LoadRequest, SceneDescription, SceneSource};
use crate::value::Value;
use arrow_array::RecordBatch;
use async_trait::async_trait;
use corridor_raster::dataset::{Dataset, Window};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A result of the chunked part of a graph.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cut {
    /// Node that gives it.
    pub(crate) node: String,
    /// Planes of `x` and `y`.
    pub(crate) planes: usize,
    /// Whether its samples have 64 bits.
    pub(crate) wide: bool,
}

/// A job as it is sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct JobData {
    /// The process graph.
    pub(crate) graph: serde_json::Value,
    /// Values of its parameters.
    pub(crate) parameters: serde_json::Map<String, serde_json::Value>,
    /// The loads, by node.
    pub(crate) loads: BTreeMap<String, Layout>,
    /// The results.
    pub(crate) cuts: Vec<Cut>,
    /// Pixels around a chunk that its nodes look at.
    pub(crate) halo_px: usize,
    /// What is read at a time.
    pub(crate) chunks: Vec<Window>,
    /// What is computed at a time, pixels.
    pub(crate) piece_px: usize,
}

/// A job that can be run.
pub(crate) struct Job {
    pub(crate) data: JobData,
    graph: ProcessGraph,
    scope: BTreeMap<String, Value>,
    /// Nodes computed straight from stored samples.
    fused: Vec<Fused>,
    /// Loads whose cubes the other nodes need.
    cubes: Vec<String>,
    /// Files that no other process can open, by name.
    held: BTreeMap<String, Arc<Dataset>>,
}

impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job")
            .field("cuts", &self.data.cuts)
            .field("chunks", &self.data.chunks.len())
            .finish_non_exhaustive()
    }
}

impl Job {
    /// A job, with the files that have no path.
    pub(crate) fn new(
        data: JobData,
        held: BTreeMap<String, Arc<Dataset>>,
    ) -> Result<Self, GraphError> {
        let graph = ProcessGraph::parse(&data.graph)?;
        let scope = data
            .parameters
            .iter()
            .map(|(name, value)| (name.clone(), Value::from_json(value)))
            .collect();
        let mut fused = match data.halo_px {
            0 => fuse::find(&graph, &scope, &data.loads),
            _ => Vec::new(),
        };
        let given = fused
            .iter()
            .map(|fused| (fused.node.clone(), Value::Null))
            .collect();
        let wanted: Vec<&str> = data.cuts.iter().map(|cut| cut.node.as_str()).collect();
        let needed = needed(&graph, &wanted, &given);
        fused.retain(|fused| needed.contains(fused.node.as_str()));
        let cubes = data
            .loads
            .keys()
            .filter(|id| needed.contains(id.as_str()))
            .cloned()
            .collect();
        Ok(Self {
            fused,
            cubes,
            data,
            graph,
            scope,
            held,
        })
    }

    /// Whether every load is computed straight from stored samples.
    pub(crate) fn is_fused(&self) -> bool {
        self.cubes.is_empty()
    }

    /// Bytes that computing one pixel of the whole series needs beside its stored samples, given
    /// the most that the interpreter holds of one.
    pub(crate) fn work_bytes_a_pixel(&self, peak_bytes: u64) -> Result<u64, GraphError> {
        let mut peak_bytes = peak_bytes;
        if !self.fused.is_empty() {
            let mut given = BTreeMap::new();
            for fused in &self.fused {
                given.insert(fused.node.clone(), Value::cube(fused.sketch().clone()));
            }
            for node in &self.cubes {
                let sketch = self.data.loads[node].sketch()?;
                given.insert(node.clone(), Value::cube(sketch));
            }
            let wanted: Vec<&str> = self.data.cuts.iter().map(|cut| cut.node.as_str()).collect();
            peak_bytes = evaluate(&self.graph, &self.scope, given, &wanted)?.1;
        }
        let samples: u64 = self
            .cubes
            .iter()
            .map(|node| &self.data.loads[node])
            .map(|layout| (layout.times.len() * layout.bands.len()) as u64)
            .sum();
        // Cubes alive, as much again for the one being made, and planes of 64 bits on the way.
        Ok(2 * peak_bytes + 16 * samples + 64)
    }

    /// Name of a file that another process could not open.
    pub(crate) fn bound_to_process(&self) -> Option<&str> {
        self.held.keys().next().map(String::as_str)
    }

    /// Reads and computes one chunk; gives a batch for each piece of it until `emit` says stop.
    pub(crate) fn run_chunk(
        &self,
        index: usize,
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), GraphError> {
        let chunk = self.data.chunks[index];
        let last = RefCell::new(None);
        let mut raw: BTreeMap<&str, RawPart> = BTreeMap::new();
        for (node, layout) in &self.data.loads {
            let part = self.around(chunk, layout);
            let open = |file: usize| self.open(&layout.files[file].name, &last);
            let fetched = layout.fetch(part, &open);
            raw.insert(node, fetched.map_err(|error| error.in_node(node))?);
        }
        last.replace(None);
        for piece in pieces(chunk, self.data.piece_px) {
            if !emit(self.run_piece(piece, &raw)?) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn around(&self, window: Window, layout: &Layout) -> Window {
        let grid = &layout.grid;
        widened(window, self.data.halo_px, grid.width, grid.height)
    }

    fn run_piece(
        &self,
        piece: Window,
        raw: &BTreeMap<&str, RawPart>,
    ) -> Result<RecordBatch, GraphError> {
        let mut given = BTreeMap::new();
        for fused in &self.fused {
            let cube = fused.value(&self.data.loads, raw, piece)?;
            given.insert(fused.node.clone(), Value::cube(cube));
        }
        let mut computed = piece;
        for node in &self.cubes {
            let layout = &self.data.loads[node];
            computed = self.around(piece, layout);
            let cube = layout.cube_of(&raw[node.as_str()], computed)?;
            given.insert(node.clone(), Value::cube(cube));
        }
        let wanted: Vec<&str> = self.data.cuts.iter().map(|cut| cut.node.as_str()).collect();
        let values = evaluate(&self.graph, &self.scope, given, &wanted)?.0;
        let mut rows = Rows::default();
        for (index, cut) in self.data.cuts.iter().enumerate() {
            match values.get(&cut.node) {
                Some(Value::Cube(cube)) => rows.push(index, cut, cube, computed, piece)?,
                _ => {
                    let reason = format!("node {:?} gave no cube", cut.node);
                    return Err(GraphError::new("Internal", reason));
                }
            }
        }
        rows.batch()
            .map_err(|error| GraphError::new("Internal", error.to_string()))
    }

    /// The file of this name; the last one stays open, as bands of a file are read together.
    fn open(
        &self,
        name: &str,
        last: &RefCell<Option<(String, Arc<Dataset>)>>,
    ) -> Result<Arc<Dataset>, GraphError> {
        if let Some(dataset) = self.held.get(name) {
            return Ok(dataset.clone());
        }
        if let Some((open, dataset)) = last.borrow().as_ref()
            && open == name
        {
            return Ok(dataset.clone());
        }
        // The blocks of the one before are let go first.
        last.replace(None);
        let dataset = Dataset::open(Path::new(name))
            .map_err(|error| GraphError::new("Internal", format!("opening {name:?}: {error}")))?;
        let dataset = Arc::new(dataset);
        last.replace(Some((name.to_string(), dataset.clone())));
        Ok(dataset)
    }
}

/// Runs nodes on given cubes, in this thread; also the most bytes that were alive at one time.
pub(crate) fn evaluate(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    given: BTreeMap<String, Value>,
    wanted: &[&str],
) -> Result<(BTreeMap<String, Value>, u64), GraphError> {
    // What a piece may need is settled when the plan is made.
    let limits = RunLimits {
        max_samples: u64::MAX,
        max_memory_bytes: u64::MAX,
        ..RunLimits::default()
    };
    run_nodes(graph, scope, given, wanted, &NoScenes, &limits)
        .now_or_never()
        .unwrap_or_else(|| Err(no_scenes()))
        .map(|ran| (ran.values, ran.peak_bytes))
}

/// Inside a chunk every scene is given.
struct NoScenes;

fn no_scenes() -> GraphError {
    GraphError::new("Internal", "a chunk asked for scenes of its own")
}

#[async_trait]
impl SceneSource for NoScenes {
    async fn load(&self, _request: &LoadRequest) -> Result<Cube, GraphError> {
        Err(no_scenes())
    }

    async fn describe(
        &self,
        _collection: &str,
        _item: &str,
    ) -> Result<SceneDescription, GraphError> {
        Err(no_scenes())
    }
}
