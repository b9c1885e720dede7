//! The interface suite on SQLite, and what is SQLite's own.

use corridor_catalog::store::{Catalog, ErrorClass, Put, Search, SqliteCatalog};
use corridor_catalog::{Collection, Item};

use crate::catalog_suite;

#[tokio::test]
async fn sqlite_passes_the_interface_suite() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&folder.path().join("corridor.db"))
        .await
        .unwrap();
    catalog_suite::run(&store).await;
}

#[tokio::test]
async fn what_was_put_is_there_after_opening_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corridor.db");
    let item = catalog_suite::item("kept", 1.0, 2.0, "2026-01-01T00:00:00Z");
    {
        let store = SqliteCatalog::open(&path).await.unwrap();
        store
            .put_collection(&catalog_suite::collection("scenes"))
            .await
            .unwrap();
        assert_eq!(store.put_item(&item).await.unwrap(), Put::New);
    }
    let store = SqliteCatalog::open(&path).await.unwrap();
    assert_eq!(store.item("scenes", "kept").await.unwrap(), item);
    assert_eq!(store.put_item(&item).await.unwrap(), Put::Same);
}

#[tokio::test]
async fn it_shares_its_file_with_other_tables() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("corridor.db");
    let other = rusqlite::Connection::open(&path).unwrap();
    other
        .execute_batch("CREATE TABLE watches (name TEXT); PRAGMA user_version = 7")
        .unwrap();
    let store = SqliteCatalog::open(&path).await.unwrap();
    store
        .put_collection(&catalog_suite::collection("scenes"))
        .await
        .unwrap();
    let version: i64 = other
        .query_row("PRAGMA user_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(version, 7);
    let mode: String = other
        .query_row("PRAGMA journal_mode", [], |row| row.get(0))
        .unwrap();
    assert_eq!(mode, "wal");
}

#[tokio::test]
async fn a_file_that_is_no_database_or_of_a_newer_version_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let noise = folder.path().join("noise.db");
    std::fs::write(
        &noise,
        "this is not a database, whatever its name says ".repeat(100),
    )
    .unwrap();
    let error = SqliteCatalog::open(&noise).await.err().unwrap();
    assert_eq!(error.class(), ErrorClass::Internal, "{error}");

    let newer = folder.path().join("newer.db");
    drop(SqliteCatalog::open(&newer).await.unwrap());
    let raw = rusqlite::Connection::open(&newer).unwrap();
    raw.execute("UPDATE catalog_schema SET version = 99", [])
        .unwrap();
    let error = SqliteCatalog::open(&newer).await.err().unwrap();
    assert!(error.to_string().contains("version 99"), "{error}");
}

#[tokio::test]
async fn readers_and_a_writer_work_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&folder.path().join("corridor.db"))
        .await
        .unwrap();
    store
        .put_collection(&Collection::new("scenes", "scenes", "CC-BY-4.0"))
        .await
        .unwrap();
    let mut work = tokio::task::JoinSet::new();
    for n in 0..4 {
        let writer = store.clone();
        work.spawn(async move {
            for i in 0..20 {
                let id = format!("{n}-{i}");
                let item: Item = catalog_suite::item(&id, 0.0, 0.0, "2026-01-01T00:00:00Z");
                writer.put_item(&item).await.unwrap();
            }
        });
        let reader = store.clone();
        work.spawn(async move {
            for _ in 0..40 {
                reader.search(&Search::default()).await.unwrap();
            }
        });
    }
    while let Some(done) = work.join_next().await {
        done.unwrap();
    }
    let page = store
        .search(&Search {
            count: true,
            ..Search::default()
        })
        .await
        .unwrap();
    assert_eq!(page.matched, Some(80));
}

/// Places with many Items are searched in another way than places with few.
#[tokio::test]
async fn a_crowded_place_gives_what_a_plain_filter_gives() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteCatalog::open(&folder.path().join("corridor.db"))
        .await
        .unwrap();
    store
        .put_collection(&catalog_suite::collection("scenes"))
        .await
        .unwrap();
    let items: Vec<Item> = (0..5000_i32)
        .map(|n| {
            let (lon, lat) = (f64::from(n * 7 % 359 - 179), f64::from(n * 11 % 160 - 80));
            let datetime = format!("2026-01-{:02}T00:00:{:02}Z", n % 28 + 1, n % 60);
            let item = catalog_suite::item(&format!("{n:04}"), lon, lat, &datetime);
            if n % 100 == 0 {
                let cut = serde_json::json!({"type": "MultiPolygon", "coordinates": [
                    [[[179.0, lat], [180.0, lat], [180.0, lat + 1.0], [179.0, lat]]],
                    [[[-180.0, lat], [-179.0, lat], [-180.0, lat + 1.0], [-180.0, lat]]]
                ]});
                return item.with_geometry(serde_json::from_value(cut).unwrap());
            }
            item
        })
        .collect();
    store.put_items(&items).await.unwrap();
    for text in [
        "-180,-90,180,90",
        "-170,-70,100,70",
        "170,-60,-170,60",
        "179.5,-80,180,80",
        "0,0,9,9",
    ] {
        let bbox: corridor_catalog::Bbox = text.parse().unwrap();
        let asked: Vec<_> = bbox.rectangles();
        let mut expected: Vec<&str> = items
            .iter()
            .filter(|item| {
                let shape =
                    geo::Geometry::<f64>::try_from(item.geometry.as_ref().unwrap()).unwrap();
                asked
                    .iter()
                    .any(|rect| geo::Intersects::intersects(rect, &shape))
            })
            .map(|item| &item.id[..])
            .collect();
        expected.sort_unstable();
        let search = Search {
            bbox: Some(bbox),
            count: true,
            ..Search::default()
        };
        assert_eq!(
            store.search(&search).await.unwrap().matched,
            Some(expected.len() as u64)
        );
        let mut found = crate::real_items::all_ids(&store, search).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
}
