//! Running batch jobs, one at a time, in the order they were queued.
//!
//! A job is queued on disk before its start is acknowledged. Results are written aside and
//! synced, moved into the job's folder, and only then the job is recorded as finished: a node that
//! is killed at any instant runs the job anew when it is back, and never shows half of a result.

use super::compute::{self, Saved, VisibleScenes};
use super::error::Refusal;
use super::identity::{OPERATOR, random_name};
use super::store::{Job, ResultFile, Results, Status, StoreError};
use crate::Node;
use crate::policy::Principal;
use corridor_catalog::digest;
use corridor_know::call::{Observed, Observer, STOPPED};
use corridor_know::graph::RunLimits;
use corridor_know::output::{Format, OutputFile};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Queues the jobs that ran when the node stopped, and begins with those that wait.
pub(crate) fn resume(node: &Node) -> Result<(), StoreError> {
    let store = node.openeo().store();
    let mut waiting = store.next_job()?.is_some();
    for job in store.interrupted_jobs()? {
        let again = |job: &mut Job| job.status = Status::Queued;
        if store.change_job(&job.id, &[Status::Running], again)? {
            store.log(
                &job.id,
                &entry(
                    "warning",
                    "the node stopped while the job ran; it is run anew",
                ),
            )?;
            waiting = true;
        }
    }
    if waiting && tokio::runtime::Handle::try_current().is_ok() {
        wake(node);
    }
    Ok(())
}

/// Runs what is queued, unless somebody does already.
pub(crate) fn wake(node: &Node) {
    let node = node.clone();
    tokio::spawn(async move {
        // Whoever has the place sees the newly queued job too; waiting for it costs nothing, and
        // no job is left behind between its last look and its end.
        let Ok(_place) = node.openeo().batch_place.clone().acquire_owned().await else {
            return;
        };
        loop {
            match node.openeo().store().next_job() {
                Ok(Some(job)) => one(&node, job).await,
                Ok(None) => return,
                Err(error) => {
                    tracing::error!(%error, "looking for queued jobs");
                    return;
                }
            }
        }
    });
}

/// Tells a running job to end.
pub(crate) fn stop(node: &Node, id: &str) {
    let running = node.openeo().running.lock();
    if let Some(flag) = running.ok().and_then(|running| running.get(id).cloned()) {
        flag.store(true, Ordering::Relaxed);
    }
}

/// The folder of a job's results.
pub(crate) fn folder(node: &Node, id: &str) -> PathBuf {
    node.openeo().folder.join(id)
}

/// Removes the files of a job, as far as they are there.
pub(crate) async fn remove_files(node: &Node, id: &str) {
    let folder = folder(node, id);
    if let Err(error) = tokio::fs::remove_dir_all(&folder).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, folder = %folder.display(), "removing results");
    }
}

fn entry(level: &str, message: impl Into<String>) -> Value {
    json!({"level": level, "message": message.into()})
}

/// Writes what a run does to the job's log.
struct Logger {
    node: Node,
    job: String,
    stopped: Arc<AtomicBool>,
}

impl std::fmt::Debug for Logger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Logger")
            .field("job", &self.job)
            .finish_non_exhaustive()
    }
}

impl Logger {
    fn log(&self, entry: &Value) {
        if let Err(error) = self.node.openeo().store().log(&self.job, entry) {
            tracing::error!(%error, job = self.job, "writing a job's log");
        }
    }
}

impl Observer for Logger {
    fn begun(&self, process: &str) {
        self.log(&entry("info", format!("running {process}")));
    }

    fn inspected(&self, level: &str, code: &str, message: &str, data: &Value) {
        self.log(&json!({"level": level, "code": code, "message": message, "data": data}));
    }

    fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

async fn one(node: &Node, job: Job) {
    let id = job.id.clone();
    let store = node.openeo().store();
    let begin = |job: &mut Job| job.status = Status::Running;
    match store.change_job(&id, &[Status::Queued], begin) {
        Ok(true) => {}
        // Stopped or removed meanwhile.
        Ok(false) => return,
        Err(error) => return tracing::error!(%error, id, "starting a job"),
    }
    let logger = Arc::new(Logger {
        node: node.clone(),
        job: id.clone(),
        stopped: Arc::default(),
    });
    if let Ok(mut running) = node.openeo().running.lock() {
        running.insert(id.clone(), logger.stopped.clone());
    }
    let began = Instant::now();
    let ended = results(node, &job, logger.clone()).await;
    if let Ok(mut running) = node.openeo().running.lock() {
        running.remove(&id);
    }
    let duration_s = began.elapsed().as_secs_f64();
    let recorded = match ended {
        Ok(results) => {
            logger.log(&entry(
                "info",
                format!(
                    "finished: {} files in {duration_s:.1} s",
                    results.files.len()
                ),
            ));
            let kept = results.folder.clone();
            let finished = store.change_job(&id, &[Status::Running], |job| {
                job.status = Status::Finished;
                job.results = Some(results);
                job.duration_s = Some(duration_s);
            });
            if let Ok(finished) = &finished {
                // Of earlier runs nothing is left; of a job stopped or removed in between, nothing.
                remove_others(&folder(node, &id), finished.then_some(kept.as_str()));
            }
            finished
        }
        Err(refusal) if refusal.code == STOPPED => {
            logger.log(&entry("warning", "the job was canceled"));
            Ok(true)
        }
        Err(refusal) => {
            let mut failed = entry("error", refusal.message);
            failed["code"] = refusal.code.into();
            logger.log(&failed);
            store.change_job(&id, &[Status::Running], |job| {
                job.status = Status::Error;
                job.duration_s = Some(duration_s);
            })
        }
    };
    if let Err(error) = recorded {
        tracing::error!(%error, id, "recording the end of a job");
    }
}

/// Removes the folders of runs other than the one kept.
fn remove_others(folder: &Path, kept: Option<&str>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if Some(entry.file_name().to_string_lossy().as_ref()) != kept
            && let Err(error) = std::fs::remove_dir_all(entry.path())
        {
            tracing::warn!(%error, folder = %entry.path().display(), "removing old results");
        }
    }
    if kept.is_none() {
        let _ = std::fs::remove_dir(folder);
    }
}

async fn results(node: &Node, job: &Job, logger: Arc<Logger>) -> Result<Results, Refusal> {
    let graph = Arc::new(compute::read(node, &job.user, &job.asked["process"])?);
    let principal = match job.user.as_str() {
        OPERATOR => Principal::LocalOperator,
        name => Principal::User(name.to_string()),
    };
    let source = VisibleScenes::new(node, node.view(principal)).observed(logger.clone());
    let result_node = graph.result().to_string();
    let limits = RunLimits {
        observed: Observed(Some(logger)),
        ..RunLimits::default()
    };
    let outcome = node
        .work(compute::run(graph, Arc::new(source), limits))
        .await
        .map_err(Refusal::from)??;
    let mut saved = outcome.saved;
    if saved.is_empty() {
        saved.push(Saved {
            node: result_node,
            value: outcome.value,
            format: "JSON".to_string(),
            options: BTreeMap::new(),
        });
    }
    let folder = folder(node, &job.id);
    let run = random_name("run")?;
    let wrote = tokio::task::spawn_blocking(move || write(&folder, &run, &saved)).await;
    wrote.map_err(|error| Refusal::internal("writing results", error))?
}

/// Writes all files aside, then moves their folder into place.
fn write(folder: &Path, run: &str, saved: &[Saved]) -> Result<Results, Refusal> {
    let failed = |error: std::io::Error| Refusal::internal("writing results", error);
    let aside = folder.join(format!("{run}.part"));
    std::fs::create_dir_all(&aside).map_err(failed)?;
    let mut files: Vec<ResultFile> = Vec::new();
    for one in saved {
        let stem = match saved.len() {
            1 => "result".to_string(),
            _ => plain(&one.node),
        };
        let written = Format::find(&one.format)?.write(&one.value, &one.options, &stem, true)?;
        for mut file in written {
            while files.iter().any(|other| other.name == file.name) {
                file.name.insert(0, '_');
            }
            let mut to = std::fs::File::create(aside.join(&file.name)).map_err(failed)?;
            to.write_all(&file.bytes)
                .and_then(|()| to.sync_all())
                .map_err(failed)?;
            files.push(describe(&file));
        }
    }
    std::fs::File::open(&aside)
        .and_then(|f| f.sync_all())
        .map_err(failed)?;
    std::fs::rename(&aside, folder.join(run)).map_err(failed)?;
    std::fs::File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(failed)?;
    Ok(Results {
        folder: run.to_string(),
        files,
    })
}

/// A node's id as the beginning of a file name.
fn plain(node: &str) -> String {
    let safe = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    node.chars().take(60).map(safe).collect()
}

fn describe(file: &OutputFile) -> ResultFile {
    let grid = file.grid.as_ref();
    ResultFile {
        name: file.name.clone(),
        media_type: file.media_type.to_string(),
        size_bytes: file.bytes.len() as u64,
        sha256: digest::sha256_bytes(&file.bytes),
        bands: file.bands.clone(),
        bbox: grid.and_then(|grid| grid.bounds_wgs84().ok()),
        epsg: grid.and_then(|grid| grid.crs.epsg_code()),
        shape: grid.map(|grid| [grid.height, grid.width]),
        transform: grid.map(|grid| grid.transform),
        start: file.times.map(|(start, _)| start),
        end: file.times.map(|(_, end)| end),
    }
}
