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
