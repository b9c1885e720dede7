//! Figures under geometries, chunk by chunk: those of the interpreter, and of exactextract.

use crate::plans::{block_on, load, reducer, romania};
use corridor_know::cube::Cube;
use corridor_know::graph::{ProcessGraph, RunLimits, interpret};
use corridor_know::plan::Engine;
use corridor_know::source::FileSource;
use corridor_know::value::{Label, Value};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

fn star(x: f64, y: f64, radii: &[f64]) -> Json {
    let n = radii.len() as f64;
    let mut ring: Vec<[f64; 2]> = radii
        .iter()
        .enumerate()
        .map(|(i, r)| {
            let angle = i as f64 / n * std::f64::consts::TAU;
            [x + r * angle.cos(), y + 0.7 * r * angle.sin()]
        })
        .collect();
    ring.push(ring[0]);
    json!({"type": "Polygon", "coordinates": [ring]})
}

fn features(geometries: Vec<Json>) -> Json {
    let feature =
        |geometry: Json| json!({"type": "Feature", "properties": {}, "geometry": geometry});
    let all: Vec<Json> = geometries.into_iter().map(feature).collect();
    json!({"type": "FeatureCollection", "features": all})
}

/// Some of every kind: within, across the edge, around all, between centres, beside, points.
fn kinds() -> Json {
    let (x, y) = (22.152, 45.2045);
    features(vec![
        star(x, y, &[0.002, 0.004, 0.001, 0.003, 0.002]),
        star(x + 0.006, y + 0.003, &[0.004; 9]),
        star(x, y, &[0.05; 5]),
        star(x, y, &[1e-6; 4]),
        star(x + 5.0, y, &[0.01; 6]),
        json!({"type": "MultiPoint", "coordinates": [[x, y], [x + 0.001, y + 0.001], [0, 0]]}),
    ])
}

fn aggregate(data: &str, geometries: &Json, reducer: Json) -> Json {
    json!({"process_id": "aggregate_spatial", "arguments": {"data": {"from_node": data},
        "geometries": geometries, "reducer": reducer, "target_dimension": "figures"}, "result": true})
}

fn cube(value: &Value) -> &Cube {
    match value {
        Value::Cube(cube) => cube,
        other => panic!("a cube, not a {}", other.type_name()),
    }
}

/// Runs a graph by the interpreter and by chunks; both, and how many chunks there were. `tolerance`
/// is relative.
fn both(graph: &Json, source: &FileSource, memory_bytes: u64, tolerance: f64) -> u64 {
    let graph = ProcessGraph::parse(graph).unwrap();
    let none = BTreeMap::new();
    let truth = block_on(interpret(&graph, &none, source, &RunLimits::default())).unwrap();
    let limits = RunLimits {
        max_memory_bytes: memory_bytes,
        ..RunLimits::default()
    };
    let engine = Engine::new(limits).with_partitions(2);
    let plan = block_on(engine.plan(&graph, &none, source, &[])).unwrap();
    assert!(
        plan.is_chunked() && plan.whole_nodes().is_empty(),
        "{}",
        plan.explain()
    );
    assert!(
        plan.explain().contains("AggregateExec"),
        "{}",
        plan.explain()
    );
    let found = block_on(engine.run(&graph, &none, source)).unwrap();
    let (truth, found) = (cube(&truth), cube(&found));
    assert_eq!(
        format!("{:?}", truth.dimensions()),
        format!("{:?}", found.dimensions())
    );
    for index in 0..truth.len() {
        let (a, b) = (truth.samples().get(index), found.samples().get(index));
        let same = a.total_cmp(&b).is_eq() || (a.is_nan() && b.is_nan());
        let near = (a - b).abs() <= tolerance * a.abs().max(1e-3);
        assert!(same || near, "{index}: {a} {b}");
    }
    plan.estimate().chunks
}

