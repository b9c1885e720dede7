//! What a search asks for, from a query or from a body, checked.

use super::fields::Fields;
use crate::problem::Problem;
use crate::query::{Parameters, quoted, unescaped_plus};
use corridor_catalog::store::SortKey;
use corridor_catalog::{Bbox, Interval, Search};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A search and the members of the items that it wants.
#[derive(Debug, Clone, Default)]
pub(crate) struct Asked {
    pub(crate) search: Search,
    pub(crate) fields: Option<Fields>,
}

/// The body of `POST /stac/search`.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SearchBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    ids: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    collections: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bbox: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    intersects: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    datetime: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sortby: Option<Vec<SortKey>>,
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "not_null")]
    fields: Option<FieldsBody>,
    /// Where the page before ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token: Option<String>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct FieldsBody {
    include: Option<Vec<String>>,
    exclude: Option<Vec<String>>,
}

/// The fields extension tells an absent member from a null one, and takes only the first.
fn not_null<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    T::deserialize(deserializer).map(Some)
}

impl Asked {
    /// From the query of `GET /stac/search` and of a collection's items.
    pub(crate) fn from_query(query: &mut Parameters) -> Result<Self, Problem> {
        let mut search = Search::default();
        if let Some(text) = query.take("bbox")? {
            search.bbox = Some(text.parse::<Bbox>().map_err(invalid)?);
        }
        if let Some(text) = query.take("datetime")? {
            search.datetime = Some(unescaped_plus(&text).parse::<Interval>().map_err(invalid)?);
        }
        search.limit = limit(query.take_parsed("limit", "is not a number from 1 up")?)?;
        if let Some(text) = query.take("sortby")? {
            // A plus sign that was not escaped reads as a space, which the parser trims: ascending.
            search.sortby = SortKey::parse_list(&text)?;
        }
        search.token = query.take("token")?;
        search.ids = list(query.take("ids")?);
        search.collections = list(query.take("collections")?);
        if let Some(text) = query.take("intersects")? {
            let value = serde_json::from_str(&text)
                .map_err(|e| Problem::invalid(format!("intersects: {} ({e})", quoted(&text))))?;
            search.intersects = geometry(value)?;
        }
        // An empty value is no value elsewhere; here it asks for the default members.
        let mut names = query.take_all("fields");
        let fields = match (names.pop(), names.is_empty()) {
            (None, _) => None,
            (Some(text), true) => Some(fields(&text)),
            (Some(_), false) => {
                return Err(Problem::invalid("fields: given more than once"));
            }
        };
        Self { search, fields }.checked()
    }

    /// From the body of `POST /stac/search`.
    pub(crate) fn from_body(body: &SearchBody) -> Result<Self, Problem> {
        let mut search = Search {
            ids: body.ids.clone().unwrap_or_default(),
            collections: body.collections.clone().unwrap_or_default(),
            limit: limit(body.limit)?,
            sortby: body.sortby.clone().unwrap_or_default(),
            token: body.token.clone(),
            ..Search::default()
        };
        if let Some(numbers) = &body.bbox {
            search.bbox = Some(Bbox::try_from(numbers.clone()).map_err(invalid)?);
        }
        if let Some(text) = &body.datetime {
            search.datetime = Some(text.parse::<Interval>().map_err(invalid)?);
        }
        if let Some(value) = &body.intersects {
            search.intersects = geometry(value.clone())?;
        }
        let fields = body.fields.as_ref().map(|asked| Fields {
            include: asked.include.clone().unwrap_or_default(),
            exclude: asked.exclude.clone().unwrap_or_default(),
        });
        Self { search, fields }.checked()
    }

    fn checked(mut self) -> Result<Self, Problem> {
        self.search.check()?;
        // Counting reads all matches: once a search, not once a page.
        self.search.count = self.search.token.is_none();
        Ok(self)
    }
}

fn invalid(error: impl std::fmt::Display) -> Problem {
    Problem::invalid(error.to_string())
}

fn limit(asked: Option<i64>) -> Result<Option<usize>, Problem> {
    match asked {
        None => Ok(None),
        Some(number) if number < 1 => {
            Err(Problem::invalid(format!("limit: {number} is not a number from 1 up")))
        }
        Some(number) => {
            let number = usize::try_from(number).unwrap_or(super::PAGE_ITEMS_MAX);
            Ok(Some(number.min(super::PAGE_ITEMS_MAX)))
        }
    }
}

fn list(text: Option<String>) -> Vec<String> {
    text.map(|text| text.split(',').filter(|id| !id.is_empty()).map(str::to_string).collect())
        .unwrap_or_default()
}

fn geometry<T: serde::de::DeserializeOwned>(value: Value) -> Result<Option<T>, Problem> {
    serde_json::from_value(value)
        .map(Some)
        .map_err(|e| Problem::invalid(format!("intersects: not a GeoJSON geometry: {e}")))
}

fn fields(text: &str) -> Fields {
    let mut fields = Fields::default();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        match name.strip_prefix('-') {
            Some(name) => fields.exclude.push(name.to_string()),
            None => fields.include.push(name.trim_start_matches('+').to_string()),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_lowered_and_never_raised() {
        assert_eq!(limit(Some(1_000_000)).unwrap(), Some(super::super::PAGE_ITEMS_MAX));
        assert_eq!(limit(Some(7)).unwrap(), Some(7));
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(-1)).is_err());
    }

    #[test]
    fn a_body_tells_null_fields_from_none() {
        assert!(serde_json::from_str::<SearchBody>(r#"{"fields": null}"#).is_err());
        let body: SearchBody = serde_json::from_str(r#"{"fields": {"include": null}}"#).unwrap();
        assert!(Asked::from_body(&body).unwrap().fields.is_some());
        assert!(serde_json::from_str::<SearchBody>(r#"{"filter": "a = 1"}"#).is_err());
    }

    #[test]
    fn field_names_are_signed() {
        let asked = fields("+a,-b, c");
        assert_eq!((asked.include, asked.exclude), (
            vec!["a".to_string(), "c".to_string()],
            vec!["b".to_string()]
        ));
    }
}
