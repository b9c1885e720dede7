//! A search and its pages.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::CatalogError;
use crate::bbox::Bbox;
use crate::filter::Filter;
use crate::interval::Interval;
use crate::stac::Item;

/// Items in a page when the search names no limit.
pub const DEFAULT_LIMIT: usize = 10;
/// Most Items in a page (the bound of the STAC API specification).
pub const MAX_LIMIT: usize = 10_000;
/// Most values in `ids` and in `collections`.
pub const MAX_IDS: usize = 10_000;
/// Most keys in `sortby`.
pub const MAX_SORT_KEYS: usize = 8;
/// Longest name of a property to sort by, bytes.
const SORT_FIELD_MAX_BYTES: usize = 128;

/// What is looked for; every condition given must hold, an empty list is no condition.
/// Fill what is needed over `Search::default()`: fields may be added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Search {
    /// Item ids.
    pub ids: Vec<String>,
    /// Collection ids; one that does not exist holds nothing and is no error.
    pub collections: Vec<String>,
    /// The footprint shares a point with this box.
    pub bbox: Option<Bbox>,
    /// The footprint shares a point with this geometry.
    pub intersects: Option<geojson::Geometry>,
    /// The Item's time range shares an instant with this interval.
    pub datetime: Option<Interval>,
    /// Items in a page, 1 to [`MAX_LIMIT`]; `None` is [`DEFAULT_LIMIT`].
    pub limit: Option<usize>,
    /// `next` of the page before.
    pub token: Option<String>,
    /// Order; empty is newest first. Ties are broken by collection and id.
    pub sortby: Vec<SortKey>,
    /// CQL2 condition on the Item.
    pub filter: Option<Filter>,
    /// Count all matches too ([`Page::matched`]); costs a pass over all of them.
    pub count: bool,
}

/// One page of a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The Items in order.
    pub items: Vec<Item>,
    /// Token of the next page; `None` at the end. Stays valid while Items come and go.
    pub next: Option<String>,
    /// All matches over all pages, when [`Search::count`] asked for it.
    pub matched: Option<u64>,
}

/// Up or down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Least first.
    Asc,
    /// Greatest first.
    Desc,
}

/// One key of the order. Items without the property come last either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SortKey {
    /// `id`, `collection`, `datetime` or another property, with or without `properties.` before.
    pub field: String,
    /// Up or down.
    #[serde(default = "ascending")]
    pub direction: Direction,
}

fn ascending() -> Direction {
    Direction::Asc
}

impl SortKey {
    /// Least first.
    pub fn asc(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            direction: Direction::Asc,
        }
    }

    /// Greatest first.
    pub fn desc(field: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            direction: Direction::Desc,
        }
    }

    /// The `sortby` query parameter: names with commas, `-` before one for greatest first.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, CatalogError> {
        let keys: Vec<Self> = text
            .split(',')
            .take(MAX_SORT_KEYS + 1)
            .map(str::parse)
            .collect::<Result<_, CatalogError>>()?;
        check_sort(&keys)?;
        Ok(keys)
    }

    /// The field without `properties.` before it.
    pub fn name(&self) -> &str {
        self.field
            .strip_prefix("properties.")
            .unwrap_or(&self.field)
    }
}

/// Bounds on the keys of an order.
pub(crate) fn check_sort(keys: &[SortKey]) -> Result<(), CatalogError> {
    if keys.len() > MAX_SORT_KEYS {
        let count = keys.len();
        return Err(CatalogError::TooMany {
            field: "sortby",
            count,
            max: MAX_SORT_KEYS,
        });
    }
    for key in keys {
        let name = key.name();
        if name.is_empty() || name.len() > SORT_FIELD_MAX_BYTES || name.contains(['"', '\0']) {
            let shown: String = name.chars().take(40).collect();
            return Err(CatalogError::Sort(format!(
                "{shown:?} is not the name of a property"
            )));
        }
    }
    Ok(())
}

impl FromStr for SortKey {
    type Err = CatalogError;

    fn from_str(text: &str) -> Result<Self, CatalogError> {
        let text = text.trim();
        let key = match text.split_at_checked(1) {
            Some(("-", field)) => Self::desc(field),
            Some(("+", field)) => Self::asc(field),
            _ => Self::asc(text),
        };
        check_sort(std::slice::from_ref(&key))?;
        Ok(key)
    }
}

impl fmt::Display for SortKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.direction == Direction::Desc {
            "-"
        } else {
            "+"
        };
        write!(f, "{sign}{}", self.name())
    }
}

impl Search {
    /// The limit in force.
    pub fn limit(&self) -> usize {
        self.limit.unwrap_or(DEFAULT_LIMIT)
    }

    /// Bounds that hold for every store.
    pub fn check(&self) -> Result<(), CatalogError> {
        if !(1..=MAX_LIMIT).contains(&self.limit()) {
            return Err(CatalogError::Limit {
                given: self.limit(),
                max: MAX_LIMIT,
            });
        }
        for (field, list) in [("ids", &self.ids), ("collections", &self.collections)] {
            if list.len() > MAX_IDS {
                return Err(CatalogError::TooMany {
                    field,
                    count: list.len(),
                    max: MAX_IDS,
                });
            }
        }
        if self.bbox.is_some() && self.intersects.is_some() {
            return Err(CatalogError::BboxAndIntersects);
        }
        check_sort(&self.sortby)
    }
}
