//! The fields extension: which members of an item come back.

use serde_json::{Map, Value};

/// Members to bring and to leave out, by dotted name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) include: Vec<String>,
    pub(crate) exclude: Vec<String>,
}

/// What comes back when nothing is named, as the extension recommends.
const DEFAULT: [&str; 10] = [
    "type",
    "stac_version",
    "id",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
    "properties.start_datetime",
    "properties.end_datetime",
];

/// Deepest member name that is followed; documents are not deeper where it matters.
const DEPTH_MAX: usize = 8;

/// The members of `document` that `fields` asks for. A member named to be both in and out is in.
pub(crate) fn select(document: Value, fields: &Fields) -> Value {
    let only_exclude = fields.include.is_empty() && !fields.exclude.is_empty();
    if only_exclude {
        let mut document = document;
        for name in &fields.exclude {
            remove(&mut document, name);
        }
        return document;
    }
    let mut selected = Value::Object(Map::new());
    if fields.include.is_empty() {
        for name in DEFAULT {
            copy(&document, &mut selected, name);
        }
    }
    for name in &fields.include {
        copy(&document, &mut selected, name);
    }
    for name in &fields.exclude {
        // `exclude: properties, include: properties.x` keeps the x that was named.
        let inside = format!("{name}.");
        if !fields.include.iter().any(|kept| kept == name || kept.starts_with(&inside)) {
            remove(&mut selected, name);
        }
    }
    // An item without its identity is of no use to anyone; the extension lets a server add these.
    copy(&document, &mut selected, "id");
    copy(&document, &mut selected, "collection");
    selected
}

fn remove(document: &mut Value, name: &str) {
    let (parents, last) = match name.rsplit_once('.') {
        Some((parents, last)) => (Some(parents), last),
        None => (None, name),
    };
    let mut at = document;
    for part in parents.into_iter().flat_map(|p| p.split('.')).take(DEPTH_MAX) {
        match at.get_mut(part) {
            Some(inner) => at = inner,
            None => return,
        }
    }
    if let Some(members) = at.as_object_mut() {
        members.remove(last);
    }
}

fn copy(from: &Value, to: &mut Value, name: &str) {
    let mut value = from;
    for part in name.split('.').take(DEPTH_MAX) {
        match value.get(part) {
            Some(inner) => value = inner,
            None => return,
        }
    }
    let mut at = to;
    for part in name.split('.').take(DEPTH_MAX) {
        let Some(members) = at.as_object_mut() else { return };
        at = members.entry(part).or_insert_with(|| Value::Object(Map::new()));
    }
    *at = value.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(include: &[&str], exclude: &[&str]) -> Value {
        let document = json!({
            "type": "Feature", "id": "a", "collection": "c", "geometry": {"type": "Point"},
            "properties": {"datetime": "d", "x": 1, "y": {"z": 2}}
        });
        let names = |list: &[&str]| list.iter().map(|s| (*s).to_string()).collect();
        select(document, &Fields { include: names(include), exclude: names(exclude) })
    }

    #[test]
    fn nothing_named_gives_the_default_members() {
        let value = asked(&[], &[]);
        assert_eq!(value["properties"], json!({"datetime": "d"}));
        assert_eq!(value["geometry"], json!({"type": "Point"}));
    }

    #[test]
    fn included_members_alone_with_identity() {
        let value = asked(&["properties.y.z"], &[]);
        assert_eq!(value, json!({"id": "a", "collection": "c", "properties": {"y": {"z": 2}}}));
        assert_eq!(asked(&["no.such"], &[]), json!({"id": "a", "collection": "c"}));
    }

    #[test]
    fn excluded_members_are_gone_and_included_ones_win() {
        assert!(asked(&[], &["geometry"]).get("geometry").is_none());
        assert!(asked(&[], &["properties.x"])["properties"].get("x").is_none());
        assert!(asked(&["geometry"], &["geometry"]).get("geometry").is_some());
        let inner = asked(&["properties.x"], &["properties"]);
        assert_eq!(inner["properties"], json!({"x": 1}));
    }
}
