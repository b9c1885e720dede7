//! Map tiles of raster assets: PNG in WebMercatorQuad, and TileJSON that describes them.
//!
//! `bands` counts from 1, as GDAL does; `rescale` is given once for all bands or once for each.
//! Without them the style follows from the item: see [`style`].

mod opened;
mod style;

use crate::Node;
use crate::assets::etag;
use crate::guard::BaseUrl;
use crate::policy::Action;
use crate::problem::Problem;
use crate::query::{At, Parameters};
use crate::route::Route;
use crate::stac::path_part;
use crate::ui;
use crate::view::{View, VisibleAsset};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use corridor_catalog::AssetStore;
use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use corridor_raster::tile::{self, TILE_SIDE_PX, ZOOM_MAX};
pub(crate) use opened::OpenedDatasets;
use serde_json::{Value, json};
use std::sync::Arc;

/// How long a browser may keep a tile without asking again, as `Cache-Control` says it.
const CACHING: &str = "private, max-age=60, must-revalidate";
/// Zoom levels that a dataset is still shown at below the one where it fits in a tile.
const ZOOMS_BELOW: u8 = 3;

/// The routes of the tiles.
pub(crate) fn routes() -> Vec<Route> {
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
    ]
}

type TilePath = (String, String, String, String, String, String);

async fn picture(
    State(node): State<Node>,
    view: View,
    At((collection, item, asset, z, x, y)): At<TilePath>,
    headers: HeaderMap,
    mut query: Parameters,
) -> Result<Response, Problem> {
    let (z, x, y) = address(&z, &x, &y)?;
    let asked = style::Asked::from_query(&mut query)?;
    query.finish()?;
    let (item, visible) = view.asset(&collection, &item, &asset).await?;
    let style = style::choose(&item, &asset, &asked);
    let tag = tile_tag(&visible, &style, z, x, y);
    let mut response = if ui::matches_etag(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let drawn = with_dataset(&node, view.files(), visible, move |dataset| {
            tile::render(dataset, z, x, y, &style)
        });
        match drawn.await? {
            Some(png) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
            // Outside the picture: nothing to draw, and no error.
            None => StatusCode::NO_CONTENT.into_response(),
        }
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHING));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    Ok(response)
}

async fn tilejson(
    State(node): State<Node>,
    view: View,
    BaseUrl(base): BaseUrl,
    At((collection, item, asset)): At<(String, String, String)>,
    mut query: Parameters,
) -> Result<Json<Value>, Problem> {
    let asked = style::Asked::from_query(&mut query)?;
    query.finish()?;
    let (found, visible) = view.asset(&collection, &item, &asset).await?;
    let title = visible.asset.title.clone().unwrap_or_else(|| asset.clone());
    let (bounds, side_px) = with_dataset(&node, view.files(), visible, |dataset| {
        let grid = dataset.grid();
        Ok((grid.bounds_wgs84()?, (grid.width, grid.height)))
    })
    .await?;
    let (minzoom, maxzoom) = zooms(bounds, side_px);
    let path = [&collection, &item, &asset]
        .map(|part| path_part(part))
        .join("/");
    Ok(Json(json!({
        "tilejson": "3.0.0",
        "name": format!("{}: {title}", found.id),
        "scheme": "xyz",
        "tiles": [format!("{base}/tiles/{path}/{{z}}/{{x}}/{{y}}.png{}", asked.to_query())],
        "bounds": bounds,
        "center": [middle_lon(bounds), (bounds[1] + bounds[3]) / 2.0, maxzoom],
        "minzoom": minzoom,
        "maxzoom": maxzoom,
        "attribution": attribution(&found),
    })))
}

/// `z`, `x` and `y` of a path that ends in `.png`.
fn address(z: &str, x: &str, y: &str) -> Result<(u8, u32, u32), Problem> {
    let wrong = || Problem::not_found(format!("no tile is at {z}/{x}/{y}; tiles are z/x/y.png"));
    let y = y.strip_suffix(".png").ok_or_else(wrong)?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if ![z, x, y].into_iter().all(digits) {
        return Err(wrong());
    }
    let z: u8 = z.parse().map_err(|_| wrong())?;
    let (x, y) = (
        x.parse().map_err(|_| wrong())?,
        y.parse().map_err(|_| wrong())?,
    );
    // The grid alone says whether the address is one.
    tile::grid(z, x, y).map_err(|e| Problem::not_found(e.to_string()))?;
    Ok((z, x, y))
}

