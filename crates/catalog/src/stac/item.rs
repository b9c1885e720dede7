//! Items: scenes and answers.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

use super::{Asset, Link, STAC_VERSION};
use crate::bbox::{Bbox, geometry_bounds};

/// `type` of an Item; the only value is `Feature`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeatureType {
    /// A GeoJSON Feature.
    #[default]
    Feature,
}

/// One described thing, a GeoJSON Feature (STAC 1.1 Item).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    /// Always `Feature`.
    #[serde(rename = "type")]
    pub feature_type: FeatureType,
    /// STAC version that the Item was written for.
    #[serde(default = "current_version")]
    pub stac_version: String,
    /// Schema addresses of the extensions in use.
    #[serde(default)]
    pub stac_extensions: Vec<String>,
    /// Identifier, unique in the collection.
    pub id: String,
    /// Footprint in WGS 84 longitude and latitude.
    #[serde(default)]
    pub geometry: Option<geojson::Geometry>,
    /// `[west, south, east, north]` in degrees, or the six-number form with heights.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Vec<f64>>,
    /// Time and everything else that describes the whole Item.
    pub properties: Properties,
    /// Links to related documents.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Files by key.
    #[serde(default)]
    pub assets: BTreeMap<String, Asset>,
    /// Collection that the Item belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection: Option<String>,
    /// All other top-level members.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

/// Properties of an Item. `datetime` is always written, `null` when only the range is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Properties {
    /// Nominal time; `None` when only an interval is known.
    #[serde(default)]
    pub datetime: Option<Timestamp>,
    /// First instant of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_datetime: Option<Timestamp>,
    /// Last instant of the interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end_datetime: Option<Timestamp>,
    /// All other properties (`platform`, `eo:cloud_cover`, …).
    #[serde(flatten)]
    pub fields: Map<String, Value>,
}

fn current_version() -> String {
    STAC_VERSION.to_owned()
}

/// What is wrong with an Item, by field.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("item {id:?}: {field}: {reason}")]
pub struct ItemFault {
    /// Identifier of the Item, as far as it has one.
    pub id: String,
    /// The member at fault.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Item {
    /// An empty Item without place or time.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            feature_type: FeatureType::Feature,
            stac_version: current_version(),
            stac_extensions: Vec::new(),
            id: id.into(),
            geometry: None,
            bbox: None,
            properties: Properties::default(),
            links: Vec::new(),
            assets: BTreeMap::new(),
            collection: None,
            additional: Map::new(),
        }
    }

    /// The same Item in a collection.
    #[must_use]
    pub fn in_collection(mut self, collection: impl Into<String>) -> Self {
        self.collection = Some(collection.into());
        self
    }

    /// The same Item at one instant.
    #[must_use]
    pub fn at(mut self, datetime: Timestamp) -> Self {
        self.properties.datetime = Some(datetime);
        self
    }

    /// The same Item over an interval, with `datetime` null: the honest form where the source
    /// states no instant.
    #[must_use]
    pub fn between(mut self, start: Timestamp, end: Timestamp) -> Self {
        self.properties.datetime = None;
        self.properties.start_datetime = Some(start);
        self.properties.end_datetime = Some(end);
        self
    }

    /// The same Item with this footprint; `bbox` is computed from it (RFC 7946 §5.2: a footprint
    /// cut at the antimeridian gets west > east).
    #[must_use]
    pub fn with_geometry(mut self, geometry: geojson::Geometry) -> Self {
        self.bbox = geometry_bounds(&geometry).map(|b| b.to_array().to_vec());
        self.geometry = Some(geometry);
        self
    }

    /// The same Item with one more property.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.properties.fields.insert(key.into(), value.into());
        self
    }

    /// The same Item with one more asset.
    #[must_use]
    pub fn with_asset(mut self, key: impl Into<String>, asset: Asset) -> Self {
        self.assets.insert(key.into(), asset);
        self
    }

    /// The same Item with one more link.
    #[must_use]
    pub fn with_link(mut self, link: Link) -> Self {
        self.links.push(link);
        self
    }

    /// Name an extension once in `stac_extensions`.
    pub fn extend_with(&mut self, schema: &str) {
        if !self.stac_extensions.iter().any(|s| s == schema) {
            self.stac_extensions.push(schema.to_owned());
        }
    }

    /// A property other than the datetimes.
    pub fn property(&self, key: &str) -> Option<&Value> {
        self.properties.fields.get(key)
    }

    /// First and last instant: the range where stated, else `datetime` twice.
    pub fn time_range(&self) -> Option<(Timestamp, Timestamp)> {
        let p = &self.properties;
        let start = p.start_datetime.or(p.datetime)?;
        let end = p.end_datetime.or(p.datetime)?;
        Some((start, end))
    }
}

/// Longest identifier accepted for Items and Collections, bytes.
pub(crate) const ID_MAX_BYTES: usize = 512;

/// 0000-01-01T00:00:00Z, the first instant that RFC 3339 can write.
const FIRST_INSTANT: Timestamp = Timestamp::constant(-62_167_219_200, 0);

/// Why an identifier is refused; `None` when it is usable.
pub(crate) fn id_fault(id: &str) -> Option<String> {
    if id.is_empty() {
        Some("is empty".to_owned())
    } else if id.len() > ID_MAX_BYTES {
        Some(format!("has {} bytes, more than {ID_MAX_BYTES}", id.len()))
    } else if id.contains(char::is_control) {
        Some("holds a control character".to_owned())
    } else {
        None
    }
}

impl Item {
    /// What a catalogue relies on: a usable id, a collection, an instant or a whole interval, a
    /// footprint on Earth. Other blemishes of foreign Items (an asset without `href`, an old
    /// version) are kept as they are.
    pub fn check(&self) -> Result<(), ItemFault> {
        let fault = |field: &str, reason: String| ItemFault {
            id: self.id.chars().take(80).collect(),
            field: field.to_owned(),
            reason,
        };
        if let Some(reason) = id_fault(&self.id) {
            return Err(fault("id", reason));
        }
        match &self.collection {
            None => return Err(fault("collection", "is missing".to_owned())),
            Some(id) => {
                if let Some(reason) = id_fault(id) {
                    return Err(fault("collection", reason));
                }
            }
        }
        let p = &self.properties;
        if p.datetime.is_none() && (p.start_datetime.is_none() || p.end_datetime.is_none()) {
            let reason = "is null; then start_datetime and end_datetime must both be given";
            return Err(fault("properties.datetime", reason.to_owned()));
        }
        if let Some((start, end)) = self.time_range()
            && start > end
        {
            return Err(fault(
                "properties.start_datetime",
                format!("{start} is after end {end}"),
            ));
        }
        for (field, instant) in [
            ("properties.datetime", p.datetime),
            ("properties.start_datetime", p.start_datetime),
            ("properties.end_datetime", p.end_datetime),
        ] {
            if let Some(instant) = instant
                && instant < FIRST_INSTANT
            {
                return Err(fault(
                    field,
                    format!("{instant} is before the year 0 of RFC 3339"),
                ));
            }
        }
        if let Some(bbox) = &self.bbox {
            Bbox::of_item(bbox).map_err(|e| fault("bbox", e.to_string()))?;
        }
        if let Some(geometry) = &self.geometry {
            crate::shape::footprint(geometry).map_err(|e| fault("geometry", e.to_string()))?;
        }
        Ok(())
    }
}

/// A link that says what an answer was derived from (`rel` `derived_from`).
pub fn derived_from(href: impl Into<String>) -> Link {
    Link::new("derived_from", href).with_type(super::media_type::GEOJSON)
}
