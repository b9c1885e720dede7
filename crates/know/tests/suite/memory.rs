//! A job of many times the memory that it may take.
//!
//! `cargo test -p corridor-know --test suite -- --ignored memory --nocapture`

use crate::products::bands;
use corridor_know::graph::{ProcessGraph, RunLimits};
use corridor_know::output::Format;
use corridor_know::plan::Engine;
use corridor_know::source::FileSource;
use corridor_know::source::assemble::Scene;
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::dataset::{Dataset, Window};
use corridor_raster::grid::{Crs, Grid};
use serde_json::json;
use std::collections::BTreeMap;

const SIDE_PX: usize = 1_600;
const DATES: usize = 48;
/// Dates of different content; the others are copies in files of their own.
const KINDS: usize = 6;
const LIMIT_BYTES: u64 = 24 << 20;

/// A line of `/proc/self/status`, bytes.
fn status_bytes(name: &str) -> u64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap();
    let kilobytes: u64 = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

fn stored(kind: usize, band: usize, row: usize, col: usize) -> u16 {
    (1 + (kind * 977 + band * 331 + row * 7 + col * 13) % 9_000) as u16
}

fn class(kind: usize, row: usize, col: usize) -> u8 {
    ((kind + row / 9 + col / 11) % 12) as u8
}

#[test]
#[ignore = "writes 600 MB worth of samples and measures the process's own memory"]
fn a_job_of_twenty_times_its_memory() {
    let folder = tempfile::tempdir().unwrap();
    let crs = Crs::epsg(32_635).unwrap();
    let grid = Grid::new(
        crs,
        [500_000.0, 10.0, 0.0, 5e6, 0.0, -10.0],
        SIDE_PX,
        SIDE_PX,
    );
    let file = |date: usize, what: &str| folder.path().join(format!("{date}-{what}.tif"));
    let pixels = || (0..SIDE_PX).flat_map(|row| (0..SIDE_PX).map(move |col| (row, col)));
    for kind in 0..KINDS {
        let plane =
            |band: usize| BandData::U16(pixels().map(|(r, c)| stored(kind, band, r, c)).collect());
        let options = CogOptions {
            block_size: 256,
            overviews: false,
            ..CogOptions::default()
        };
        let classes = BandData::U8(pixels().map(|(r, c)| class(kind, r, c)).collect());
        let (image, scl) = (file(kind, "image"), file(kind, "scl"));
        cog::write(&image, &grid, &[plane(0), plane(1)], &options).unwrap();
        cog::write(&scl, &grid, &[classes], &options).unwrap();
        for date in (kind + KINDS..DATES).step_by(KINDS) {
            std::fs::copy(&image, file(date, "image")).unwrap();
            std::fs::copy(&scl, file(date, "scl")).unwrap();
        }
    }
    let mut source = FileSource::new();
    for date in 0..DATES {
        let mut files = bands(&file(date, "image"), &[("red", ""), ("nir", "")], 1e-4);
        files.extend(bands(&file(date, "scl"), &[("SCL", "")], 1.0));
        let time = format!("2020-{:02}-{:02}T00:00:00Z", date / 28 + 1, date % 28 + 1);
        let scene = Scene {
            name: date.to_string(),
            time: time.parse().unwrap(),
            files,
        };
        source = source.with_scene("big", scene);
    }
    let graph = ProcessGraph::parse(&json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "big", "spatial_extent": null, "temporal_extent": null, "bands": ["red", "nir", "SCL"]}},
        "bands": {"process_id": "filter_bands", "arguments": {"data": {"from_node": "load"}, "bands": ["red", "nir"]}},
        "scl": {"process_id": "filter_bands", "arguments": {"data": {"from_node": "load"}, "bands": ["SCL"]}},
        "cloudy": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "scl"}, "dimension": "bands", "reducer": {"process_graph": {
                "scl": {"process_id": "array_element", "arguments": {"data": {"from_parameter": "data"}, "index": 0}},
                "bad": {"process_id": "gte", "arguments": {"x": {"from_node": "scl"}, "y": 8}, "result": true}}}}},
        "clear": {"process_id": "mask", "arguments": {"data": {"from_node": "bands"}, "mask": {"from_node": "cloudy"}}},
        "median": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "clear"}, "dimension": "t", "reducer": {"process_graph": {"m": {"process_id": "median",
                "arguments": {"data": {"from_parameter": "data"}}, "result": true}}}}, "result": true}
    }))
    .unwrap();
    let limits = RunLimits {
        max_samples: u64::MAX,
        max_memory_bytes: LIMIT_BYTES,
        ..RunLimits::default()
    };
    let engine = Engine::new(limits).with_partitions(2);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let (estimate, spilled, dataset, grown) = runtime.block_on(async {
        let plan = engine
            .plan(&graph, &BTreeMap::new(), &source, &[])
            .await
            .unwrap();
        // The greatest size from here on.
        std::fs::write("/proc/self/clear_refs", "5").unwrap();
        let before = status_bytes("VmRSS:");
        let started = std::time::Instant::now();
        let mut ran = engine.execute_spilling(&plan, &source).await.unwrap();
        let spilled = ran.spilled.remove("median").unwrap();
        let options = BTreeMap::new();
        Format::find("GTiff")
            .unwrap()
            .write_spilled(&spilled, &options, ("out", true), folder.path(), LIMIT_BYTES)
            .unwrap();
        let grown = status_bytes("VmHWM:").saturating_sub(before);
        println!(
            "{} dates, {:.0} MB of samples in {} chunks to a file of {:.1} MB of samples in {:.1} s; \
             limit {:.1} MB, the job is {:.1} times that; the process grew by {:.1} MB",
            DATES,
            plan.estimate().bytes as f64 / 1e6,
            plan.estimate().chunks,
            plan.estimate().result_bytes as f64 / 1e6,
            started.elapsed().as_secs_f64(),
            LIMIT_BYTES as f64 / 1e6,
            plan.estimate().bytes as f64 / LIMIT_BYTES as f64,
            grown as f64 / 1e6
        );
        let dataset = Dataset::open(&folder.path().join("out.tif")).unwrap();
        (*plan.estimate(), spilled, dataset, grown)
    });
    assert!(estimate.bytes > 20 * LIMIT_BYTES);
    assert!(grown < LIMIT_BYTES, "{grown}");
    for (plane, row) in [(0, 0), (0, 777), (1, 1_599)] {
        let values = spilled.rows(plane, row, 1).unwrap();
        let line = Window::new(0, row, SIDE_PX, 1);
        let band = dataset.read_bands(&[plane], line).unwrap().remove(0);
        for (col, value) in values.into_iter().enumerate() {
            let mut clear: Vec<f32> = (0..KINDS)
                .filter(|kind| class(*kind, row, col) < 8)
                .map(|kind| (f64::from(stored(kind, plane, row, col)) * 1e-4) as f32)
                .collect();
            clear.sort_by(f32::total_cmp);
            // Each kind stands eight times, so the middles are those of the kinds.
            let middle = |i: usize| f64::from(clear[i]);
            let truth = match clear.len() {
                0 => None,
                n => Some(((middle((n - 1) / 2) + middle(n / 2)) / 2.0) as f32),
            };
            let held = (!value.is_nan()).then_some(value as f32);
            let written = band.value(col, 0).map(|value| value as f32);
            let bits = |value: Option<f32>| value.map(f32::to_bits);
            assert_eq!(bits(held), bits(truth), "{plane} {row} {col}");
            assert_eq!(bits(written), bits(truth), "{plane} {row} {col}");
        }
    }
}
