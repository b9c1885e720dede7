//! Mosaics made for each tile: the scenes of a search, each filling what those before it left open.
//!
//! The search is that of the STAC API (collections, ids, bbox, datetime, filter, intersects,
//! sortby); `order` says which scene lies on top. Only scenes whose footprint meets the tile are
//! looked at, at most `limit`, and none is read once every pixel has a measurement.

use super::ask::Asked;
use super::tileset::{self, Form, Subject};
use super::{Scene, Spot, answer, drawing, place_of, style};
use crate::Node;
use crate::assets::etag;
use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters, quoted};
use crate::route::Route;
use crate::stac;
use crate::view::View;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use corridor_catalog::store::SortKey;
use corridor_catalog::{Asset, AssetStore, Bbox, Filter, Item, Search};
use corridor_raster::grid::Grid;
use serde_json::{Value, json};
use std::sync::Arc;

/// Most scenes looked at for one tile when the query does not say.
const SCENES_DEFAULT: usize = 32;
/// Most that it can say.
const SCENES_MAX: usize = 100;
/// Most assets that give a band each.
const ASSETS_MAX: usize = 16;
/// Path of the tilesets of all collections.
pub(crate) const ALL_PATH: &str = "/stac/map/tiles";

/// The routes of mosaics.
pub(super) fn routes() -> Vec<Route> {
    use Action::ReadPixels as Read;
    vec![
        Route::get("/stac/map/tiles", Read, tilesets_of_all),
        Route::get("/stac/map/tiles/{set}", Read, describe_all),
        Route::get(
            "/stac/map/tiles/{set}/{matrix}/{row}/{col}",
            Read,
            tile_of_all,
        ),
        Route::get(
            "/stac/collections/{collection}/map/tiles",
            Read,
            tilesets_of_collection,
        ),
        Route::get(
            "/stac/collections/{collection}/map/tiles/{set}",
            Read,
            describe_collection,
        ),
        Route::get(
            "/stac/collections/{collection}/map/tiles/{set}/{matrix}/{row}/{col}",
            Read,
            tile_of_collection,
        ),
    ]
}

/// Path of the tilesets of a collection.
pub(crate) fn path_of(collection: &str) -> String {
    format!("{}/map/tiles", stac::collection_path(collection))
}

/// What the query asks for.
struct Mosaic {
    search: Search,
    /// Whether the scenes lie in the order of `ids`.
    as_listed: bool,
    /// Keys of the assets, each giving its first band; one gives all of its bands; none: the data
    /// of each scene.
    assets: Vec<String>,
    look: Asked,
}

impl Mosaic {
    /// Reads the query of a path that may be that of one collection.
    fn from_query(query: &mut Parameters, only: Option<&str>) -> Result<Self, Problem> {
        let look = Asked::from_query(query)?;
        let assets: Vec<String> = query
            .take("assets")?
            .map(|text| text.split(',').map(|name| name.trim().to_owned()).collect())
            .unwrap_or_default();
        if assets.len() > ASSETS_MAX || assets.iter().any(String::is_empty) {
            return Err(Problem::invalid(format!(
                "assets: give one to {ASSETS_MAX} keys with commas"
            )));
        }
        let order = query.take("order")?;
        let asked = stac::Asked::from_query(query)?;
        let mut search = asked.search;
        for (name, given) in [
            ("token", search.token.is_some()),
            ("fields", asked.fields.is_some()),
        ] {
            if given {
                return Err(Problem::invalid(format!("{name}: a mosaic has no pages")));
            }
        }
        if let Some(order) = &order
            && !search.sortby.is_empty()
        {
            return Err(Problem::invalid(format!(
                "order: {} and sortby say the same thing; give one of the two",
                quoted(order)
            )));
        }
        let mut as_listed = false;
        match order.as_deref() {
            // The order of a search without sortby.
            None | Some("newest") => {}
            Some("oldest") => search.sortby = vec![SortKey::asc("datetime")],
            Some("least_cloud") => {
                search.sortby = vec![SortKey::asc("eo:cloud_cover"), SortKey::desc("datetime")];
            }
            Some("ids") if search.ids.is_empty() => {
                return Err(Problem::invalid("order: `ids` needs the parameter ids"));
            }
            Some("ids") => as_listed = true,
            Some(other) => {
                return Err(Problem::invalid(format!(
                    "order: {} is none of newest, oldest, least_cloud, ids",
                    quoted(other)
                )));
            }
        }
        search.limit = Some(search.limit.unwrap_or(SCENES_DEFAULT).min(SCENES_MAX));
        search.count = false;
        if let Some(only) = only {
            if search.collections.iter().any(|named| named != only) {
                return Err(Problem::invalid(format!(
                    "collections: this path is that of {only:?}"
                )));
            }
            search.collections = vec![only.to_owned()];
        }
        Ok(Self {
            search,
            as_listed,
            assets,
            look,
        })
    }

