//! `corridor know run`: a process graph on this node's scenes.

use super::extent::Extent;
use crate::output::{counted, say};
use crate::progress::Step;
use crate::verb::{Failure, Outcome, open};
use clap::Args;
use corridor_know::cube::{Cube, Dimension};
use corridor_know::graph::{ProcessGraph, RunLimits};
use corridor_know::output::Format;
use corridor_know::plan::{Engine, Spilled};
use corridor_know::source::CatalogSource;
use corridor_know::value::Value;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest graph or area file, bytes.
const FILE_BYTES_MAX: u64 = 8 << 20;

/// Run a process graph on this node's scenes, in chunks, within a set memory.
///
/// The area and the times stand in for extents that a load_collection leaves null, and fill the
/// graph's parameters `area` and `time`. A cube goes to a GeoTIFF, anything else is JSON.
#[derive(Debug, Args)]
pub(crate) struct Run {
    /// openEO process graph, JSON
    #[arg(value_name = "GRAPH.json")]
    graph: PathBuf,
    #[command(flatten)]
    extent: Extent,
    /// A parameter of the graph; VALUE is JSON, or text where it is none
    #[arg(long = "set", value_name = "NAME=VALUE")]
    parameters: Vec<String>,
    /// File for the result: .tif for a cube, .json for anything else
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Run on the executors of this scheduler, http://HOST:PORT
    #[arg(long, value_name = "URL")]
    cluster: Option<String>,
    /// Most memory for cubes, MiB
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(1..))]
    memory: u64,
    /// Chunks at a time; the cores of this machine where it is not said
    #[arg(long)]
    threads: Option<usize>,
    /// Say what the run would cost, and do not run
    #[arg(long)]
    estimate: bool,
    /// Say how the run is planned, and do not run
    #[arg(long, conflicts_with = "estimate")]
    explain: bool,
}