/// All dates as one.
fn over_time(process: &str) -> Json {
    json!({"process_id": "reduce_dimension", "arguments": {
        "data": {"from_node": "load"}, "dimension": "t", "reducer": reducer(process)}})
}

const BANDS: [&str; 4] = ["B02", "B03", "B04", "B08"];

#[test]
fn aggregates_by_chunks_are_those_of_whole_cubes() {
    let Some(source) = romania() else { return };
    // Sums in another order differ in the last digits; what is picked does not.
    for (process, tolerance) in [
        ("mean", 1e-12),
        ("sum", 1e-12),
        ("sd", 1e-11),
        ("variance", 1e-11),
        ("min", 0.0),
        ("max", 0.0),
        ("count", 0.0),
        ("median", 0.0),
        ("first", 0.0),
        ("product", 0.0),
    ] {
        let graph = json!({
            "load": load(&BANDS),
            "most": over_time("max"),
            "zones": aggregate("most", &kinds(), reducer(process))
        });
        let chunks = both(&graph, &source, 12 << 20, tolerance);
        assert!(chunks > 1, "{process}: {chunks} chunks");
    }
}

#[test]
fn a_reducer_of_several_steps_sees_the_pixels_in_order() {
    let Some(source) = romania() else { return };
    let reducer = json!({"process_graph": {
        "last": {"process_id": "last", "arguments": {"data": {"from_parameter": "data"}, "ignore_nodata": false}},
        "first": {"process_id": "first", "arguments": {"data": {"from_parameter": "data"}}},
        "off": {"process_id": "subtract", "arguments": {"x": {"from_node": "last"}, "y": {"from_node": "first"}}, "result": true}
    }});
    let graph = json!({
        "load": load(&BANDS),
        "mean": over_time("mean"),
        "zones": aggregate("mean", &kinds(), reducer)
    });
    assert!(both(&graph, &source, 12 << 20, 0.0) > 1);
}

#[test]
fn only_chunks_under_a_geometry_are_read() {
    let Some(source) = romania() else { return };
    let graph = |geometries: Json| {
        ProcessGraph::parse(&json!({
            "load": load(&["B08"]),
            "zones": aggregate("load", &geometries, reducer("mean"))
        }))
        .unwrap()
    };
    let limits = RunLimits {
        max_memory_bytes: 6 << 20,
        ..RunLimits::default()
    };
    let engine = Engine::new(limits).with_partitions(2);
    let cost = |geometries: Json| {
        let graph = graph(geometries);
        block_on(engine.estimate(&graph, &BTreeMap::new(), &source)).unwrap()
    };
    let all = cost(features(vec![star(22.152, 45.2045, &[0.05; 5])]));
    let one = cost(features(vec![
        json!({"type": "Point", "coordinates": [22.152, 45.2045]}),
    ]));
    let none = cost(features(vec![
        json!({"type": "Point", "coordinates": [0, 0]}),
    ]));
    assert_eq!(all.samples, 99 * 10_000);
    assert!(all.chunks > 1 && one.chunks == 1 && none.chunks == 0);
    assert!(
        one.samples < all.samples / 2 && none.samples == 0,
        "{one:?}"
    );
}

