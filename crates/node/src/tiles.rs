//! Map tiles of raster assets and of mosaics: pictures and values in any tile matrix set, with the
//! documents that describe them (OGC API - Tiles 1.0, TileJSON 3.0).
//!
//! | what | where |
//! | --- | --- |
//! | one asset, WebMercatorQuad | `/tiles/{collection}/{item}/{asset}/{z}/{x}/{y}.png` |
//! | one asset, any set | `/tiles/{collection}/{item}/{asset}/map/tiles/{set}/{matrix}/{row}/{col}` |
//! | scenes of a collection | `/stac/collections/{collection}/map/tiles/{set}/{matrix}/{row}/{col}` |
//! | scenes of all, or of `collections` | `/stac/map/tiles/{set}/{matrix}/{row}/{col}` |
//! | the sets | `/tileMatrixSets` |
//!
//! `bands` counts from 1, as GDAL does; `rescale` is given once for all bands or once for each.
//! Without them the style follows from the item: the module `style` says how.

mod ask;
mod asset;
mod mosaic;
mod opened;
mod sets;
mod style;
mod tileset;

use crate::Node;
use crate::assets::etag;
use crate::problem::Problem;
use crate::query::{Parameters, quoted};
use crate::route::Route;
use crate::ui;
use ask::TileFormat;
pub(crate) use ask::{RESAMPLINGS, resampling_named};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use corridor_catalog::{Asset, AssetStore};
use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use corridor_raster::grid::Grid;
use corridor_raster::picture::npy;
use corridor_raster::style::Style;
use corridor_raster::tile::{self, Layer, TileMatrixSet};
pub(crate) use mosaic::{ALL_PATH, path_of};
pub(crate) use opened::OpenedDatasets;
use opened::{Place, Stored};
pub(crate) use sets::TileMatrixSets;
use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
pub(crate) use tileset::{TILESETS_MAP, TILING_SCHEMES};

/// How long a browser may keep a tile without asking again, as `Cache-Control` says it.
const CACHING: &str = "private, max-age=60, must-revalidate";

