//! Which nodes are computed straight from stored samples.
//!
//! A median over time of bands as they are stored, masked or not, needs no cube in between: the
//! middle samples are found among the stored integers and only they are scaled. A mask that says of
//! each pixel and date by itself what one band of classes says is a table of 256 answers, asked of
//! the interpreter once.

mod take;

pub(super) use take::{lines, run};

use super::job::evaluate;
use super::kernel;
use crate::cube::{Cube, Samples};
use crate::graph::{Argument, Node, ProcessGraph};
use crate::source::assemble::{Layout, PlaneRead};
use crate::value::{Label, Value};
use corridor_raster::band::{Band, BandData, DataType};
use corridor_raster::dataset::Window;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// Answers of a mask: one for each stored class, and one for no data.
const ANSWERS: usize = 257;

/// A median over time from stored samples.
#[derive(Debug)]
pub(crate) struct Fused {
    /// The node whose value it is.
    pub(crate) node: String,
    /// The load of the bands.
    load: String,
    /// For each band its reads, one a date.
    bands: Vec<Vec<usize>>,
    mask: Option<Mask>,
    /// The node's result for one pixel: its dimensions are those of every result.
    sketch: Cube,
}

#[derive(Debug)]
struct Mask {
    load: String,
    /// Reads of the band of classes, one a date.
    reads: Vec<usize>,
    /// Whether a pixel of this class is masked.
    masked: Vec<bool>,
}

/// The nodes of a graph that can be computed so.
pub(crate) fn find(
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    loads: &BTreeMap<String, Layout>,
) -> Vec<Fused> {
    graph
        .needed()
        .into_iter()
        .filter_map(|id| fuse(id, graph, scope, loads))
        .collect()
}

fn fuse(
    id: &str,
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    loads: &BTreeMap<String, Layout>,
) -> Option<Fused> {
    let node = graph.nodes().get(id)?;
    let is_median = node.process_id == "reduce_dimension"
        && text(node, "dimension") == Some("t")
        && single(node, "reducer")? == "median";
    if !is_median {
        return None;
    }
    let mut data = graph.nodes().get_key_value(from(node, "data")?)?;
    let mut mask = None;
    if data.1.process_id == "mask" {
        let replaced = !matches!(
            data.1.arguments.get("replacement"),
            None | Some(Argument::Literal(Json::Null))
        );
        if replaced {
            return None;
        }
        mask = Some(from(data.1, "mask")?);
        data = graph.nodes().get_key_value(from(data.1, "data")?)?;
    }
    let (load, bands) = chosen_bands(data.0, graph, loads)?;
    let layout = &loads[load];
    let bands = bands
        .iter()
        .map(|band| series(layout, *band, &[DataType::U16, DataType::U8]))
        .collect::<Option<Vec<_>>>()?;
    let mask = match mask {
        None => None,
        Some(mask) => Some(table(mask, layout, graph, scope, loads)?),
    };
    let given = loads
        .iter()
        .map(|(id, layout)| Some((id.clone(), Value::cube(layout.sketch().ok()?))))
        .collect::<Option<BTreeMap<_, _>>>()?;
    let (mut values, _) = evaluate(graph, scope, given, &[id]).ok()?;
    let Some(Value::Cube(sketch)) = values.remove(id) else {
        return None;
    };
    (sketch.len() == bands.len()).then(|| Fused {
        node: id.to_string(),
        load: load.to_string(),
        bands,
        mask,
        sketch: (*sketch).clone(),
    })
}

fn from<'a>(node: &'a Node, argument: &str) -> Option<&'a str> {
    match node.arguments.get(argument) {
        Some(Argument::FromNode(id)) => Some(id),
        _ => None,
    }
}

fn text<'a>(node: &'a Node, argument: &str) -> Option<&'a str> {
    match node.arguments.get(argument) {
        Some(Argument::Literal(json)) => json.as_str(),
        _ => None,
    }
}

