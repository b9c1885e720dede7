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