/// Opens the dataset of an asset and works on it, off the async threads, at most as many at a
/// time as the configuration says.
async fn with_dataset<T: Send + 'static>(
    node: &Node,
    files: &Arc<AssetStore>,
    visible: VisibleAsset,
    work: impl FnOnce(&Dataset) -> Result<T, RasterError> + Send + 'static,
) -> Result<T, Problem> {
    let VisibleAsset { key, .. } = visible;
    let local = files
        .path(&key)
        .map_err(|e| Problem::internal("finding a file", e))?;
    let bytes = match &local {
        Some(_) => None,
        None => Some(
            files
                .get(&key)
                .await
                .map_err(|e| Problem::internal("fetching a catalogued file", e))?,
        ),
    };
    let place = node
        .work_places()
        .clone()
        .acquire_owned()
        .await
        .map_err(|e| Problem::internal("waiting for a place to draw", e))?;
    let opened = Arc::clone(node.opened_datasets());
    let worked = tokio::task::spawn_blocking(move || {
        let _place = place;
        // The key names the file in errors; its path on this machine is nobody's business.
        let dataset = match (local, bytes) {
            (Some(path), _) => opened.open(&path),
            (None, bytes) => Dataset::from_bytes(bytes.unwrap_or_default(), key).map(Arc::new),
        }?;
        work(&dataset)
    });
    match worked.await {
        Ok(result) => result.map_err(Problem::from),
        Err(error) => Err(Problem::internal("drawing a tile", error)),
    }
}

impl From<RasterError> for Problem {
    fn from(error: RasterError) -> Self {
        match error {
            RasterError::Argument { .. } => Self::invalid(error.to_string()),
            RasterError::Unsupported { feature, .. } => {
                Self::unprocessable(format!("the file cannot be drawn: unsupported {feature}"))
            }
            RasterError::Malformed { field, reason, .. } => {
                Self::unprocessable(format!("the file cannot be drawn: {field}: {reason}"))
            }
            RasterError::Crs { .. } => Self::unprocessable(error.to_string()),
            _ => Self::internal("reading pixels", error),
        }
    }
}

/// The tag of a tile: what is drawn, where and how. The digest of the file stands for its pixels.
fn tile_tag(
    visible: &VisibleAsset,
    style: &corridor_raster::style::Style,
    z: u8,
    x: u32,
    y: u32,
) -> String {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    // Style has no Hash (it holds floating-point numbers); its debug form is complete.
    (
        env!("CARGO_PKG_VERSION"),
        format!("{style:?}"),
        &visible.key,
    )
        .hash(&mut hasher);
    etag(&visible.asset, 0).hash(&mut hasher);
    format!("\"{:016x}-{z}-{x}-{y}\"", hasher.finish())
}

fn middle_lon(bounds: [f64; 4]) -> f64 {
    let [west, _, east, _] = bounds;
    let span = if west > east {
        east + 360.0 - west
    } else {
        east - west
    };
    let middle = west + span / 2.0;
    if middle > 180.0 {
        middle - 360.0
    } else {
        middle
    }
}

/// Least and greatest useful zoom: from where the whole fits well within a tile, to where a pixel
/// of the file is about a pixel of the map.
fn zooms(bounds: [f64; 4], (width_px, height_px): (usize, usize)) -> (u8, u8) {
    let [west, south, east, north] = bounds;
    let span = if west > east {
        east + 360.0 - west
    } else {
        east - west
    };
    let longest_px = width_px.max(height_px).max(1) as f64;
    let longest_deg = span.max(north - south).max(1e-6);
    let whole = (360.0 / longest_deg).log2();
    let finest = (whole + (longest_px / TILE_SIDE_PX as f64).log2()).ceil();
    let clamp = |zoom: f64| zoom.clamp(0.0, f64::from(ZOOM_MAX)) as u8;
    (
        clamp(whole.floor()).saturating_sub(ZOOMS_BELOW),
        clamp(finest),
    )
}

fn attribution(item: &corridor_catalog::Item) -> String {
    let providers = item.property("providers").and_then(Value::as_array);
    let names: Vec<&str> = providers
        .into_iter()
        .flatten()
        .filter_map(|provider| provider.get("name")?.as_str())
        .collect();
    // TileJSON takes HTML here; names are text.
    names
        .join(", ")
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_numbers_within_the_matrix() {
        assert_eq!(address("2", "3", "1.png").unwrap(), (2, 3, 1));
        for (z, x, y) in [
            ("2", "4", "1.png"),
            ("2", "3", "1"),
            ("2", "3", "+1.png"),
            ("99", "0", "0.png"),
            ("-1", "0", "0.png"),
            ("2", "3", "99999999999.png"),
        ] {
            assert!(address(z, x, y).is_err(), "{z}/{x}/{y}");
        }
    }

    #[test]
    fn zooms_follow_pixel_size() {
        // 350 pixels of about 28.5 m: 0.09 degrees.
        let (least, greatest) = zooms([-34.95, -8.05, -34.86, -7.96], (350, 350));
        assert!((11..=13).contains(&greatest), "{greatest}");
        assert!(least < greatest);
        assert_eq!(zooms([-180.0, -85.0, 180.0, 85.0], (256, 256)), (0, 0));
    }

    #[test]
    fn the_middle_of_a_box_over_the_antimeridian() {
        assert!((middle_lon([170.0, 0.0, -170.0, 1.0]).abs() - 180.0).abs() < 1e-9);
        assert!((middle_lon([10.0, 0.0, 20.0, 1.0]) - 15.0).abs() < 1e-9);
    }
}
