//! The catalogue as one caller sees it.
//!
//! Every handler reads through a [`View`]; none touches the store. A collection the caller may not
//! see answers here exactly as one that does not exist.

use crate::Node;
use crate::policy::{Policy, Principal};
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use corridor_catalog::asset_store::key_segment;
use corridor_catalog::stac::Extent;
use corridor_catalog::store::MAX_LIMIT;
use corridor_catalog::{
    Asset, AssetStore, Catalog, CatalogError, Collection, ErrorClass, Item, Page, Search,
};
use serde_json::Value;
use std::sync::Arc;

/// The catalogue and its files, filtered for one caller.
pub(crate) struct View {
    catalog: Arc<dyn Catalog>,
    assets: Arc<AssetStore>,
    policy: Arc<dyn Policy>,
    principal: Principal,
}

/// A file of the store and the item's entry that makes it visible.
pub(crate) struct VisibleAsset {
    /// The key in the store.
    pub(crate) key: String,
    /// What the item says of it.
    pub(crate) asset: Asset,
}

impl View {
    pub(crate) fn new(
        catalog: Arc<dyn Catalog>,
        assets: Arc<AssetStore>,
        policy: Arc<dyn Policy>,
        principal: Principal,
    ) -> Self {
        Self {
            catalog,
            assets,
            policy,
            principal,
        }
    }

    /// The files; ask only for keys that [`View::asset`] or [`View::asset_at`] gave.
    pub(crate) fn files(&self) -> &Arc<AssetStore> {
        &self.assets
    }

    /// Whether the caller may know of `collection`, there or not.
    pub(crate) fn sees(&self, collection: &str) -> bool {
        self.policy.sees(&self.principal, collection)
    }

    pub(crate) async fn collections(&self) -> Result<Vec<Collection>, CatalogError> {
        let mut collections = self.catalog.collections().await?;
        collections.retain(|collection| self.sees(&collection.id));
        Ok(collections)
    }

    pub(crate) async fn collection(&self, id: &str) -> Result<Collection, CatalogError> {
        if !self.sees(id) {
            return Err(CatalogError::UnknownCollection(id.to_string()));
        }
        self.catalog.collection(id).await
    }

    pub(crate) async fn extent(&self, collection: &str) -> Result<Option<Extent>, CatalogError> {
        if !self.sees(collection) {
            return Err(CatalogError::UnknownCollection(collection.to_string()));
        }
        self.catalog.extent(collection).await
    }

    pub(crate) async fn item(&self, collection: &str, id: &str) -> Result<Item, CatalogError> {
        if !self.sees(collection) {
            return Err(CatalogError::UnknownCollection(collection.to_string()));
        }
        self.catalog.item(collection, id).await
    }

    /// What filters can name in one collection, or in all that the caller sees.
    pub(crate) async fn queryables(&self, only: Option<&str>) -> Result<Value, CatalogError> {
        if let Some(id) = only {
            self.collection(id).await?;
            return self.catalog.queryables(Some(id)).await;
        }
        let all = self.catalog.collections().await?;
        if all.iter().all(|collection| self.sees(&collection.id)) {
            return self.catalog.queryables(None).await;
        }
        // Names of properties tell of a collection too: only those of visible ones are joined.
        let mut joined = Value::Null;
        for collection in all.iter().filter(|collection| self.sees(&collection.id)) {
            let one = self.catalog.queryables(Some(&collection.id)).await?;
            match (
                joined.get_mut("properties").and_then(Value::as_object_mut),
                one.get("properties"),
            ) {
                (Some(names), Some(Value::Object(more))) => {
                    names.extend(
                        more.iter()
                            .map(|(name, schema)| (name.clone(), schema.clone())),
                    );
                }
                _ => joined = one,
            }
        }
        Ok(joined)
    }

    /// Items that fit `search` among what the caller sees; the count is of those alone.
    pub(crate) async fn search(&self, mut search: Search) -> Result<Page, CatalogError> {
        // A wrong search is wrong whatever the caller sees.
        search.check()?;
        if search.collections.is_empty() {
            let all = self.catalog.collections().await?;
            let hidden = all.iter().any(|collection| !self.sees(&collection.id));
            if hidden {
                search.collections = all.into_iter().map(|collection| collection.id).collect();
            }
        }
        if !search.collections.is_empty() {
            search.collections.retain(|id| self.sees(id));
            if search.collections.is_empty() {
                return Ok(Page {
                    matched: search.count.then_some(0),
                    ..Page::default()
                });
            }
        }
        let mut page = self.catalog.search(&search).await?;
        // A private collection made since the list above was read must not slip through.
        page.items
            .retain(|item| item.collection.as_deref().is_some_and(|id| self.sees(id)));
        Ok(page)
    }

