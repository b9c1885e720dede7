//! The same plan in one process and on two executors gives the same bytes, also when one of them
//! is killed on the way.

use crate::program::{Program, Running};
use corridor_raster::band::BandData;
use corridor_raster::cog::{self, CogOptions};
use corridor_raster::grid::{Crs, Grid};
use serde_json::json;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const DATES: u64 = 12;
const SIDE_PX: usize = 640;
/// How long anything here may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

/// A series of scenes with gaps, taken in by the program.
pub(crate) fn with_series() -> Program {
    let program = Program::new();
    let grid = Grid::new(
        Crs::epsg(32_635).unwrap(),
        [500_003.5, 10.0, 0.0, 4_999_997.25, 0.0, -10.0],
        SIDE_PX,
        SIDE_PX,
    );
    let mut arguments = vec!["ingest".to_string()];
    for date in 0..DATES {
        let mut state = 0x9E37_79B9 ^ (date * 7_919);
        let mut band = |base: u64| {
            let pixel = |i: usize| {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let noise = (state >> 40) % 900;
                let gap = (i as u64 / 97 + date).is_multiple_of(7);
                if gap { 0 } else { (base + noise) as u16 }
            };
            BandData::U16((0..SIDE_PX * SIDE_PX).map(pixel).collect())
        };
        let bands = [band(400), band(2_500)];
        let options = CogOptions {
            nodata: Some(0.0),
            block_size: 128,
            overviews: false,
            ..CogOptions::default()
        };
        let name = format!("scene-{date:02}");
        let tif = program.desk().join(format!("{name}.tif"));
        cog::write(&tif, &grid, &bands, &options).unwrap();
        let time = format!("2024-{:02}-15T09:00:00Z", date + 1);
        let description = json!({
            "id": name,
            "collection": "series",
            "properties": {"title": name, "datetime": time, "license": "other"},
            "files": {"image": format!("{name}.tif")},
            "assets": {"image": {"title": "red and near infrared", "roles": ["data"], "bands": [
                {"name": "red", "eo:common_name": "red", "raster:scale": 0.0001, "raster:offset": -0.1},
                {"name": "nir", "eo:common_name": "nir", "raster:scale": 0.0001, "raster:offset": -0.1}
            ]}},
            "source": "made for this test"
        });
        let file = program.file(&format!("{name}.scene.json"), description.to_string());
        arguments.push(file.display().to_string());
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    program.run(&arguments).ok();
    program
}

/// The greatest NDVI of the year, smoothed: work enough to be interrupted.
pub(crate) fn graph(program: &Program) -> String {
    let callback = |process: &str| {
        json!({"process_graph": {"r": {"process_id": process,
            "arguments": {"data": {"from_parameter": "data"}}, "result": true}}})
    };
    let graph = json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "series", "spatial_extent": null, "temporal_extent": null, "bands": ["red", "nir"]}},
        "ndvi": {"process_id": "ndvi", "arguments": {"data": {"from_node": "load"}}},
        "smooth": {"process_id": "median_filter", "arguments": {"data": {"from_node": "ndvi"}, "size": 3}},
        "best": {"process_id": "reduce_dimension", "arguments": {
            "data": {"from_node": "smooth"}, "dimension": "t", "reducer": callback("median")}},
        "save": {"process_id": "save_result", "arguments": {
            "data": {"from_node": "best"}, "format": "GTiff"}, "result": true}
    });
    let path = program.file("graph.json", graph.to_string());
    path.display().to_string()
}

