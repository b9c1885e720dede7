//! Predefined processes, the user's own, and the validation of graphs.

use super::compute;
use super::error::Refusal;
use super::identity::Caller;
use super::{At, Body, NoQuery, PROCESS_KINDS, check_kinds, limit, pick};
use crate::Node;
use crate::query::Parameters;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use corridor_know::graph;
use corridor_know::process;
use serde_json::{Value, json};

/// Members of a stored process that are kept.
const KEPT: [&str; 11] = [
    "process_graph",
    "summary",
    "description",
    "categories",
    "parameters",
    "returns",
    "exceptions",
    "examples",
    "links",
    "deprecated",
    "experimental",
];

pub(crate) async fn predefined(mut query: Parameters) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    query.finish()?;
    let all: Vec<&Value> = process::ALL
        .iter()
        .take(limit)
        .map(|process| &process.definition().json)
        .collect();
    Ok(Json(json!({ "processes": all, "links": [] })))
}

pub(crate) async fn all(
    State(node): State<Node>,
    Caller(user): Caller,
    mut query: Parameters,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    query.finish()?;
    let mut own = node.openeo().store().processes(&user)?;
    own.truncate(limit);
    // Lists show what a process is, not how it is made.
    for process in own.iter_mut().filter_map(Value::as_object_mut) {
        process.remove("process_graph");
    }
    Ok(Json(json!({ "processes": own, "links": [] })))
}

pub(crate) async fn one(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<Json<Value>, Refusal> {
    let found = node.openeo().store().process(&user, &id)?;
    found.map(Json).ok_or_else(|| not_found(&id))
}

pub(crate) async fn put(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
    Body(given): Body,
) -> Result<StatusCode, Refusal> {
    check_kinds(&given, &PROCESS_KINDS)?;
    /// Longest id, characters.
    const ID_MAX: usize = 200;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if id.is_empty() || id.len() > ID_MAX || !id.chars().all(plain) {
        return Err(Refusal::new(
            "ProcessInvalid",
            format!("{id:?} is not an id of up to {ID_MAX} letters, digits and underscores"),
        ));
    }
    if process::find(&id).is_some() {
        return Err(Refusal::new(
            "PredefinedProcessExists",
            format!("A predefined process with the identifier '{id}' exists."),
        ));
    }
    let mut kept = pick(&given, &KEPT);
    kept.insert("id".into(), id.clone().into());
    let body = Value::Object(kept);
    // A process that calls itself is found out here too: it does not end.
    compute::read(&node, &user, &body)?;
    node.openeo().store().put_process(&user, &id, &body)?;
    Ok(StatusCode::OK)
}

pub(crate) async fn remove(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    At(id): At<String>,
) -> Result<StatusCode, Refusal> {
    match node.openeo().store().remove_process(&user, &id)? {
        true => Ok(StatusCode::NO_CONTENT),
        false => Err(not_found(&id)),
    }
}

fn not_found(id: &str) -> Refusal {
    Refusal::new(
        "ProcessGraphNotFound",
        format!("User-defined process '{id}' does not exist."),
    )
}

/// `POST /validation`: everything that is wrong with a process.
pub(crate) async fn validate(
    _: NoQuery,
    State(node): State<Node>,
    Caller(user): Caller,
    Body(given): Body,
) -> Result<Json<Value>, Refusal> {
    let errors: Vec<Value> = match compute::read(&node, &user, &Value::Object(given)) {
        Err(refusal) if refusal.code == "Internal" => return Err(refusal),
        Err(refusal) => vec![json!({"code": refusal.code, "message": refusal.message})],
        Ok(graph) => graph::validate(&graph, &[])
            .into_iter()
            .map(|issue| {
                json!({
                    "code": issue.error.code,
                    "message": format!("{} (node {})", issue.error.message, issue.error.node.join(" > ")),
                })
            })
            .collect(),
    };
    Ok(Json(json!({ "errors": errors })))
}
