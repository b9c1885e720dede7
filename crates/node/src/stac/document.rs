//! Stored documents as they are served: absolute addresses, the links of an API, and nothing that
//! points at what the caller may not see.

use super::parameter::SearchBody;
use crate::problem::Problem;
use crate::tiles;
use crate::view::View;
use axum::http::Uri;
use corridor_catalog::stac::Extent;
use corridor_catalog::{Collection, Fields, Item, Link, Page};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};

/// What need not be escaped in one part of a path.
const PATH_PART: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b':');

/// Links that say where a document is in the tree. The server knows; stored ones are dropped.
const TREE_LINKS: [&str; 7] = [
    "self",
    "root",
    "parent",
    "collection",
    "items",
    "child",
    "item",
];

/// One part of a path, escaped.
pub(crate) fn path_part(text: &str) -> String {
    utf8_percent_encode(text, PATH_PART).to_string()
}

/// The path of a collection.
pub(crate) fn collection_path(id: &str) -> String {
    format!("/stac/collections/{}", path_part(id))
}

/// The path of an item.
pub(crate) fn item_path(collection: &str, id: &str) -> String {
    format!("{}/items/{}", collection_path(collection), path_part(id))
}

/// Makes documents for one caller under one address.
pub(crate) struct Documents<'a> {
    base: &'a str,
    view: &'a View,
}

impl<'a> Documents<'a> {
    pub(crate) fn new(base: &'a str, view: &'a View) -> Self {
        Self { base, view }
    }

    /// A link to a path of this node.
    pub(crate) fn link(&self, rel: &str, path: &str, media_type: &str) -> Link {
        Link::new(rel, format!("{}{path}", self.base)).with_type(media_type)
    }

    /// A collection with its links and, where it has items, the extent they really have.
    pub(crate) fn collection(
        &self,
        mut collection: Collection,
        extent: Option<Extent>,
    ) -> Result<Value, Problem> {
        if let Some(extent) = extent {
            collection.extent = extent;
        }
        let path = collection_path(&collection.id);
        let mut links = vec![
            self.link("self", &path, "application/json"),
            self.link("root", "/stac", "application/json"),
            self.link("parent", "/stac", "application/json"),
            self.link("items", &format!("{path}/items"), super::GEOJSON),
            self.link(
                super::queryables::REL,
                &format!("{path}/queryables"),
                super::queryables::SCHEMA_JSON,
            ),
            self.link(
                tiles::TILESETS_MAP,
                &tiles::path_of(&collection.id),
                "application/json",
            ),
        ];
        links.extend(self.stored_links(collection.links));
        collection.links = links;
        for asset in collection.assets.values_mut() {
            asset.href = self.absolute(&asset.href);
        }
        to_value(&collection)
    }

    /// An item with its links and the addresses of its files.
    pub(crate) fn item(&self, mut item: Item) -> Result<Value, Problem> {
        let collection = item.collection.clone().unwrap_or_default();
        let parent = collection_path(&collection);
        let mut links = vec![
            self.link("self", &item_path(&collection, &item.id), super::GEOJSON),
            self.link("root", "/stac", "application/json"),
            self.link("parent", &parent, "application/json"),
            self.link("collection", &parent, "application/json"),
        ];
        links.extend(self.stored_links(item.links));
        item.links = links;
        for asset in item.assets.values_mut() {
            asset.href = self.absolute(&asset.href);
        }
        to_value(&item)
    }

    /// One page of items as a FeatureCollection.
    pub(crate) fn page(
        &self,
        page: Page,
        wanted: &Option<Fields>,
        links: impl IntoIterator<Item = Option<Link>>,
    ) -> Result<Value, Problem> {
        let mut features = Vec::with_capacity(page.items.len());
        for item in page.items {
            let document = self.item(item)?;
            features.push(match wanted {
                Some(wanted) => wanted.apply(&document),
                None => document,
            });
        }
        let links: Vec<Link> = links.into_iter().flatten().collect();
        let mut document = json!({
            "type": "FeatureCollection",
            "numberReturned": features.len(),
            "features": features,
            "links": links,
        });
        if let (Some(matched), Some(members)) = (page.matched, document.as_object_mut()) {
            members.insert("numberMatched".into(), matched.into());
        }
        Ok(document)
    }

