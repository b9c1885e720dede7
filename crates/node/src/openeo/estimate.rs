//! What a graph will read, before it runs: from the catalogue's entries alone, no file is opened.
//!
//! Counted are the samples (pixel × band × date) that `load_collection` and `load_stac` ask for:
//! of each item the pixels of its finest raster file (`proj:shape`), the part of them that lies in
//! the extent's box, times the bands asked for. Scenes that share a date are counted each, and
//! masks of polygons not at all, so the figure is an upper one.

use super::error::Refusal;
use crate::view::View;
use corridor_catalog::{Bbox, Interval, Item, Search};
use corridor_know::call::Arguments;
use corridor_know::extent::SpatialExtent;
use corridor_know::geometry;
use corridor_know::graph::{self, ProcessGraph};
use corridor_know::process::{self, Run};
use corridor_know::source::LoadRequest;
use corridor_raster::grid::Crs;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Samples read and computed a second by one core, a cautious figure to plan by.
const SAMPLES_A_SECOND: f64 = 4e6;
/// Bytes of a sample in memory.
const SAMPLE_BYTES: u64 = 4;
/// Most items that are looked at; graphs that ask for more are refused when they are run.
const ITEMS_MAX: usize = corridor_know::source::SCENES_MAX;

/// What a run will read.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Costs {
    pub(crate) scenes: usize,
    pub(crate) samples: u64,
}

impl Costs {
    pub(crate) fn seconds(&self) -> f64 {
        (self.samples as f64 / SAMPLES_A_SECOND).max(1.0).ceil()
    }

    /// As the API shows it: nothing is billed.
    pub(crate) fn describe(&self) -> Value {
        json!({
            "costs": 0,
            "duration": format!("PT{}S", self.seconds()),
            "size": self.samples * SAMPLE_BYTES,
            "scenes": self.scenes,
            "samples": self.samples,
        })
    }
}

/// Refuses a synchronous run that is too large, with what it would read.
pub(crate) async fn allow(
    graph: &ProcessGraph,
    view: &View,
    budget: Option<&Value>,
    samples_max: u64,
) -> Result<(), Refusal> {
    if budget
        .and_then(Value::as_f64)
        .is_some_and(|budget| budget <= 0.0)
    {
        return Err(Refusal::new(
            "BudgetInvalid",
            "The specified budget is too low.",
        ));
    }
    // What cannot be estimated is held by the limits of the run itself.
    let Some(costs) = of(graph, view).await? else {
        return Ok(());
    };
    if costs.samples > samples_max {
        return Err(Refusal::new(
            "ProcessGraphComplexity",
            format!(
                "The process graph is too demanding for synchronous processing. Please use a batch job instead: \
                 it reads up to {} samples of {} scenes and takes about {} s; at most {samples_max} samples are allowed.",
                costs.samples,
                costs.scenes,
                costs.seconds()
            ),
        ));
    }
    Ok(())
}

/// What a graph will read; `None` where an extent is itself computed by the graph.
pub(crate) async fn of(graph: &ProcessGraph, view: &View) -> Result<Option<Costs>, Refusal> {
    let mut costs = Costs::default();
    for id in graph.needed() {
        let Some(request) = request(graph, id)? else {
            continue;
        };
        let Some(request) = request else {
            return Ok(None);
        };
        for item in items(view, &request).await? {
            costs.scenes += 1;
            costs.samples = costs.samples.saturating_add(samples(&item, &request));
        }
    }
    Ok(Some(costs))
}

/// What a node asks to load: nothing for other nodes, `Some(None)` where that is not known yet.
fn request(graph: &ProcessGraph, id: &str) -> Result<Option<Option<LoadRequest>>, Refusal> {
    let Some(node) = graph.nodes().get(id) else {
        return Ok(None);
    };
    let Some(process) = process::find(&node.process_id) else {
        return Ok(None);
    };
    let Run::Load(read) = process.run else {
        return Ok(None);
    };
    let mut arguments = Arguments::new(process.id);
    for (name, argument) in &node.arguments {
        match graph::resolve(argument, graph, &BTreeMap::new()) {
            Ok(value) => arguments.set(name, value),
            Err(_) => return Ok(Some(None)),
        }
    }
    let request = read(&arguments).map_err(|error| error.in_node(id))?;
    Ok(Some(Some(request)))
}

/// The items that a request is about, as far as the catalogue can tell.
async fn items(view: &View, request: &LoadRequest) -> Result<Vec<Item>, Refusal> {
    view.collection(&request.collection).await?;
    if let Some(ids) = &request.items {
        let mut items = Vec::with_capacity(ids.len());
        for id in ids {
            items.push(view.item(&request.collection, id).await?);
        }
        return Ok(items);
    }
    let mut search = Search {
        collections: vec![request.collection.clone()],
        bbox: bounds(request).and_then(|bounds| Bbox::from_slice(&bounds).ok()),
        limit: Some(1_000),
        ..Search::default()
    };
    if let Some(extent) = &request.temporal_extent {
        search.datetime = Interval::new(extent.start, extent.end).ok();
    }
    let mut items = Vec::new();
    loop {
        let page = view.search(search.clone()).await?;
        items.extend(page.items);
        match page.next {
            Some(token) if items.len() <= ITEMS_MAX => search.token = Some(token),
            _ => return Ok(items),
        }
    }
}

/// The box of a request, degrees.
fn bounds(request: &LoadRequest) -> Option<[f64; 4]> {
    match request.spatial_extent.as_ref()? {
        SpatialExtent::Box {
            west,
            south,
            east,
            north,
            crs,
        } => geometry::bounds_in([*west, *south, *east, *north], crs, &Crs::wgs84()).ok(),
        SpatialExtent::Polygons(polygons) => geometry::bounds(std::slice::from_ref(polygons)),
    }
}

fn samples(item: &Item, request: &LoadRequest) -> u64 {
    let rasters = || {
        let tiff = |t: &str| t.starts_with("image/tiff");
        item.assets
            .values()
            .filter(move |a| a.media_type.as_deref().is_some_and(tiff))
    };
    let shape = |members: &serde_json::Map<String, Value>| {
        let shape = members.get("proj:shape")?;
        Some(shape[0].as_u64()?.saturating_mul(shape[1].as_u64()?))
    };
    let finest = rasters().filter_map(|asset| shape(&asset.additional)).max();
    let pixels = finest
        .or_else(|| shape(&item.properties.fields))
        .unwrap_or(0);
    let bands = match &request.bands {
        Some(bands) => bands.len(),
        None => rasters().map(|asset| asset.bands.len()).sum(),
    };
    let part = match (bounds(request), &item.bbox) {
        (Some(asked), Some(own)) => {
            // Boxes of six numbers have heights in between.
            let half = own.len() / 2;
            let at = |i: usize| own.get(i).copied().unwrap_or_default();
            let own = [at(0), at(1), at(half), at(half + 1)];
            let side = |low: usize, high: usize| {
                let length = (own[high] - own[low]).max(f64::MIN_POSITIVE);
                let shared = own[high].min(asked[high]) - own[low].max(asked[low]);
                (shared.max(0.0) / length).min(1.0)
            };
            side(0, 2) * side(1, 3)
        }
        _ => 1.0,
    };
    (pixels as f64 * part * bands as f64).ceil() as u64
}
