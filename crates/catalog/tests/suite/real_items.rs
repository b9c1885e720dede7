//! Real Items and Collections of public catalogues: all go in, all come back, and searches give
//! what a plain filter over the JSON gives.

use std::collections::BTreeSet;

use corridor_catalog::store::{Catalog, Put, Search, SortKey, SqliteCatalog};
use corridor_catalog::{Collection, Interval, Item};
use geo::Intersects;
use jiff::Timestamp;
use serde_json::Value;

use crate::real_data;

/// Equal but for how instants and numbers are written (`.000Z` and `Z`, `1` and `1.0`).
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => {
            x == y
                || x.as_f64()
                    .zip(y.as_f64())
                    .is_some_and(|(x, y)| x.total_cmp(&y).is_eq())
        }
        (Value::String(x), Value::String(y)) => {
            x == y
                || x.parse::<Timestamp>()
                    .ok()
                    .zip(y.parse().ok())
                    .is_some_and(|(x, y)| x == y)
        }
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(x, y)| same(x, y))
        }
        (Value::Object(x), Value::Object(y)) => {
            // An empty list of ours may stand for a member that was left out.
            let extra = y.iter().filter(|(k, _)| !x.contains_key(*k));
            x.iter().all(|(k, v)| match y.get(k) {
                Some(w) => same(v, w),
                None => v.as_array().is_some_and(Vec::is_empty),
            }) && extra
                .into_iter()
                .all(|(_, v)| v.as_array().is_some_and(Vec::is_empty))
        }
        _ => a == b,
    }
}

pub(crate) async fn loaded() -> Option<(tempfile::TempDir, SqliteCatalog, Vec<Value>)> {
    let folder = real_data::folder("use/stac")?;
    let documents = real_data::documents(&folder, |name| !name.starts_with("collections"));
    assert_eq!(documents.len(), 1647);
    let data = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&data.path().join("corridor.db"))
        .await
        .unwrap();
    let items: Vec<Item> = documents
        .iter()
        .map(|d| serde_json::from_value(d.clone()).unwrap())
        .collect();
    let collections: BTreeSet<String> = items
        .iter()
        .map(|i| i.collection.clone().unwrap())
        .collect();
    for id in collections {
        store
            .put_collection(&Collection::new(id, "real", "other"))
            .await
            .unwrap();
    }
    for batch in items.chunks(500) {
        let done = store.put_items(batch).await.unwrap();
        assert!(done.iter().all(|put| *put != Put::Replaced));
    }
    Some((data, store, documents))
}

pub(crate) async fn all_ids(store: &SqliteCatalog, search: Search) -> Vec<String> {
    let mut search = Search {
        limit: Some(77),
        ..search
    };
    let mut ids = Vec::new();
    loop {
        let page = store.search(&search).await.unwrap();
        ids.extend(page.items.into_iter().map(|item| item.id));
        match page.next {
            Some(token) => search.token = Some(token),
            None => return ids,
        }
    }
}

fn instant(document: &Value, key: &str) -> Option<Timestamp> {
    document["properties"][key]
        .as_str()
        .map(|text| text.parse().unwrap())
}

fn footprint(document: &Value) -> geo::Geometry<f64> {
    let geometry: geojson::Geometry = serde_json::from_value(document["geometry"].clone()).unwrap();
    geo::Geometry::try_from(&geometry).unwrap()
}

/// Ids of the distinct Items that satisfy the filter, in order.
fn naive(documents: &[Value], filter: impl Fn(&Value) -> bool) -> Vec<String> {
    let ids: BTreeSet<(String, String)> = documents
        .iter()
        .filter(|d| filter(d))
        .map(|d| {
            (
                d["id"].as_str().unwrap().to_owned(),
                d["collection"].to_string(),
            )
        })
        .collect();
    ids.into_iter().map(|(id, _)| id).collect()
}

#[tokio::test]
async fn real_items_come_back_as_they_went_in() {
    let Some((_data, store, documents)) = loaded().await else {
        return;
    };
    for document in &documents {
        let collection = document["collection"].as_str().unwrap();
        let item = store
            .item(collection, document["id"].as_str().unwrap())
            .await
            .unwrap();
        let back = serde_json::to_value(&item).unwrap();
        let mut went_in = document.clone();
        if went_in.get("stac_version").is_none() {
            went_in["stac_version"] = back["stac_version"].clone();
        }
        assert!(same(&went_in, &back), "{went_in}\n{back}");
    }
}