    /// The scenes that meet a box, the one on top first.
    async fn items(&self, view: &View, within: Option<Bbox>) -> Result<Vec<Item>, Problem> {
        let mut search = self.search.clone();
        if let Some(within) = within {
            search = narrowed(search, within)?;
        }
        let mut items = view.search(search).await?.items;
        if self.as_listed {
            let place = |item: &Item| self.search.ids.iter().position(|id| *id == item.id);
            items.sort_by_key(place);
        }
        Ok(items)
    }

    /// Keys of the assets of a scene; `None` when it lacks one.
    fn assets_of(&self, item: &Item) -> Option<Vec<String>> {
        let stored = |asset: &&Asset| AssetStore::key_of_href(&asset.href).is_some();
        if !self.assets.is_empty() {
            let has = |name: &String| item.assets.get(name).filter(stored).is_some();
            return self.assets.iter().all(has).then(|| self.assets.clone());
        }
        let is_raster = |asset: &Asset| {
            let kind = asset.media_type.as_deref().unwrap_or_default();
            kind.starts_with("image/tiff") || kind.starts_with("image/jp2")
        };
        let mut rasters = item
            .assets
            .iter()
            .filter(|(_, asset)| stored(asset) && is_raster(asset));
        let first = rasters.clone().next();
        let data = rasters.find(|(_, asset)| asset.roles.iter().any(|role| role == "data"));
        data.or(first).map(|(name, _)| vec![name.clone()])
    }

    /// The files and style of each scene that has what is asked for.
    async fn scenes(&self, view: &View, items: &[Item]) -> Result<Vec<Scene>, Problem> {
        let mut scenes = Vec::with_capacity(items.len());
        for item in items {
            let Some(names) = self.assets_of(item) else {
                continue;
            };
            let mut places = Vec::with_capacity(names.len());
            let mut tag = String::new();
            for asset in names.iter().filter_map(|name| item.assets.get(name)) {
                // `assets_of` has seen that there is one.
                let key = AssetStore::key_of_href(&asset.href).unwrap_or_default();
                places.push(place_of(view.files(), key, asset).await?);
                tag.push_str(&format!("{key} {} ", etag(asset, 0)));
            }
            let style = match names.as_slice() {
                [only] => style::choose(item, only, &self.look),
                many => style::choose_of_many(item, many, &self.look),
            };
            scenes.push(Scene {
                name: Some(format!("item {:?}", item.id)),
                places,
                tag,
                style,
            });
        }
        if let (true, Some(first)) = (scenes.is_empty(), items.first()) {
            let known: Vec<&str> = first.assets.keys().map(String::as_str).collect();
            return Err(Problem::not_found(format!(
                "none of the {} scenes here has {} in this node's store; item {:?} has {}",
                items.len(),
                if self.assets.is_empty() {
                    "an asset with pixels".to_owned()
                } else {
                    format!("the assets {}", self.assets.join(", "))
                },
                first.id,
                known.join(", ")
            )));
        }
        Ok(scenes)
    }
}

