//! Tiles of XYZ services: the graph run on the ground of one tile.
//!
//! `load_collection` is held to the tile's box, with a margin for kernels, and reads pixels about
//! as coarse as the tile's, finer ones where the result is resampled by more than the nearest. The
//! address holds a random id and is all that a map needs to know. Tiles drawn lately are kept.

use super::compute::{self, VisibleScenes};
use super::error::Refusal;
use super::identity::OPERATOR;
use super::services::{Configuration, not_found};
use super::store::Service;
use super::{At, NoQuery, cors};
use crate::Node;
use crate::policy::Principal;
use async_trait::async_trait;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use corridor_know::cube::Cube;
use corridor_know::error::GraphError;
use corridor_know::extent::SpatialExtent;
use corridor_know::geometry;
use corridor_know::graph::RunLimits;
use corridor_know::output::{Draw, draw};
use corridor_know::source::{LoadRequest, SceneDescription, SceneSource};
use corridor_know::value::Value;
use corridor_raster::grid::{Crs, Grid};
use corridor_raster::tile;
use corridor_raster::warp::Resampling;
use lru::LruCache;
use serde_json::json;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Most samples of one cube for a tile: 256 px, ten bands, a hundred dates.
const SAMPLES_MAX: u64 = 100_000_000;
/// Margin around the tile, parts of its side, so that kernels see beyond its edge.
const MARGIN: f64 = 1.0 / 16.0;
/// Least margin, metres of Web Mercator: a tile smaller than a pixel still has that pixel.
const MARGIN_LEAST_M: f64 = 100.0;
/// Longest side of what is read for a tile, pixels: the tile, its margins, and half as much again
/// for grids that lie askew to it.
const SIDE_MAX_PX: usize = 512;
/// The same where several pixels make one of the tile's.
const SIDE_SMOOTH_MAX_PX: usize = 1024;
/// How long a tile is taken for fresh, here and by who asked: scenes may come.
const FRESH: Duration = Duration::from_secs(60);
/// Most bytes of tiles kept, with `ENTRY_BYTES` for each beside its picture.
const KEPT_BYTES_MAX: usize = 64 << 20;
const ENTRY_BYTES: usize = 256;

pub(crate) async fn tile(
    _: NoQuery,
    State(node): State<Node>,
    At((id, z, x, y)): At<(String, String, String, String)>,
) -> Result<Response, Refusal> {
    let service = node
        .openeo()
        .store()
        .any_service(&id)?
        .filter(|service| service.enabled);
    let service = service.ok_or_else(|| not_found(&id))?;
    let no_tile = || Refusal::new("NotFound", format!("No tile is at {z}/{x}/{y}."));
    let plain = y.strip_suffix(".png").unwrap_or(&y);
    let (Ok(zoom), Ok(column), Ok(row)) = (z.parse::<u8>(), x.parse::<u32>(), plain.parse::<u32>())
    else {
        return Err(no_tile());
    };
    let configuration = Configuration::read(&service.asked["configuration"])?;
    if !(configuration.minzoom..=configuration.maxzoom).contains(&zoom) {
        return Err(no_tile());
    }
    let ground = tile::grid(zoom, column, row).map_err(|_| no_tile())?;
    let key = Key {
        service: id.clone(),
        asked: asked(&service),
        tile: (zoom, column, row),
    };
    let kept = node.openeo().tiles.get(&key);
    let drawn = match kept {
        Some(kept) => Ok(kept),
        None => drawn(&node, &service, ground, configuration)
            .await
            .map(|png| png.map(Bytes::from))
            .inspect(|png| node.openeo().tiles.put(key, png.clone())),
    };
    let mut response = match drawn {
        Ok(Some(png)) => ([(header::CONTENT_TYPE, "image/png")], png).into_response(),
        Ok(None) => StatusCode::NO_CONTENT.into_response(),
        Err(refusal) => {
            let entry = json!({
                "level": "error",
                "code": refusal.code,
                "message": format!("tile {z}/{x}/{plain}: {}", refusal.message),
            });
            node.openeo().store().log(&id, &entry)?;
            return Err(refusal);
        }
    };
    cors::embeddable(&mut response);
    if let Ok(value) = HeaderValue::from_str(&format!("private, max-age={}", FRESH.as_secs())) {
        response.headers_mut().insert(header::CACHE_CONTROL, value);
    }
    Ok(response)
}

