//! The products a watch can ask for.

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
    vec![Route::get("/api/products", Action::ReadRegister, products)]
}

async fn products(
    State(node): State<Node>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    Ok(Json(json!(node.chain().products().collect::<Vec<_>>())))
}
