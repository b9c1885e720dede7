//! Collections: like Items under one description.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Asset, Link, STAC_VERSION};
use crate::bbox::Bbox;

/// `type` of a Collection; the only value is `Collection`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum CollectionType {
    /// A STAC Collection.
    #[default]
    Collection,
}

/// A set of like Items (STAC 1.1 Collection).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Collection {
    /// Always `Collection`.
    #[serde(rename = "type")]
    pub collection_type: CollectionType,
    /// STAC version that the Collection was written for.
    #[serde(default = "current_version")]
    pub stac_version: String,
    /// Schema addresses of the extensions in use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stac_extensions: Vec<String>,
    /// Identifier.
    pub id: String,
    /// Short text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Longer text for people, CommonMark.
    pub description: String,
    /// Search words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// SPDX licence expression, or `other`.
    pub license: String,
    /// Who made and who hosts the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<Provider>,
    /// Where and when.
    pub extent: Extent,
    /// What values the Items' properties take.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub summaries: Map<String, Value>,
    /// Links to related documents.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Files of the collection as a whole.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub assets: BTreeMap<String, Asset>,
    /// All other members (`item_assets`, `bands`, …).
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// An organisation behind the data (STAC provider object).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Provider {
    /// Name of the organisation or person.
    pub name: String,
    /// Longer text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `licensor`, `producer`, `processor` or `host`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Home page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// All other members.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// Where and when a collection's Items are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Extent {
    /// Where.
    pub spatial: SpatialExtent,
    /// When.
    pub temporal: TemporalExtent,
    /// All other members.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// Bounding boxes of a collection; the first covers the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpatialExtent {
    /// `[west, south, east, north]` each, degrees.
    pub bbox: Vec<Vec<f64>>,
}

/// Time intervals of a collection; the first covers the others; `None` is an open end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TemporalExtent {
    /// Start and end each.
    pub interval: Vec<[Option<Timestamp>; 2]>,
}

fn current_version() -> String {
    STAC_VERSION.to_owned()
}

impl Default for Extent {
    /// The whole world at any time: what an empty collection may state.
    fn default() -> Self {
        Self::new(Bbox::WORLD, None, None)
    }
}

impl Extent {
    /// One box and one interval.
    pub fn new(bbox: Bbox, start: Option<Timestamp>, end: Option<Timestamp>) -> Self {
        Self {
            spatial: SpatialExtent {
                bbox: vec![bbox.to_array().to_vec()],
            },
            temporal: TemporalExtent {
                interval: vec![[start, end]],
            },
            additional: Map::new(),
        }
    }
}

impl Collection {
    /// A collection of the whole world at any time; narrow it with [`Collection::with_extent`].
    pub fn new(
        id: impl Into<String>,
        description: impl Into<String>,
        license: impl Into<String>,
    ) -> Self {
        Self {
            collection_type: CollectionType::Collection,
            stac_version: current_version(),
            stac_extensions: Vec::new(),
            id: id.into(),
            title: None,
            description: description.into(),
            keywords: Vec::new(),
            license: license.into(),
            providers: Vec::new(),
            extent: Extent::default(),
            summaries: Map::new(),
            links: Vec::new(),
            assets: BTreeMap::new(),
            additional: Map::new(),
        }
    }

    /// The same collection with a title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same collection with this extent, for instance the one that
    /// [`crate::Catalog::extent`] finds.
    #[must_use]
    pub fn with_extent(mut self, extent: Extent) -> Self {
        self.extent = extent;
        self
    }

    /// The same collection with one more provider.
    #[must_use]
    pub fn with_provider(mut self, provider: Provider) -> Self {
        self.providers.push(provider);
        self
    }

    /// The same collection with search words.
    #[must_use]
    pub fn with_keywords<K: Into<String>>(mut self, words: impl IntoIterator<Item = K>) -> Self {
        self.keywords = words.into_iter().map(Into::into).collect();
        self
    }

    /// The same collection with summaries, for instance those of [`super::summarise`].
    #[must_use]
    pub fn with_summaries(mut self, summaries: Map<String, Value>) -> Self {
        self.summaries = summaries;
        self
    }

    /// The same collection with one more link.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }
}