/// Whether a query asks for a mosaic; for the fuzz target.
pub(super) fn is_read(query: &mut Parameters) -> bool {
    Mosaic::from_query(query, None).is_ok()
}

/// The same search within a box, beside the place it names itself.
fn narrowed(mut search: Search, within: Bbox) -> Result<Search, Problem> {
    let mut conditions = Vec::new();
    if let Some(filter) = search.filter.take() {
        conditions.push(filter.to_json());
    }
    let mut meets = |geometry: Value| {
        conditions.push(json!({
            "op": "s_intersects",
            "args": [{"property": "geometry"}, geometry],
        }));
    };
    if let Some(bbox) = search.bbox.take() {
        meets(polygons(bbox));
    }
    if let Some(geometry) = search.intersects.take() {
        let geometry = serde_json::to_value(geometry)
            .map_err(|e| Problem::internal("reading a geometry", e))?;
        meets(geometry);
    }
    let filter = match conditions.len() {
        0 => None,
        1 => conditions.pop(),
        _ => Some(json!({"op": "and", "args": conditions})),
    };
    if let Some(filter) = filter {
        let read = Filter::from_json(&filter).map_err(|e| Problem::invalid(e.to_string()))?;
        search.filter = Some(read);
    }
    search.bbox = Some(within);
    Ok(search)
}

/// A box as GeoJSON, in two parts where it crosses the antimeridian.
fn polygons(bbox: Bbox) -> Value {
    let [west, south, east, north] = bbox.to_array();
    let part = |west: f64, east: f64| {
        json!([[
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south]
        ]])
    };
    let parts = if west > east {
        vec![part(west, 180.0), part(-180.0, east)]
    } else {
        vec![part(west, east)]
    };
    json!({"type": "MultiPolygon", "coordinates": parts})
}

/// The box of a tile in degrees; `None` where its corners have no place on the Earth.
fn box_of(grid: &Grid) -> Option<Bbox> {
    let [west, south, east, north] = grid.bounds_wgs84().ok()?;
    let lon = |v: f64| v.clamp(-180.0, 180.0);
    let lat = |v: f64| v.clamp(-90.0, 90.0);
    Bbox::new(lon(west), lat(south), lon(east), lat(north)).ok()
}

async fn tile_of_all(
    State(node): State<Node>,
    view: View,
    At([set, matrix, row, col]): At<[String; 4]>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    tile(
        &node,
        &view,
        None,
        &set,
        [&matrix, &row, &col],
        &headers,
        query,
    )
    .await
}

async fn tile_of_collection(
    State(node): State<Node>,
    view: View,
    At([collection, set, matrix, row, col]): At<[String; 5]>,
    headers: HeaderMap,
    query: Parameters,
) -> Result<Response, Problem> {
    let only = Some(collection.as_str());
    tile(
        &node,
        &view,
        only,
        &set,
        [&matrix, &row, &col],
        &headers,
        query,
    )
    .await
}

async fn tile(
    node: &Node,
    view: &View,
    only: Option<&str>,
    set: &str,
    address: [&str; 3],
    headers: &HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let spot = Spot::of_set(node.tile_matrix_sets().get(set)?, address, headers)?;
    let mosaic = Mosaic::from_query(&mut query, only)?;
    query.finish()?;
    mosaic.look.check_for(spot.format)?;
    if let Some(only) = only {
        // Search holds an unknown collection for an empty one; here it is the thing asked for.
        view.collection(only).await?;
    }
    let items = mosaic.items(view, box_of(&spot.grid)).await?;
    let scenes = mosaic.scenes(view, &items).await?;
    answer(node, headers, spot, scenes).await
}

async fn tilesets_of_all(
    State(node): State<Node>,
    BaseUrl(base): BaseUrl,
    uri: Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    Mosaic::from_query(&mut query, None)?;
    query.finish()?;
    let query = tileset::kept_query(&uri);
    Ok(Json(tileset::list(
        &node,
        &base,
        "All scenes",
        ALL_PATH,
        &query,
    )))
}

