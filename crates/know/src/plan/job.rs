//! What a chunk computes: plain data that can be sent to another process, and the doing.

use super::chunk::{pieces, widened};
use super::fuse::{self, Fused};
use super::lanes::{Computed, Program};
use super::piece::{Planes, Rows, changed};
use super::program;
use super::sheet::{self, Sheet};
use super::zones::{Grounds, Partial, ZoneCut};
use crate::cube::Cube;
use crate::error::GraphError;
use crate::graph::{ProcessGraph, RunLimits, needed, run_nodes};
use crate::source::assemble::{FileEntry, Layout, RawPart};
use crate::source::{LoadRequest, SceneDescription, SceneSource};
use crate::value::Value;
use arrow_array::RecordBatch;
use async_trait::async_trait;
use corridor_raster::dataset::{Dataset, Window};
use futures::FutureExt;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
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

/// What is read and computed at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Chunk {
    /// Where.
    pub(crate) window: Window,
    /// Which planes.
    pub(crate) sheet: usize,
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
    /// Figures under geometries.
    pub(crate) figures: Vec<ZoneCut>,
    /// Pixels around a chunk that its nodes look at.
    pub(crate) halo_px: usize,
    /// What is read at a time.
    pub(crate) chunks: Vec<Chunk>,
    /// Planes that are computed together; none where all are.
    pub(crate) sheets: Vec<Sheet>,
    /// What is computed at a time, pixels.
    pub(crate) piece_px: usize,
}

impl JobData {
    /// The nodes whose values a chunk computes.
    pub(crate) fn wanted(&self) -> Vec<&str> {
        let cuts = self.cuts.iter().map(|cut| cut.node.as_str());
        let figures = self.figures.iter().map(|cut| cut.data.as_str());
        cuts.chain(figures).collect()
    }
}

