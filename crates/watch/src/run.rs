//! The product on a scene, and the answer it gives.

use crate::error::WatchError;
use crate::request::Watch;
use crate::store::Job;
use corridor_catalog::digest;
use corridor_catalog::stac::{
    Asset, Band, Item, derived_from, media_type, processing, projection, raster,
};
use corridor_catalog::{AssetDescription, AssetStore, Catalog, Interval, NewScene, Search};
use corridor_know::error::KnowError;
use corridor_know::graph::RunLimits;
use corridor_know::product::{
    Product, ProductInputs, ProductKind, ProductResult, SceneQuery, SceneRef, run_product, select,
};
use corridor_know::source::CatalogSource;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What begins the reason of a change product that has no earlier scene yet: such a job is opened
/// again when one arrives.
pub const NO_EARLIER_SCENE: &str = "no earlier scene";
/// Days of a year: a change is judged between the same seasons.
const YEAR_DAYS: f64 = 365.25;
/// Scenes looked at as the earlier one of a pair.
const PAIR_CANDIDATES_MAX: usize = 1_000;

/// What a job gives: an answer to take in, or the reason why there is none.
pub enum Ran {
    /// The answer, with the scenes it was made from.
    Answer {
        /// Ready for the intake.
        answer: Box<NewScene>,
        /// The scenes that went in.
        scenes: Vec<Item>,
        /// One sentence with the main figure.
        headline: String,
    },
    /// No answer, and running again would not change that.
    None {
        /// Why, in a sentence.
        reason: String,
    },
}

/// Runs one job. The answer's files are written to `workspace`.
///
/// # Errors
/// [`WatchError::Internal`] where something on this machine failed: the job may be run again.
pub async fn run(
    watch: &Watch,
    product: &Product,
    job: &Job,
    catalog: &Arc<dyn Catalog>,
    assets: &Arc<AssetStore>,
    workspace: &Path,
    now: Timestamp,
) -> Result<Ran, WatchError> {
    let scene = catalog
        .item(&job.collection, &job.item)
        .await
        .map_err(|e| WatchError::internal("reading the scene", e))?;
    let mut since = None;
    let scenes = match product.kind {
        ProductKind::Date => vec![scene],
        ProductKind::Change => match earlier_scene(product, watch, &scene, catalog).await? {
            Some(before) => vec![before, scene],
            None => {
                return Ok(Ran::None {
                    reason: format!(
                        "{NO_EARLIER_SCENE} of {} from {:.0} to {:.0} days before, which a change \
                         needs",
                        job.collection, product.pair_min_days, product.pair_max_days
                    ),
                });
            }
        },
        ProductKind::Series => match series(product, watch, &scene, catalog).await? {
            Ok((begins, scenes)) => {
                since = begins;
                scenes
            }
            Err(reason) => return Ok(Ran::None { reason }),
        },
    };
    let inputs = ProductInputs {
        area: Some(watch.area()?.polygon().clone()),
        scenes: scenes
            .iter()
            .map(|s| SceneRef {
                collection: s.collection.clone().unwrap_or_default(),
                item: s.id.clone(),
            })
            .collect(),
        since,
        parameters: Map::new(),
    };
    let source = CatalogSource::new(catalog.clone(), assets.clone());
    let result = match run_product(product, &inputs, &source, &RunLimits::default()).await {
        Ok(result) => result,
        Err(e @ (KnowError::NotEnoughPixels { .. } | KnowError::NoAlternative { .. })) => {
            return Ok(Ran::None {
                reason: e.to_string(),
            });
        }
        Err(KnowError::Graph { error }) if error.code == "NoDataAvailable" => {
            return Ok(Ran::None {
                reason: error.message,
            });
        }
        Err(e) => return Err(WatchError::internal(format!("running {}", product.id), e)),
    };
    let headline = result.headline.clone();
    let answer = answer(watch, product, &scenes, &result, workspace, now)?;
    Ok(Ran::Answer {
        answer: Box::new(answer),
        scenes,
        headline,
    })
}