/// A number for what a service draws: another one when it is changed.
fn asked(service: &Service) -> u64 {
    let mut hasher = std::hash::DefaultHasher::new();
    service.asked.to_string().hash(&mut hasher);
    hasher.finish()
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    service: String,
    asked: u64,
    tile: (u8, u32, u32),
}

/// Tiles drawn lately, within a bound; the one used longest ago leaves first.
pub(crate) struct KeptTiles(Mutex<Kept>);

struct Kept {
    /// A picture, or that there is none, and when it was drawn.
    tiles: LruCache<Key, (Instant, Option<Bytes>)>,
    bytes: usize,
}

impl Default for KeptTiles {
    fn default() -> Self {
        Self(Mutex::new(Kept {
            tiles: LruCache::unbounded(),
            bytes: 0,
        }))
    }
}

impl KeptTiles {
    fn get(&self, key: &Key) -> Option<Option<Bytes>> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.tiles.get(key) {
            Some((drawn, tile)) if drawn.elapsed() < FRESH => Some(tile.clone()),
            Some(_) => {
                let gone = kept.tiles.pop(key);
                kept.bytes -= gone.map_or(0, |(_, tile)| size(tile.as_ref()));
                None
            }
            None => None,
        }
    }

    fn put(&self, key: Key, tile: Option<Bytes>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.bytes += size(tile.as_ref());
        if let Some((_, (_, gone))) = kept.tiles.push(key, (Instant::now(), tile)) {
            kept.bytes -= size(gone.as_ref());
        }
        while kept.bytes > KEPT_BYTES_MAX {
            let Some((_, (_, gone))) = kept.tiles.pop_lru() else {
                break;
            };
            kept.bytes -= size(gone.as_ref());
        }
    }
}

fn size(tile: Option<&Bytes>) -> usize {
    ENTRY_BYTES + tile.map_or(0, Bytes::len)
}

async fn drawn(
    node: &Node,
    service: &Service,
    ground: Grid,
    configuration: Configuration,
) -> Result<Option<Vec<u8>>, Refusal> {
    let graph = Arc::new(compute::read(
        node,
        &service.user,
        &service.asked["process"],
    )?);
    let principal = match service.user.as_str() {
        OPERATOR => Principal::LocalOperator,
        name => Principal::User(name.to_string()),
    };
    let [west, south, east, north] = ground.bounds();
    let margin = ((east - west) * MARGIN).max(MARGIN_LEAST_M);
    let source = OnTile {
        scenes: VisibleScenes::new(node, node.view(principal)),
        side_max_px: match configuration.resampling {
            Resampling::Nearest => SIDE_MAX_PX,
            _ => SIDE_SMOOTH_MAX_PX,
        },
        bounds: [west - margin, south - margin, east + margin, north + margin],
        crs: ground.crs.clone(),
    };
    let limits = RunLimits {
        max_samples: SAMPLES_MAX,
        ..RunLimits::default()
    };
    let engine = compute::engine(node, limits);
    let source: Arc<dyn SceneSource> = Arc::new(source);
    let ran = node
        .work(async move {
            let planned = compute::plan(graph, source.clone(), engine.clone()).await?;
            planned.allow_held()?;
            compute::run(planned, source, engine).await
        })
        .await?;
    let value = match ran {
        // Nothing of the collection lies under this tile.
        Err(refusal) if refusal.code == "NoDataAvailable" => return Ok(None),
        Err(refusal) => return Err(refusal),
        Ok(outcome) => outcome.value,
    };
    let value = value.ok_or_else(|| Refusal::internal("drawing a tile", "there is no value"))?;
    let Value::Cube(cube) = value else {
        return Err(Refusal::new(
            "FormatUnsuitable",
            format!(
                "the graph of a map service must give a data cube, it gives a {}",
                value.type_name()
            ),
        ));
    };
    let drawn = tokio::task::spawn_blocking(move || {
        draw(
            &cube,
            &Draw {
                ground,
                resampling: configuration.resampling,
                rescale: configuration.rescale,
            },
        )
    });
    Ok(drawn
        .await
        .map_err(|error| Refusal::internal("drawing a tile", error))??)
}

