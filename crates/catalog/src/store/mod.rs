//! The catalogue behind one interface: SQLite in the data folder today, PostgreSQL where users
//! outgrow one machine. One suite of tests runs against every store.

mod error;
mod queryables;
mod region;
mod search;
pub mod sqlite;
mod token;

use async_trait::async_trait;
use serde_json::Value;

use crate::stac::{Collection, Extent, Item};

pub use error::{CatalogError, ErrorClass};
pub use search::{
    DEFAULT_LIMIT, Direction, MAX_IDS, MAX_LIMIT, MAX_SORT_KEYS, Page, Search, SortKey,
};
pub use sqlite::SqliteCatalog;

/// Newest Items that [`Catalog::queryables`] looks at.
const QUERYABLES_SAMPLE: usize = 500;

/// What a `put` did.
#[derive(Clone, Debug, PartialEq)]
pub enum Put {
    /// It was not there before.
    New,
    /// The same content was there already; nothing was written.
    Same,
    /// Other content of the same id was there and is replaced.
    Replaced,
}

/// Scenes and answers, by collection and id. All changes are on disk when the call returns.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Add or replace a collection; its Items stay.
    async fn put_collection(&self, collection: &Collection) -> Result<Put, CatalogError>;

    /// All collections in order of id.
    async fn collections(&self) -> Result<Vec<Collection>, CatalogError>;

    /// One collection, or [`CatalogError::UnknownCollection`].
    async fn collection(&self, id: &str) -> Result<Collection, CatalogError>;

    /// Remove a collection; refused with [`CatalogError::CollectionNotEmpty`] while it has Items.
    async fn delete_collection(&self, id: &str) -> Result<(), CatalogError>;

    /// Where and when the Items of a collection really are; `None` while it has none.
    async fn extent(&self, collection: &str) -> Result<Option<Extent>, CatalogError>;

    /// Add or replace an Item in its collection, which must exist.
    async fn put_item(&self, item: &Item) -> Result<Put, CatalogError>;

    /// Add or replace many Items in one transaction: all or none.
    async fn put_items(&self, items: &[Item]) -> Result<Vec<Put>, CatalogError>;

    /// One Item, or [`CatalogError::UnknownCollection`] / [`CatalogError::UnknownItem`].
    async fn item(&self, collection: &str, id: &str) -> Result<Item, CatalogError>;

    /// The Item of a collection that was made from the file with this SHA-256
    /// (property [`SOURCE_SHA256`]), newest first when there are several.
    async fn item_by_source(
        &self,
        collection: &str,
        sha256: &str,
    ) -> Result<Option<Item>, CatalogError>;

    /// Items of one existing collection, newest first. `token` is the previous page's `next`.
    async fn items(
        &self,
        collection: &str,
        limit: usize,
        token: Option<&str>,
    ) -> Result<Page, CatalogError> {
        self.collection(collection).await?;
        self.search(&Search {
            collections: vec![collection.to_owned()],
            limit: Some(limit),
            token: token.map(str::to_owned),
            ..Search::default()
        })
        .await
    }

    /// What the Items' properties can be asked for in a filter, as a JSON Schema (OGC 21-065
    /// queryables), of one collection or all. Types are those of the newest Items.
    async fn queryables(&self, collection: Option<&str>) -> Result<Value, CatalogError> {
        if let Some(id) = collection {
            self.collection(id).await?;
        }
        let newest = Search {
            collections: collection.map(str::to_owned).into_iter().collect(),
            limit: Some(QUERYABLES_SAMPLE),
            ..Search::default()
        };
        Ok(queryables::schema(&self.search(&newest).await?.items))
    }

    /// Remove an Item and give it back, or [`CatalogError::UnknownItem`]. Its files stay; see
    /// [`crate::Intake::remove`].
    async fn delete_item(&self, collection: &str, id: &str) -> Result<Item, CatalogError>;

    /// Items that satisfy every condition, a page at a time.
    async fn search(&self, search: &Search) -> Result<Page, CatalogError>;
}

/// Item property: SHA-256 (hex) of the delivered file or input that the Item was made from.
pub const SOURCE_SHA256: &str = "corridor:source_sha256";
