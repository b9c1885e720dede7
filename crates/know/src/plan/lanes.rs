//! Running a program on a few hundred pixels at a time.

mod order;
mod step;
mod stored;

use super::program::{Fold, Graph, Output};
use crate::cube::{Cube, DimensionKind, Samples};
use crate::error::GraphError;
use crate::source::assemble::{Layout, RawPart};
use corridor_raster::dataset::Window;
use order::Order;
use std::collections::BTreeMap;
use stored::Source;

/// Pixels at a time: a plane is 2 KiB, so a hundred dates stay in the cache.
const LANES: usize = 256;

type Slot = usize;

/// One step, on planes in slots.
#[derive(Debug)]
enum Step {
    Load(usize, usize, Slot),
    Constant(f64, Slot),
    Unary(fn(f64) -> f64, Slot, Slot),
    Binary(Two, Slot, Slot, Slot),
    Equal(bool, Slot, Slot, Slot),
    Ndvi(Slot, Slot, Slot),
    Mask(Slot, Slot, f64, Slot),
    If(Slot, Slot, Slot, Slot),
    Between(Slot, [f64; 2], bool, Slot),
    Scale(Slot, [f64; 4], Slot),
    IsNodata(Slot, Slot),
    Narrow(Slot, Slot),
    /// Begins a fold: what is folded, and what is counted.
    Begin(Fold, Slot, Slot),
    Take(Fold, Slot, Slot, Slot),
    End(Fold, Slot, Slot),
    Reduce(fn(&mut [f64]) -> Option<f64>, bool, Vec<Slot>, Slot),
    /// Output, plane, slot.
    Write(usize, usize, Slot),
}

/// How two planes become one.
#[derive(Debug, Clone, Copy)]
enum Two {
    Add,
    Subtract,
    Multiply,
    Divide,
    Binary(fn(f64, f64) -> f64),
    Compare(fn(f64, f64) -> bool),
    Logic(fn(Option<bool>, Option<bool>) -> Option<bool>),
}

/// A program with its steps in order.
#[derive(Debug)]
pub(crate) struct Program {
    steps: Vec<Step>,
    slots: usize,
    outputs: Vec<Output>,
    loads: Vec<String>,
    /// For each load and plane the reads that fill it, in order.
    reads: Vec<Vec<Vec<usize>>>,
    /// For each load and read whether any step needs it.
    needed: Vec<Vec<bool>>,
}

/// Planes of a node that a program computed, one after the other.
pub(super) struct Computed<'a> {
    pub(super) output: &'a Output,
    pub(super) samples: Samples,
}

impl Program {
    /// Puts the operations of a graph in order. `None` where a process is not what it was.
    pub(super) fn new(graph: Graph, loads: &BTreeMap<String, Layout>) -> Option<Self> {
        let mut order = Order::new(&graph.operations, &graph.outputs);
        order.folds()?;
        for (index, output) in graph.outputs.iter().enumerate() {
            for (plane, id) in output.planes.iter().enumerate() {
                let slot = order.emit(*id)?;
                order.steps.push(Step::Write(index, plane, slot));
                order.release(*id);
            }
        }
        let reads: Vec<Vec<Vec<usize>>> = graph
            .loads
            .iter()
            .map(|name| {
                let layout = &loads[name];
                let mut planes = vec![Vec::new(); layout.times.len() * layout.bands.len()];
                for (index, read) in layout.reads.iter().enumerate() {
                    planes[read.time * layout.bands.len() + read.band].push(index);
                }
                planes
            })
            .collect();
        let all = graph.loads.iter().map(|name| loads[name].reads.len());
        let mut needed: Vec<Vec<bool>> = all.map(|all| vec![false; all]).collect();
        for step in &order.steps {
            if let Step::Load(load, plane, _) = step {
                for read in &reads[*load][*plane] {
                    needed[*load][*read] = true;
                }
            }
        }
        Some(Self {
            needed,
            steps: order.steps,
            slots: order.slots,
            outputs: graph.outputs,
            loads: graph.loads,
            reads,
        })
    }

    /// The nodes that it computes.
    pub(super) fn nodes(&self) -> impl Iterator<Item = &str> {
        self.outputs.iter().map(|output| output.node.as_str())
    }