    /// The asset `name` of an item, where its file is in the store.
    pub(crate) async fn asset(
        &self,
        collection: &str,
        item: &str,
        name: &str,
    ) -> Result<(Item, VisibleAsset), Problem> {
        let item = self.item(collection, item).await?;
        let visible = item.assets.get(name).and_then(|asset| {
            let key = AssetStore::key_of_href(&asset.href)?.to_string();
            Some(VisibleAsset {
                key,
                asset: asset.clone(),
            })
        });
        match visible {
            Some(visible) => Ok((item, visible)),
            None => Err(Problem::not_found(format!(
                "item {:?} has no asset {name:?} here",
                item.id
            ))),
        }
    }

    /// The file at `key`, if an item the caller sees refers to it. Keys read
    /// `<room>/<collection>/<item>/<file>`, which names the item to ask.
    pub(crate) async fn asset_at(&self, key: &str) -> Result<VisibleAsset, Problem> {
        let none = || Problem::not_found(format!("no file is at {}", crate::query::quoted(key)));
        let mut parts = key.splitn(4, '/');
        let (Some(_), Some(collection), Some(item), Some(_)) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(none());
        };
        let collection = match read_key_segment(collection) {
            Some(id) => id,
            None => self
                .collection_of_segment(collection)
                .await?
                .ok_or_else(none)?,
        };
        let found = match read_key_segment(item) {
            Some(id) => self.item(&collection, &id).await,
            None => self.item_of_segment(&collection, item).await,
        };
        let item = match found {
            Ok(item) => item,
            Err(error) if error.is_not_found() => return Err(none()),
            Err(error) => return Err(error.into()),
        };
        let asset = item
            .assets
            .into_values()
            .find(|asset| AssetStore::key_of_href(&asset.href) == Some(key))
            .ok_or_else(none)?;
        Ok(VisibleAsset {
            key: key.to_string(),
            asset,
        })
    }

    /// The collection whose long id a key shortens to `segment`.
    async fn collection_of_segment(&self, segment: &str) -> Result<Option<String>, CatalogError> {
        let collections = self.collections().await?;
        Ok(collections
            .into_iter()
            .map(|c| c.id)
            .find(|id| key_segment(id) == segment))
    }

    /// The item whose long id a key shortens to `segment`: all of the collection are looked at,
    /// which only ids of more than 160 bytes need.
    async fn item_of_segment(&self, collection: &str, segment: &str) -> Result<Item, CatalogError> {
        let mut search = Search {
            collections: vec![collection.to_string()],
            limit: Some(MAX_LIMIT),
            ..Search::default()
        };
        loop {
            let page = self.search(search.clone()).await?;
            if let Some(item) = page
                .items
                .into_iter()
                .find(|i| key_segment(&i.id) == segment)
            {
                return Ok(item);
            }
            search.token = page.next;
            if search.token.is_none() {
                let (collection, item) = (collection.to_string(), segment.to_string());
                return Err(CatalogError::UnknownItem { collection, item });
            }
        }
    }
}

/// The text that a part of a key was made from ([`key_segment`]), unless it was too long.
pub(crate) fn read_key_segment(segment: &str) -> Option<String> {
    if segment.contains("==") {
        return None;
    }
    let mut bytes = Vec::with_capacity(segment.len());
    let mut rest = segment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'=' => {
                let digits = [rest.next()?, rest.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).ok()
}

impl FromRequestParts<Node> for View {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, node: &Node) -> Result<Self, Self::Rejection> {
        let principal = parts
            .extensions
            .get::<Principal>()
            .cloned()
            .unwrap_or(Principal::Stranger);
        Ok(node.view(principal))
    }
}

impl From<CatalogError> for Problem {
    fn from(error: CatalogError) -> Self {
        match error.class() {
            ErrorClass::BadRequest => Self::invalid(error.to_string()),
            ErrorClass::NotFound => Self::not_found(error.to_string()),
            ErrorClass::Conflict => Self::conflict(error.to_string()),
            ErrorClass::Internal => Self::internal("reading the catalogue", error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_segments_are_read_back() {
        for id in ["a", "a b/ü", ".hidden", "x=y", "L7_2001.08"] {
            assert_eq!(read_key_segment(&key_segment(id)).as_deref(), Some(id));
        }
        assert_eq!(read_key_segment(&key_segment(&"x".repeat(500))), None);
        assert_eq!(read_key_segment("a=Z"), None);
        assert_eq!(read_key_segment("=FF"), None);
    }
}
