//! Processing extension: how an answer was made.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::Item;

/// Schema address.
pub const SCHEMA: &str = "https://stac-extensions.github.io/processing/v1.2.0/schema.json";

/// Processing description of an Item; what is unknown is left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Processing {
    /// `processing:expression`: format (such as `openeo`) and the expression itself.
    pub expression: Option<(String, Value)>,
    /// `processing:lineage`: free text.
    pub lineage: Option<String>,
    /// `processing:level`, such as `L3`.
    pub level: Option<String>,
    /// `processing:facility`: who ran it.
    pub facility: Option<String>,
    /// `processing:datetime`: when it ran.
    pub datetime: Option<Timestamp>,
    /// `processing:version`: of the processing chain.
    pub version: Option<String>,
    /// `processing:software`: name to version.
    pub software: BTreeMap<String, String>,
}

impl Processing {
    /// Write into the Item's properties and name the extension.
    pub fn apply(&self, item: &mut Item) {
        let fields = &mut item.properties.fields;
        if let Some((format, expression)) = &self.expression {
            fields.insert(
                "processing:expression".to_owned(),
                json!({ "format": format, "expression": expression }),
            );
        }
        for (key, value) in [
            ("processing:lineage", &self.lineage),
            ("processing:level", &self.level),
            ("processing:facility", &self.facility),
            ("processing:version", &self.version),
        ] {
            if let Some(text) = value {
                fields.insert(key.to_owned(), json!(text));
            }
        }
        if let Some(datetime) = self.datetime {
            fields.insert("processing:datetime".to_owned(), json!(datetime));
        }
        if !self.software.is_empty() {
            fields.insert("processing:software".to_owned(), json!(self.software));
        }
        item.extend_with(SCHEMA);
    }
}