/// The scene of the same collection, over the same area, whose distance in time is nearest to a
/// year; among equals the clearest one.
async fn earlier_scene(
    product: &Product,
    watch: &Watch,
    scene: &Item,
    catalog: &Arc<dyn Catalog>,
) -> Result<Option<Item>, WatchError> {
    let Some((start, _)) = scene.time_range() else {
        return Ok(None);
    };
    let back = |days: f64| {
        SignedDuration::try_from_secs_f64(days * 86_400.0)
            .ok()
            .and_then(|d| start.checked_sub(d).ok())
    };
    let (Some(oldest), Some(newest)) = (back(product.pair_max_days), back(product.pair_min_days))
    else {
        return Ok(None);
    };
    let search = Search {
        collections: scene.collection.clone().into_iter().collect(),
        bbox: corridor_catalog::Bbox::from_slice(&watch.bbox).ok(),
        datetime: Interval::new(Some(oldest), Some(newest)).ok(),
        limit: Some(PAIR_CANDIDATES_MAX),
        ..Search::default()
    };
    let page = catalog
        .search(&search)
        .await
        .map_err(|e| WatchError::internal("looking for an earlier scene", e))?;
    let badness = |item: &Item| {
        let days = item.time_range().map_or(f64::MAX, |(t, _)| {
            start.duration_since(t).as_secs_f64() / 86_400.0
        });
        let cloud = item
            .property("eo:cloud_cover")
            .and_then(Value::as_f64)
            .unwrap_or(0.0);
        (days - YEAR_DAYS).abs() + cloud
    };
    Ok(page
        .items
        .into_iter()
        .min_by(|a, b| badness(a).total_cmp(&badness(b))))
}

/// The series that ends with a scene: where the period judged begins, and the scenes; or why there
/// is none.
async fn series(
    product: &Product,
    watch: &Watch,
    scene: &Item,
    catalog: &Arc<dyn Catalog>,
) -> Result<Result<(Option<Timestamp>, Vec<Item>), String>, WatchError> {
    let Some((start, end)) = scene.time_range() else {
        return Ok(Err("the scene has no time".to_string()));
    };
    let period = SignedDuration::try_from_secs_f64(product.period_days * 86_400.0).ok();
    let query = SceneQuery {
        bbox: Some(watch.bbox),
        collection: scene.collection.clone(),
        from: period.and_then(|period| start.checked_sub(period).ok()),
        to: end.checked_add(SignedDuration::from_secs(1)).ok(),
    };
    let selection = match select(product, catalog.as_ref(), &query).await {
        Ok(all) => match all.into_iter().next() {
            Some(selection) => selection,
            None => return Ok(Err("there is no series".to_string())),
        },
        Err(KnowError::Graph { error }) if error.code == "NoDataAvailable" => {
            return Ok(Err(error.message));
        }
        Err(e @ KnowError::NoAlternative { .. }) => return Ok(Err(e.to_string())),
        Err(e) => return Err(WatchError::internal("choosing the series", e)),
    };
    let mut scenes = Vec::with_capacity(selection.scenes.len());
    for one in &selection.scenes {
        let item = catalog.item(&one.collection, &one.item).await;
        scenes.push(item.map_err(|e| WatchError::internal("reading the series", e))?);
    }
    Ok(Ok((selection.since, scenes)))
}

/// Id of the collection that holds a product's answers.
pub fn answer_collection(product: &str) -> String {
    format!("answers-{product}")
}

fn answer(
    watch: &Watch,
    product: &Product,
    scenes: &[Item],
    result: &ProductResult,
    workspace: &Path,
    now: Timestamp,
) -> Result<NewScene, WatchError> {
    let last = scenes.last().map(|s| s.id.as_str()).unwrap_or_default();
    let collection = answer_collection(&product.id);
    let mut item =
        Item::new(format!("{}-{}", ascii_id(&watch.id), last)).in_collection(&collection);
    let ranges: Vec<_> = scenes.iter().filter_map(Item::time_range).collect();
    let only = scenes.first().and_then(|s| s.properties.datetime);
    item = match (scenes.len(), only) {
        (1, Some(datetime)) => item.at(datetime),
        _ => {
            let start = ranges.iter().map(|r| r.0).min().unwrap_or(now);
            let end = ranges.iter().map(|r| r.1).max().unwrap_or(now);
            item.between(start, end)
        }
    };
    let geometry: geojson::Geometry = serde_json::from_value(watch.area.clone())
        .map_err(|e| WatchError::internal("writing the answer's area", e))?;
    item = item
        .with_geometry(geometry)
        .with("title", format!("{}: {}", watch.name, product.title))
        .with("description", result.headline.clone())
        .with("created", now.to_string())
        .with("corridor:watch", watch.id.clone())
        .with("corridor:product", product.id.clone())
        .with("corridor:headline", result.headline.clone())
        .with("corridor:area_km2", result.area_km2)
        .with("corridor:valid_area_km2", result.valid_area_km2)
        .with("corridor:valid_fraction", result.valid_fraction)
        .with(
            "corridor:statistics",
            Value::Object(result.statistics.clone()),
        )
        .with(
            "corridor:parameters",
            Value::Object(result.parameters.clone()),
        )
        .with("corridor:alternative", result.alternative.clone())
        .with(
            "corridor:scenes",
            scenes.iter().map(|s| s.id.clone()).collect::<Vec<_>>(),
        )
        .with("corridor:classes", json!(result.classes))
        .with("corridor:dates", json!(result.dates));
    let replay = |s: &Item| s.property("corridor:replay") == Some(&Value::Bool(true));
    if scenes.iter().any(replay) {
        item = item.with("corridor:replay", true);
    }
    if let Some(gsd) = scenes.last().and_then(|s| s.property("gsd")) {
        item = item.with("gsd", gsd.clone());
    }
    for scene in scenes {
        let collection = scene.collection.as_deref().unwrap_or_default();
        item = item.with_link(derived_from(format!(
            "/stac/collections/{collection}/items/{}",
            scene.id
        )));
    }
    let mut software = std::collections::BTreeMap::new();
    software.insert(
        "corridor".to_string(),
        env!("CARGO_PKG_VERSION").to_string(),
    );
    processing::Processing {
        lineage: Some(format!(
            "product {} ({}) on {}",
            product.id,
            result.alternative,
            scenes
                .iter()
                .map(|s| s.id.as_str())
                .collect::<Vec<_>>()
                .join(" and ")
        )),
        level: Some("L4".into()),
        datetime: Some(now),
        software,
        ..processing::Processing::default()
    }
    .apply(&mut item);
    item.extend_with(raster::SCHEMA);
    let files = answer_files(product, result, workspace, &mut item)?;
    let made_from = json!({
        "watch": watch.id, "area": watch.area, "product": product.id,
        "parameters": result.parameters, "alternative": result.alternative,
        "scenes": scenes.iter().map(|s| [&s.id, s.collection.as_ref().unwrap_or(&s.id)])
            .collect::<Vec<_>>(),
    });
    Ok(NewScene {
        files,
        item,
        sha256: digest::sha256_json(&made_from),
    })
}

