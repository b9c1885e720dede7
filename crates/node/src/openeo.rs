//! The openEO API 1.2.0 under `/openeo/1.2`.
//!
//! | part of the API | state |
//! | --- | --- |
//! | capabilities, well-known document, conformance, file formats, service types, UDF runtimes | done; no UDF runtime is offered |
//! | collections with queryables, processes | done |
//! | basic authentication, `/me` | done; OpenID Connect is not offered |
//! | stored process graphs, validation | done |
//! | synchronous processing, batch jobs with logs, estimate and results as STAC | done |
//! | secondary web services | XYZ |
//! | workspace files, billing | not offered, not advertised |
//!
//! Pages of other origins, such as the openEO Web Editor, may call it ([`cors`]): who they are is
//! said by the `Authorization` header alone.

mod batch;
mod capabilities;
mod collections;
mod compute;
pub(crate) mod cors;
mod error;
mod estimate;
mod identity;
mod jobs;
mod processes;
mod results;
mod services;
mod store;
mod synchronous;
mod tiles;

pub(crate) use batch::resume;
pub(crate) use identity::{OPERATOR, login_needed, principal};
pub(crate) use store::StoreError;

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::route::Route;
use axum::extract::{FromRequest, FromRequestParts, Path as PathParameters, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use corridor_know::plan::Pace;
use error::Refusal;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::Store;
use tokio::sync::Semaphore;

/// Where this version of the API begins.
pub(crate) const BASE: &str = "/openeo/1.2";
/// Where users log in: the one path whose `Authorization` is not a token.
pub(crate) const CREDENTIALS_PATH: &str = "/openeo/1.2/credentials/basic";
/// The version of the API.
pub(crate) const API_VERSION: &str = "1.2.0";

/// What openEO keeps and runs on this node.
pub(crate) struct OpenEo {
    store: Store,
    /// Folder of the jobs' results.
    folder: PathBuf,
    /// Batch jobs run one at a time: each may use all the memory a run is allowed.
    batch_place: Arc<Semaphore>,
    /// The jobs under way, and what stops them.
    running: Mutex<BTreeMap<String, batch::UnderWay>>,
    /// Tiles of the map services, drawn lately.
    tiles: tiles::KeptTiles,
    /// How runs on this machine went, against what was estimated.
    pace: Arc<Pace>,
}

impl OpenEo {
    /// Opens what is kept in a data folder.
    pub(crate) fn open(data_dir: &Path) -> Result<Self, StoreError> {
        Ok(Self {
            store: Store::open(&data_dir.join("corridor.db"))?,
            folder: data_dir.join("openeo"),
            batch_place: Arc::new(Semaphore::new(1)),
            running: Mutex::new(BTreeMap::new()),
            tiles: tiles::KeptTiles::default(),
            pace: Arc::default(),
        })
    }

    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    pub(crate) fn pace(&self) -> Arc<Pace> {
        self.pace.clone()
    }
}

/// The routes of this standard.
pub(crate) fn routes() -> Vec<Route> {
    use Action::{ReadCatalogue, ReadPixels, ReadProcessing as Read, UseProcessing as Use};
    vec![
        Route::get("/.well-known/openeo", Read, capabilities::well_known),
        Route::get("/openeo/.well-known/openeo", Read, capabilities::well_known),
        Route::get("/openeo/1.2", Read, capabilities::capabilities),
        Route::get("/openeo/1.2/", Read, capabilities::capabilities),
        Route::get("/openeo/1.2/conformance", Read, capabilities::conformance),
        Route::get("/openeo/1.2/file_formats", Read, capabilities::file_formats),
        Route::get(
            "/openeo/1.2/service_types",
            Read,
            capabilities::service_types,
        ),
        Route::get("/openeo/1.2/udf_runtimes", Read, capabilities::udf_runtimes),
        Route::get(CREDENTIALS_PATH, Read, identity::basic),
        Route::get("/openeo/1.2/me", Use, identity::me),
        Route::get("/openeo/1.2/collections", ReadCatalogue, collections::all),
        Route::get(
            "/openeo/1.2/collections/{collection_id}",
            ReadCatalogue,
            collections::one,
        ),
        Route::get(
            "/openeo/1.2/collections/{collection_id}/queryables",
            ReadCatalogue,
            collections::queryables,
        ),
        Route::get("/openeo/1.2/processes", Read, processes::predefined),
        Route::get("/openeo/1.2/process_graphs", Use, processes::all),
        Route::get(
            "/openeo/1.2/process_graphs/{process_graph_id}",
            Use,
            processes::one,
        ),
        Route::put(
            "/openeo/1.2/process_graphs/{process_graph_id}",
            Use,
            processes::put,
        ),
        Route::delete(
            "/openeo/1.2/process_graphs/{process_graph_id}",
            Use,
            processes::remove,
        ),
        Route::post("/openeo/1.2/validation", Use, processes::validate),
        Route::post("/openeo/1.2/result", Use, synchronous::result),
        Route::get("/openeo/1.2/jobs", Use, jobs::all),
        Route::post("/openeo/1.2/jobs", Use, jobs::create),
        Route::get("/openeo/1.2/jobs/{job_id}", Use, jobs::one),
        Route::patch("/openeo/1.2/jobs/{job_id}", Use, jobs::change),
        Route::delete("/openeo/1.2/jobs/{job_id}", Use, jobs::remove),
        Route::get("/openeo/1.2/jobs/{job_id}/estimate", Use, jobs::estimate),
        Route::get("/openeo/1.2/jobs/{job_id}/logs", Use, jobs::logs),
        Route::get("/openeo/1.2/jobs/{job_id}/results", Use, results::document),
        Route::post("/openeo/1.2/jobs/{job_id}/results", Use, jobs::start),
        Route::delete("/openeo/1.2/jobs/{job_id}/results", Use, jobs::stop),
        Route::get(
            "/openeo/1.2/results/{job_id}",
            ReadPixels,
            results::signed_document,
        ),
        Route::get(
            "/openeo/1.2/results/{job_id}/{run}/{file}",
            ReadPixels,
            results::file,
        ),
        Route::get("/openeo/1.2/services", Use, services::all),
        Route::post("/openeo/1.2/services", Use, services::create),
        Route::get("/openeo/1.2/services/{service_id}", Use, services::one),
        Route::patch("/openeo/1.2/services/{service_id}", Use, services::change),
        Route::delete("/openeo/1.2/services/{service_id}", Use, services::remove),
        Route::get(
            "/openeo/1.2/services/{service_id}/logs",
            Use,
            services::logs,
        ),
        Route::get(
            "/openeo/1.2/xyz/{service_id}/{z}/{x}/{y}",
            ReadPixels,
            tiles::tile,
        ),
    ]
}

/// Whether a path belongs to this interface, and its errors speak openEO.
pub(crate) fn is_path(path: &str) -> bool {
    path == "/openeo" || path.starts_with("/openeo/") || path == "/.well-known/openeo"
}

/// A problem that was made outside of these routes, as openEO says it.
pub(crate) fn in_its_words(response: Response) -> Response {
    match response.extensions().get::<Problem>() {
        Some(problem) => Refusal::from(problem.clone()).into_response(),
        None => response,
    }
}

/// A JSON object as body.
pub(crate) struct Body(pub(crate) Map<String, Value>);

impl FromRequest<Node> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, node: &Node) -> Result<Self, Refusal> {
        let axum::Json(members) = axum::Json::<Map<String, Value>>::from_request(request, node)
            .await
            .map_err(Problem::from)?;
        Ok(Self(members))
    }
}