#[test]
fn weighted_figures_are_those_of_exactextract() {
    let Some(source) = romania() else { return };
    let reference: Json = serde_json::from_str(include_str!("../reference/zones.json")).unwrap();
    let polygons = reference["rings"].as_array().unwrap();
    let geometries = polygons
        .iter()
        .map(|rings| json!({"type": "Polygon", "coordinates": rings}))
        .collect();
    let next = |date: &Json| {
        let date: jiff::civil::Date = date.as_str().unwrap().parse().unwrap();
        json!([date.to_string(), date.tomorrow().unwrap().to_string()])
    };
    let dates = reference["dates"].as_array().unwrap();
    let graph = json!({
        "load": load(&["B04", "B08"]),
        "dates": {"process_id": "aggregate_temporal", "arguments": {"data": {"from_node": "load"},
            "intervals": dates.iter().map(next).collect::<Vec<_>>(), "reducer": reducer("first")}},
        "zones": {"process_id": "zonal_statistics", "arguments": {
            "data": {"from_node": "dates"}, "geometries": features(geometries),
            "statistics": ["count", "sum", "mean", "stdev", "min", "max", "median", "q10"]}, "result": true}
    });
    assert!(both(&graph, &source, 12 << 20, 1e-11) > 1);
    let graph = ProcessGraph::parse(&graph).unwrap();
    let limits = RunLimits {
        max_memory_bytes: 12 << 20,
        ..RunLimits::default()
    };
    let engine = Engine::new(limits);
    let value = block_on(engine.run(&graph, &BTreeMap::new(), &source)).unwrap();
    let found = cube(&value);
    let [rows, times, bands, statistics] = found.dimensions() else {
        panic!("{:?}", found.dimensions());
    };
    assert_eq!((rows.len(), bands.len(), statistics.len()), (5, 2, 8));
    let mut worst: f64 = 0.0;
    for (row, own) in reference["figures"].as_array().unwrap().iter().enumerate() {
        for (at, date) in dates.iter().enumerate() {
            let label = Label::Text(date.as_str().unwrap().to_string());
            let time = times.position(&label).unwrap();
            for band in 0..2 {
                for statistic in 0..8 {
                    let theirs = own[at * 2 + band][statistic].as_f64();
                    let index = ((row * times.len() + time) * 2 + band) * 8 + statistic;
                    let ours = found.samples().get(index);
                    let Some(theirs) = theirs else {
                        assert!(ours.is_nan() || statistic == 0, "{ours}");
                        continue;
                    };
                    // Its parts of pixels are 32-bit numbers: seven digits.
                    let off = (ours - theirs).abs() / theirs.abs().max(1.0);
                    assert!(
                        off < 1e-6,
                        "{row} {date} {band} {statistic}: {ours} {theirs}"
                    );
                    worst = worst.max(off);
                }
            }
        }
    }
    println!("greatest relative difference to exactextract: {worst:.2e}");
}

#[test]
fn values_under_geometries_beyond_the_memory_are_refused() {
    let Some(source) = romania() else { return };
    let graph = json!({
        "load": load(&["B04", "B08"]),
        "zones": aggregate("load", &kinds(), reducer("product"))
    });
    let graph = ProcessGraph::parse(&graph).unwrap();
    let limits = RunLimits {
        max_memory_bytes: 6 << 20,
        ..RunLimits::default()
    };
    let error = block_on(Engine::new(limits).run(&graph, &BTreeMap::new(), &source)).unwrap_err();
    assert_eq!(error.code, "ProcessGraphComplexity");
    assert!(error.message.contains("under the geometries"), "{error}");
}

/// Random stars, reducers and memory: chunks give what whole cubes give.
#[test]
fn random_geometries_by_chunks_are_those_of_whole_cubes() {
    let Some(source) = romania() else { return };
    let stars = proptest::collection::vec(
        (
            22.145_f64..22.160,
            45.199_f64..45.210,
            proptest::collection::vec(0.0001_f64..0.006, 3..12),
        ),
        1..5,
    );
    let process = prop::sample::select(vec!["mean", "sd", "median", "max", "last"]);
    let case = (stars, process, 5_u64..24);
    let mut runner = TestRunner::new(Config {
        cases: 12,
        failure_persistence: None,
        ..Config::default()
    });
    runner
        .run(&case, |(stars, process, memory_mb)| {
            let stars = stars
                .iter()
                .map(|(x, y, radii)| star(*x, *y, radii))
                .collect();
            let mut load = load(&["B08"]);
            load["arguments"]["temporal_extent"] = json!(["2019-01-01", "2019-07-01"]);
            let graph = json!({
                "load": load,
                "zones": aggregate("load", &features(stars), reducer(process))
            });
            both(&graph, &source, memory_mb << 20, 1e-11);
            Ok(())
        })
        .unwrap();
}