/// Item ids stand in addresses and file names: other letters are written as their code.
fn ascii_id(id: &str) -> String {
    id.chars().fold(String::new(), |mut text, c| {
        if c.is_ascii_alphanumeric() || c == '-' {
            text.push(c);
        } else {
            text.push_str(&format!("u{:x}", u32::from(c)));
        }
        text
    })
}

type Files = Vec<(String, PathBuf, AssetDescription)>;

fn answer_files(
    product: &Product,
    result: &ProductResult,
    workspace: &Path,
    item: &mut Item,
) -> Result<Files, WatchError> {
    let failed = |what: &str, e: &dyn std::fmt::Display| {
        WatchError::internal(format!("writing the answer's {what}"), e)
    };
    let grid = projection::Projection {
        code: result.grid.crs.epsg_code().map(|c| format!("EPSG:{c}")),
        wkt2: None,
        shape: Some([result.grid.height as u64, result.grid.width as u64]),
        gdal_transform: Some(result.grid.transform),
        bbox: Some(result.grid.bounds()),
    };
    grid.apply(item);
    let mut files: Files = Vec::new();
    let path = workspace.join("mask.tif");
    result
        .write_mask_cog(&path)
        .map_err(|e| failed("mask", &e))?;
    let mut mask = Asset::new("")
        .with_type(media_type::COG)
        .with_title(format!("{}: mask", product.title))
        .with_roles(["data"])
        .with_bands(vec![
            Band::new("mask").with_data_type("uint8").with_nodata(255.0),
        ]);
    grid.apply_to_asset(&mut mask);
    files.push(("mask".into(), path, mask));
    let path = workspace.join("layers.tif");
    if result
        .write_layers_cog(&path)
        .map_err(|e| failed("layers", &e))?
    {
        let bands = result
            .layers
            .iter()
            .map(|l| {
                Band::new(&l.name)
                    .with_data_type("float32")
                    .with_unit(&l.unit)
            })
            .collect();
        let mut layers = Asset::new("")
            .with_type(media_type::COG)
            .with_title("Figures behind the mask")
            .with_roles(["data"])
            .with_bands(bands);
        grid.apply_to_asset(&mut layers);
        files.push(("layers".into(), path, layers));
    }
    let path = workspace.join("polygons.geojson");
    let text = serde_json::to_vec(&result.polygons).map_err(|e| failed("polygons", &e))?;
    std::fs::write(&path, text).map_err(|e| failed("polygons", &e))?;
    let polygons = Asset::new("")
        .with_type(media_type::GEOJSON)
        .with_title("Polygons")
        .with_roles(["data"]);
    files.push(("polygons".into(), path, polygons));
    let path = workspace.join("picture.png");
    std::fs::write(&path, &result.picture).map_err(|e| failed("picture", &e))?;
    let picture = Asset::new("")
        .with_type(media_type::PNG)
        .with_title("Picture with legend and scale")
        .with_roles(["overview", "thumbnail"]);
    files.push(("picture".into(), path, picture));
    Ok(files)
}
