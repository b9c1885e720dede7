//! Nodes as operations on the planes of the nodes they read.

use super::callback::Symbol;
use super::{Fold, Id, OPERATIONS_MAX, Operation};
use crate::call::{Arguments, Context};
use crate::cube::{Cube, DimensionKind, Offsets, Samples};
use crate::graph::{Argument, Node, ProcessGraph, RunLimits, argument_value, sources};
use crate::plan::job::evaluate;
use crate::process::{self, Run};
use crate::source::assemble::Layout;
use crate::value::Value;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// Nodes compiled so far, and the operations that they took.
pub(super) struct Compiler<'a> {
    pub(super) graph: &'a ProcessGraph,
    pub(super) scope: &'a BTreeMap<String, Value>,
    /// Each node's value for one pixel.
    pub(super) values: &'a BTreeMap<String, Value>,
    pub(super) operations: Vec<Operation>,
    /// Whether 32 bits hold each plane exactly.
    pub(super) narrow: Vec<bool>,
    /// Whether each load is held in 32 bits.
    pub(super) narrow_loads: Vec<bool>,
    pub(super) known: HashMap<Operation, Id>,
    /// The planes of each node compiled, in the order of its samples for one pixel.
    pub(super) planes: BTreeMap<&'a str, Vec<Id>>,
    pub(super) limits: RunLimits,
}

impl<'a> Compiler<'a> {
    pub(super) fn add(&mut self, operation: Operation) -> Option<Id> {
        if let Some(id) = self.known.get(&operation) {
            return Some(*id);
        }
        if self.operations.len() >= OPERATIONS_MAX {
            return None;
        }
        let id = Id::try_from(self.operations.len()).ok()?;
        self.narrow.push(self.is_narrow(&operation));
        self.operations.push(operation.clone());
        self.known.insert(operation, id);
        Some(id)
    }

    fn is_narrow(&self, operation: &Operation) -> bool {
        let of = |id: &Id| self.narrow[*id as usize];
        let number = |bits: &u64| {
            let number = f64::from_bits(*bits);
            number.is_nan() || f64::from(number as f32).total_cmp(&number).is_eq()
        };
        match operation {
            Operation::Load { load, .. } => self.narrow_loads[*load],
            Operation::Constant(bits) => number(bits),
            Operation::Mask(data, _, replacement) => of(data) && number(replacement),
            Operation::If(_, yes, no) => of(yes) && of(no),
            Operation::Fold(Fold::Min | Fold::Max | Fold::First | Fold::Last, all) => {
                all.iter().all(of)
            }
            // Truth, and counts of dates.
            Operation::Fold(Fold::Any | Fold::All | Fold::Count, _)
            | Operation::Compare(..)
            | Operation::Logic(..)
            | Operation::Equal(..)
            | Operation::Between(..)
            | Operation::IsNodata(_)
            | Operation::Narrow(_) => true,
            _ => false,
        }
    }

    pub(super) fn number(&mut self, number: f64) -> Option<Id> {
        self.add(Operation::Constant(number.to_bits()))
    }

    pub(super) fn load(&mut self, load: usize, layout: &Layout) -> Option<Vec<Id>> {
        (0..layout.times.len() * layout.bands.len())
            .map(|plane| self.add(Operation::Load { load, plane }))
            .collect()
    }

    fn cube(&self, node: &Node, argument: &str) -> Option<(&'a Cube, Vec<Id>)> {
        let Some(Argument::FromNode(id)) = node.arguments.get(argument) else {
            return None;
        };
        let planes = self.planes.get(id.as_str())?.clone();
        match self.values.get(id) {
            Some(Value::Cube(cube)) => Some((cube, planes)),
            _ => None,
        }
    }

    /// An argument that depends on no pixel.
    fn constant(&self, node: &Node, name: &str) -> Option<Value> {
        let Some(argument) = node.arguments.get(name) else {
            return Some(Value::Null);
        };
        argument_value(argument, self.values, self.scope).ok()
    }

    pub(super) fn node(&mut self, id: &str, node: &Node) -> Option<Vec<Id>> {
        let Some(Value::Cube(result)) = self.values.get(id) else {
            return None;
        };
        if !rows_last(result) {
            return None;
        }
        let planes = match node.process_id.as_str() {
            "filter_bands" | "filter_temporal" | "filter_labels" | "drop_dimension"
            | "rename_labels" | "rename_dimension" | "add_dimension" | "save_result" => {
                return self.chosen(id, node);
            }
            "merge_cubes" => return self.merged(node, result),
            "mask" => self.masked(node)?,
            "ndvi" => self.ndvi(node)?,
            "apply" => self.applied(node)?,
            "reduce_dimension" | "aggregate_temporal" | "aggregate_temporal_period" => {
                self.grouped(id, node)?
            }
            _ => return None,
        };
        (planes.len() == result.len()).then_some(())?;
        self.kept(planes, result)
    }