    /// The link to the next page of a search by query: the same query with another token.
    pub(crate) fn next_by_query(&self, uri: &Uri, token: &str) -> Link {
        let kept = uri
            .query()
            .unwrap_or_default()
            .split('&')
            .filter(|pair| !pair.is_empty() && *pair != "token" && !pair.starts_with("token="));
        let mut query: Vec<String> = kept.map(str::to_string).collect();
        query.push(format!(
            "token={}",
            utf8_percent_encode(token, NON_ALPHANUMERIC)
        ));
        let mut link = self.link(
            "next",
            &format!("{}?{}", uri.path(), query.join("&")),
            super::GEOJSON,
        );
        link.additional.insert("method".into(), "GET".into());
        link
    }

    /// The link to the next page of a search by body: the same body with another token.
    pub(crate) fn next_by_body(&self, body: &SearchBody, token: &str) -> Result<Link, Problem> {
        let mut body = body.clone();
        body.token = Some(token.to_string());
        let mut link = self.link("next", "/stac/search", super::GEOJSON);
        link.additional.insert("method".into(), "POST".into());
        link.additional.insert("body".into(), to_value(&body)?);
        link.additional.insert("merge".into(), false.into());
        Ok(link)
    }

    /// Links as stored, made absolute, without those that place the document in the tree and
    /// without those to collections the caller does not see.
    fn stored_links(&self, links: Vec<Link>) -> impl Iterator<Item = Link> {
        links
            .into_iter()
            .filter(|link| !TREE_LINKS.contains(&link.rel.as_str()))
            .filter(|link| collection_of(&link.href).is_none_or(|id| self.view.sees(&id)))
            .map(|link| Link {
                href: self.absolute(&link.href),
                ..link
            })
    }

    fn absolute(&self, href: &str) -> String {
        if href.starts_with('/') {
            format!("{}{href}", self.base)
        } else {
            href.to_string()
        }
    }
}

/// The collection that an address of this node's catalogue or files lies in.
pub(crate) fn collection_of(href: &str) -> Option<String> {
    const BEFORE: [&str; 2] = ["/stac/collections/", "/tiles/"];
    let first = |rest: &str| {
        let part = rest.split(['/', '?', '#']).next().unwrap_or_default();
        percent_decode_str(part).decode_utf8_lossy().into_owned()
    };
    if let Some(rest) = BEFORE
        .iter()
        .find_map(|before| Some(href.split_once(before)?.1))
    {
        return Some(first(rest));
    }
    // Keys of files have the room before the collection, and write it in their own way.
    let (_, rest) = href.split_once("/assets/")?.1.split_once('/')?;
    let segment = first(rest);
    Some(crate::view::read_key_segment(&segment).unwrap_or(segment))
}

fn to_value(document: &impl serde::Serialize) -> Result<Value, Problem> {
    serde_json::to_value(document).map_err(|e| Problem::internal("writing a document", e))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_collection_of_an_address_is_found() {
        for (href, collection) in [
            ("/stac/collections/a%20b/items/c", Some("a b")),
            ("http://h/stac/collections/a?x", Some("a")),
            ("/assets/scenes/a/b/c.tif", Some("a")),
            ("/assets/scenes/a=20b/b/c.tif", Some("a b")),
            ("/tiles/a/b/c/tilejson.json", Some("a")),
            ("https://example.org/", None),
        ] {
            assert_eq!(collection_of(href).as_deref(), collection, "{href}");
        }
    }

    #[test]
    fn ids_are_escaped_in_paths() {
        assert_eq!(
            item_path("a/b", "c?d é"),
            "/stac/collections/a%2Fb/items/c%3Fd%20%C3%A9"
        );
    }
}
