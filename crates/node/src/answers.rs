//! Answers over HTTP: those of a watch, and the trace of each.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::route::Route;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;

pub(crate) fn routes() -> Vec<Route> {
    use Action::ReadWatches as Read;
    vec![
        Route::get("/api/watches/{name}/answers", Read, of_watch),
        Route::get("/api/answers/{collection}/{item}/trace", Read, trace),
    ]
}

async fn of_watch(
    State(node): State<Node>,
    view: View,
    At(name): At<String>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let mut answers = node.chain().answers(&name).await?;
    answers.retain(|answer| view.sees(&answer.collection));
    Ok(Json(answers))
}

async fn trace(
    State(node): State<Node>,
    view: View,
    At((collection, item)): At<(String, String)>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    // An answer the caller does not see has no trace either, and says so in the same words.
    view.item(&collection, &item).await?;
    Ok(Json(node.chain().trace(&collection, &item).await?))
}