/// The process that a callback consists of, where it is one process on `data` and nothing else.
pub(super) fn single<'a>(node: &'a Node, argument: &str) -> Option<&'a str> {
    let Some(Argument::Graph(graph)) = node.arguments.get(argument) else {
        return None;
    };
    let [id] = graph.order() else {
        return None;
    };
    let inner = &graph.nodes()[id];
    let plain = inner.arguments.iter().all(|(name, value)| {
        matches!((name.as_str(), value),
            ("data", Argument::FromParameter(data)) if data == "data")
            || (name == "ignore_nodata" && *value == Argument::Literal(Json::Bool(true)))
    });
    (plain && inner.arguments.contains_key("data")).then_some(inner.process_id.as_str())
}

/// The load behind a chain of `filter_bands`, and the steps of its bands that are left.
fn chosen_bands<'a>(
    id: &'a str,
    graph: &'a ProcessGraph,
    loads: &BTreeMap<String, Layout>,
) -> Option<(&'a str, Vec<usize>)> {
    if let Some(layout) = loads.get(id) {
        return Some((id, (0..layout.bands.len()).collect()));
    }
    let node = graph.nodes().get(id)?;
    if node.process_id != "filter_bands" || node.arguments.len() != 2 {
        return None;
    }
    let (load, before) = chosen_bands(from(node, "data")?, graph, loads)?;
    let layout = &loads[load];
    let Some(Argument::Literal(Json::Array(names))) = node.arguments.get("bands") else {
        return None;
    };
    let chosen = names
        .iter()
        .map(|name| {
            let step = layout
                .bands
                .iter()
                .position(|own| Some(own.as_str()) == name.as_str())?;
            before.contains(&step).then_some(step)
        })
        .collect::<Option<Vec<_>>>()?;
    Some((load, chosen))
}

/// The reads of a band, one a date, where they are of these types and all alike.
fn series(layout: &Layout, band: usize, types: &[DataType]) -> Option<Vec<usize>> {
    let reads: Vec<usize> = (0..layout.reads.len())
        .filter(|read| layout.reads[*read].band == band)
        .collect();
    let first = layout.reads.get(*reads.first()?)?;
    let alike = reads.iter().enumerate().all(|(step, read)| {
        let read = &layout.reads[*read];
        read.time == step
            && types.contains(&layout.files[read.file].dtype)
            && read.scale.total_cmp(&first.scale).is_eq()
            && read.offset.total_cmp(&first.offset).is_eq()
    });
    let fits = reads.len() == layout.times.len() && reads.len() <= kernel::STEPS_MAX;
    (alike && fits && first.scale > 0.0 && !layout.wide).then_some(reads)
}

/// The answers of a mask, where it depends on one band of classes alone.
fn table(
    id: &str,
    data: &Layout,
    graph: &ProcessGraph,
    scope: &BTreeMap<String, Value>,
    loads: &BTreeMap<String, Layout>,
) -> Option<Mask> {
    let (load, bands) = pointwise(id, graph, loads)?;
    let layout = &loads[load];
    let [band] = bands.as_slice() else {
        return None;
    };
    if layout.times != data.times || layout.grid != data.grid {
        return None;
    }
    let reads = series(layout, *band, &[DataType::U8])?;
    let read = &layout.reads[*reads.first()?];
    // The same classes mean the same on every date.
    let alike = |other: &usize| {
        let other = &layout.reads[*other];
        let same = |a: Option<f64>, b: Option<f64>| a.map(f64::to_bits) == b.map(f64::to_bits);
        same(read.nodata, other.nodata)
            && same(
                layout.files[read.file].nodata,
                layout.files[other.file].nodata,
            )
    };
    if !reads.iter().all(alike) {
        return None;
    }
    let cube = classes(layout, *band, read)?;
    let given = BTreeMap::from([(load.to_string(), Value::cube(cube))]);
    let (values, _) = evaluate(graph, scope, given, &[id]).ok()?;
    let Some(Value::Cube(answers)) = values.get(id) else {
        return None;
    };
    // Masks of single bands would have to be told apart.
    let names: Vec<&str> = answers
        .dimensions()
        .iter()
        .map(|d| d.name.as_str())
        .collect();
    if answers.len() != ANSWERS || names.contains(&"bands") || !names.contains(&"t") {
        return None;
    }
    let answers = answers.samples().to_f64();
    Some(Mask {
        load: load.to_string(),
        reads,
        masked: answers
            .iter()
            .map(|m| m.is_nan() || m.abs() > 0.0)
            .collect(),
    })
}

