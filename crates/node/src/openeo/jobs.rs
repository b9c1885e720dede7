//! Batch jobs: made, changed, started, stopped, looked at.

use super::compute::VisibleScenes;
use super::error::Refusal;
use super::identity::{Caller, random_name};
use super::store::{Job, Status};
use super::{
    At, BASE, Body, NoQuery, RUN_KINDS, batch, changes, check_kinds, compute, estimate as costs,
    limit, pick,
};
use crate::Node;
use crate::guard::BaseUrl;
use crate::query::Parameters;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use corridor_know::graph::RunLimits;
use corridor_know::source::SceneSource;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Members of a job that its user gives.
const GIVEN: [&str; 6] = [
    "title",
    "description",
    "process",
    "plan",
    "budget",
    "log_level",
];
/// Members that nobody changes by hand.
const FIXED: [&str; 7] = [
    "id", "status", "created", "updated", "progress", "costs", "usage",
];
/// The header that names what was made.
pub(crate) const IDENTIFIER: HeaderName = HeaderName::from_static("openeo-identifier");

/// A job of the caller, or that there is none.
pub(crate) fn find(node: &Node, user: &str, id: &str) -> Result<Job, Refusal> {
    node.openeo()
        .store()
        .job(user, id)?
        .ok_or_else(|| not_found(id))
}

pub(crate) fn not_found(id: &str) -> Refusal {
    Refusal::new(
        "JobNotFound",
        format!("The batch job '{id}' does not exist."),
    )
}

fn has_graph(given: &Map<String, Value>) -> Result<(), Refusal> {
    let graph = given
        .get("process")
        .and_then(|process| process.get("process_graph"));
    match graph.is_some_and(Value::is_object) {
        true => Ok(()),
        false => Err(Refusal::new(
            "ProcessGraphMissing",
            "Invalid process specified. It doesn't contain a process graph.",
        )),
    }
}

pub(crate) async fn all(
    State(node): State<Node>,
    Caller(user): Caller,
    mut query: Parameters,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    query.finish()?;
    let mut jobs = node.openeo().store().jobs(&user)?;
    jobs.sort_by_key(|job| std::cmp::Reverse(job.created));
    let shown: Vec<Value> = jobs
        .iter()
        .take(limit)
        .map(|job| describe(job, false))
        .collect();
    Ok(Json(json!({ "jobs": shown, "links": [] })))
}

pub(crate) async fn create(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    BaseUrl(base): BaseUrl,
    Body(given): Body,
) -> Result<impl IntoResponse, Refusal> {
    check_kinds(&given, &RUN_KINDS)?;
    has_graph(&given)?;
    compute::read(&node, &user, &given["process"])?;
    let id = random_name("job")?;
    let now = Timestamp::now();
    node.openeo().store().add_job(&Job {
        id: id.clone(),
        user,
        status: Status::Created,
        created: now,
        updated: now,
        asked: Value::Object(pick(&given, &GIVEN)),
        results: None,
        duration_s: None,
    })?;
    let location = format!("{base}{BASE}/jobs/{id}");
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, location), (IDENTIFIER, id)],
    ))
}

pub(crate) async fn one(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find(&node, &user, &id)?;
    let mut shown = describe(&job, true);
    if job.status == Status::Running
        && let Some(percent) = batch::progress(&node, &id)
    {
        shown["progress"] = percent.into();
    }
    Ok(Json(shown))
}

fn describe(job: &Job, whole: bool) -> Value {
    let mut shown = Map::new();
    let asked = job.asked.as_object().cloned().unwrap_or_default();
    for (name, value) in asked {
        if !value.is_null() && (whole || !["process", "log_level"].contains(&name.as_str())) {
            shown.insert(name, value);
        }
    }
    shown.insert("id".into(), job.id.clone().into());
    shown.insert("status".into(), job.status.word().into());
    shown.insert("created".into(), second(job.created).into());
    shown.insert("updated".into(), second(job.updated).into());
    if job.status == Status::Finished {
        shown.insert("progress".into(), 100.into());
    }
    if let (true, Some(duration_s)) = (whole, job.duration_s) {
        let duration = json!({"value": duration_s, "unit": "s"});
        shown.insert("usage".into(), json!({ "duration": duration }));
    }
    Value::Object(shown)
}