/// The parameters of a path.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send> FromRequestParts<Node> for At<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Refusal> {
        let PathParameters(value) = PathParameters::<T>::from_request_parts(parts, node)
            .await
            .map_err(Problem::from)?;
        Ok(Self(value))
    }
}

/// A query of no parameters; others are refused, not ignored.
pub(crate) struct NoQuery;

impl FromRequestParts<Node> for NoQuery {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Refusal> {
        let query = crate::query::Parameters::from_request_parts(parts, node).await?;
        query.finish()?;
        Ok(Self)
    }
}

/// What a member of a body must be.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Truth,
    Object,
    Array,
}

/// Refuses members of another kind than their own; null counts as not given.
fn check_kinds(given: &Map<String, Value>, kinds: &[(&str, Kind)]) -> Result<(), Refusal> {
    for (name, kind) in kinds {
        let fits = match (given.get(*name), kind) {
            (None | Some(Value::Null), _)
            | (Some(Value::String(_)), Kind::Text)
            | (Some(Value::Number(_)), Kind::Number)
            | (Some(Value::Bool(_)), Kind::Truth)
            | (Some(Value::Object(_)), Kind::Object)
            | (Some(Value::Array(_)), Kind::Array) => true,
            // Clients in languages without empty objects send an empty array.
            (Some(Value::Array(items)), Kind::Object) => items.is_empty(),
            _ => false,
        };
        if !fits {
            let wanted = match kind {
                Kind::Text => "a text",
                Kind::Number => "a number",
                Kind::Truth => "true or false",
                Kind::Object => "an object",
                Kind::Array => "an array",
            };
            return Err(Refusal::invalid(format!("{name}: {wanted} is needed")));
        }
    }
    Ok(())
}

/// Members of what is to be run, in jobs, services and at once.
const RUN_KINDS: [(&str, Kind); 8] = [
    ("title", Kind::Text),
    ("description", Kind::Text),
    ("process", Kind::Object),
    ("plan", Kind::Text),
    ("budget", Kind::Number),
    ("log_level", Kind::Text),
    ("enabled", Kind::Truth),
    ("configuration", Kind::Object),
];

/// Members of a process.
const PROCESS_KINDS: [(&str, Kind); 7] = [
    ("process_graph", Kind::Object),
    ("parameters", Kind::Array),
    ("id", Kind::Text),
    ("summary", Kind::Text),
    ("description", Kind::Text),
    ("returns", Kind::Object),
    ("categories", Kind::Array),
];

/// `limit` of a list: all unless given.
fn limit(query: &mut crate::query::Parameters) -> Result<usize, Refusal> {
    let given = query.take_limit()?;
    Ok(given.map_or(usize::MAX, |limit| {
        usize::try_from(limit).unwrap_or(usize::MAX)
    }))
}

/// The members of an object that were given, of those that may be.
fn pick(given: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    names
        .iter()
        .filter_map(|name| Some(((*name).to_string(), given.get(*name)?.clone())))
        .collect()
}

/// The members that a change may carry, or why it may not.
fn changes(
    given: &Map<String, Value>,
    editable: &[&str],
    fixed: &[&str],
) -> Result<Map<String, Value>, Refusal> {
    if let Some(name) = given.keys().find(|name| fixed.contains(&name.as_str())) {
        return Err(Refusal::new(
            "PropertyNotEditable",
            format!("The specified property '{name}' is read-only."),
        ));
    }
    let picked = pick(given, editable);
    if picked.is_empty() {
        return Err(Refusal::new(
            "NoDataForUpdate",
            "No data specified to be updated.",
        ));
    }
    Ok(picked)
}