    /// Planes as the samples of a cube hold them.
    fn kept(&mut self, planes: Vec<Id>, cube: &Cube) -> Option<Vec<Id>> {
        if matches!(cube.samples(), Samples::F64(_)) {
            return Some(planes);
        }
        planes
            .into_iter()
            .map(|plane| match self.narrow[plane as usize] {
                true => Some(plane),
                false => self.add(Operation::Narrow(plane)),
            })
            .collect()
    }

    /// A node run on numbers in place of samples says itself which it takes, and where to.
    fn run_on(&self, id: &str, node: &Node, samples: Vec<f64>) -> Option<Vec<f64>> {
        let Some(Argument::FromNode(from)) = node.arguments.get("data") else {
            return None;
        };
        let Some(Value::Cube(cube)) = self.values.get(from) else {
            return None;
        };
        let cube = Cube::new(
            cube.dimensions().to_vec(),
            Samples::F64(samples),
            cube.crs().cloned(),
        );
        let mut given = BTreeMap::from([(from.clone(), Value::cube(cube.ok()?))]);
        for other in sources(&node.arguments) {
            if other != from {
                given.insert(other.to_string(), self.values.get(other)?.clone());
            }
        }
        let mut ran = evaluate(self.graph, self.scope, given, &[id]).ok()?.0;
        match ran.remove(id) {
            Some(Value::Cube(cube)) => Some(cube.samples().to_f64()),
            _ => None,
        }
    }

    fn chosen(&mut self, id: &str, node: &Node) -> Option<Vec<Id>> {
        let (_, planes) = self.cube(node, "data")?;
        let numbers = (0..planes.len()).map(|index| index as f64).collect();
        let taken = self.run_on(id, node, numbers)?;
        taken
            .into_iter()
            .map(|index| planes.get(index as usize).copied().filter(|_| index >= 0.0))
            .collect()
    }

    fn masked(&mut self, node: &Node) -> Option<Vec<Id>> {
        let (data, planes) = self.cube(node, "data")?;
        let (mask, masks) = self.cube(node, "mask")?;
        let replacement = match self.constant(node, "replacement")? {
            Value::Null => f64::NAN,
            Value::Boolean(truth) => f64::from(u8::from(truth)),
            Value::Number(number) => number,
            _ => return None,
        };
        let offsets = Offsets::new(data.dimensions(), mask).range(0, data.len());
        planes
            .into_iter()
            .zip(offsets)
            .map(|(plane, at)| {
                let mask = masks[at?];
                self.add(Operation::Mask(plane, mask, replacement.to_bits()))
            })
            .collect()
    }

    fn ndvi(&mut self, node: &Node) -> Option<Vec<Id>> {
        let (cube, planes) = self.cube(node, "data")?;
        let along = cube.only(DimensionKind::Bands)?;
        let bands = &cube.dimensions()[along];
        let name = |argument: &str, default: &str| match self.constant(node, argument)? {
            Value::Null => Some(default.to_string()),
            Value::Text(text) => Some(text),
            _ => None,
        };
        let step = |name: Option<String>| match process::filter_bands::steps_of(bands, &name?)
            .as_slice()
        {
            [step] => Some(*step),
            _ => None,
        };
        let (nir, red) = (step(name("nir", "nir"))?, step(name("red", "red"))?);
        let keeps = !matches!(self.constant(node, "target_band")?, Value::Null);
        let (outer, length, inner) = cube.split(along);
        let mut made = Vec::new();
        for o in 0..outer {
            let from = |step: usize| (o * length + step) * inner;
            if keeps {
                made.extend_from_slice(&planes[from(0)..from(length)]);
            }
            for i in 0..inner {
                let index = Operation::Ndvi(planes[from(nir) + i], planes[from(red) + i]);
                made.push(self.add(index)?);
            }
        }
        Some(made)
    }

    fn merged(&mut self, node: &Node, result: &Cube) -> Option<Vec<Id>> {
        let (first, ours) = self.cube(node, "cube1")?;
        let (second, theirs) = self.cube(node, "cube2")?;
        let a = Offsets::new(result.dimensions(), first).range(0, result.len());
        let b = Offsets::new(result.dimensions(), second).range(0, result.len());
        let resolver = match node.arguments.get("overlap_resolver") {
            Some(Argument::Graph(resolver)) => Some(resolver.clone()),
            _ => None,
        };
        let passed = self.constant(node, "context")?;
        a.into_iter()
            .zip(b)
            .map(|places| match places {
                (Some(a), Some(b)) => {
                    let parameters = [
                        ("x", Symbol::Plane(ours[a])),
                        ("y", Symbol::Plane(theirs[b])),
                        ("context", Symbol::Value(passed.clone())),
                    ];
                    let resolved = self.call(resolver.as_ref()?, &parameters)?;
                    let plane = self.plane(&resolved)?;
                    self.kept(vec![plane], result)?.pop()
                }
                (Some(a), None) => Some(ours[a]),
                (None, Some(b)) => Some(theirs[b]),
                (None, None) => self.number(f64::NAN),
            })
            .collect()
    }