async fn tilesets_of_collection(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At(collection): At<String>,
    uri: Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    Mosaic::from_query(&mut query, Some(&collection))?;
    query.finish()?;
    let found = view.collection(&collection).await?;
    let title = found.title.unwrap_or(found.id);
    let query = tileset::kept_query(&uri);
    let path = path_of(&collection);
    Ok(Json(tileset::list(&node, &base, &title, &path, &query)))
}

async fn describe_all(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At(set): At<String>,
    uri: Uri,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    describe(&node, &view, &base, None, &set, &uri, query).await
}

async fn describe_collection(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At((collection, set)): At<(String, String)>,
    uri: Uri,
    query: Parameters,
) -> Result<Json<Value>, Problem> {
    describe(&node, &view, &base, Some(&collection), &set, &uri, query).await
}

async fn describe(
    node: &Node,
    view: &View,
    base: &str,
    only: Option<&str>,
    set: &str,
    uri: &Uri,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    let set = node.tile_matrix_sets().get(set)?;
    let form = Form::from_query(&mut query)?;
    let mosaic = Mosaic::from_query(&mut query, only)?;
    query.finish()?;
    let subject = subject(node, view, &mosaic, only).await?;
    tileset::describe(base, set, &subject, &tileset::kept_query(uri), form).map(Json)
}

/// What a mosaic shows: the box of its scenes, and how fine the one on top is.
async fn subject(
    node: &Node,
    view: &View,
    mosaic: &Mosaic,
    only: Option<&str>,
) -> Result<Subject, Problem> {
    let (title, path) = match only {
        Some(id) => {
            let found = view.collection(id).await?;
            (found.title.unwrap_or(found.id), path_of(id))
        }
        None => ("All scenes".to_owned(), ALL_PATH.to_owned()),
    };
    let items = mosaic.items(view, None).await?;
    let scenes = mosaic.scenes(view, &items).await?;
    let bounds = match mosaic.search.bbox {
        Some(bbox) => bbox.to_array(),
        None => extent(view, &mosaic.search).await?,
    };
    let top = scenes
        .into_iter()
        .next()
        .and_then(|s| s.places.into_iter().next());
    let (size_bounds, size_px) = match top {
        None => (bounds, (1, 1)),
        Some(place) => {
            let opened = Arc::clone(node.opened_datasets());
            drawing(node, move || {
                let dataset = opened.open(&place)?;
                let grid = dataset.grid();
                Ok((grid.bounds_wgs84()?, (grid.width, grid.height)))
            })
            .await?
        }
    };
    Ok(Subject {
        title,
        path,
        bounds,
        size_px,
        size_bounds,
        attribution: items.first().map(tileset::attribution).unwrap_or_default(),
    })
}

/// Where the scenes of the collections of a search are; the whole Earth where that is not known.
async fn extent(view: &View, search: &Search) -> Result<[f64; 4], Problem> {
    let mut ids = search.collections.clone();
    if ids.is_empty() {
        ids = view
            .collections()
            .await?
            .into_iter()
            .map(|c| c.id)
            .collect();
    }
    let mut joined: Option<[f64; 4]> = None;
    for id in ids.iter().filter(|id| view.sees(id)) {
        let extent = match view.extent(id).await {
            Ok(extent) => extent,
            Err(error) if error.is_not_found() => continue,
            Err(error) => return Err(error.into()),
        };
        let Some(own) = extent.and_then(|e| Bbox::from_slice(e.spatial.bbox.first()?).ok()) else {
            continue;
        };
        let own = own.to_array();
        joined = Some(match joined {
            None => own,
            // What crosses the antimeridian is joined by way of the whole parallel.
            Some(all) if all[0] > all[2] || own[0] > own[2] => {
                [-180.0, all[1].min(own[1]), 180.0, all[3].max(own[3])]
            }
            Some(all) => [
                all[0].min(own[0]),
                all[1].min(own[1]),
                all[2].max(own[2]),
                all[3].max(own[3]),
            ],
        });
    }
    Ok(joined.unwrap_or(Bbox::WORLD.to_array()))
}
