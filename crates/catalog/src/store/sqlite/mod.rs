//! The catalogue in one SQLite file: write-ahead log, every commit synced, one writer and several
//! readers at once. All blocking work runs on tokio's blocking threads.

mod condition;
mod query;
mod schema;
mod write;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, params};
use tokio::sync::Semaphore;

use super::{Catalog, CatalogError, Page, Put, Search};
use crate::stac::{Collection, Extent, Item};

/// Searches that run at once; more wait their turn.
const READERS_MAX: usize = 8;
/// How long a write waits for another process to finish its own.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Prepared statements kept per connection.
const STATEMENTS_KEPT: usize = 64;

/// A catalogue in one SQLite file. Cloning shares it.
#[derive(Clone)]
pub struct SqliteCatalog {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    writer: Mutex<Connection>,
    readers: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

impl SqliteCatalog {
    /// Open the database, making it if it is not there. The folder must exist.
    pub async fn open(path: &Path) -> Result<Self, CatalogError> {
        let path = path.to_owned();
        blocking("opening the database", move || {
            let mut writer = connect(&path)?;
            schema::prepare(&mut writer)?;
            Ok(Self {
                inner: Arc::new(Inner {
                    path,
                    writer: Mutex::new(writer),
                    readers: Mutex::new(Vec::new()),
                    permits: Semaphore::new(READERS_MAX),
                }),
            })
        })
        .await
    }

    async fn read<T, F>(&self, action: &'static str, work: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, CatalogError> + Send + 'static,
    {
        let _permit = self
            .inner
            .permits
            .acquire()
            .await
            .map_err(|e| CatalogError::Storage {
                action,
                reason: e.to_string(),
            })?;
        let inner = Arc::clone(&self.inner);
        blocking(action, move || {
            let idle = inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop();
            let connection = match idle {
                Some(connection) => connection,
                None => {
                    let connection = connect(&inner.path)?;
                    connection
                        .pragma_update(None, "query_only", true)
                        .map_err(storage(action))?;
                    connection
                }
            };
            let result = work(&connection);
            inner
                .readers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(connection);
            result
        })
        .await
    }

    async fn write<T, F>(&self, action: &'static str, work: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Connection) -> Result<T, CatalogError> + Send + 'static,
    {
        let inner = Arc::clone(&self.inner);
        blocking(action, move || {
            // A panic while writing drops the transaction, which rolls back: the connection of a
            // poisoned lock is in order.
            let mut writer = inner.writer.lock().unwrap_or_else(PoisonError::into_inner);
            work(&mut writer)
        })
        .await
    }
}

async fn blocking<T, F>(action: &'static str, work: F) -> Result<T, CatalogError>
where
    T: Send + 'static,
    F: FnOnce() -> Result<T, CatalogError> + Send + 'static,
{
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|e| CatalogError::Storage {
            action,
            reason: e.to_string(),
        })?
}

fn connect(path: &Path) -> Result<Connection, CatalogError> {
    let fail = storage("opening the database");
    let connection = Connection::open(path).map_err(&fail)?;
    connection.busy_timeout(BUSY_TIMEOUT).map_err(&fail)?;
    connection
        .pragma_update(None, "journal_mode", "WAL")
        .map_err(&fail)?;
    connection
        .pragma_update(None, "synchronous", "FULL")
        .map_err(&fail)?;
    connection
        .pragma_update(None, "foreign_keys", true)
        .map_err(&fail)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
    Ok(connection)
}

/// Says what was being done when the database failed.
fn storage(action: &'static str) -> impl Fn(rusqlite::Error) -> CatalogError {
    move |error| CatalogError::Storage {
        action,
        reason: error.to_string(),
    }
}

fn read_item(id: &str, body: &str) -> Result<Item, CatalogError> {
    serde_json::from_str(body).map_err(|e| CatalogError::Damaged {
        kind: "item",
        id: id.to_owned(),
        reason: e.to_string(),
    })
}

fn read_collection(id: &str, body: &str) -> Result<Collection, CatalogError> {
    serde_json::from_str(body).map_err(|e| CatalogError::Damaged {
        kind: "collection",
        id: id.to_owned(),
        reason: e.to_string(),
    })
}

/// An error unless the collection exists.
fn require_collection(connection: &Connection, id: &str) -> Result<(), CatalogError> {
    connection
        .prepare_cached("SELECT 1 FROM collections WHERE id = ?1")
        .and_then(|mut statement| statement.exists([id]))
        .map_err(storage("looking up a collection"))?
        .then_some(())
        .ok_or_else(|| CatalogError::UnknownCollection(id.to_owned()))
}

fn one_item(connection: &Connection, collection: &str, id: &str) -> Result<Item, CatalogError> {
    let body: Option<String> = connection
        .prepare_cached("SELECT body FROM items WHERE collection = ?1 AND id = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![collection, id], |row| row.get(0))
                .optional()
        })
        .map_err(storage("reading an item"))?;
    match body {
        Some(body) => read_item(id, &body),
        None => {
            require_collection(connection, collection)?;
            Err(CatalogError::UnknownItem {
                collection: collection.to_owned(),
                item: id.to_owned(),
            })
        }
    }
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn put_collection(&self, collection: &Collection) -> Result<Put, CatalogError> {
        let collection = collection.clone();
        self.write("writing a collection", move |connection| {
            write::put_collection(connection, &collection)
        })
        .await
    }

    async fn collections(&self) -> Result<Vec<Collection>, CatalogError> {
        let action = "listing collections";
        self.read(action, move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT id, body FROM collections ORDER BY id")
                .map_err(storage(action))?;
            let rows = statement
                .query_map([], |row| {
                    Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
                })
                .map_err(storage(action))?;
            rows.map(|row| {
                let (id, body) = row.map_err(storage(action))?;
                read_collection(&id, &body)
            })
            .collect()
        })
        .await
    }