    fn applied(&mut self, node: &Node) -> Option<Vec<Id>> {
        let (_, planes) = self.cube(node, "data")?;
        let Some(Argument::Graph(process)) = node.arguments.get("process") else {
            return None;
        };
        let passed = self.constant(node, "context")?;
        planes
            .into_iter()
            .map(|plane| {
                let parameters = [
                    ("x", Symbol::Plane(plane)),
                    ("context", Symbol::Value(passed.clone())),
                ];
                let made = self.call(process, &parameters)?;
                self.plane(&made)
            })
            .collect()
    }

    /// Reductions of all steps of a dimension, or of groups of them.
    fn grouped(&mut self, id: &str, node: &Node) -> Option<Vec<Id>> {
        let (cube, planes) = self.cube(node, "data")?;
        let reduces = node.process_id == "reduce_dimension";
        let along = match (reduces, self.constant(node, "dimension")?) {
            (_, Value::Text(name)) => cube.dimension_index(&name)?,
            (false, Value::Null) => cube.only(DimensionKind::Time)?,
            _ => return None,
        };
        let (outer, length, inner) = cube.split(along);
        let groups = match reduces {
            true => vec![(0..length).collect()],
            false => self.groups(id, node, cube, along)?,
        };
        let Some(Argument::Graph(reducer)) = node.arguments.get("reducer") else {
            return None;
        };
        let passed = self.constant(node, "context")?;
        let labels = cube.dimensions()[along].labels.clone();
        let mut made = Vec::with_capacity(outer * groups.len() * inner);
        for o in 0..outer {
            for group in &groups {
                let own = group.iter().map(|step: &usize| labels[*step].clone());
                let own = Arc::new(own.collect::<Vec<_>>());
                for i in 0..inner {
                    let steps = group.iter();
                    let steps =
                        steps.map(|step| Symbol::Plane(planes[(o * length + step) * inner + i]));
                    let parameters = [
                        ("data", Symbol::Array(steps.collect(), Some(own.clone()))),
                        ("context", Symbol::Value(passed.clone())),
                    ];
                    let reduced = self.call(reducer, &parameters)?;
                    made.push(self.plane(&reduced)?);
                }
            }
        }
        Some(made)
    }

    /// The steps of each group of a temporal aggregation, asked of it by what it finds in steps
    /// that are numbered: groups of steps that do not follow one another are left out.
    fn groups(&self, id: &str, node: &Node, cube: &Cube, along: usize) -> Option<Vec<Vec<usize>>> {
        let (outer, length, inner) = cube.split(along);
        let mut numbers = Vec::with_capacity(cube.len());
        for _ in 0..outer {
            for step in 0..length {
                numbers.extend(std::iter::repeat_n(step as f64, inner));
            }
        }
        let mut found = Vec::new();
        for process in ["min", "max", "count"] {
            let reducer = serde_json::json!({"r": {"process_id": process,
                "arguments": {"data": {"from_parameter": "data"}}, "result": true}});
            let reducer = ProcessGraph::parse(&reducer).ok()?;
            let mut asking = node.clone();
            let reducer = Argument::Graph(Arc::new(reducer));
            asking.arguments.insert("reducer".to_string(), reducer);
            found.push(self.run_alone(id, &asking, numbers.clone(), cube)?);
        }
        let groups = found[0].len() / (outer * inner).max(1);
        (0..groups)
            .map(|group| {
                let of = |which: usize| found[which][group * inner];
                if of(2) < 1.0 {
                    return Some(Vec::new());
                }
                let steps: Vec<usize> = (of(0) as usize..=of(1) as usize).collect();
                (steps.len() == of(2) as usize).then_some(steps)
            })
            .collect()
    }

    /// The samples that a node alone gives for a cube like `cube` of other samples.
    fn run_alone(&self, id: &str, node: &Node, samples: Vec<f64>, cube: &Cube) -> Option<Vec<f64>> {
        let process = process::find(&node.process_id)?;
        let Run::Whole(run) = process.run else {
            return None;
        };
        let dimensions = cube.dimensions().to_vec();
        let data = Cube::new(dimensions, Samples::F64(samples), cube.crs().cloned()).ok()?;
        let mut arguments = Arguments::new(process.id);
        for (name, argument) in &node.arguments {
            let value = match name.as_str() {
                "data" => Value::cube(data.clone()),
                _ => argument_value(argument, self.values, self.scope).ok()?,
            };
            arguments.set(name, value);
        }
        match run(&arguments, &Context::new(&self.limits)).ok()? {
            Value::Cube(cube) => Some(cube.samples().to_f64()),
            _ => {
                tracing::debug!(id, "no cube came of a temporal aggregation");
                None
            }
        }
    }
}

/// Whether a cube's last dimensions are `y` and `x`: its planes lie one after the other.
fn rows_last(cube: &Cube) -> bool {
    let kinds: Vec<DimensionKind> = cube.dimensions().iter().map(|d| d.kind).collect();
    kinds.ends_with(&[DimensionKind::Y, DimensionKind::X])
}