/// The mean of each date under two stars, by `aggregate_spatial`, of the same scenes.
fn zones(program: &Program) -> String {
    let star = |x: f64, y: f64, radius: f64| {
        let corner = |i: usize| {
            let angle = (i % 7) as f64 / 7.0 * std::f64::consts::TAU;
            let reach = if (i % 7).is_multiple_of(2) {
                radius
            } else {
                radius / 2.0
            };
            [x + reach * angle.cos(), y + reach * angle.sin()]
        };
        let ring: Vec<[f64; 2]> = (0..8).map(corner).collect();
        json!({"type": "Feature", "properties": {}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let graph = json!({
        "load": {"process_id": "load_collection", "arguments": {
            "id": "series", "spatial_extent": null, "temporal_extent": null, "bands": ["red", "nir"]}},
        "ndvi": {"process_id": "ndvi", "arguments": {"data": {"from_node": "load"}}},
        "zones": {"process_id": "aggregate_spatial", "arguments": {
            "data": {"from_node": "ndvi"},
            "geometries": {"type": "FeatureCollection", "features": [star(27.03, 45.12, 0.02), star(27.06, 45.13, 0.03)]},
            "reducer": {"process_graph": {"r": {"process_id": "mean",
                "arguments": {"data": {"from_parameter": "data"}}, "result": true}}}}, "result": true}
    });
    program
        .file("zones-graph.json", graph.to_string())
        .display()
        .to_string()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// An executor with its folder.
struct Executor {
    running: Running,
    folder: PathBuf,
}

struct Cluster {
    url: String,
    _scheduler: Running,
    executors: Vec<Executor>,
}

fn cluster(program: &Program) -> Cluster {
    let port = free_port();
    let listen = format!("127.0.0.1:{port}");
    let scheduler = program.start(&["scheduler", "--listen", &listen, "--executor-timeout", "10"]);
    let url = format!("http://{listen}");
    let executors = (0..2)
        .map(|number| {
            let folder = program.desk().join(format!("executor-{port}-{number}"));
            std::fs::create_dir_all(&folder).unwrap();
            let listen = format!("127.0.0.1:{}", free_port());
            let running = program.start(&[
                "executor",
                "--scheduler",
                &url,
                "--listen",
                &listen,
                "--threads",
                "1",
                "--work-dir",
                &folder.display().to_string(),
            ]);
            Executor { running, folder }
        })
        .collect();
    Cluster {
        url,
        _scheduler: scheduler,
        executors,
    }
}

/// Number of files with content below a folder.
fn results_in(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => results_in(&entry.path()),
            _ => usize::from(entry.metadata().is_ok_and(|data| data.len() > 0)),
        })
        .sum()
}

#[test]
fn two_executors_give_the_bytes_of_one_process_also_when_one_is_killed() {
    let program = with_series();
    let graph = graph(&program);
    let out = |name: &str| program.desk().join(name).display().to_string();
    let run = |name: &str, more: &[&str]| {
        let out = out(name);
        let mut arguments = vec!["know", "run", &graph, "-o", &out, "--memory", "24"];
        arguments.extend(more);
        program.run(&arguments).ok();
        std::fs::read(&out).unwrap()
    };
    let alone = run("alone.tif", &[]);
    assert!(alone.len() > 100_000, "{}", alone.len());

    let both = cluster(&program);
    assert!(run("both.tif", &["--cluster", &both.url]) == alone);
    // Figures under geometries are merged in the order of the chunks, whoever computed them first.
    let zones = zones(&program);
    let figures = |more: &[&str]| {
        let mut arguments = vec!["know", "run", &zones, "-o", "zones.json", "--memory", "24"];
        arguments.extend(more);
        program.run(&arguments).ok();
        std::fs::read_to_string(program.data.with_file_name("zones.json")).unwrap()
    };
    let ours = figures(&[]);
    assert!(ours.contains("samples") && !ours.contains("null"), "{ours}");
    assert_eq!(figures(&["--cluster", &both.url]), ours);
    let shares: Vec<usize> = both
        .executors
        .iter()
        .map(|e| results_in(&e.folder))
        .collect();
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
    drop(both);

    let mut one = cluster(&program);
    let killed = std::thread::scope(|scope| {
        let url = one.url.clone();
        let job = scope.spawn(move || run("one.tif", &["--cluster", &url]));
        let first = &mut one.executors[0];
        let started = Instant::now();
        while results_in(&first.folder) == 0 {
            assert!(!job.is_finished(), "over before the first result was seen");
            assert!(started.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        }
        first.running.kill();
        assert!(!job.is_finished(), "the executor was killed on the way");
        job.join().unwrap()
    });
    assert!(killed == alone);
}

#[test]
fn a_cluster_that_is_not_there_or_not_named_right_is_said() {
    let program = with_series();
    let graph = graph(&program);
    program
        .run(&["know", "run", &graph, "--cluster", "localhost"])
        .refused(2, &["--cluster", "http://"]);
    program
        .run(&["executor", "--listen", "0.0.0.0:0"])
        .refused(2, &["--listen 0.0.0.0:0", "--trusted-network"]);
    program
        .run(&["scheduler", "--executor-timeout", "3"])
        .refused(2, &["--executor-timeout", "10"]);
    let nobody = format!("http://127.0.0.1:{}", free_port());
    program
        .run(&["know", "run", &graph, "--cluster", &nobody])
        .refused(1, &["graph.json", "engine failed"]);
}
