//! Results too large to be held: the same files as of results that are.

use crate::plans::{block_on, load, reducer, romania};
use corridor_know::graph::{ProcessGraph, RunLimits};
use corridor_know::output::Format;
use corridor_know::plan::{Engine, Plan};
use corridor_know::source::FileSource;
use corridor_know::value::Value;
use corridor_raster::dataset::Dataset;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// The vegetation index of each date, and the greatest of each month.
fn graph() -> Json {
    json!({
        "load": load(&["B04", "B08"]),
        "ndvi": {"process_id": "ndvi", "arguments": {"data": {"from_node": "load"}, "nir": "B08", "red": "B04",
            "target_band": "ndvi"}},
        "months": {"process_id": "aggregate_temporal_period", "arguments": {
            "data": {"from_node": "ndvi"}, "period": "month", "reducer": reducer("max")}, "result": true}
    })
}

fn engine(memory_bytes: u64) -> Engine {
    let limits = RunLimits {
        max_memory_bytes: memory_bytes,
        ..RunLimits::default()
    };
    Engine::new(limits).with_partitions(2)
}

fn planned(engine: &Engine, graph: &Json, keep: &[&str], source: &FileSource) -> Plan {
    let graph = ProcessGraph::parse(graph).unwrap();
    block_on(engine.plan(&graph, &BTreeMap::new(), source, keep)).unwrap()
}

const MUCH: u64 = 1 << 30;
const LITTLE: u64 = 5 << 20;

#[test]
fn results_beyond_the_memory_become_the_same_files() {
    let Some(source) = romania() else { return };
    let rich = engine(MUCH);
    let plan = planned(&rich, &graph(), &[], &source);
    assert_eq!(plan.spilled_nodes().count(), 0);
    let bytes = plan.estimate().result_bytes;
    assert!(bytes > LITTLE / 2, "{bytes}");
    let value = block_on(rich.execute(&plan, &source)).unwrap();
    let value = value.get("months").unwrap();

    let folder = tempfile::tempdir().unwrap();
    let poor = engine(LITTLE).with_spill_folder(folder.path());
    let plan = planned(&poor, &graph(), &[], &source);
    assert_eq!(plan.spilled_nodes().collect::<Vec<_>>(), ["months"]);
    let refused = block_on(poor.execute(&plan, &source)).unwrap_err();
    assert_eq!(refused.code, "ProcessGraphComplexity", "{refused}");
    let mut ran = block_on(poor.execute_spilling(&plan, &source)).unwrap();
    assert!(ran.values.is_empty());
    let spilled = ran.spilled.remove("months").unwrap();

    let format = Format::find("GTiff").unwrap();
    let text = |text: &str| Value::Text(text.to_string());
    let datatypes = [None, Some("int16"), Some("float64")];
    for (several, datatype) in [(true, None), (false, None)]
        .into_iter()
        .chain(datatypes.map(|datatype| (true, datatype)))
    {
        let options: BTreeMap<String, Value> = datatype
            .map(|name| ("datatype".to_string(), text(name)))
            .into_iter()
            .collect();
        let whole = format.write(value, &options, "result", several).unwrap();
        let written = format
            .write_spilled(&spilled, &options, ("result", several), folder.path(), MUCH)
            .unwrap();
        assert_eq!(whole.len(), written.len());
        assert_eq!(whole.len() > 20, several);
        for (a, b) in whole.iter().zip(&written) {
            assert_eq!((&a.name, &a.bands, &a.times), (&b.name, &b.bands, &b.times));
            let read = std::fs::read(folder.path().join(&b.name)).unwrap();
            assert!(a.bytes == read, "{}", a.name);
        }
    }
    // Files are unlinked as they are made: only the last results are here.
    let left = std::fs::read_dir(folder.path()).unwrap();
    let other = left.filter(|e| {
        !e.as_ref()
            .unwrap()
            .file_name()
            .to_string_lossy()
            .ends_with(".tif")
    });
    assert_eq!(other.count(), 0);
}

#[test]
fn tiles_are_smaller_where_rows_of_them_are_too_large_and_pixels_the_same() {
    let Some(source) = romania() else { return };
    let poor = engine(LITTLE);
    let plan = planned(&poor, &graph(), &[], &source);
    let mut ran = block_on(poor.execute_spilling(&plan, &source)).unwrap();
    let spilled = ran.spilled.remove("months").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let format = Format::find("GTiff").unwrap();
    let name = ("result", false);
    let options = BTreeMap::new();
    let write = |memory_bytes: u64| {
        let files = format.write_spilled(&spilled, &options, name, folder.path(), memory_bytes)?;
        let file = folder.path().join(&files[0].name);
        Ok::<_, corridor_know::error::GraphError>(Dataset::open(&file).unwrap())
    };
    // Rows of 128 pixels of 108 bands, twice.
    let dataset = write(24 << 20).unwrap();
    assert_eq!(dataset.bands(), spilled.planes());
    for plane in [0, spilled.planes() - 1] {
        let band = dataset.read_band(plane).unwrap();
        let rows = spilled.rows(plane, 0, spilled.grid.height).unwrap();
        for (index, value) in rows.into_iter().enumerate() {
            let (row, col) = (index / spilled.grid.width, index % spilled.grid.width);
            assert_eq!(band.value(col, row), (!value.is_nan()).then_some(value));
        }
    }
    let error = write(1_000).unwrap_err();
    assert_eq!(error.code, "ProcessGraphComplexity");
    assert!(error.message.contains("row of tiles"), "{error}");
}

#[test]
fn what_others_read_is_held_and_formats_written_whole_are_refused() {
    let Some(source) = romania() else { return };
    // The kept node and the result are too large; the result reads the kept one by chunks.
    let poor = engine(LITTLE);
    let plan = planned(&poor, &graph(), &["ndvi"], &source);
    assert_eq!(plan.spilled_nodes().collect::<Vec<_>>(), ["months", "ndvi"]);
    let ran = block_on(poor.execute_spilling(&plan, &source)).unwrap();
    assert_eq!(ran.spilled.len(), 2);
    // A process that needs the whole picture reads it.
    let mut graph = graph();
    graph["months"]["result"] = json!(false);
    graph["array"] = json!({"process_id": "dimension_labels", "arguments": {
        "data": {"from_node": "months"}, "dimension": "t"}, "result": true});
    let plan = planned(&poor, &graph, &[], &source);
    assert_eq!(plan.spilled_nodes().count(), 0, "{}", plan.explain());
    let error = block_on(poor.execute_spilling(&plan, &source)).unwrap_err();
    assert_eq!(error.code, "ProcessGraphComplexity");
    for (format, allowed) in [("GTiff", true), ("NetCDF", false), ("JSON", false)] {
        let format = Format::find(format).unwrap();
        assert_eq!(format.allow_spilled().is_ok(), allowed);
    }
}
