//! Scenes of the catalogue.

use super::assemble::{self, BandFile, Scene};
use super::{LoadRequest, SceneDescription, SceneSource};
use crate::call::Context;
use crate::cube::Cube;
use crate::error::{GraphError, SCENE_UNREADABLE};
use crate::extent::SpatialExtent;
use crate::graph::RunLimits;
use crate::value::Value;
use async_trait::async_trait;
use corridor_catalog::stac::{Asset, Item};
use corridor_catalog::{
    AssetStore, AssetStoreError, Bbox, Catalog, CatalogError, Interval, Search,
};
use corridor_raster::RasterError;
use corridor_raster::dataset::Dataset;
use std::sync::Arc;

/// Most scenes of one cube.
pub const SCENES_MAX: usize = 2_000;

/// Loads scenes of the catalogue, reading their assets from the asset store.
pub struct CatalogSource {
    catalog: Arc<dyn Catalog>,
    assets: Arc<AssetStore>,
}

impl CatalogSource {
    /// A source over this catalogue and asset store.
    pub fn new(catalog: Arc<dyn Catalog>, assets: Arc<AssetStore>) -> Self {
        Self { catalog, assets }
    }

    async fn items(&self, request: &LoadRequest) -> Result<Vec<Item>, GraphError> {
        self.catalog
            .collection(&request.collection)
            .await
            .map_err(|error| of_catalog(&error))?;
        if let Some(ids) = &request.items {
            let mut items = Vec::with_capacity(ids.len());
            for id in ids {
                let item = self.catalog.item(&request.collection, id).await;
                items.push(item.map_err(|error| of_catalog(&error))?);
            }
            return Ok(items);
        }
        let mut search = Search {
            collections: vec![request.collection.clone()],
            bbox: bbox(request)?,
            limit: Some(1_000),
            ..Search::default()
        };
        if let Some(extent) = &request.temporal_extent {
            search.datetime = Interval::new(extent.start, extent.end).ok();
        }
        let mut items = Vec::new();
        loop {
            let page = self
                .catalog
                .search(&search)
                .await
                .map_err(|error| of_catalog(&error))?;
            items.extend(page.items);
            if items.len() > SCENES_MAX {
                return Err(GraphError::new(
                    "ProcessGraphComplexity",
                    format!("the extents hold more than {SCENES_MAX} scenes"),
                ));
            }
            match page.next {
                Some(token) => search.token = Some(token),
                None => return Ok(items),
            }
        }
    }

    async fn open(&self, item: &Item, key: &str, asset: &Asset) -> Result<Dataset, GraphError> {
        let what = assemble::label(&item.id, key);
        let unread = |error: RasterError| GraphError::unreadable(&what, &error);
        let missing = |error: &dyn std::fmt::Display, why: &str| {
            tracing::error!(%error, href = asset.href, "{what} does not read");
            GraphError::new(SCENE_UNREADABLE, format!("{what} does not read: {why}"))
        };
        let key = AssetStore::key_of_href(&asset.href)
            .ok_or_else(|| missing(&"a foreign address", "it is not a file of this node"))?;
        let path = self.assets.path(key);
        if let Some(path) = path.map_err(|e| missing(&e, "its address is no place here"))? {
            return Dataset::open(&path).map_err(unread);
        }
        let bytes = self.assets.get(key).await.map_err(|e| match e {
            AssetStoreError::Unknown(_) => missing(&e, "its file is not there"),
            _ => missing(&e, "the store of files does not give it"),
        })?;
        Dataset::from_bytes(bytes, key).map_err(unread)
    }

    async fn scene(&self, item: &Item, bands: Option<&[String]>) -> Result<Scene, GraphError> {
        let mut files = Vec::new();
        for (key, asset) in needed(item, bands) {
            let dataset = Arc::new(self.open(item, key, asset).await?);
            for (index, band) in asset.bands.iter().enumerate().take(dataset.bands()) {
                let (scale, offset) = band.scale_and_offset();
                files.push(BandFile {
                    dataset: dataset.clone(),
                    index,
                    asset: key.to_string(),
                    name: band
                        .name
                        .clone()
                        .unwrap_or_else(|| format!("{}", index + 1)),
                    common_name: band.common_name().map(str::to_string),
                    center_wavelength_um: band
                        .additional
                        .get("eo:center_wavelength")
                        .and_then(serde_json::Value::as_f64),
                    scale,
                    offset,
                    nodata: band.nodata_value(),
                });
            }
        }
        let time = item.time_range().ok_or_else(|| {
            GraphError::new("Internal", format!("item {:?} has no time", item.id))
        })?;
        Ok(Scene {
            name: item.id.clone(),
            time: time.0,
            files,
        })
    }
}