impl Run {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        let (graph, parameters) = self.graph()?;
        let chain = open(data_dir).await?;
        let source = CatalogSource::new(chain.catalog(), chain.assets());
        let mut engine = Engine::new(RunLimits {
            max_samples: u64::MAX,
            max_memory_bytes: self.memory << 20,
            models: chain.models().clone(),
            ..RunLimits::default()
        });
        if let Some(folder) = self.out.as_deref().map(folder_of) {
            engine = engine.with_spill_folder(folder);
        }
        if let Some(threads) = self.threads {
            engine = engine.with_partitions(threads);
        }
        if let Some(url) = &self.cluster {
            let cluster = corridor_cluster::Ballista::at(url)
                .map_err(|error| Failure::Usage(format!("--cluster: {error}")))?;
            engine = engine.with_carrier(Arc::new(cluster));
        }
        let failed = |error: corridor_know::error::GraphError| {
            let place = match error.node.is_empty() {
                true => String::new(),
                false => format!(", node {}", error.node.join(" > ")),
            };
            Failure::Failed(format!("{}{place}: {error}", self.graph.display()))
        };
        let plan = engine
            .plan(&graph, &parameters, &source, &[])
            .await
            .map_err(failed)?;
        let estimate = plan.estimate();
        if self.explain {
            return Ok(say(&plan.explain())?);
        }
        if self.estimate {
            let text = serde_json::to_string_pretty(estimate).map_err(std::io::Error::other)?;
            return Ok(say(&(text + "\n"))?);
        }
        if plan.spilled_nodes().next().is_some() && self.out.is_none() {
            return Err(Failure::Usage(format!(
                "the result has {} bytes, more than may be held of {} MiB: give a file for it with --out, or more --memory",
                estimate.result_bytes, self.memory
            )));
        }
        for (node, reason) in plan.whole_nodes() {
            tracing::info!("node {node} runs on whole cubes: {reason}");
        }
        let step = Step::start(format!(
            "{} in {}, about {:.1} s",
            counted(estimate.samples, "sample", "samples"),
            counted(estimate.chunks, "chunk", "chunks"),
            estimate.seconds
        ));
        let engine = engine.with_progress(Arc::new(step.counter()));
        let mut ran = engine
            .execute_spilling(&plan, &source)
            .await
            .map_err(failed)?;
        step.done("computed");
        if let Some((result, out)) = ran.spilled.remove(graph.result()).zip(self.out.as_ref()) {
            return write_spilled(&result, out, self.memory << 20);
        }
        let value = ran
            .values
            .remove(graph.result())
            .ok_or_else(|| Failure::Failed("the graph gave no result".to_string()))?;
        self.write(&value)
    }

    /// The graph with the extents filled in, and the values of its parameters.
    fn graph(&self) -> Result<(ProcessGraph, BTreeMap<String, Value>), Failure> {
        let mut json = read_json(&self.graph)?;
        let area = self.extent.spatial_extent()?;
        let time = self.extent.temporal_extent();
        let nodes = match json.get("process_graph") {
            Some(Json::Object(inner)) if !inner.contains_key("process_id") => {
                json.get_mut("process_graph")
            }
            _ => Some(&mut json),
        };
        let loads = nodes
            .and_then(Json::as_object_mut)
            .into_iter()
            .flat_map(Map::values_mut)
            .filter(|node| node["process_id"] == "load_collection");
        for node in loads {
            let Some(arguments) = node.get_mut("arguments").and_then(Json::as_object_mut) else {
                continue;
            };
            for (name, value) in [("spatial_extent", &area), ("temporal_extent", &time)] {
                let open = arguments.get(name).is_none_or(Json::is_null);
                if let (true, Some(value)) = (open, value) {
                    arguments.insert(name.to_string(), value.clone());
                }
            }
        }
        let graph = ProcessGraph::parse(&json)
            .map_err(|error| Failure::Failed(format!("{}: {error}", self.graph.display())))?;
        let mut parameters = BTreeMap::new();
        for (name, value) in [("area", area), ("time", time)] {
            if let Some(value) = value {
                parameters.insert(name.to_string(), Value::from_json(&value));
            }
        }
        for (name, value) in super::set_parameters(&self.parameters)? {
            parameters.insert(name, Value::from_json(&value));
        }
        Ok((graph, parameters))
    }

    fn write(&self, value: &Value) -> Outcome {
        match (value, &self.out) {
            (Value::Cube(cube), Some(out)) if cube.grid().is_some() => {
                write_cog(value, out)?;
                Ok(say(&summary(cube))?)
            }
            (Value::Cube(cube), None) => Ok(say(&summary(cube))?),
            (value, out) => {
                let json = match value {
                    Value::Cube(cube) => cube_json(cube),
                    other => other.to_json().ok_or_else(|| {
                        Failure::Failed(format!("a {} cannot be written", other.type_name()))
                    })?,
                };
                let text =
                    serde_json::to_string_pretty(&json).map_err(std::io::Error::other)? + "\n";
                match out {
                    Some(out) => std::fs::write(out, text)
                        .map_err(|e| Failure::Failed(format!("{}: {e}", out.display()))),
                    None => Ok(say(&text)?),
                }
            }
        }
    }
}

fn read_json(path: &Path) -> Result<Json, Failure> {
    let failed = |reason: String| Failure::Failed(format!("{}: {reason}", path.display()));
    let size = std::fs::metadata(path)
        .map_err(|e| failed(e.to_string()))?
        .len();
    if size > FILE_BYTES_MAX {
        return Err(failed(format!("{size} bytes; at most {FILE_BYTES_MAX}")));
    }
    let text = std::fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    serde_json::from_str(&text).map_err(|e| failed(format!("not JSON: {e}")))
}

/// One line a dimension, then the samples.
fn summary(cube: &Cube) -> String {
    let mut samples = Summary::default();
    (0..cube.len()).for_each(|index| samples.add(cube.samples().get(index)));
    lines(cube.dimensions()) + &samples.to_string()
}

