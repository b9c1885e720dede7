//! SIGKILL of the node in the middle of a batch job: nothing half shows, and the job ends later.

use crate::cluster::{graph, with_series};
use crate::program::{Program, Server, files_below};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;

const BASE: &str = "/openeo/1.2";
/// How long a job may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(240);

fn status(server: &Server, job: &str) -> String {
    let job = server.json(&format!("{BASE}/jobs/{job}"));
    job["status"].as_str().unwrap().to_string()
}

/// How much of a running job is done, percent.
fn progress(server: &Server, job: &str) -> f64 {
    let job = server.json(&format!("{BASE}/jobs/{job}"));
    assert_ne!(job["status"], "error", "{job}");
    match job["status"].as_str() {
        Some("finished") => 100.0,
        _ => job["progress"].as_f64().unwrap_or(0.0),
    }
}

/// Makes a job of a graph and starts it.
fn started(server: &Server, graph: &str) -> String {
    let graph: Value = serde_json::from_str(&std::fs::read_to_string(graph).unwrap()).unwrap();
    let process = json!({"process": {"process_graph": graph}});
    let made = server
        .send("POST", &format!("{BASE}/jobs"), Some(&process))
        .unwrap();
    let line = made.head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("openeo-identifier")
            .then_some(value)
    });
    let id = line.unwrap_or_else(|| panic!("{made:?}")).to_string();
    let begun = server
        .send("POST", &format!("{BASE}/jobs/{id}/results"), None)
        .unwrap();
    assert!(begun.head.contains(" 202 "), "{begun:?}");
    id
}

fn results(program: &Program, job: &str) -> Vec<String> {
    let folder = program.data.join("openeo").join(job);
    let below = |path: &Path| path.strip_prefix(&folder).unwrap().display().to_string();
    files_below(&folder)
        .iter()
        .map(|path| below(path))
        .collect()
}

#[test]
fn a_job_killed_on_the_way_is_run_anew_and_gives_the_same_bytes() {
    let program = with_series();
    let graph = graph(&program);
    let out = program.desk().join("alone.tif");
    program
        .run(&["know", "run", &graph, "-o", &out.display().to_string()])
        .ok();
    let alone = std::fs::read(&out).unwrap();

    let mut server = program.serve();
    let job = started(&server, &graph);
    let mut killed = 0;
    for least in [0.0, 20.0, 70.0] {
        server.wait_for(PATIENCE, "progress", |s| {
            status(s, &job) != "queued" && progress(s, &job) >= least
        });
        server.running.kill();
        server = program.serve();
        let path = format!("{BASE}/jobs/{job}/results");
        match status(&server, &job).as_str() {
            // It had ended before the kill came.
            "finished" => break,
            "queued" | "running" => killed += 1,
            other => panic!("{other}"),
        }
        if status(&server, &job) != "finished" {
            assert!(server.try_get(&path).is_none(), "half of a result shows");
        }
    }
    assert!(killed >= 1, "no kill came before the end of the job");
    server.wait_for(PATIENCE, "the job", |s| status(s, &job) == "finished");
    let logs = server.json(&format!("{BASE}/jobs/{job}/logs"));
    let anew = logs["logs"].as_array().unwrap().iter();
    let anew = anew.filter(|entry| entry["message"].as_str().unwrap().contains("run anew"));
    assert_eq!(anew.count(), killed);
    let shown = server.json(&format!("{BASE}/jobs/{job}/results"));
    let assets = shown["assets"].as_object().unwrap();
    assert_eq!(assets.len(), 1, "{shown}");
    let href = assets["result.tif"]["href"].as_str().unwrap();
    let path = &href[href.find("/openeo").unwrap()..];
    assert!(server.get(path) == alone, "other bytes than alone");
    let files = results(&program, &job);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].ends_with("/result.tif") && !files[0].contains(".part"));
}
