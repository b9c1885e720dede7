//! Graphs of pixels as one program a chunk: read, scale, mask, arithmetic, reduction in one go.
//!
//! Every plane of every node (a date, a band, a month) becomes an operation on planes of other
//! nodes, down to the stored samples. The operations are those of the interpreter, value by value
//! in the same order and of the same width, so the results are the same to the last bit; but they
//! run on a few hundred pixels at a time, straight from the stored samples, and no cube is made on
//! the way. What has no operation here is left to the interpreter, which gets the planes that it
//! reads.

mod callback;
mod compiler;

use super::job::evaluate;
use super::sheet::Sheet;
use crate::cube::Cube;
use crate::graph::{ProcessGraph, RunLimits, needed, sources};
use crate::source::assemble::Layout;
use crate::value::Value;
use compiler::Compiler;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Most operations of one program: a thousand dates of ten bands through ten steps.
const OPERATIONS_MAX: usize = 1 << 18;

/// Place of an operation in its program.
pub(super) type Id = u32;

/// What gives a plane of pixels. Numbers are kept as bits, processes by name, so that equal
/// operations are one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Operation {
    /// Physical values of a plane of a load.
    Load { load: usize, plane: usize },
    /// The same number everywhere.
    Constant(u64),
    /// A process of one number.
    Unary(&'static str, Id),
    /// A process of two numbers.
    Binary(&'static str, Id, Id),
    /// A process that compares two numbers.
    Compare(&'static str, Id, Id),
    /// A process of two truth values.
    Logic(&'static str, Id, Id),
    /// `eq` and `neq` without tolerance.
    Equal(bool, Id, Id),
    /// `ndvi` of near infrared and red.
    Ndvi(Id, Id),
    /// Data, mask, replacement.
    Mask(Id, Id, u64),
    /// Condition, then, else.
    If(Id, Id, Id),
    /// `between`: value, least, most, whether the most is left out.
    Between(Id, u64, u64, bool),
    /// `linear_scale_range`: value, input and output ranges.
    Scale(Id, [u64; 4]),
    /// Whether there is data.
    IsNodata(Id),
    /// Planes taken in one after the other.
    Fold(Fold, Vec<Id>),
    /// All values of a pixel at once, no data left out or (`false`) asked for.
    Reduce(&'static str, bool, Vec<Id>),
    /// Kept in 32 bits.
    Narrow(Id),
}

/// Reductions that need no more than what came so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Fold {
    Mean,
    Sum,
    Min,
    Max,
    Count,
    First,
    Last,
    Any,
    All,
}

impl Operation {
    /// The planes that it reads.
    pub(super) fn reads(&self) -> Vec<Id> {
        match self {
            Self::Load { .. } | Self::Constant(_) => Vec::new(),
            Self::Unary(_, a)
            | Self::Between(a, ..)
            | Self::Scale(a, _)
            | Self::IsNodata(a)
            | Self::Narrow(a) => vec![*a],
            Self::Binary(_, a, b)
            | Self::Compare(_, a, b)
            | Self::Logic(_, a, b)
            | Self::Equal(_, a, b)
            | Self::Ndvi(a, b)
            | Self::Mask(a, b, _) => vec![*a, *b],
            Self::If(a, b, c) => vec![*a, *b, *c],
            Self::Fold(_, all) | Self::Reduce(_, _, all) => all.clone(),
        }
    }
}

/// A node that a program computes.
#[derive(Debug, Clone)]
pub(super) struct Output {
    /// The node.
    pub(super) node: String,
    /// What gives each of its planes.
    pub(super) planes: Vec<Id>,
    /// The node's value for one pixel.
    pub(super) sketch: Cube,
    /// The load whose pixels it has.
    pub(super) load: String,
}

/// Nodes of a graph and the operations that give them.
#[derive(Debug, Clone)]
pub(super) struct Graph {
    pub(super) operations: Vec<Operation>,
    pub(super) outputs: Vec<Output>,
    /// Loads by the number that operations have.
    pub(super) loads: Vec<String>,
}

impl Graph {
    /// The same, of some planes of each output alone.
    pub(super) fn of_planes(mut self, chosen: &Sheet) -> Self {
        for output in &mut self.outputs {
            let range = chosen.get(&output.node).cloned().unwrap_or_default();
            output.planes = output.planes.get(range).unwrap_or_default().to_vec();
        }
        self
    }

    /// The planes of loads that an operation hangs on, as load and plane; `known` are those of
    /// operations asked for before.
    pub(super) fn hangs_on<'a>(
        &self,
        id: Id,
        known: &'a mut BTreeMap<Id, BTreeSet<(usize, usize)>>,
    ) -> &'a BTreeSet<(usize, usize)> {
        let mut waiting = vec![id];
        while let Some(id) = waiting.last().copied() {
            if known.contains_key(&id) {
                waiting.pop();
                continue;
            }
            let operation = &self.operations[id as usize];
            let reads = operation.reads();
            let open: Vec<Id> = reads
                .iter()
                .copied()
                .filter(|read| !known.contains_key(read))
                .collect();
            if open.is_empty() {
                let mut all: BTreeSet<(usize, usize)> = reads
                    .iter()
                    .flat_map(|read| &known[read])
                    .copied()
                    .collect();
                if let Operation::Load { load, plane } = operation {
                    all.insert((*load, *plane));
                }
                known.insert(id, all);
            }
            waiting.extend(open);
        }
        &known[&id]
    }
}

/// Finds what of the nodes that `wanted` need can be computed so; `given` are nodes that come from
/// elsewhere. `None` where there is nothing.
pub(super) fn compile(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    loads: &BTreeMap<String, Layout>,
    wanted: &[&str],
    given: &BTreeSet<&str>,
) -> Option<Graph> {
    let nothing: BTreeMap<String, Value> = given
        .iter()
        .map(|id| ((*id).to_string(), Value::Null))
        .collect();
    let needed = needed(graph, wanted, &nothing);
    let sketches = loads
        .iter()
        .map(|(id, layout)| Some((id.clone(), Value::cube(layout.sketch().ok()?))))
        .collect::<Option<BTreeMap<_, _>>>()?;
    let all: Vec<&str> = needed.iter().copied().collect();
    let values = evaluate(graph, scope, sketches, &all).ok()?.0;
    let names: Vec<String> = loads.keys().cloned().collect();
    let mut compiler = Compiler {
        graph,
        scope,
        values: &values,
        operations: Vec::new(),
        narrow: Vec::new(),
        narrow_loads: loads.values().map(|layout| !layout.wide).collect(),
        known: HashMap::new(),
        planes: BTreeMap::new(),
        limits: RunLimits {
            max_samples: u64::MAX,
            max_memory_bytes: u64::MAX,
            ..RunLimits::default()
        },
    };
    let mut of_load: BTreeMap<&str, String> = BTreeMap::new();
    for id in graph
        .order()
        .iter()
        .filter(|id| needed.contains(id.as_str()))
    {
        if given.contains(id.as_str()) {
            continue;
        }
        let node = &graph.nodes()[id];
        let planes = match names.iter().position(|name| name == id) {
            Some(load) => compiler.load(load, &loads[id]),
            None => compiler.node(id, node),
        };
        let Some(planes) = planes else { continue };
        let own = match loads.contains_key(id) {
            true => Some(id.clone()),
            false => sources(&node.arguments)
                .iter()
                .find_map(|from| of_load.get(from).cloned()),
        };
        if let Some(own) = own {
            of_load.insert(id, own);
            compiler.planes.insert(id, planes);
        }
    }
    // What somebody else reads, and is more than a load.
    let mut outputs = Vec::new();
    for (id, planes) in &compiler.planes {
        let read = needed.iter().any(|reader| {
            !compiler.planes.contains_key(reader)
                && !given.contains(reader)
                && sources(&graph.nodes()[*reader].arguments).contains(id)
        });
        if loads.contains_key(*id) || !(read || wanted.contains(id)) {
            continue;
        }
        if let Some(Value::Cube(sketch)) = values.get(*id) {
            outputs.push(Output {
                node: (*id).to_string(),
                planes: planes.clone(),
                sketch: (**sketch).clone(),
                load: of_load.get(id)?.clone(),
            });
        }
    }
    let operations = compiler.operations;
    (!outputs.is_empty() && operations.len() <= OPERATIONS_MAX).then_some(Graph {
        operations,
        outputs,
        loads: names,
    })
}