/// A line for each dimension.
fn lines(dimensions: &[Dimension]) -> String {
    let line = |dimension: &Dimension| {
        let ends = match (dimension.labels.first(), dimension.labels.last()) {
            (Some(first), Some(last)) if dimension.len() > 1 => format!("{first} to {last}"),
            (Some(one), _) => one.to_string(),
            _ => String::new(),
        };
        format!("{} {}: {ends}\n", dimension.name, dimension.len())
    };
    dimensions.iter().map(line).collect()
}

/// Samples that went by.
#[derive(Debug, Default)]
struct Summary {
    samples: u64,
    valid: u64,
    sum: f64,
    ends: Option<(f64, f64)>,
}

impl Summary {
    fn add(&mut self, value: f64) {
        self.samples += 1;
        if !value.is_nan() {
            self.valid += 1;
            self.sum += value;
            let (least, most) = self.ends.unwrap_or((value, value));
            self.ends = Some((least.min(value), most.max(value)));
        }
    }
}

impl std::fmt::Display for Summary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "samples {}, valid {}", self.samples, self.valid)?;
        if let Some((least, most)) = self.ends {
            let mean = self.sum / self.valid as f64;
            write!(f, ", least {least}, mean {mean}, most {most}")?;
        }
        writeln!(f)
    }
}

/// Labels and samples of a cube without pixels.
fn cube_json(cube: &Cube) -> Json {
    let dimensions: Vec<Json> = cube
        .dimensions()
        .iter()
        .map(|dimension| {
            let labels: Vec<Json> = dimension
                .labels
                .iter()
                .map(|label| label.to_value().to_json().unwrap_or_default())
                .collect();
            json!({"name": dimension.name, "type": dimension.kind.openeo_type(), "labels": labels})
        })
        .collect();
    let samples: Vec<Option<f64>> = (0..cube.len())
        .map(|index| Some(cube.samples().get(index)).filter(|value| value.is_finite()))
        .collect();
    json!({"dimensions": dimensions, "samples": samples})
}

fn folder_of(file: &Path) -> &Path {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Writes each plane of pixels as a band named by its labels.
fn write_cog(value: &Value, out: &Path) -> Outcome {
    let failed = |reason: String| Failure::Failed(format!("{}: {reason}", out.display()));
    let written = Format::find("GTiff")
        .and_then(|format| format.write(value, &BTreeMap::new(), "result", false));
    let mut files = written.map_err(|error| failed(error.to_string()))?;
    let file = files
        .pop()
        .ok_or_else(|| failed("nothing was written".into()))?;
    // Written aside and renamed: a file that is there is whole.
    let aside = out.with_extension("part");
    std::fs::write(&aside, &file.bytes)
        .and_then(|()| std::fs::rename(&aside, out))
        .map_err(|error| failed(error.to_string()))
}

/// Writes a result that is too large to be held, a few rows at a time, and says what is in it.
fn write_spilled(result: &Spilled, out: &Path, memory_bytes: u64) -> Outcome {
    let failed = |reason: String| Failure::Failed(format!("{}: {reason}", out.display()));
    // In the same file system, so that the file can be moved into place.
    let aside = tempfile::tempdir_in(folder_of(out)).map_err(|e| failed(e.to_string()))?;
    let name = ("result", false);
    let written = Format::find("GTiff").and_then(|format| {
        format.write_spilled(result, &BTreeMap::new(), name, aside.path(), memory_bytes)
    });
    let files = written.map_err(|error| failed(error.to_string()))?;
    for file in files {
        std::fs::rename(aside.path().join(file.name), out).map_err(|e| failed(e.to_string()))?;
    }
    let mut samples = Summary::default();
    for plane in 0..result.planes() {
        for row in 0..result.grid.height {
            let values = result.rows(plane, row, 1);
            let values = values.map_err(|error| failed(error.to_string()))?;
            values.into_iter().for_each(|value| samples.add(value));
        }
    }
    let grid = &result.grid;
    let pixels = format!("y {}\nx {}\n", grid.height, grid.width);
    Ok(say(&(lines(&result.dimensions)
        + &pixels
        + &samples.to_string()))?)
}
