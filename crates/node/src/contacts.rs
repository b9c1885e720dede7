//! The contact plan and the deliveries over HTTP, a window at a time.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use corridor_watch::contacts::Wanted;
use std::sync::Arc;

/// Contacts listed where no number is said.
const CONTACTS: usize = 5_000;
/// Deliveries listed where no number is said.
const DELIVERIES: usize = 1_000;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        Route::get("/api/contacts", Action::ReadRegister, contacts),
        Route::get("/api/deliveries", Action::ReadWatches, deliveries),
    ]
}

async fn contacts(
    State(node): State<Node>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let wanted = Wanted {
        from: query.take_instant("from")?,
        to: query.take_instant("to")?,
        stations: query.take_all("station").into_iter().collect(),
        satellites: query.take_all("satellite").into_iter().collect(),
        limit: query
            .take_parsed("limit", "is not a whole number")?
            .unwrap_or(CONTACTS),
    };
    query.finish()?;
    let chain = node.chain().clone();
    let found = node.work(async move { chain.contacts(wanted).await });
    Ok(Json(found.await??))
}

async fn deliveries(
    State(node): State<Node>,
    view: View,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let window = (query.take_instant("from")?, query.take_instant("to")?);
    let watch = query.take("watch")?;
    let limit = query
        .take_parsed("limit", "is not a whole number")?
        .unwrap_or(DELIVERIES);
    query.finish()?;
    let chain = node.chain().clone();
    let view = Arc::new(view);
    let found = node.work(async move {
        let sees = move |collection: &str| view.sees(collection);
        chain
            .deliveries(watch.as_deref(), window, limit, sees)
            .await
    });
    Ok(Json(found.await??))
}
