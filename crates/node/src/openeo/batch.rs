//! Running batch jobs, one at a time, in the order they were queued.
//!
//! A job is queued on disk before its start is acknowledged. Results are written aside and
//! synced, moved into the job's folder, and only then the job is recorded as finished: a node that
//! is killed at any instant runs the job anew when it is back, and never shows half of a result.

use super::compute::{self, Data, Saved, VisibleScenes};
use super::error::Refusal;
use super::estimate as costs;
use super::identity::{OPERATOR, random_name};
use super::store::{Job, ResultFile, Results, Status, StoreError};
use crate::Node;
use crate::policy::Principal;
use corridor_catalog::digest;
use corridor_know::call::{Observed, Observer, STOPPED};
use corridor_know::graph::RunLimits;
use corridor_know::output::{Format, WrittenFile};
use corridor_know::source::SceneSource;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
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
    if let Some(under_way) = running.ok().and_then(|running| running.get(id).cloned()) {
        under_way.stopped.store(true, Ordering::Relaxed);
    }
}

/// How much of a running job is done, percent; nothing before its first result.
pub(crate) fn progress(node: &Node, id: &str) -> Option<f64> {
    let running = node.openeo().running.lock().ok()?;
    let done = f64::from(running.get(id)?.percent.load(Ordering::Relaxed));
    (done > 0.0).then_some(done)
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

/// A job that runs: what stops it, and how far it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct UnderWay {
    stopped: Arc<AtomicBool>,
    percent: Arc<AtomicU32>,
}

/// Writes what a run does to the job's log.
struct Logger {
    node: Node,
    job: String,
    under_way: UnderWay,
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
        self.under_way.stopped.load(Ordering::Relaxed)
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
        under_way: UnderWay::default(),
    });
    if let Ok(mut running) = node.openeo().running.lock() {
        running.insert(id.clone(), logger.under_way.clone());
    }
    let began = Instant::now();
    let ended = results(node, &job, logger.clone()).await;
    if ended.is_err() {
        // Nothing was written, or it is removed with the job.
        let _ = std::fs::remove_dir(folder(node, &id));
    }
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
    let source: Arc<dyn SceneSource> = Arc::new(source);
    let result_node = graph.result().to_string();
    let limits = RunLimits {
        // Cubes are held to the memory; what is computed by chunks may be any number.
        max_samples: u64::MAX,
        observed: Observed(Some(logger.clone())),
        ..RunLimits::default()
    };
    let memory_bytes = limits.max_memory_bytes;
    let percent = logger.under_way.percent.clone();
    let folder = folder(node, &job.id);
    tokio::fs::create_dir_all(&folder)
        .await
        .map_err(|error| Refusal::internal("making the folder of a job's results", error))?;
    let engine = compute::engine(node, limits).with_spill_folder(&folder);
    let engine = engine.with_progress(Arc::new(move |done, all| {
        // The last percent is for what follows the chunks.
        percent.store((done * 99 / all.max(1)) as u32, Ordering::Relaxed);
    }));
    let planned = compute::plan(graph, source.clone(), engine.clone()).await?;
    planned.allow_spilled()?;
    logger.log(&entry("info", costs::sentence(&planned.estimate())));
    let outcome = node
        .work(compute::run(planned, source, engine))
        .await
        .map_err(Refusal::from)??;
    let mut saved = outcome.saved;
    if saved.is_empty() {
        let value = outcome.value.ok_or_else(|| {
            Refusal::internal("writing results", "the result is too large to be held")
        })?;
        saved.push(Saved {
            node: result_node,
            data: Data::Value(value),
            format: "JSON".to_string(),
            options: BTreeMap::new(),
        });
    }
    let run = random_name("run")?;
    let wrote =
        tokio::task::spawn_blocking(move || write(&folder, &run, saved, memory_bytes)).await;
    wrote.map_err(|error| Refusal::internal("writing results", error))?
}

/// Writes all files aside, then moves their folder into place.
fn write(
    folder: &Path,
    run: &str,
    saved: Vec<Saved>,
    memory_bytes: u64,
) -> Result<Results, Refusal> {
    let failed = |error: std::io::Error| Refusal::internal("writing results", error);
    let aside = folder.join(format!("{run}.part"));
    std::fs::create_dir_all(&aside).map_err(failed)?;
    let (mut files, mut stems) = (Vec::new(), Vec::<String>::new());
    let several = saved.len() > 1;
    for one in saved {
        let mut stem = match several {
            false => "result".to_string(),
            true => plain(&one.node),
        };
        while stems.iter().any(|other| may_clash(other, &stem)) {
            stem.insert(0, '_');
        }
        stems.push(stem.clone());
        let format = Format::find(&one.format)?;
        let written = match one.data {
            Data::Spilled(result) => {
                let named = (stem.as_str(), true);
                format.write_spilled(&result, &one.options, named, &aside, memory_bytes)?
            }
            Data::Value(value) => format
                .write(&value, &one.options, &stem, true)?
                .into_iter()
                .map(|file| file.write_in(&aside))
                .collect::<Result<_, _>>()?,
        };
        for file in written {
            files.push(describe(file, &aside).map_err(failed)?);
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

/// Whether files whose names begin so may be one: the names go on with a date, or end.
fn may_clash(a: &str, b: &str) -> bool {
    let begins = |a: &str, b: &str| b.strip_prefix(a).is_some_and(|rest| rest.starts_with('-'));
    a == b || begins(a, b) || begins(b, a)
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

fn describe(file: WrittenFile, folder: &Path) -> std::io::Result<ResultFile> {
    let (sha256, size_bytes) = digest::sha256_file(&folder.join(&file.name))?;
    let grid = file.grid.as_ref();
    Ok(ResultFile {
        media_type: file.media_type.to_string(),
        size_bytes,
        sha256,
        bbox: grid.and_then(|grid| grid.bounds_wgs84().ok()),
        epsg: grid.and_then(|grid| grid.crs.epsg_code()),
        shape: grid.map(|grid| [grid.height, grid.width]),
        transform: grid.map(|grid| grid.transform),
        start: file.times.map(|(start, _)| start),
        end: file.times.map(|(_, end)| end),
        bands: file.bands,
        name: file.name,
    })
}