    /// Each node and its value for one pixel, without data.
    pub(super) fn sketches(&self) -> impl Iterator<Item = (&str, &Cube)> {
        self.outputs.iter().map(|o| (o.node.as_str(), &o.sketch))
    }

    /// Bytes that it holds while it runs.
    pub(super) fn bytes(&self) -> u64 {
        (self.slots * LANES * size_of::<f64>()) as u64
    }

    /// Whether it needs a read of a load.
    pub(super) fn needs(&self, load: &str, read: usize) -> bool {
        let mut own = self.loads.iter().zip(&self.needed);
        own.any(|(name, needed)| name == load && needed[read])
    }

    /// The nodes' values on a part of what was fetched.
    pub(super) fn values(
        &self,
        loads: &BTreeMap<String, Layout>,
        raw: &BTreeMap<&str, RawPart>,
        part: Window,
    ) -> Result<Vec<(&str, Cube)>, GraphError> {
        self.planes(loads, raw, part)
            .into_iter()
            .map(|Computed { output, samples }| {
                let cube = on(output, &loads[&output.load], part, samples)?;
                Ok((output.node.as_str(), cube))
            })
            .collect()
    }

    /// The planes of the nodes on a part of what was fetched.
    pub(super) fn planes(
        &self,
        loads: &BTreeMap<String, Layout>,
        raw: &BTreeMap<&str, RawPart>,
        part: Window,
    ) -> Vec<Computed<'_>> {
        let pixels = part.pixels();
        let mut made: Vec<Samples> = self
            .outputs
            .iter()
            .map(|output| Samples::like(output.sketch.samples(), output.planes.len() * pixels))
            .collect();
        let sources: Vec<Source<'_>> = self
            .loads
            .iter()
            .zip(&self.reads)
            .map(|(name, reads)| Source {
                layout: &loads[name],
                raw: &raw[name.as_str()],
                reads,
                outside: loads[name].outside(part),
            })
            .collect();
        let mut slots = vec![[0.0_f64; LANES]; self.slots];
        let (mut row, mut column) = (Vec::new(), Vec::new());
        for from in (0..pixels).step_by(LANES) {
            let len = LANES.min(pixels - from);
            for step in &self.steps {
                match step {
                    Step::Load(load, plane, to) => {
                        sources[*load].fill(*plane, part, from, &mut slots[*to][..len], &mut row);
                    }
                    Step::Reduce(function, ignores, all, to) => {
                        let mut out = [f64::NAN; LANES];
                        for (lane, out) in out[..len].iter_mut().enumerate() {
                            column.clear();
                            let values = all.iter().map(|slot| slots[*slot][lane]);
                            column.extend(values.filter(|value| !value.is_nan()));
                            if *ignores || column.len() == all.len() {
                                *out = function(&mut column).unwrap_or(f64::NAN);
                            }
                        }
                        slots[*to] = out;
                    }
                    Step::Write(output, plane, slot) => {
                        let at = plane * pixels + from;
                        let values = &slots[*slot][..len];
                        match &mut made[*output] {
                            Samples::F32(all) => {
                                for (own, value) in all[at..at + len].iter_mut().zip(values) {
                                    *own = *value as f32;
                                }
                            }
                            Samples::F64(all) => all[at..at + len].copy_from_slice(values),
                        }
                    }
                    other => other.run(&mut slots),
                }
            }
        }
        let outputs = self.outputs.iter().zip(made);
        outputs
            .map(|(output, samples)| Computed { output, samples })
            .collect()
    }
}

/// The samples of an output as its cube on a part of the grid.
fn on(
    output: &Output,
    layout: &Layout,
    part: Window,
    samples: Samples,
) -> Result<Cube, GraphError> {
    let full = layout.dimensions(part);
    let own = output.sketch.dimensions().iter();
    let dimensions = own.map(|own| match own.kind {
        DimensionKind::Y => full[2].clone(),
        DimensionKind::X => full[3].clone(),
        _ => own.clone(),
    });
    let cube = Cube::new(dimensions.collect(), samples, output.sketch.crs().cloned())?;
    let exact = layout.grid_of(Window::new(0, 0, 1, 1));
    Ok(match output.sketch.grid() == Some(&exact) {
        true => cube.on_grid(layout.grid_of(part)),
        false => cube,
    })
}
