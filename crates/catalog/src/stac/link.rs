//! Links between STAC documents.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A link of an Item, Collection or answer (STAC 1.1 link object).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Link {
    /// Address, absolute or relative to the document.
    pub href: String,
    /// Relation type, such as `self`, `collection` or `derived_from`.
    pub rel: String,
    /// Media type of the target.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// All other members, as they came (`method`, `body`, `headers`, …).
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

impl Link {
    /// A link with relation and address.
    pub fn new(rel: impl Into<String>, href: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            rel: rel.into(),
            ..Self::default()
        }
    }

    /// The same link with the target's media type.
    #[must_use]
    pub fn with_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// The same link with a title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }
}