    async fn collection(&self, id: &str) -> Result<Collection, CatalogError> {
        let id = id.to_owned();
        let action = "reading a collection";
        self.read(action, move |connection| {
            let body: Option<String> = connection
                .prepare_cached("SELECT body FROM collections WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([&id], |row| row.get(0)).optional())
                .map_err(storage(action))?;
            match body {
                Some(body) => read_collection(&id, &body),
                None => Err(CatalogError::UnknownCollection(id)),
            }
        })
        .await
    }

    async fn delete_collection(&self, id: &str) -> Result<(), CatalogError> {
        let id = id.to_owned();
        self.write("removing a collection", move |connection| {
            write::delete_collection(connection, &id)
        })
        .await
    }

    async fn extent(&self, collection: &str) -> Result<Option<Extent>, CatalogError> {
        let collection = collection.to_owned();
        self.read("measuring a collection", move |connection| {
            query::extent(connection, &collection)
        })
        .await
    }

    async fn put_item(&self, item: &Item) -> Result<Put, CatalogError> {
        let row = write::Row::of(item)?;
        self.write("writing an item", move |connection| {
            let mut done = write::put_items(connection, &[row])?;
            Ok(done.pop().unwrap_or(Put::Same))
        })
        .await
    }

    async fn put_items(&self, items: &[Item]) -> Result<Vec<Put>, CatalogError> {
        let rows: Vec<write::Row> = items
            .iter()
            .map(write::Row::of)
            .collect::<Result<_, CatalogError>>()?;
        self.write("writing items", move |connection| {
            write::put_items(connection, &rows)
        })
        .await
    }

    async fn item(&self, collection: &str, id: &str) -> Result<Item, CatalogError> {
        let (collection, id) = (collection.to_owned(), id.to_owned());
        self.read("reading an item", move |connection| {
            one_item(connection, &collection, &id)
        })
        .await
    }

    async fn item_by_source(
        &self,
        collection: &str,
        sha256: &str,
    ) -> Result<Option<Item>, CatalogError> {
        let (collection, sha256) = (collection.to_owned(), sha256.to_owned());
        let action = "looking up an item by its source";
        self.read(action, move |connection| {
            let found: Option<(String, String)> = connection
                .prepare_cached(
                    "SELECT id, body FROM items WHERE source_sha256 = ?1 AND collection = ?2
                     ORDER BY instant DESC, id LIMIT 1",
                )
                .and_then(|mut statement| {
                    statement
                        .query_row(params![sha256, collection], |row| {
                            Ok((row.get(0)?, row.get(1)?))
                        })
                        .optional()
                })
                .map_err(storage(action))?;
            found.map(|(id, body)| read_item(&id, &body)).transpose()
        })
        .await
    }

    async fn delete_item(&self, collection: &str, id: &str) -> Result<Item, CatalogError> {
        let (collection, id) = (collection.to_owned(), id.to_owned());
        self.write("removing an item", move |connection| {
            write::delete_item(connection, &collection, &id)
        })
        .await
    }

    async fn search(&self, search: &Search) -> Result<Page, CatalogError> {
        let plan = query::Plan::of(search)?;
        self.read("searching", move |connection| plan.run(connection))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_full_disk_leaves_the_state_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteCatalog::open(&folder.path().join("c.db"))
            .await
            .unwrap();
        store
            .put_collection(&Collection::new("scenes", "scenes", "CC0-1.0"))
            .await
            .unwrap();
        let item = |id: &str| {
            Item::new(id)
                .in_collection("scenes")
                .at("2026-01-01T00:00:00Z".parse().unwrap())
        };
        let first = item("first");
        store.put_item(&first).await.unwrap();
        // SQLite answers its own bound on the file's size as it answers a full disk: SQLITE_FULL.
        let bound = |connection: &mut Connection| {
            connection
                .pragma_update_and_check(None, "max_page_count", 100, |_| Ok(()))
                .map_err(storage("bounding"))
        };
        store.write("bounding", bound).await.unwrap();
        let big = item("big").with("filler", "x".repeat(2_000_000));
        let error = store.put_items(&[item("small"), big]).await.unwrap_err();
        assert!(
            matches!(&error, CatalogError::Storage { reason, .. } if reason.contains("full")),
            "{error}"
        );
        let search = Search {
            count: true,
            ..Search::default()
        };
        let page = store.search(&search).await.unwrap();
        assert_eq!(page.items, [first]);
        assert_eq!(page.matched, Some(1));
        // What fits still goes in.
        assert_eq!(store.put_item(&item("small")).await.unwrap(), Put::New);
    }
}
