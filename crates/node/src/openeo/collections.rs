//! Collections as openEO shows them: STAC Collections with the dimensions of their cubes.

use super::error::Refusal;
use super::{At, BASE, NoQuery, limit};
use crate::guard::BaseUrl;
use crate::query::Parameters;
use crate::stac::path_part;
use crate::view::View;
use axum::Json;
use axum::http::{HeaderName, header};
use corridor_catalog::{Collection, Item, Search};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Items whose bands are looked at: those of one collection are alike, more would be slow.
const ITEMS_LOOKED_AT: usize = 20;

pub(crate) async fn all(
    view: View,
    BaseUrl(base): BaseUrl,
    mut query: Parameters,
) -> Result<Json<Value>, Refusal> {
    let limit = limit(&mut query)?;
    query.finish()?;
    let mut found = Vec::new();
    for collection in view.collections().await?.into_iter().take(limit) {
        found.push(document(&view, &base, collection, false).await?);
    }
    Ok(Json(json!({
        "collections": found,
        "links": [
            {"rel": "self", "href": format!("{base}{BASE}/collections"), "type": "application/json"},
            {"rel": "root", "href": format!("{base}{BASE}"), "type": "application/json"},
        ],
    })))
}

pub(crate) async fn one(
    _: NoQuery,
    view: View,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
) -> Result<Json<Value>, Refusal> {
    let collection = view.collection(&id).await?;
    Ok(Json(document(&view, &base, collection, true).await?))
}

pub(crate) async fn queryables(
    _: NoQuery,
    view: View,
    BaseUrl(base): BaseUrl,
    At(id): At<String>,
) -> Result<([(HeaderName, &'static str); 1], Json<Value>), Refusal> {
    let mut schema = view.queryables(Some(&id)).await?;
    if let Some(members) = schema.as_object_mut() {
        let own = format!("{base}{BASE}/collections/{}/queryables", path_part(&id));
        members.insert(
            "$schema".into(),
            json!("https://json-schema.org/draft/2020-12/schema"),
        );
        members.insert("$id".into(), own.into());
    }
    Ok((
        [(header::CONTENT_TYPE, "application/schema+json")],
        Json(schema),
    ))
}

async fn document(
    view: &View,
    base: &str,
    collection: Collection,
    whole: bool,
) -> Result<Value, Refusal> {
    let id = collection.id.clone();
    let extent = view.extent(&id).await?;
    let mut collection = collection;
    if let Some(extent) = extent {
        collection.extent = extent;
    }
    let mut document = serde_json::to_value(&collection)
        .map_err(|e| Refusal::internal("writing a collection", e))?;
    let path = format!("{base}{BASE}/collections/{}", path_part(&id));
    let stac = format!("{base}/stac/collections/{}", path_part(&id));
    let members = document
        .as_object_mut()
        .ok_or_else(|| Refusal::internal("writing a collection", "it is no object"))?;
    members.insert(
        "links".into(),
        json!([
            {"rel": "self", "href": path, "type": "application/json"},
            {"rel": "root", "href": format!("{base}{BASE}"), "type": "application/json"},
            {"rel": "parent", "href": format!("{base}{BASE}/collections"), "type": "application/json"},
            {"rel": "alternate", "href": stac, "type": "application/json", "title": "The collection in the STAC API"},
            {"rel": "items", "href": format!("{stac}/items"), "type": "application/geo+json"},
            {"rel": "http://www.opengis.net/def/rel/ogc/1.0/queryables",
             "href": format!("{path}/queryables"), "type": "application/schema+json"},
        ]),
    );
    // Links of files lie in the STAC API; openEO processes the collection as a whole.
    members.remove("assets");
    if whole {
        let search = Search {
            collections: vec![id],
            limit: Some(ITEMS_LOOKED_AT),
            ..Search::default()
        };
        let items = view.search(search).await?.items;
        let extent = members.get("extent").cloned().unwrap_or_default();
        members.insert("cube:dimensions".into(), dimensions(&items, &extent));
        let summaries = members.entry("summaries").or_insert_with(|| json!({}));
        if let Some(summaries) = summaries.as_object_mut() {
            let bands = bands(&items);
            if !bands.is_empty() {
                summaries.insert("bands".into(), bands.clone().into());
                summaries.insert("eo:bands".into(), bands.into());
            }
        }
        let extensions = members
            .entry("stac_extensions")
            .or_insert_with(|| json!([]));
        if let Some(extensions) = extensions.as_array_mut() {
            let cube = json!("https://stac-extensions.github.io/datacube/v2.2.0/schema.json");
            if !extensions.contains(&cube) {
                extensions.push(cube);
            }
        }
    }
    Ok(document)
}

/// The bands of the items' raster files, each once, in order.
fn bands(items: &[Item]) -> Vec<Value> {
    let mut seen: BTreeMap<String, ()> = BTreeMap::new();
    let mut bands = Vec::new();
    let assets = items.iter().flat_map(|item| item.assets.values());
    for asset in assets {
        let tiff = asset
            .media_type
            .as_deref()
            .is_some_and(|t| t.starts_with("image/tiff"));
        if !tiff {
            continue;
        }
        for (index, band) in asset.bands.iter().enumerate() {
            let name = band.name.clone().unwrap_or_else(|| (index + 1).to_string());
            if seen.insert(name.clone(), ()).is_some() {
                continue;
            }
            let mut own = Map::from_iter([("name".to_string(), Value::from(name))]);
            if let Some(common) = band.common_name() {
                own.insert("common_name".into(), common.into());
            }
            if let Some(center) = band.additional.get("eo:center_wavelength") {
                own.insert("center_wavelength".into(), center.clone());
            }
            bands.push(Value::Object(own));
        }
    }
    bands
}

/// The dimensions of the cubes that `load_collection` gives: `t`, `bands`, `y`, `x`.
fn dimensions(items: &[Item], extent: &Value) -> Value {
    let bbox = extent["spatial"]["bbox"][0].clone();
    let side = |low: usize, high: usize| match bbox.as_array().map(Vec::len) {
        // Boxes of six numbers have heights in between.
        Some(6) => json!([bbox[low], bbox[high + 1]]),
        _ => json!([bbox[low], bbox[high]]),
    };
    let codes: std::collections::BTreeSet<u64> = items
        .iter()
        .flat_map(|item| {
            let own = item.properties.fields.get("proj:code").into_iter();
            own.chain(
                item.assets
                    .values()
                    .filter_map(|a| a.additional.get("proj:code")),
            )
        })
        .filter_map(|code| code.as_str()?.strip_prefix("EPSG:")?.parse().ok())
        .collect();
    let system = match codes.len() {
        1 => codes.first().map_or(Value::Null, |code| (*code).into()),
        _ => Value::Null,
    };
    let spatial = |axis: &str, extent: Value| {
        let mut own = json!({"type": "spatial", "axis": axis, "extent": extent});
        if !system.is_null() {
            own["reference_system"] = system.clone();
        }
        own
    };
    let names: Vec<Value> = bands(items)
        .iter()
        .map(|band| band["name"].clone())
        .collect();
    let mut dimensions = Map::from_iter([
        ("x".to_string(), spatial("x", side(0, 2))),
        ("y".to_string(), spatial("y", side(1, 3))),
        (
            "t".to_string(),
            json!({"type": "temporal", "extent": extent["temporal"]["interval"][0]}),
        ),
    ]);
    if !names.is_empty() {
        dimensions.insert("bands".into(), json!({"type": "bands", "values": names}));
    }
    Value::Object(dimensions)
}