impl CatalogSource {
    async fn chosen(&self, request: &LoadRequest) -> Result<Vec<Scene>, GraphError> {
        let mut scenes = Vec::new();
        for item in self.items(request).await? {
            if !fits(&item, request)? {
                continue;
            }
            let inside = item.time_range().is_some_and(|(start, end)| {
                request.temporal_extent.is_none_or(|extent| {
                    extent.start.is_none_or(|from| from <= end)
                        && extent.end.is_none_or(|to| start < to)
                })
            });
            if inside {
                scenes.push(self.scene(&item, request.bands.as_deref()).await?);
            }
        }
        Ok(scenes)
    }
}

#[async_trait]
impl SceneSource for CatalogSource {
    async fn load(&self, request: &LoadRequest) -> Result<Cube, GraphError> {
        assemble::cube(self.chosen(request).await?, request)
    }

    async fn scenes(&self, request: &LoadRequest) -> Result<Option<Vec<Scene>>, GraphError> {
        self.chosen(request).await.map(Some)
    }

    async fn describe(&self, collection: &str, item: &str) -> Result<SceneDescription, GraphError> {
        let item = self
            .catalog
            .item(collection, item)
            .await
            .map_err(|error| of_catalog(&error))?;
        Ok(described(item))
    }
}

/// What an item says about itself.
pub(crate) fn described(item: Item) -> SceneDescription {
    let bands = item
        .assets
        .values()
        .filter(|asset| holds_pixels(asset))
        .flat_map(|asset| &asset.bands)
        .map(|band| {
            let name = band.name.clone().unwrap_or_default();
            (name, band.common_name().map(str::to_string))
        })
        .collect();
    let time = item.time_range();
    SceneDescription {
        collection: item.collection.unwrap_or_default(),
        start: time.map(|(start, _)| start),
        end: time.map(|(_, end)| end),
        bands,
        properties: item.properties.fields.into_iter().collect(),
        item: item.id,
    }
}

/// Whether an item meets the conditions on its properties. A property it has not is null there;
/// a condition that gives no truth value is not met.
fn fits(item: &Item, request: &LoadRequest) -> Result<bool, GraphError> {
    let limits = RunLimits::default();
    let context = Context::new(&limits);
    for (name, condition) in &request.properties {
        let value = item
            .properties
            .fields
            .get(name)
            .map_or(Value::Null, Value::from_json);
        let met = context.call(condition, &[("value", value)])?;
        if met.truth() != Some(true) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The assets that hold these bands, by any name that a request may use; all with pixels where one
/// is in none, so that the message can say what there is.
fn needed<'a>(item: &'a Item, bands: Option<&[String]>) -> Vec<(&'a str, &'a Asset)> {
    let assets = item.assets.iter().filter(|(_, asset)| holds_pixels(asset));
    let all: Vec<(&str, &Asset)> = assets.map(|(key, asset)| (key.as_str(), asset)).collect();
    let Some(bands) = bands else {
        return all;
    };
    let has = |asset: &Asset, wanted: &str| {
        asset.bands.iter().enumerate().any(|(index, band)| {
            let own = band.name.clone();
            let own = own.unwrap_or_else(|| format!("{}", index + 1));
            own.eq_ignore_ascii_case(wanted) || band.common_name() == Some(wanted)
        })
    };
    if !bands
        .iter()
        .all(|band| all.iter().any(|(_, asset)| has(asset, band)))
    {
        return all;
    }
    let any = |(_, asset): &(&str, &Asset)| bands.iter().any(|band| has(asset, band));
    all.into_iter().filter(any).collect()
}

/// Whether an asset is a TIFF whose bands are described.
fn holds_pixels(asset: &Asset) -> bool {
    let tiff = asset
        .media_type
        .as_deref()
        .is_some_and(|t| t.starts_with("image/tiff"));
    tiff && !asset.bands.is_empty()
}

fn bbox(request: &LoadRequest) -> Result<Option<Bbox>, GraphError> {
    let bounds = match &request.spatial_extent {
        None => return Ok(None),
        Some(SpatialExtent::Box {
            west,
            south,
            east,
            north,
            crs,
        }) => {
            let wgs84 = corridor_raster::grid::Crs::wgs84();
            crate::geometry::bounds_in([*west, *south, *east, *north], crs, &wgs84)?
        }
        Some(SpatialExtent::Polygons(polygons)) => {
            match crate::geometry::bounds(std::slice::from_ref(polygons)) {
                Some(bounds) => bounds,
                None => return Ok(None),
            }
        }
    };
    Bbox::from_slice(&bounds)
        .map(Some)
        .map_err(|error| GraphError::argument("load_collection", "spatial_extent", error))
}

fn of_catalog(error: &CatalogError) -> GraphError {
    let code = match error {
        CatalogError::UnknownCollection(_) | CatalogError::UnknownItem { .. } => {
            "CollectionNotFound"
        }
        _ => "Internal",
    };
    GraphError::new(code, error.to_string())
}
