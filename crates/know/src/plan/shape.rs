//! Which nodes of a graph can be computed on one piece of ground at a time.

use super::zones;
use crate::graph::{Argument, Node, ProcessGraph, needed, sources};
use crate::process::{self, Run};
use crate::source::assemble::Layout;
use crate::value::Value;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What a graph is for the engine.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Shape {
    /// Loads whose cubes are read by chunks.
    pub(crate) loads: Vec<String>,
    /// Nodes computed by chunks whose results are put together: what the rest of the graph, or the
    /// caller, asks for.
    pub(crate) cuts: Vec<Asked>,
    /// Nodes of figures under geometries: each with the node of its pixels and that one's load.
    pub(crate) figures: Vec<[String; 3]>,
    /// The nodes computed by chunks.
    pub(crate) chunked: Vec<String>,
    /// Pixels around a chunk that its nodes look at.
    pub(crate) halo_px: usize,
    /// Nodes that need the whole picture, with the reason, in order; nodes that only read from
    /// such nodes are left out.
    pub(crate) whole: Vec<(String, String)>,
}

/// A node computed by chunks whose result is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) node: String,
    /// The load whose pixels it has.
    pub(crate) load: String,
    /// Whether nodes that need the whole picture read it.
    pub(crate) read: bool,
}

/// What is known of a node.
enum Class {
    /// Depends on no scene.
    Constant,
    /// Computed by chunks; the load whose grid it has, and how far it looks in all.
    Chunk { load: String, halo_px: usize },
    /// Figures under geometries, of pixels that are computed by chunks.
    Figures {
        data: String,
        load: String,
        halo_px: usize,
    },
    /// Needs, or reads from what needs, the whole picture.
    Whole,
}

/// How far a process looks.
enum Reach {
    /// At each pixel by itself.
    Pixel,
    /// This many pixels around.
    Around(usize),
    /// At all pixels, for this reason.
    Whole(&'static str),
}

/// Finds what of a graph can be computed by chunks. `layouts` are those of the loads.
pub(crate) fn shape(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    wanted: &[&str],
    layouts: &BTreeMap<String, Layout>,
) -> Shape {
    // The labels of a cube are the same in each chunk, but they are no cube: where the rest of the
    // graph asks for them, they are taken from the whole cube.
    classed(graph, scope, wanted, layouts, true)
        .or_else(|| classed(graph, scope, wanted, layouts, false))
        .unwrap_or_default()
}

/// As [`shape`]; `None` where labels taken by chunks would be asked for by the rest of the graph.
fn classed(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    wanted: &[&str],
    layouts: &BTreeMap<String, Layout>,
    labels_by_chunks: bool,
) -> Option<Shape> {
    let needed = needed(graph, wanted, &BTreeMap::new());
    let mut classes: BTreeMap<&str, Class> = BTreeMap::new();
    let mut shape = Shape::default();
    for id in graph
        .order()
        .iter()
        .filter(|id| needed.contains(id.as_str()))
    {
        let node = &graph.nodes()[id];
        let class = if node.process_id == LABELS && !labels_by_chunks {
            Class::Whole
        } else {
            classify(id, node, scope, layouts, &classes, &mut shape.whole)
        };
        classes.insert(id, class);
    }
    for (id, class) in &classes {
        let (load, halo_px) = match class {
            Class::Chunk { load, halo_px } => (load, halo_px),
            Class::Figures {
                data,
                load,
                halo_px,
            } => {
                let names = [(*id).to_string(), data.clone(), load.clone()];
                shape.figures.push(names);
                shape.halo_px = shape.halo_px.max(*halo_px);
                continue;
            }
            Class::Constant | Class::Whole => continue,
        };
        shape.chunked.push((*id).to_string());
        if layouts.contains_key(*id) {
            shape.loads.push((*id).to_string());
        }
        let read = needed.iter().any(|reader| {
            matches!(classes.get(reader), Some(Class::Whole))
                && sources(&graph.nodes()[*reader].arguments).contains(id)
        });
        if wanted.contains(id) || read {
            if graph.nodes()[*id].process_id == LABELS {
                return None;
            }
            shape.cuts.push(Asked {
                node: (*id).to_string(),
                load: load.clone(),
                read,
            });
            shape.halo_px = shape.halo_px.max(*halo_px);
        }
    }
    Some(shape)
}

/// The process that gives labels.
const LABELS: &str = "dimension_labels";

fn classify(
    id: &str,
    node: &Node,
    scope: &BTreeMap<String, Value>,
    layouts: &BTreeMap<String, Layout>,
    classes: &BTreeMap<&str, Class>,
    whole: &mut Vec<(String, String)>,
) -> Class {
    if layouts.contains_key(id) {
        return Class::Chunk {
            load: id.to_string(),
            halo_px: 0,
        };
    }
    let mut needs_all = |reason: String| {
        whole.push((id.to_string(), reason));
        Class::Whole
    };
    let loads = process::find(&node.process_id).is_some_and(|own| matches!(own.run, Run::Load(_)));
    if loads {
        return needs_all(format!("{} gives whole cubes here", node.process_id));
    }
    if let Some(figures) = figures(node, classes) {
        return figures;
    }
    let mut reached: Option<(&str, usize)> = None;
    for from in sources(&node.arguments) {
        match classes.get(from) {
            Some(Class::Constant) => {}
            None | Some(Class::Whole | Class::Figures { .. }) => return Class::Whole,
            Some(Class::Chunk { load, halo_px }) => match reached {
                None => reached = Some((load, *halo_px)),
                Some((own, halo)) => {
                    if !same_pixels(layouts.get(own), layouts.get(load)) {
                        return needs_all("its cubes have different grids".to_string());
                    }
                    reached = Some((own, halo.max(*halo_px)));
                }
            },
        }
    }
    let Some((load, halo_px)) = reached else {
        return Class::Constant;
    };
    let more = match reach(node, scope) {
        Reach::Pixel => 0,
        Reach::Around(px) => px,
        Reach::Whole(reason) => return needs_all(format!("{} {reason}", node.process_id)),
    };
    Class::Chunk {
        load: load.to_string(),
        halo_px: halo_px + more,
    }
}

/// A node of figures under geometries that need no scene.
fn figures(node: &Node, classes: &BTreeMap<&str, Class>) -> Option<Class> {
    let data = zones::data_of(node)?;
    let Some(Class::Chunk { load, halo_px }) = classes.get(data) else {
        return None;
    };
    let mut others = node.arguments.clone();
    others.remove("data");
    let constant = |from: &&str| matches!(classes.get(from), Some(Class::Constant));
    sources(&others)
        .iter()
        .all(constant)
        .then(|| Class::Figures {
            data: data.to_string(),
            load: load.clone(),
            halo_px: *halo_px,
        })
}

fn same_pixels(a: Option<&Layout>, b: Option<&Layout>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => a.grid == b.grid,
        _ => false,
    }
}