/// The routes of the tiles.
pub(crate) fn routes() -> Vec<Route> {
    [asset::routes(), mosaic::routes(), sets::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// Reads any bytes as the end of an address (`set/matrix/row/column.png?query`) with a header
/// `Accept` in the line below, for the fuzz target.
#[doc(hidden)]
pub fn read_any(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let (address, accept) = text.split_once('\n').unwrap_or((text, ""));
    let mut headers = HeaderMap::new();
    if let Ok(accept) = HeaderValue::from_str(accept) {
        headers.insert(header::ACCEPT, accept);
    }
    let path = address.split('?').next().unwrap_or_default();
    if let [set, matrix, row, column] = path.split('/').collect::<Vec<_>>()[..] {
        let _ = Spot::of_xyz(matrix, column, row, &headers);
        if let Ok(set) = TileMatrixSets::default().get(set)
            && let Ok(spot) = Spot::of_set(set, [matrix, row, column], &headers)
        {
            let _ = spot.grid.bounds_wgs84();
        }
    }
    let Ok(uri) = format!("/{address}").parse() else {
        return;
    };
    if let Ok(mut query) = Parameters::of(&uri)
        && mosaic::is_read(&mut query)
    {
        let _ = query.finish();
    }
}

/// One tile: where it lies and what it is sent as.
#[derive(Debug, Clone)]
struct Spot {
    grid: Grid,
    format: TileFormat,
    /// Whether the header `Accept` chose the format.
    negotiated: bool,
    /// Set, matrix, row and column.
    name: String,
}

impl Spot {
    /// `z`, `x` and `y` of WebMercatorQuad; `y` with or without an ending.
    fn of_xyz(z: &str, x: &str, y: &str, headers: &HeaderMap) -> Result<Self, Problem> {
        let wrong =
            || Problem::not_found(format!("no tile is at {z}/{x}/{y}; tiles are z/x/y.png"));
        let (y, asked) = cut_ending(y);
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if ![z, x, y].into_iter().all(digits) {
            return Err(wrong());
        }
        let zoom: u8 = z.parse().map_err(|_| wrong())?;
        let (col, row) = (
            x.parse().map_err(|_| wrong())?,
            y.parse().map_err(|_| wrong())?,
        );
        // The grid alone says whether the address is one.
        let grid = tile::grid(zoom, col, row).map_err(|e| Problem::not_found(e.to_string()))?;
        let (format, negotiated) = format_of(asked, headers)?;
        Ok(Self {
            grid,
            format,
            negotiated,
            name: format!("WebMercatorQuad/{zoom}/{row}/{col}"),
        })
    }

    /// A tile of any set; the column with or without an ending.
    fn of_set(
        set: &TileMatrixSet,
        [matrix, row, col]: [&str; 3],
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let wrong = || {
            Problem::not_found(format!(
                "no tile is at {}/{}/{}/{}; tiles are set/matrix/row/column.png",
                set.id,
                quoted(matrix),
                quoted(row),
                quoted(col)
            ))
        };
        let (column, asked) = cut_ending(col);
        let number = |text: &str| -> Option<u64> {
            text.bytes()
                .all(|b| b.is_ascii_digit())
                .then(|| text.parse().ok())?
        };
        let (Some(x), Some(y)) = (number(column), number(row)) else {
            return Err(wrong());
        };
        let grid = set.grid(matrix, x, y).map_err(|_| wrong())?;
        let (format, negotiated) = format_of(asked, headers)?;
        Ok(Self {
            grid,
            format,
            negotiated,
            name: format!("{}/{matrix}/{y}/{x}", set.id),
        })
    }
}

/// The last part of a path without its ending, and that.
fn cut_ending(text: &str) -> (&str, Option<&str>) {
    match text.split_once('.') {
        Some((number, ending)) => (number, Some(ending)),
        None => (text, None),
    }
}

fn format_of(ending: Option<&str>, headers: &HeaderMap) -> Result<(TileFormat, bool), Problem> {
    match ending {
        None => Ok((TileFormat::negotiated(headers)?, true)),
        Some(ending) => {
            let format = TileFormat::of_ending(ending).ok_or_else(|| {
                let known = TileFormat::ALL.map(TileFormat::ending);
                Problem::not_found(format!(
                    "no tile ends in {}; endings are {}",
                    quoted(ending),
                    known.join(", ")
                ))
            })?;
            Ok((format, false))
        }
    }
}

/// One scene under a tile: its files and how they are drawn.
struct Scene {
    /// What errors call it, where it is one of several.
    name: Option<String>,
    places: Vec<Place>,
    /// What tells its pixels from others.
    tag: String,
    style: Style,
}

/// Where the file of an asset is.
async fn place_of(files: &Arc<AssetStore>, key: &str, asset: &Asset) -> Result<Place, Problem> {
    let local = files
        .path(key)
        .map_err(|e| Problem::internal("finding a file", e))?;
    if let Some(path) = local {
        return Ok(Place::Local(path));
    }
    let recorded = asset.additional.get("file:size").and_then(|v| v.as_u64());
    let size_bytes = match recorded {
        Some(size) => size,
        None => files
            .head(key)
            .await
            .map_err(|e| Problem::internal("looking up a catalogued file", e))?,
    };
    Ok(Place::Stored(Stored {
        files: Arc::clone(files),
        key: key.to_owned(),
        size_bytes,
        tag: etag(asset, size_bytes),
        runtime: tokio::runtime::Handle::current(),
    }))
}

/// The tile of some scenes, the first on top; not drawn where the caller has it already.
async fn answer(
    node: &Node,
    headers: &HeaderMap,
    spot: Spot,
    scenes: Vec<Scene>,
) -> Result<Response, Problem> {
    let tag = tile_tag(&spot, &scenes);
    let (format, negotiated) = (spot.format, spot.negotiated);
    let mut response = if ui::matches_etag(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let opened = Arc::clone(node.opened_datasets());
        let drawn = drawing(node, move || draw(&opened, &spot, scenes)).await?;
        match drawn {
            Some(bytes) => ([(header::CONTENT_TYPE, format.media_type())], bytes).into_response(),
            // Outside the pictures: nothing to draw, and no error.
            None => StatusCode::NO_CONTENT.into_response(),
        }
    };
    let out = response.headers_mut();
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHING));
    if negotiated {
        out.insert(header::VARY, HeaderValue::from_static("accept"));
    }
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        out.insert(header::ETAG, tag);
    }
    Ok(response)
}

