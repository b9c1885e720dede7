//! Watches over HTTP: add, list, show, remove, and the forecast of each.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Body, Parameters};
use crate::route::Route;
use crate::stac::path_part;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use corridor_watch::request::NewWatch;

pub(crate) fn routes() -> Vec<Route> {
    use Action::{ChangeWatches as Change, ReadWatches as Read};
    vec![
        Route::get("/api/watches", Read, list),
        Route::post("/api/watches", Change, add),
        Route::get("/api/watches/{name}", Read, show),
        Route::delete("/api/watches/{name}", Change, remove),
        Route::get("/api/watches/{name}/forecast", Read, forecast),
        Route::get("/api/watches/{name}/footprints", Read, footprints),
        Route::get("/api/watches/{name}/revisit", Read, revisit),
    ]
}

async fn list(State(node): State<Node>, query: Parameters) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(node.chain().watches().await?))
}

async fn add(
    State(node): State<Node>,
    query: Parameters,
    Body(watch): Body<NewWatch>,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let watch = node.chain().add_watch(watch).await?;
    let place = format!("/api/watches/{}", path_part(&watch.id));
    Ok((
        StatusCode::CREATED,
        [(header::LOCATION, place)],
        Json(watch),
    ))
}

async fn show(
    State(node): State<Node>,
    At(name): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(node.chain().watch(&name).await?))
}

async fn remove(
    State(node): State<Node>,
    At(name): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    node.chain().remove_watch(&name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn forecast(
    State(node): State<Node>,
    At(name): At<String>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let from = query.take_instant("from")?;
    let to = query.take_instant("to")?;
    query.finish()?;
    let chain = node.chain().clone();
    let forecast = node.work(async move {
        match (from, to) {
            // The one computed last is kept: computing it again would give the same.
            (None, None) => chain.current_forecast(&name).await,
            _ => chain.forecast(&name, from, to).await,
        }
    });
    Ok(Json(forecast.await??))
}

/// Footprints drawn where no number is said.
const FOOTPRINTS: usize = 12;
const GEOJSON: &str = "application/geo+json";

async fn footprints(
    State(node): State<Node>,
    At(name): At<String>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let first = query
        .take_parsed("first", "a number from 1 to 200")?
        .unwrap_or(FOOTPRINTS);
    query.finish()?;
    let chain = node.chain().clone();
    let drawn = node.work(async move { chain.footprints(&name, first).await });
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(drawn.await??)))
}

async fn revisit(
    State(node): State<Node>,
    At(name): At<String>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let planned = query
        .take_parsed("planned", "true or false")?
        .unwrap_or(true);
    query.finish()?;
    let chain = node.chain().clone();
    let cells = node.work(async move { chain.revisit(&name, planned).await });
    let cells = cells.await??;
    Ok(([(header::CONTENT_TYPE, GEOJSON)], Json(&*cells)).into_response())
}