fn reach(node: &Node, scope: &BTreeMap<String, Value>) -> Reach {
    let text = |name: &str| match node.arguments.get(name) {
        Some(Argument::Literal(Json::String(text))) => Some(text.clone()),
        Some(Argument::FromParameter(parameter)) => match scope.get(parameter) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    };
    let along = |names: &[&str]| {
        let spatial = |name: &&str| {
            // A dimension that is not named in plain text may be any.
            node.arguments.contains_key(*name)
                && text(name).is_none_or(|dimension| matches!(dimension.as_str(), "x" | "y"))
        };
        if names.iter().any(spatial) {
            Reach::Whole("goes along pixels")
        } else {
            Reach::Pixel
        }
    };
    match node.process_id.as_str() {
        "apply"
        | "mask"
        | "merge_cubes"
        | "ndvi"
        | "filter_bands"
        | "filter_temporal"
        | "mask_polygon"
        | "save_result"
        | "aggregate_temporal"
        | "aggregate_temporal_period" => Reach::Pixel,
        "reduce_dimension" | "filter_labels" | "rename_labels" | "predict_curve" | LABELS => {
            along(&["dimension"])
        }
        "drop_dimension" => along(&["name"]),
        "apply_dimension" => along(&["dimension", "target_dimension"]),
        "rename_dimension" => along(&["source", "target"]),
        "add_dimension" => match text("type").as_deref() {
            Some("spatial") => Reach::Whole("adds pixels"),
            _ => along(&["name"]),
        },
        "median_filter" => match number(node, scope, "size", 3.0) {
            Some(size) if size >= 1.0 => Reach::Around(size as usize / 2),
            _ => Reach::Whole("has a window of no plain size"),
        },
        "apply_kernel" => kernel_reach(node, &text),
        _ => Reach::Whole("looks at the whole picture"),
    }
}

fn number(node: &Node, scope: &BTreeMap<String, Value>, name: &str, default: f64) -> Option<f64> {
    match node.arguments.get(name) {
        None => Some(default),
        Some(Argument::Literal(json)) => json.as_f64(),
        Some(Argument::FromParameter(parameter)) => match scope.get(parameter) {
            Some(Value::Number(number)) => Some(*number),
            _ => None,
        },
        Some(_) => None,
    }
}

fn kernel_reach(node: &Node, text: &dyn Fn(&str) -> Option<String>) -> Reach {
    if text("border").is_some_and(|border| border == "wrap") {
        return Reach::Whole("wraps round the edges");
    }
    let Some(Argument::Literal(Json::Array(rows))) = node.arguments.get("kernel") else {
        return Reach::Whole("has a kernel of no plain size");
    };
    let width = rows.first().and_then(Json::as_array).map_or(0, Vec::len);
    Reach::Around(rows.len().max(width) / 2)
}
