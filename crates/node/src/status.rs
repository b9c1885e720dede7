//! What this node is, and what time it goes by.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get("/api/status", Action::ReadStatus, status)]
}

async fn status(State(node): State<Node>, query: Parameters) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(node.chain().status()))
}