/// A job that can be run.
pub(crate) struct Job {
    pub(crate) data: JobData,
    graph: ProcessGraph,
    scope: BTreeMap<String, Value>,
    /// Nodes computed straight from stored samples.
    fused: Vec<Fused>,
    /// Nodes computed as one program, a program for each sheet; none where nothing is.
    programs: Vec<Program>,
    /// The geometries of the figures, one entry each.
    grounds: Vec<Grounds>,
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
        let mut given: BTreeMap<String, Value> = fused
            .iter()
            .map(|fused| (fused.node.clone(), Value::Null))
            .collect();
        let reached = needed(&graph, &data.wanted(), &given);
        fused.retain(|fused| reached.contains(fused.node.as_str()));
        let nodes: BTreeSet<&str> = fused.iter().map(|fused| fused.node.as_str()).collect();
        let found = program::compile(&graph, &scope, &data.loads, &data.wanted(), &nodes);
        let programs: Vec<Program> = match (found, data.sheets.as_slice()) {
            (None, _) => Vec::new(),
            (Some(found), []) => Program::new(found, &data.loads).into_iter().collect(),
            (Some(found), sheets) => sheets
                .iter()
                .filter_map(|sheet| Program::new(found.clone().of_planes(sheet), &data.loads))
                .collect(),
        };
        if let Some(program) = programs.first() {
            given.extend(program.nodes().map(|node| (node.to_string(), Value::Null)));
        }
        let needed = needed(&graph, &data.wanted(), &given);
        let cubes: Vec<String> = data
            .loads
            .keys()
            .filter(|id| needed.contains(id.as_str()))
            .cloned()
            .collect();
        let alone = fused.is_empty() && cubes.is_empty() && programs.len() == data.sheets.len();
        let known = |chunk: &Chunk| chunk.sheet < data.sheets.len().max(1);
        if !(alone || data.sheets.is_empty()) || !data.chunks.iter().all(known) {
            let reason = "the chunks of the plan are not those of its program";
            return Err(GraphError::new("Internal", reason));
        }
        let grounds = data
            .figures
            .iter()
            .map(|cut| Grounds::new(cut, &graph, &scope, &data.loads[&cut.load].grid))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            fused,
            programs,
            grounds,
            cubes,
            data,
            graph,
            scope,
            held,
        })
    }

    /// Planes in groups that hang on at most so many bytes of a pixel's stored samples; `None`
    /// where what is wanted is not one program, or one group would do.
    pub(crate) fn sheets(&self, most_bytes: u64) -> Option<Vec<Sheet>> {
        let [program] = self.programs.as_slice() else {
            return None;
        };
        let (wanted, nothing) = (self.data.wanted(), BTreeSet::new());
        let given = |node: &&str| program.nodes().any(|own| own == *node);
        if !(self.fused.is_empty() && self.cubes.is_empty() && wanted.iter().all(given)) {
            return None;
        }
        let loads = &self.data.loads;
        let found = program::compile(&self.graph, &self.scope, loads, &wanted, &nothing)?;
        sheet::sheets(&found, loads, most_bytes)
    }

    /// The same job in these sheets.
    pub(crate) fn in_sheets(mut self, sheets: Vec<Sheet>) -> Result<Self, GraphError> {
        self.data.sheets = sheets;
        Self::new(self.data, self.held)
    }

    /// Bytes of a pixel's stored samples that a sheet hangs on, and how many samples they are.
    pub(crate) fn stored_a_pixel(&self, sheet: usize) -> (u64, u64) {
        let (mut bytes, mut samples) = (0, 0);
        for (node, layout) in &self.data.loads {
            let mut planes = BTreeSet::new();
            for (index, read) in layout.reads.iter().enumerate() {
                if self.needs(sheet, node, index) {
                    bytes += layout.files[read.file].dtype.size_bytes() as u64;
                    planes.insert((read.time, read.band));
                }
            }
            samples += planes.len() as u64;
        }
        (bytes, samples)
    }

    /// Bytes that are decoded for a pixel of a sheet: of a file whose bands lie pixel by pixel all
    /// of them, whichever are read.
    pub(crate) fn decoded_a_pixel(&self, sheet: usize) -> u64 {
        let mut bytes = 0;
        for (node, layout) in &self.data.loads {
            let mut bands: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
            for (index, read) in layout.reads.iter().enumerate() {
                if self.needs(sheet, node, index) {
                    bands.entry(read.file).or_default().insert(read.index);
                }
            }
            for (file, bands) in bands {
                let file = &layout.files[file];
                let samples = bands.len().max(file.interleaved);
                bytes += (file.dtype.size_bytes() * samples) as u64;
            }
        }
        bytes
    }

    fn needs(&self, sheet: usize, load: &str, read: usize) -> bool {
        self.data.sheets.is_empty() || self.programs[sheet].needs(load, read)
    }

    /// Whether every load is computed straight from stored samples.
    pub(crate) fn is_fused(&self) -> bool {
        self.cubes.is_empty()
    }

    /// Nodes that are computed so.
    pub(crate) fn fused_nodes(&self) -> Vec<&str> {
        let single = self.fused.iter().map(|fused| fused.node.as_str());
        single
            .chain(self.programs.iter().take(1).flat_map(Program::nodes))
            .collect()
    }

    /// Bytes that one chunk at a time holds whatever its size.
    pub(crate) fn fixed_bytes(&self) -> u64 {
        self.programs.iter().map(Program::bytes).max().unwrap_or(0)
    }

    /// Whether the stored integers alone are compared, nothing computed.
    pub(crate) fn is_middle(&self) -> bool {
        self.is_fused() && self.programs.is_empty()
    }

    /// Bytes that computing one pixel of the whole series needs beside its stored samples, given
    /// the most that the interpreter holds of one.
    pub(crate) fn work_bytes_a_pixel(&self, peak_bytes: u64) -> Result<u64, GraphError> {
        let mut peak_bytes = peak_bytes;
        if !self.fused.is_empty() || !self.programs.is_empty() {
            let mut given = BTreeMap::new();
            for fused in &self.fused {
                given.insert(fused.node.clone(), Value::cube(fused.sketch().clone()));
            }
            for (node, sketch) in self.programs.iter().take(1).flat_map(Program::sketches) {
                given.insert(node.to_string(), Value::cube(sketch.clone()));
            }
            for node in &self.cubes {
                let sketch = self.data.loads[node].sketch()?;
                given.insert(node.clone(), Value::cube(sketch));
            }
            peak_bytes = evaluate(&self.graph, &self.scope, given, &self.data.wanted())?.1;
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

    /// Whether a chunk gives anything: figures alone are found only where a geometry lies.
    pub(crate) fn gives(&self, chunk: Window) -> bool {
        !self.data.cuts.is_empty() || self.grounds.iter().any(|grounds| grounds.meet(chunk))
    }

    /// Reads and computes one chunk; gives a batch for each piece of it until `emit` says stop,
    /// then one of its figures.
    pub(crate) fn run_chunk(
        &self,
        index: usize,
        emit: &mut dyn FnMut(RecordBatch) -> bool,
    ) -> Result<(), GraphError> {
        let Chunk { window, sheet } = self.data.chunks[index];
        let last = RefCell::new(None);
        let mut raw: BTreeMap<&str, RawPart> = BTreeMap::new();
        for (node, layout) in &self.data.loads {
            let part = self.around(window, layout);
            let open = |file: usize| self.open(&layout.files[file], &last);
            let needed = |read: usize| self.needs(sheet, node, read);
            let fetched = layout.fetch(part, &needed, &open);
            raw.insert(node, fetched.map_err(|error| error.in_node(node))?);
        }
        last.replace(None);
        let mut found = vec![BTreeMap::new(); self.grounds.len()];
        for piece in pieces(window, self.data.piece_px) {
            let rows = match self.data.sheets.is_empty() {
                true => self.run_piece(piece, &raw, &mut found)?,
                false => self.run_sheet(sheet, piece, &raw, &mut found)?,
            };
            if !self.data.cuts.is_empty() && !emit(rows) {
                return Ok(());
            }
        }
        let mut rows = Rows::default();
        for (at, found) in found.into_iter().enumerate() {
            for (place, mut partial) in found {
                let cut = self.data.cuts.len() + at;
                rows.push_figure(cut, place, index, &partial.bytes());
            }
        }
        if !self.grounds.is_empty() {
            emit(batch(rows)?);
        }
        Ok(())
    }

    pub(crate) fn around(&self, window: Window, layout: &Layout) -> Window {
        let grid = &layout.grid;
        widened(window, self.data.halo_px, grid.width, grid.height)
    }

    fn run_piece(
        &self,
        piece: Window,
        raw: &BTreeMap<&str, RawPart>,
        found: &mut [BTreeMap<(usize, usize), Partial>],
    ) -> Result<RecordBatch, GraphError> {
        let mut given = BTreeMap::new();
        for fused in &self.fused {
            let cube = fused.value(&self.data.loads, raw, piece)?;
            given.insert(fused.node.clone(), Value::cube(cube));
        }
        let layout = self.data.loads.values().next();
        let computed = layout.map_or(piece, |layout| self.around(piece, layout));
        if let Some(program) = self.programs.first() {
            for (node, cube) in program.values(&self.data.loads, raw, computed)? {
                given.insert(node.to_string(), Value::cube(cube));
            }
        }
        for node in &self.cubes {
            let layout = &self.data.loads[node];
            let cube = layout.cube_of(&raw[node.as_str()], computed)?;
            given.insert(node.clone(), Value::cube(cube));
        }
        let values = evaluate(&self.graph, &self.scope, given, &self.data.wanted())?.0;
        for ((cut, grounds), found) in self.data.figures.iter().zip(&self.grounds).zip(found) {
            if let Some(Value::Cube(cube)) = values.get(&cut.data) {
                let layout = Planes::of(cube.dimensions()).ok_or_else(|| changed(&cut.data))?;
                let planes = (&layout, cube.samples());
                grounds.add(cut, planes, 0..cut.planes, (computed, piece), found)?;
            }
        }
        let mut rows = Rows::default();
        for (index, cut) in self.data.cuts.iter().enumerate() {
            match values.get(&cut.node) {
                Some(Value::Cube(cube)) => {
                    let layout = Planes::of(cube.dimensions()).ok_or_else(|| changed(&cut.node))?;
                    let planes = (&layout, cube.samples());
                    rows.push(index, cut, planes, 0..cut.planes, (computed, piece))?;
                }
                _ => {
                    let reason = format!("node {:?} gave no cube", cut.node);
                    return Err(GraphError::new("Internal", reason));
                }
            }
        }
        batch(rows)
    }

    /// As [`Job::run_piece`], of the planes of one sheet.
    fn run_sheet(
        &self,
        sheet: usize,
        piece: Window,
        raw: &BTreeMap<&str, RawPart>,
        found: &mut [BTreeMap<(usize, usize), Partial>],
    ) -> Result<RecordBatch, GraphError> {
        let program = &self.programs[sheet];
        let mut rows = Rows::default();
        for Computed { output, samples } in program.planes(&self.data.loads, raw, piece) {
            let Some(chosen) = self.data.sheets[sheet].get(&output.node) else {
                continue;
            };
            let layout = Planes::stacked(chosen.len(), piece);
            let planes = (&layout, &samples);
            for (index, cut) in self.data.cuts.iter().enumerate() {
                if cut.node == output.node {
                    rows.push(index, cut, planes, chosen.clone(), (piece, piece))?;
                }
            }
            let figures = self.data.figures.iter().zip(&self.grounds).zip(&mut *found);
            for ((cut, grounds), found) in figures {
                if cut.data == output.node {
                    grounds.add(cut, planes, chosen.clone(), (piece, piece), found)?;
                }
            }
        }
        batch(rows)
    }

    /// The file; the last one stays open, as bands of a file are read together.
    fn open(
        &self,
        file: &FileEntry,
        last: &RefCell<Option<(String, Arc<Dataset>)>>,
    ) -> Result<Arc<Dataset>, GraphError> {
        let name = file.name.as_str();
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
            .map_err(|error| GraphError::unreadable(&file.label, &error))?;
        let dataset = Arc::new(dataset);
        last.replace(Some((name.to_string(), dataset.clone())));
        Ok(dataset)
    }
}

fn batch(rows: Rows) -> Result<RecordBatch, GraphError> {
    rows.batch()
        .map_err(|error| GraphError::new("Internal", error.to_string()))
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