/// RFC 3339 without a fraction, as openEO writes times.
pub(crate) fn second(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(crate) async fn change(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
    Body(given): Body,
) -> Result<StatusCode, Refusal> {
    find(&node, &user, &id)?;
    check_kinds(&given, &RUN_KINDS)?;
    let changes = changes(&given, &GIVEN, &FIXED)?;
    if let Some(process) = changes.get("process") {
        has_graph(&changes)?;
        compute::read(&node, &user, process)?;
    }
    let idle = [
        Status::Created,
        Status::Finished,
        Status::Canceled,
        Status::Error,
    ];
    let changed = node.openeo().store().change_job(&id, &idle, |job| {
        if let Some(asked) = job.asked.as_object_mut() {
            asked.extend(changes);
        }
    })?;
    match changed {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(locked()),
    }
}

fn locked() -> Refusal {
    Refusal::new(
        "JobLocked",
        "Batch job is locked due to a queued or running batch computation.",
    )
}

pub(crate) async fn remove(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    find(&node, &user, &id)?;
    batch::stop(&node, &id);
    node.openeo().store().remove_job(&id)?;
    batch::remove_files(&node, &id).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Queues a job; a job that is queued or running already stays so.
pub(crate) async fn start(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    find(&node, &user, &id)?;
    let idle = [
        Status::Created,
        Status::Finished,
        Status::Canceled,
        Status::Error,
    ];
    let queued = node.openeo().store().change_job(&id, &idle, |job| {
        job.status = Status::Queued;
        job.results = None;
    })?;
    if queued {
        batch::wake(&node);
    }
    Ok(StatusCode::ACCEPTED)
}

pub(crate) async fn stop(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    find(&node, &user, &id)?;
    let active = [Status::Queued, Status::Running];
    let stopped = node.openeo().store().change_job(&id, &active, |job| {
        job.status = Status::Canceled;
    })?;
    if !stopped {
        return Err(Refusal::new(
            "JobNotStarted",
            "Batch job must be started first.",
        ));
    }
    batch::stop(&node, &id);
    Ok(StatusCode::NO_CONTENT)
}

pub(crate) async fn estimate(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    view: View,
    At(id): At<String>,
) -> Result<Json<Value>, Refusal> {
    let job = find(&node, &user, &id)?;
    let graph = compute::read(&node, &user, &job.asked["process"])?;
    let source: Arc<dyn SceneSource> = Arc::new(VisibleScenes::new(&node, view));
    let engine = compute::engine(&node, RunLimits::default());
    let planned = compute::plan(Arc::new(graph), source, engine).await?;
    let estimate = planned.estimate();
    if estimate.uncounted_loads > 0 {
        return Err(Refusal::new(
            "EstimateComplexity",
            "The process is too complex to calculate an estimate: an extent is computed by the graph itself.",
        ));
    }
    Ok(Json(costs::describe(&estimate)))
}

pub(crate) async fn logs(
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Refusal> {
    find(&node, &user, &id)?;
    log_document(&node, &id, query)
}

/// The log of a job or service from `offset` (the id of the last entry seen) on.
pub(crate) fn log_document(
    node: &Node,
    owner: &str,
    mut query: Parameters,
) -> Result<Json<Value>, Refusal> {
    const LEVELS: [&str; 4] = ["debug", "info", "warning", "error"];
    let limit = limit(&mut query)?;
    let after = query.take_parsed::<i64>("offset", "is not the id of a log entry")?;
    let level = query.take("level")?.unwrap_or_else(|| "debug".to_string());
    query.finish()?;
    let least = LEVELS
        .iter()
        .position(|known| *known == level)
        .ok_or_else(|| {
            Refusal::invalid(format!(
                "level: {level:?} is none of debug, info, warning, error"
            ))
        })?;
    let entries: Vec<Value> = node
        .openeo()
        .store()
        .logs(owner, after.unwrap_or(0), limit)?
        .into_iter()
        .filter(|(_, _, entry)| {
            let own = LEVELS.iter().position(|known| entry["level"] == *known);
            own.unwrap_or(0) >= least
        })
        .map(|(number, time, mut entry)| {
            entry["id"] = number.to_string().into();
            entry["time"] = second(time).into();
            entry
        })
        .collect();
    Ok(Json(
        json!({ "level": level, "logs": entries, "links": [] }),
    ))
}
