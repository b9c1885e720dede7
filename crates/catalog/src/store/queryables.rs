//! What can be asked for in a filter, as a JSON Schema.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use crate::stac::Item;

/// The schema of the queryables that these Items have.
pub(super) fn schema(items: &[Item]) -> Value {
    let mut types: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in items {
        for (name, value) in &item.properties.fields {
            let kind = match value {
                Value::Null => continue,
                Value::Bool(_) => "boolean",
                Value::Number(_) => "number",
                Value::String(_) => "string",
                Value::Array(_) => "array",
                Value::Object(_) => "object",
            };
            types.entry(name).or_default().insert(kind);
        }
    }
    let time = |title: &str| json!({ "title": title, "type": "string", "format": "date-time" });
    let mut properties = Map::new();
    properties.insert("id".into(), json!({ "title": "Item id", "type": "string" }));
    properties.insert(
        "collection".into(),
        json!({ "title": "Collection id", "type": "string" }),
    );
    properties.insert(
        "geometry".into(),
        json!({ "title": "Footprint", "$ref": "https://geojson.org/schema/Geometry.json" }),
    );
    properties.insert("datetime".into(), time("Nominal time"));
    for (name, kinds) in types {
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let kind = match &kinds[..] {
            [one] => json!(one),
            many => json!(many),
        };
        properties.insert(name.to_owned(), json!({ "title": name, "type": kind }));
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "title": "Queryables",
        "properties": properties,
        "additionalProperties": true,
    })
}
