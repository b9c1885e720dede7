//! Assets: the files of an Item.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Band;

/// Media types of the assets the project writes.
pub mod media_type {
    /// Cloud-optimised GeoTIFF.
    pub const COG: &str = "image/tiff; application=geotiff; profile=cloud-optimized";
    /// GeoTIFF.
    pub const GEOTIFF: &str = "image/tiff; application=geotiff";
    /// GeoJSON.
    pub const GEOJSON: &str = "application/geo+json";
    /// PNG picture.
    pub const PNG: &str = "image/png";
    /// JSON document.
    pub const JSON: &str = "application/json";
}

/// One file of an Item (STAC 1.1 asset object).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    /// Where the file is. Empty only in foreign Items that leave it out (then not written either).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub href: String,
    /// Short text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Longer text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Media type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// What the asset is for, such as `data`, `thumbnail`, `overview`, `metadata`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub roles: Vec<String>,
    /// Bands in the order in which the file stores them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bands: Vec<Band>,
    /// All other members (`proj:code`, `file:size`, `gsd`, …).
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

impl Asset {
    /// An asset at an address.
    pub fn new(href: impl Into<String>) -> Self {
        Self {
            href: href.into(),
            ..Self::default()
        }
    }

    /// The same asset with its media type.
    #[must_use]
    pub fn with_type(mut self, media_type: impl Into<String>) -> Self {
        self.media_type = Some(media_type.into());
        self
    }

    /// The same asset with a title.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// The same asset with these roles.
    #[must_use]
    pub fn with_roles<R: Into<String>>(mut self, roles: impl IntoIterator<Item = R>) -> Self {
        self.roles = roles.into_iter().map(Into::into).collect();
        self
    }

    /// The same asset with these bands.
    #[must_use]
    pub fn with_bands(mut self, bands: Vec<Band>) -> Self {
        self.bands = bands;
        self
    }

    /// The same asset with one more member, such as `proj:code`.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.additional.insert(key.into(), value.into());
        self
    }

    /// True when the asset plays this role.
    pub fn has_role(&self, role: &str) -> bool {
        self.roles.iter().any(|r| r == role)
    }
}
