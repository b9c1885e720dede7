//! `POST /result`: a graph run while the caller waits.

use super::compute::{self, Data, Saved, VisibleScenes};
use super::error::Refusal;
use super::identity::Caller;
use super::{Body, NoQuery, PROCESS_KINDS, RUN_KINDS, check_kinds, estimate};
use crate::Node;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use corridor_know::call::{Observed, Observer};
use corridor_know::graph::RunLimits;
use corridor_know::output::{self, Format, OutputFile};
use corridor_know::source::SceneSource;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Stops the run when the request is given up.
#[derive(Debug, Default)]
struct Asker(AtomicBool);

impl Observer for Asker {
    fn begun(&self, _: &str) {}

    fn inspected(&self, _: &str, _: &str, _: &str, _: &Value) {}

    fn stopped(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Tells the run when it is dropped.
struct Waiting(Arc<Asker>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) async fn result(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    view: View,
    Body(given): Body,
) -> Result<Response, Refusal> {
    check_kinds(&given, &RUN_KINDS)?;
    if let Some(process) = given.get("process").and_then(Value::as_object) {
        check_kinds(process, &PROCESS_KINDS)?;
    }
    let missing = json!({});
    let process = given.get("process").unwrap_or(&missing);
    let graph = Arc::new(compute::read(&node, &user, process)?);
    estimate::check_budget(given.get("budget"))?;
    let allowed = &node.config().limits;
    let samples_max = allowed.synchronous_samples_max;
    let source: Arc<dyn SceneSource> = Arc::new(VisibleScenes::new(&node, view));
    let asker = Arc::new(Asker::default());
    let waiting = Waiting(asker.clone());
    let limits = RunLimits {
        max_samples: samples_max,
        observed: Observed(Some(asker)),
        ..RunLimits::default()
    };
    let result_node = graph.result().to_string();
    let engine = compute::engine(&node, limits);
    // A longer run would have no answer: the request is given up then.
    let planned = compute::plan(graph, source.clone(), engine.clone()).await?;
    estimate::allow(&planned, samples_max, allowed.request_timeout_s)?;
    planned.allow_held()?;
    let answer = node
        .work(async move {
            let mut outcome = compute::run(planned, source, engine).await?;
            // One file is the answer: that of the result node, else the last one saved.
            let place = outcome
                .saved
                .iter()
                .position(|saved| saved.node == result_node)
                .or_else(|| outcome.saved.len().checked_sub(1));
            match place.map(|place| outcome.saved.swap_remove(place)) {
                Some(saved) => written(saved).await.map(file),
                None => match &outcome.value {
                    Some(value) => output::result_json(value)
                        .map(|json| Json(json).into_response())
                        .map_err(Refusal::from),
                    None => Err(no_file()),
                },
            }
        })
        .await?;
    drop(waiting);
    answer
}

async fn written(saved: Saved) -> Result<OutputFile, Refusal> {
    let Data::Value(value) = saved.data else {
        return Err(no_file());
    };
    let wrote = tokio::task::spawn_blocking(move || {
        let format = Format::find(&saved.format)?;
        format.write(&value, &saved.options, "result", false)
    });
    let mut files = wrote
        .await
        .map_err(|error| Refusal::internal("writing a result", error))??;
    files.pop().ok_or_else(no_file)
}

fn no_file() -> Refusal {
    Refusal::internal("writing a result", "no file was written")
}

fn file(file: OutputFile) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", file.name);
    let mut response = file.bytes.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(file.media_type),
    );
    if let Ok(value) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, value);
    }
    response
}