/// The load and the bands that a node depends on, where it computes each pixel and date by itself.
fn pointwise<'a>(
    id: &'a str,
    graph: &'a ProcessGraph,
    loads: &BTreeMap<String, Layout>,
) -> Option<(&'a str, Vec<usize>)> {
    if let Some(chosen) = chosen_bands(id, graph, loads) {
        return Some(chosen);
    }
    let node = graph.nodes().get(id)?;
    match node.process_id.as_str() {
        "apply" => pointwise(from(node, "data")?, graph, loads),
        "drop_dimension" if text(node, "name") == Some("bands") => {
            pointwise(from(node, "data")?, graph, loads)
        }
        "reduce_dimension" if text(node, "dimension") == Some("bands") => {
            let (load, bands) = pointwise(from(node, "data")?, graph, loads)?;
            let Some(Argument::Graph(reducer)) = node.arguments.get("reducer") else {
                return None;
            };
            match bands.len() {
                1 => Some((load, bands)),
                _ => Some((load, elements(reducer, &loads[load])?)),
            }
        }
        _ => None,
    }
}

/// The bands that a callback takes out of its array by name, where it uses it in no other way.
fn elements(reducer: &ProcessGraph, layout: &Layout) -> Option<Vec<usize>> {
    let mut bands = Vec::new();
    for node in reducer.nodes().values() {
        let uses_data = node.arguments.values().any(uses_data);
        if node.process_id != "array_element" {
            if uses_data {
                return None;
            }
            continue;
        }
        let label = text(node, "label")?;
        let step = layout.bands.iter().position(|own| own == label)?;
        if !bands.contains(&step) {
            bands.push(step);
        }
    }
    Some(bands)
}

fn uses_data(argument: &Argument) -> bool {
    match argument {
        Argument::FromParameter(name) => name == "data",
        Argument::Array(items) => items.iter().any(uses_data),
        Argument::Object(members) => members.values().any(uses_data),
        // A nested graph sees the parameters around it.
        Argument::Graph(_) => true,
        Argument::Literal(_) | Argument::FromNode(_) => false,
    }
}

/// A cube of one date whose pixels are the classes 0 to 255 and no data; other bands have none.
fn classes(layout: &Layout, band: usize, read: &PlaneRead) -> Option<Cube> {
    let own = layout.files[read.file].nodata;
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let row = Band::new(256, 1, BandData::U8(all), own, None).ok()?;
    let mut values = Vec::new();
    read.physical_row(&row, 0, 256, &mut values);
    values.push(f64::NAN);
    let mut samples = vec![f32::NAN; layout.bands.len() * ANSWERS];
    for (sample, value) in samples[band * ANSWERS..].iter_mut().zip(values) {
        *sample = value as f32;
    }
    let mut dimensions = layout.dimensions(Window::new(0, 0, 1, 1));
    dimensions[0] = dimensions[0].select(&[0]);
    let numbered = (0..ANSWERS).map(|i| Label::Number(i as f64)).collect();
    dimensions[3] = dimensions[3].with_labels(numbered);
    Cube::new(
        dimensions,
        Samples::F32(samples),
        Some(layout.grid.crs.clone()),
    )
    .ok()
}