#[tokio::test]
async fn searches_of_real_items_equal_a_plain_filter() {
    let Some((_data, store, documents)) = loaded().await else {
        return;
    };
    let sorted = async |search: Search| {
        let mut ids = all_ids(&store, search).await;
        ids.sort_unstable();
        ids
    };
    assert_eq!(sorted(Search::default()).await, naive(&documents, |_| true));

    let mut matches = Vec::new();
    for text in [
        "-105,38,-100,42",
        "-125,35,-115,50",
        "10,40,30,60",
        "-116,47.2,-115.9,47.3",
        "-60,-61,-59,-60",
        "-180,-90,180,90",
        "-104.2,41.2,-104.2,41.2",
    ] {
        let bbox: corridor_catalog::Bbox = text.parse().unwrap();
        let boxed = geo::Geometry::Polygon(bbox.rectangles()[0].to_polygon());
        let expected = naive(&documents, |d| boxed.intersects(&footprint(d)));
        matches.push(expected.len());
        assert_eq!(
            sorted(Search {
                bbox: Some(bbox),
                ..Search::default()
            })
            .await,
            expected,
            "{text}"
        );
        let around = geojson::Geometry::from(&boxed);
        let search = Search {
            intersects: Some(around),
            ..Search::default()
        };
        assert_eq!(sorted(search).await, expected, "{text} as intersects");
    }
    // The footprints themselves as questions: slanted outlines, of which only part of the box is.
    for document in documents.iter().step_by(97) {
        let asked = footprint(document);
        let expected = naive(&documents, |d| asked.intersects(&footprint(d)));
        matches.push(expected.len());
        let geometry = serde_json::from_value(document["geometry"].clone()).unwrap();
        let search = Search {
            intersects: Some(geometry),
            count: true,
            ..Search::default()
        };
        let counted = store.search(&search).await.unwrap().matched;
        assert_eq!(counted, Some(expected.len() as u64));
        assert_eq!(sorted(search).await, expected);
    }
    for text in [
        "2024-08-28T17:49:09.024Z",
        "2024-08-01T00:00:00Z/2024-08-15T00:00:00Z",
        "../2016-12-31T23:59:59Z",
        "2024-08-30T00:00:00Z/..",
        "2026-04-15T00:00:00Z",
    ] {
        let interval: Interval = text.parse().unwrap();
        let expected = naive(&documents, |d| {
            let only = instant(d, "datetime");
            let first = instant(d, "start_datetime").or(only).unwrap();
            let last = instant(d, "end_datetime").or(only).unwrap();
            interval.end().is_none_or(|end| first <= end)
                && interval.start().is_none_or(|start| last >= start)
        });
        matches.push(expected.len());
        let search = Search {
            datetime: Some(interval),
            ..Search::default()
        };
        assert_eq!(sorted(search).await, expected, "{text}");
    }
    assert!(
        matches.iter().filter(|n| **n > 0).count() > 20,
        "the questions must hit: {matches:?}"
    );
    assert!(
        matches.iter().any(|n| *n > 500) && matches.contains(&1),
        "{matches:?}"
    );
}

#[tokio::test]
async fn order_of_real_items_equals_a_plain_sort() {
    let Some((_data, store, documents)) = loaded().await else {
        return;
    };
    let search = Search {
        collections: vec!["sentinel-2-l2a".into()],
        sortby: vec![SortKey::desc("eo:cloud_cover"), SortKey::asc("datetime")],
        ..Search::default()
    };
    let mut expected: Vec<&Value> = documents
        .iter()
        .filter(|d| d["collection"] == "sentinel-2-l2a")
        .collect();
    let cloud = |d: &Value| d["properties"]["eo:cloud_cover"].as_f64();
    expected.sort_by(|a, b| {
        let by_cloud = match (cloud(a), cloud(b)) {
            (Some(a), Some(b)) => b.total_cmp(&a),
            (a, b) => b.is_some().cmp(&a.is_some()),
        };
        by_cloud
            .then(instant(a, "datetime").cmp(&instant(b, "datetime")))
            .then(a["id"].as_str().cmp(&b["id"].as_str()))
    });
    expected.dedup_by_key(|d| d["id"].clone());
    let expected: Vec<&str> = expected.iter().map(|d| d["id"].as_str().unwrap()).collect();
    assert!(expected.len() > 1000);
    assert_eq!(all_ids(&store, search).await, expected);
}

#[tokio::test]
async fn real_collections_come_back_as_they_went_in() {
    let Some(folder) = real_data::folder("use/stac") else {
        return;
    };
    let documents = real_data::documents(&folder, |name| name.starts_with("collections"));
    assert_eq!(documents.len(), 136);
    let data = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&data.path().join("corridor.db"))
        .await
        .unwrap();
    for document in &documents {
        let collection: Collection = serde_json::from_value(document.clone()).unwrap();
        store.put_collection(&collection).await.unwrap();
        let back = store.collection(&collection.id).await.unwrap();
        let back = serde_json::to_value(&back).unwrap();
        assert!(same(document, &back), "{document}\n{back}");
    }
}
