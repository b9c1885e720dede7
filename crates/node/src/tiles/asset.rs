//! Tiles of one asset of one item.

use super::ask::Asked;
use super::tileset::{self, Form, Subject};
use super::{Scene, Spot, answer, drawing, place_of, style};
use crate::Node;
use crate::assets::etag;
use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::route::Route;
use crate::stac::path_part;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// The routes of one asset.
pub(super) fn routes() -> Vec<Route> {
    use Action::ReadPixels as Read;
    vec![
        Route::get(
            "/tiles/{collection}/{item}/{asset}/tilejson.json",
            Read,
            tilejson,
        ),
        Route::get(
            "/tiles/{collection}/{item}/{asset}/{z}/{x}/{y}",
            Read,
            picture,
        ),
        Route::get(
            "/tiles/{collection}/{item}/{asset}/map/tiles",
            Read,
            tilesets,
        ),
        Route::get(
            "/tiles/{collection}/{item}/{asset}/map/tiles/{set}",
            Read,
            describe,
        ),
        Route::get(
            "/tiles/{collection}/{item}/{asset}/map/tiles/{set}/{matrix}/{row}/{col}",
            Read,
            picture_in_set,
        ),
    ]
}

type Address<const N: usize> = [String; N];

/// Collection, item and asset of a path.
type Names = (String, String, String);

async fn picture(
    State(node): State<Node>,
    view: View,
    At([collection, item, asset, z, x, y]): At<Address<6>>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    let spot = Spot::of_xyz(&z, &x, &y, &headers)?;
    drawn(
        &node,
        &view,
        (collection, item, asset),
        spot,
        &headers,
        query,
    )
    .await
}

async fn picture_in_set(
    State(node): State<Node>,
    view: View,
    At([collection, item, asset, set, matrix, row, col]): At<Address<7>>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    let set = node.tile_matrix_sets().get(&set)?;
    let spot = Spot::of_set(set, [&matrix, &row, &col], &headers)?;
    drawn(
        &node,
        &view,
        (collection, item, asset),
        spot,
        &headers,
        query,
    )
    .await
}

async fn drawn(
    node: &Node,
    view: &View,
    (collection, item, asset): Names,
    spot: Spot,
    headers: &HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let asked = Asked::from_query(&mut query)?;
    query.finish()?;
    asked.check_for(spot.format)?;
    let (item, visible) = view.asset(&collection, &item, &asset).await?;
    let scene = Scene {
        name: None,
        places: vec![place_of(view.files(), &visible.key, &visible.asset).await?],
        tag: format!("{} {}", visible.key, etag(&visible.asset, 0)),
        style: style::choose(&item, &asset, &asked),
    };
    answer(node, headers, spot, vec![scene]).await
}

async fn tilejson(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At(names): At<Names>,
    uri: Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    Asked::from_query(&mut query)?;
    query.finish()?;
    let path = path_of(&names);
    let subject = subject(&node, &view, names).await?;
    let query = tileset::kept_query(&uri);
    let template = format!("{base}{path}/{{z}}/{{x}}/{{y}}.png{query}");
    Ok(Json(tileset::tilejson(&template, &subject)))
}

async fn tilesets(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At(names): At<Names>,
    uri: Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    Asked::from_query(&mut query)?;
    query.finish()?;
    let path = format!("{}/map/tiles", path_of(&names));
    let (item, visible) = view.asset(&names.0, &names.1, &names.2).await?;
    let title = title_of(&item.id, visible.asset.title.as_deref(), &names.2);
    let query = tileset::kept_query(&uri);
    Ok(Json(tileset::list(&node, &base, &title, &path, &query)))
}

async fn describe(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At((collection, item, asset, set)): At<(String, String, String, String)>,
    uri: Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    Asked::from_query(&mut query)?;
    let form = Form::from_query(&mut query)?;
    query.finish()?;
    let set = node.tile_matrix_sets().get(&set)?;
    let subject = subject(&node, &view, (collection, item, asset)).await?;
    let query = tileset::kept_query(&uri);
    tileset::describe(&base, set, &subject, &query, form).map(Json)
}

fn path_of((collection, item, asset): &Names) -> String {
    let parts = [collection, item, asset].map(|part| path_part(part));
    format!("/tiles/{}", parts.join("/"))
}

fn title_of(item: &str, title: Option<&str>, asset: &str) -> String {
    format!("{item}: {}", title.unwrap_or(asset))
}

/// What an asset shows: its file is opened for its place and size.
async fn subject(node: &Node, view: &View, names: Names) -> Result<Subject, Problem> {
    let path = format!("{}/map/tiles", path_of(&names));
    let (collection, item, asset) = names;
    let (item, visible) = view.asset(&collection, &item, &asset).await?;
    let place = place_of(view.files(), &visible.key, &visible.asset).await?;
    let opened = Arc::clone(node.opened_datasets());
    let (bounds, size_px) = drawing(node, move || {
        let dataset = opened.open(&place)?;
        let grid = dataset.grid();
        Ok((grid.bounds_wgs84()?, (grid.width, grid.height)))
    })
    .await?;
    Ok(Subject {
        title: title_of(&item.id, visible.asset.title.as_deref(), &asset),
        path,
        bounds,
        size_px,
        size_bounds: bounds,
        attribution: tileset::attribution(&item),
    })
}