/// Works off the async threads, at most as many at a time as the configuration says.
async fn drawing<T: Send + 'static>(
    node: &Node,
    work: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let place = node
        .work_places()
        .clone()
        .acquire_owned()
        .await
        .map_err(|e| Problem::internal("waiting for a place to draw", e))?;
    let worked = tokio::task::spawn_blocking(move || {
        let _place = place;
        work()
    });
    match worked.await {
        Ok(result) => result,
        Err(error) => Err(Problem::internal("drawing a tile", error)),
    }
}

/// The tile as a file; `None` where no scene has a measurement.
fn draw(
    opened: &OpenedDatasets,
    spot: &Spot,
    scenes: Vec<Scene>,
) -> Result<Option<Vec<u8>>, Problem> {
    let names: Vec<Option<String>> = scenes.iter().map(|scene| scene.name.clone()).collect();
    let at = Cell::new(0);
    let layers = scenes.into_iter().enumerate().map(|(index, scene)| {
        at.set(index);
        let files = scene.places.iter().map(|place| opened.open(place));
        Ok(Layer {
            files: files.collect::<Result<Vec<Arc<Dataset>>, RasterError>>()?,
            style: scene.style,
        })
    });
    let drawn: Result<Option<Vec<u8>>, RasterError> = match spot.format {
        TileFormat::Picture(format) => tile::mosaic(layers, &spot.grid)
            .and_then(|drawn| drawn.map(|picture| picture.encode(format)).transpose()),
        TileFormat::Npy => tile::mosaic_values(layers, &spot.grid)
            .and_then(|drawn| drawn.map(|bands| npy::encode(&bands)).transpose()),
    };
    drawn.map_err(|error| {
        let problem = Problem::from(error);
        match names.get(at.get()).and_then(Option::as_deref) {
            Some(name) => problem.about(name),
            None => problem,
        }
    })
}

/// The tag of a tile: what is drawn, where and how. The digests of the files stand for their pixels.
fn tile_tag(spot: &Spot, scenes: &[Scene]) -> String {
    let mut hasher = DefaultHasher::new();
    (env!("CARGO_PKG_VERSION"), &spot.name, spot.format).hash(&mut hasher);
    for scene in scenes {
        // Style has no Hash (it holds floating-point numbers); its debug form is complete.
        (&scene.tag, format!("{:?}", scene.style)).hash(&mut hasher);
    }
    format!("\"{:016x}\"", hasher.finish())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_numbers_within_the_matrix() {
        let none = HeaderMap::new();
        let spot = Spot::of_xyz("2", "3", "1.png", &none).unwrap();
        assert_eq!(
            (spot.name.as_str(), spot.negotiated),
            ("WebMercatorQuad/2/1/3", false)
        );
        assert!(Spot::of_xyz("2", "3", "1", &none).unwrap().negotiated);
        for (z, x, y) in [
            ("2", "4", "1.png"),
            ("2", "3", "1.gif"),
            ("2", "3", "+1.png"),
            ("99", "0", "0.png"),
            ("-1", "0", "0.png"),
            ("2", "3", "99999999999.png"),
        ] {
            assert!(Spot::of_xyz(z, x, y, &none).is_err(), "{z}/{x}/{y}");
        }
        let set = TileMatrixSet::web_mercator_quad();
        let same = Spot::of_set(&set, ["2", "1", "3.webp"], &none).unwrap();
        assert_eq!((same.grid, same.name), (spot.grid, spot.name));
        for address in [
            ["25", "0", "0"],
            ["2", "4", "0"],
            ["2", "", "0"],
            ["2", "0", "0.x"],
        ] {
            assert!(Spot::of_set(&set, address, &none).is_err(), "{address:?}");
        }
    }
}
