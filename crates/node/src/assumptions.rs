//! Every figure that a forecast rests on and that is not data, with its source.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::Parameters;
use crate::route::Route;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;

pub(crate) fn routes() -> Vec<Route> {
    vec![Route::get(
        "/api/assumptions",
        Action::ReadRegister,
        assumptions,
    )]
}

async fn assumptions(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(json!(
        node.chain().settings().all().collect::<Vec<_>>()
    )))
}
