//! The STAC API: landing page, conformance, collections, items, search (STAC API 1.0.0).
//!
//! | conformance class | state |
//! | --- | --- |
//! | core, collections, ogcapi-features, item-search | done |
//! | sort, fields, filter (item search and features) | done |
//! | CQL2: all but `ACCENTI` and functions | done |
//! | transaction | not offered, not advertised |

mod document;
mod landing;
mod parameter;
mod queryables;

use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Body, Parameters};
use crate::route::Route;
use crate::view::View;
use axum::Json;
use axum::http::{HeaderName, Uri, header};
use axum::response::IntoResponse;
use document::Documents;
pub(crate) use document::{collection_of, collection_path, path_part};
pub(crate) use parameter::Asked;
use parameter::SearchBody;
use serde_json::{Value, json};

/// Content type of items and item lists.
const GEOJSON: &str = "application/geo+json";
/// Most items in one page; a larger limit is lowered to this, as the specification lets a server.
const PAGE_ITEMS_MAX: usize = 1_000;

/// The routes of this standard.
pub(crate) fn routes() -> Vec<Route> {
    use Action::ReadCatalogue as Read;
    vec![
        Route::get("/stac", Read, landing::landing),
        Route::get("/stac/conformance", Read, landing::conformance),
        Route::get("/stac/collections", Read, collections),
        Route::get("/stac/collections/{collection}", Read, collection),
        Route::get("/stac/collections/{collection}/items", Read, items),
        Route::get("/stac/collections/{collection}/items/{item}", Read, item),
        Route::get(
            "/stac/collections/{collection}/queryables",
            Read,
            queryables::of_collection,
        ),
        Route::get("/stac/queryables", Read, queryables::of_all),
        Route::get("/stac/search", Read, search_by_query),
        Route::post("/stac/search", Read, search_by_body),
    ]
}

async fn collections(
    view: View,
    BaseUrl(base): BaseUrl,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    let documents = Documents::new(&base, &view);
    let mut found = Vec::new();
    for collection in view.collections().await? {
        let extent = view.extent(&collection.id).await?;
        found.push(documents.collection(collection, extent)?);
    }
    Ok(Json(json!({
        "collections": found,
        "links": [
            documents.link("self", "/stac/collections", "application/json"),
            documents.link("root", "/stac", "application/json"),
            documents.link("parent", "/stac", "application/json"),
        ],
        "numberMatched": found.len(),
        "numberReturned": found.len(),
    })))
}

async fn collection(
    view: View,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    query.finish()?;
    let found = view.collection(&id).await?;
    let extent = view.extent(&id).await?;
    Ok(Json(
        Documents::new(&base, &view).collection(found, extent)?,
    ))
}

async fn item(
    view: View,
    BaseUrl(base): BaseUrl,
    At((collection, id)): At<(String, String)>,
    query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let found = view.item(&collection, &id).await?;
    Ok(geojson(Documents::new(&base, &view).item(found)?))
}

async fn items(
    view: View,
    BaseUrl(base): BaseUrl,
    At(collection): At<String>,
    uri: Uri,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let mut asked = Asked::from_query(&mut query)?;
    query.finish()?;
    // Search holds an unknown collection for an empty one; here it is the thing asked for.
    view.collection(&collection).await?;
    // Clients that search by this path may name its collection once more, and no other.
    if asked
        .search
        .collections
        .iter()
        .any(|named| *named != collection)
    {
        return Err(Problem::invalid(format!(
            "collections: this path is that of {collection:?}"
        )));
    }
    asked.search.collections = vec![collection.clone()];
    let documents = Documents::new(&base, &view);
    let path = document::collection_path(&collection);
    let page = view.search(asked.search.clone()).await?;
    let next = page
        .next
        .as_deref()
        .map(|token| documents.next_by_query(&uri, token));
    let links = [
        Some(documents.link(
            "self",
            &path_and_query(&format!("{path}/items"), &uri),
            GEOJSON,
        )),
        Some(documents.link("root", "/stac", "application/json")),
        Some(documents.link("parent", &path, "application/json")),
        Some(documents.link("collection", &path, "application/json")),
        next,
    ];
    Ok(geojson(documents.page(page, &asked.fields, links)?))
}

async fn search_by_query(
    view: View,
    BaseUrl(base): BaseUrl,
    uri: Uri,
    mut query: Parameters,
) -> Result<impl IntoResponse, Problem> {
    let asked = Asked::from_query(&mut query)?;
    query.finish()?;
    let documents = Documents::new(&base, &view);
    let page = view.search(asked.search.clone()).await?;
    let next = page
        .next
        .as_deref()
        .map(|token| documents.next_by_query(&uri, token));
    let links = [
        Some(documents.link("self", &path_and_query("/stac/search", &uri), GEOJSON)),
        Some(documents.link("root", "/stac", "application/json")),
        next,
    ];
    Ok(geojson(documents.page(page, &asked.fields, links)?))
}

async fn search_by_body(
    view: View,
    BaseUrl(base): BaseUrl,
    query: Parameters,
    Body(body): Body<SearchBody>,
) -> Result<impl IntoResponse, Problem> {
    query.finish()?;
    let asked = Asked::from_body(&body)?;
    let documents = Documents::new(&base, &view);
    let page = view.search(asked.search.clone()).await?;
    let next = match page.next.as_deref() {
        Some(token) => Some(documents.next_by_body(&body, token)?),
        None => None,
    };
    let links = [
        Some(documents.link("self", "/stac/search", GEOJSON)),
        Some(documents.link("root", "/stac", "application/json")),
        next,
    ];
    Ok(geojson(documents.page(page, &asked.fields, links)?))
}

/// The path with the query that was asked.
fn path_and_query(path: &str, uri: &Uri) -> String {
    match uri.query() {
        Some(query) if !query.is_empty() => format!("{path}?{query}"),
        _ => path.to_string(),
    }
}

fn geojson(value: Value) -> ([(HeaderName, &'static str); 1], Json<Value>) {
    ([(header::CONTENT_TYPE, GEOJSON)], Json(value))
}
