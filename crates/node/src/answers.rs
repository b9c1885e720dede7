//! Answers over HTTP: those of a watch, and the trace of each.

use crate::Node;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::route::Route;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::IntoResponse;

/// Most languages of a request that are looked at.
const LANGUAGES_MAX: usize = 32;

pub(crate) fn routes() -> Vec<Route> {
    use Action::ReadWatches as Read;
    vec![
        Route::get("/api/watches/{name}/answers", Read, of_watch),
        Route::get("/api/answers/{collection}/{item}/trace", Read, trace),
        Route::get("/api/answers/{collection}/{item}/picture", Read, picture),
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

/// The picture in the language of `lang`, else the first of `Accept-Language` that its product has.
async fn picture(
    State(node): State<Node>,
    view: View,
    headers: HeaderMap,
    At((collection, item)): At<(String, String)>,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let languages = match query.take("lang")? {
        Some(language) => vec![language],
        None => accepted(&headers),
    };
    query.finish()?;
    let item = view.item(&collection, &item).await?;
    let picture = node.chain().picture(&item, &languages).await?;
    let language = HeaderValue::from_str(&picture.captions.drawn.language);
    let language = language.unwrap_or(HeaderValue::from_static("en"));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("image/png")),
        (header::CONTENT_LANGUAGE, language),
        (header::VARY, HeaderValue::from_static("accept-language")),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("private, max-age=300"),
        ),
    ];
    Ok((headers, picture.png))
}

/// Languages of the header `Accept-Language`, the best first (RFC 9110, 12.5.4).
fn accepted(headers: &HeaderMap) -> Vec<String> {
    let text = headers.get(header::ACCEPT_LANGUAGE);
    let text = text
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let mut ranges: Vec<(f32, &str)> = text
        .split(',')
        .take(LANGUAGES_MAX)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight: f32 = weight.trim().parse().ok()?;
            (weight > 0.0 && !tag.trim().is_empty()).then_some((weight, tag.trim()))
        })
        .collect();
    ranges.sort_by(|a, b| b.0.total_cmp(&a.0));
    ranges.iter().map(|(_, tag)| (*tag).to_string()).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_wanted_most_comes_first() {
        let of = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_LANGUAGE, HeaderValue::from_static(text));
            accepted(&headers)
        };
        assert_eq!(
            of("en;q=0.5, ro, pt-BR;q=0.9, xx;q=0"),
            ["ro", "pt-BR", "en"]
        );
        assert_eq!(of("*;q=oops"), Vec::<String>::new());
        assert_eq!(accepted(&HeaderMap::new()), Vec::<String>::new());
    }
}
