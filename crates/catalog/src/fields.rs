//! Which members of an Item are given back (STAC API fields extension).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// Most names in a list.
pub const FIELDS_MAX: usize = 256;
/// Longest name, bytes.
const NAME_MAX_BYTES: usize = 256;

/// Given back when nothing is asked for by name: enough for a valid Item.
const DEFAULT: [&str; 9] = [
    "type",
    "stac_version",
    "id",
    "collection",
    "geometry",
    "bbox",
    "links",
    "assets",
    "properties.datetime",
];

/// Members to include and to leave out, by dotted name (`properties.eo:cloud_cover`). Includes
/// without excludes or with them begin from the members named; excludes alone from the whole Item.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fields {
    /// Names to give back.
    #[serde(default)]
    pub include: Vec<String>,
    /// Names to leave out; the more precise of two names decides.
    #[serde(default)]
    pub exclude: Vec<String>,
}

/// Why a `fields` parameter is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FieldsError {
    /// More names than [`FIELDS_MAX`].
    #[error("fields has more than {FIELDS_MAX} names")]
    TooMany,
    /// An empty or overlong name.
    #[error("fields: {0:?} is no name of a member")]
    Name(String),
}

impl Fields {
    /// The query parameter: names with commas, `-` before one to leave it out.
    pub fn parse(text: &str) -> Result<Self, FieldsError> {
        let mut fields = Self::default();
        for name in text
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            match name.strip_prefix('-') {
                Some(name) => fields.exclude.push(name.to_owned()),
                None => fields.include.push(name.trim_start_matches('+').to_owned()),
            }
            if fields.include.len() + fields.exclude.len() > FIELDS_MAX {
                return Err(FieldsError::TooMany);
            }
        }
        fields.check()?;
        Ok(fields)
    }

    /// Bounds, for fields that came as JSON.
    pub fn check(&self) -> Result<(), FieldsError> {
        if self.include.len() + self.exclude.len() > FIELDS_MAX {
            return Err(FieldsError::TooMany);
        }
        for name in self.include.iter().chain(&self.exclude) {
            if name.is_empty() || name.len() > NAME_MAX_BYTES {
                return Err(FieldsError::Name(name.chars().take(60).collect()));
            }
        }
        Ok(())
    }

    /// The Item (as JSON) with the members asked for. Nothing asked for gives the default members;
    /// `id` and `collection` always stay, so that the Item can be found again.
    pub fn apply(&self, item: &Value) -> Value {
        let mut include: Vec<&str> = self.include.iter().map(String::as_str).collect();
        if include.is_empty() && self.exclude.is_empty() {
            include.extend(DEFAULT);
        }
        let keep_rest = include.is_empty();
        include.extend(["id", "collection"]);
        self.filtered(item, "", keep_rest, &include)
    }

    fn filtered(&self, value: &Value, path: &str, kept: bool, include: &[&str]) -> Value {
        let Value::Object(members) = value else {
            return value.clone();
        };
        let mut result = Map::new();
        for (key, value) in members {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            let kept = if include.contains(&path.as_str()) {
                true
            } else if self.exclude.contains(&path) {
                false
            } else {
                kept
            };
            let below = |name: &str| {
                name.strip_prefix(path.as_str())
                    .is_some_and(|rest| rest.starts_with('.'))
            };
            let named_below = include.iter().any(|name| below(name));
            let cut_below = self.exclude.iter().any(|name| below(name));
            if !kept && !named_below {
                continue;
            }
            let value = if named_below || cut_below {
                self.filtered(value, &path, kept, include)
            } else {
                value.clone()
            };
            let nothing_left = !kept && value.as_object().is_some_and(Map::is_empty);
            if !nothing_left {
                result.insert(key.clone(), value);
            }
        }
        Value::Object(result)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_asked_for() {
        let item = json!({
            "type": "Feature", "id": "a", "collection": "c", "geometry": null,
            "properties": {"datetime": "2026-01-01T00:00:00Z", "eo:cloud_cover": 5, "gsd": 10},
            "assets": {"data": {"href": "x"}, "mask": {"href": "y"}}, "links": [],
        });
        let given = |text: &str| Fields::parse(text).unwrap().apply(&item);
        let just = json!({"id": "a", "collection": "c"});
        assert_eq!(given("id"), just);
        assert_eq!(given("none,properties.none"), just);
        assert_eq!(
            given("properties.gsd,assets.data"),
            json!({"id": "a", "collection": "c", "properties": {"gsd": 10},
                   "assets": {"data": {"href": "x"}}})
        );
        assert_eq!(
            given("properties,-properties.gsd")["properties"],
            json!({"datetime": "2026-01-01T00:00:00Z", "eo:cloud_cover": 5})
        );
        let without = given("-properties,-links,-id");
        assert!(without.get("properties").is_none() && without.get("links").is_none());
        assert_eq!(without["id"], "a");
        assert_eq!(without["assets"], item["assets"]);
        let by_default = given("");
        assert_eq!(
            by_default["properties"],
            json!({"datetime": "2026-01-01T00:00:00Z"})
        );
        assert_eq!(by_default["assets"], item["assets"]);
    }

    #[test]
    fn too_much_is_refused() {
        assert_eq!(Fields::parse(&"a,".repeat(300)), Err(FieldsError::TooMany));
        assert!(matches!(
            Fields::parse(&"a".repeat(300)),
            Err(FieldsError::Name(_))
        ));
        assert!(matches!(Fields::parse("-"), Err(FieldsError::Name(_))));
    }
}