/// Scenes on the ground of one tile.
struct OnTile {
    scenes: VisibleScenes,
    /// Longest side of what is read.
    side_max_px: usize,
    /// Box in `crs`.
    bounds: [f64; 4],
    crs: Crs,
}

#[async_trait]
impl SceneSource for OnTile {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        let nothing = || GraphError::new("NoDataAvailable", "nothing lies under this tile");
        let mut request = request.clone();
        request.side_max_px = Some(self.side_max_px);
        let wgs84 = Crs::wgs84();
        let own = geometry::bounds_in(self.bounds, &self.crs, &wgs84)?;
        request.spatial_extent = Some(match &request.spatial_extent {
            None => in_degrees(own),
            // Polygons cut pixels, so they stay; tiles beside them are empty.
            Some(SpatialExtent::Polygons(polygons)) => {
                let bounds =
                    geometry::bounds(std::slice::from_ref(polygons)).ok_or_else(nothing)?;
                meet(own, bounds).ok_or_else(nothing)?;
                SpatialExtent::Polygons(polygons.clone())
            }
            Some(SpatialExtent::Box {
                west,
                south,
                east,
                north,
                crs,
            }) => {
                let asked = geometry::bounds_in([*west, *south, *east, *north], crs, &wgs84)?;
                in_degrees(meet(own, asked).ok_or_else(nothing)?)
            }
        });
        self.scenes.load(&request).await
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        self.scenes.describe(collection, item).await
    }
}

fn in_degrees([west, south, east, north]: [f64; 4]) -> SpatialExtent {
    SpatialExtent::Box {
        west,
        south,
        east,
        north,
        crs: Crs::wgs84(),
    }
}

fn meet(a: [f64; 4], b: [f64; 4]) -> Option<[f64; 4]> {
    let both = [
        a[0].max(b[0]),
        a[1].max(b[1]),
        a[2].min(b[2]),
        a[3].min(b[3]),
    ];
    (both[0] < both[2] && both[1] < both[3]).then_some(both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: u32) -> Key {
        Key {
            service: "service".into(),
            asked: 1,
            tile: (5, number, 0),
        }
    }

    #[test]
    fn kept_tiles_stay_within_their_bound() {
        let kept = KeptTiles::default();
        let picture = Bytes::from(vec![0; 1 << 20]);
        for number in 0..200 {
            kept.put(key(number), Some(picture.clone()));
            // The first one stays, as it is used.
            assert!(kept.get(&key(0)).is_some(), "{number}");
            assert!(kept.0.lock().unwrap().bytes <= KEPT_BYTES_MAX);
        }
        assert!(kept.get(&key(1)).is_none());
        assert_eq!(kept.get(&key(199)), Some(Some(picture)));
        kept.put(key(0), None);
        assert_eq!(kept.get(&key(0)), Some(None));
        let (bytes, sum) = {
            let held = kept.0.lock().unwrap();
            let sum: usize = held.tiles.iter().map(|(_, (_, t))| size(t.as_ref())).sum();
            (held.bytes, sum)
        };
        assert_eq!(bytes, sum);
    }

    #[test]
    fn a_changed_service_has_other_tiles() {
        let kept = KeptTiles::default();
        kept.put(key(0), None);
        let changed = Key { asked: 2, ..key(0) };
        assert!(kept.get(&changed).is_none() && kept.get(&key(0)).is_some());
    }
}
