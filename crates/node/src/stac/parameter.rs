//! What a search asks for, from a query or from a body, checked.

use crate::problem::Problem;
use crate::query::{Parameters, quoted, unescaped_plus};
use corridor_catalog::store::SortKey;
use corridor_catalog::{Bbox, Fields, Filter, Interval, Search};
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
    #[serde(skip_serializing_if = "Option::is_none")]
    filter: Option<Value>,
    #[serde(rename = "filter-lang", skip_serializing_if = "Option::is_none")]
    filter_lang: Option<String>,
    #[serde(rename = "filter-crs", skip_serializing_if = "Option::is_none")]
    filter_crs: Option<String>,
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
        search.limit = limit(query.take_limit()?)?;
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
        let language = Language::named(query.take("filter-lang")?.as_deref())?;
        crs(query.take("filter-crs")?.as_deref())?;
        if let Some(text) = query.take("filter")? {
            search.filter = Some(match language.unwrap_or(Language::Text) {
                Language::Text => Filter::from_text(&text).map_err(invalid)?,
                Language::Json => {
                    let value = serde_json::from_str(&text).map_err(|e| {
                        Problem::invalid(format!("filter: {} ({e})", quoted(&text)))
                    })?;
                    Filter::from_json(&value).map_err(invalid)?
                }
            });
        }
        // An empty value is no value elsewhere; here it asks for the default members.
        let mut names = query.take_all("fields");
        let fields = match (names.pop(), names.is_empty()) {
            (None, _) => None,
            (Some(text), true) => Some(Fields::parse(&text).map_err(invalid)?),
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
        let language = Language::named(body.filter_lang.as_deref())?;
        crs(body.filter_crs.as_deref())?;
        if let Some(value) = &body.filter {
            search.filter = Some(match (language.unwrap_or(Language::Json), value) {
                (Language::Text, Value::String(text)) => {
                    Filter::from_text(text).map_err(invalid)?
                }
                (Language::Json, value) => Filter::from_json(value).map_err(invalid)?,
                (Language::Text, _) => {
                    return Err(Problem::invalid("filter: CQL2 text is a string"));
                }
            });
        }
        let fields = body.fields.as_ref().map(|asked| Fields {
            include: asked.include.clone().unwrap_or_default(),
            exclude: asked.exclude.clone().unwrap_or_default(),
        });
        if let Some(fields) = &fields {
            fields.check().map_err(invalid)?;
        }
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
        Some(number) if number < 1 => Err(Problem::invalid(format!(
            "limit: {number} is not a number from 1 up"
        ))),
        Some(number) => {
            let number = usize::try_from(number).unwrap_or(super::PAGE_ITEMS_MAX);
            Ok(Some(number.min(super::PAGE_ITEMS_MAX)))
        }
    }
}

fn list(text: Option<String>) -> Vec<String> {
    text.map(|text| {
        text.split(',')
            .filter(|id| !id.is_empty())
            .map(str::to_string)
            .collect()
    })
    .unwrap_or_default()
}

fn geometry<T: serde::de::DeserializeOwned>(value: Value) -> Result<Option<T>, Problem> {
    serde_json::from_value(value)
        .map(Some)
        .map_err(|e| Problem::invalid(format!("intersects: not a GeoJSON geometry: {e}")))
}

/// The two ways to write CQL2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Text,
    Json,
}

impl Language {
    fn named(name: Option<&str>) -> Result<Option<Self>, Problem> {
        match name {
            None => Ok(None),
            Some("cql2-text") => Ok(Some(Self::Text)),
            Some("cql2-json") => Ok(Some(Self::Json)),
            Some(other) => Err(Problem::invalid(format!(
                "filter-lang: {} is neither cql2-text nor cql2-json",
                quoted(other)
            ))),
        }
    }
}

/// Filters are in longitude and latitude; another reference system is refused, not ignored.
fn crs(name: Option<&str>) -> Result<(), Problem> {
    const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
    match name {
        None | Some(CRS84) => Ok(()),
        Some(other) => Err(Problem::invalid(format!(
            "filter-crs: {} is not {CRS84}",
            quoted(other)
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_lowered_and_never_raised() {
        assert_eq!(
            limit(Some(1_000_000)).unwrap(),
            Some(super::super::PAGE_ITEMS_MAX)
        );
        assert_eq!(limit(Some(7)).unwrap(), Some(7));
        assert!(limit(Some(0)).is_err());
        assert!(limit(Some(-1)).is_err());
    }

    #[test]
    fn a_body_tells_null_fields_from_none() {
        assert!(serde_json::from_str::<SearchBody>(r#"{"fields": null}"#).is_err());
        let body: SearchBody = serde_json::from_str(r#"{"fields": {"include": null}}"#).unwrap();
        assert!(Asked::from_body(&body).unwrap().fields.is_some());
        assert!(serde_json::from_str::<SearchBody>(r#"{"query": {}}"#).is_err());
    }
}
