//! Searches as SQL: the indices sieve, the exact shape decides, pages follow keys and not offsets.

use rusqlite::types::{Value as Sql, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params_from_iter};
use serde_json::Value;

use super::write::instant_text;
use super::{condition, read_item, require_collection, storage};
use crate::bbox::Bbox;
use crate::stac::{Extent, Item};
use crate::store::region::Region;
use crate::store::token::Token;
use crate::store::{CatalogError, Direction, Page, Search, SortKey};

const ACTION: &str = "searching";

/// Columns before those of the sort keys.
const FIXED_COLUMNS: usize = 4;

/// Boxes that are sorted faster than an order is walked to find them.
const FEW_BOXES: i64 = 2000;

/// Where a search for a place begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drive {
    /// From the R*Tree.
    Boxes,
    /// From the order of the search.
    Order,
}

/// SQL text with its parameters, grown together.
#[derive(Clone, Debug, Default)]
struct Clause {
    text: String,
    values: Vec<Sql>,
}

impl Clause {
    /// `AND` one more condition.
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Sql>) {
        self.text.push_str(if self.text.is_empty() {
            " WHERE "
        } else {
            " AND "
        });
        self.text.push_str(condition);
        self.values.extend(values);
    }
}

/// One key of the order as SQL.
#[derive(Clone, Debug)]
struct Key {
    expression: String,
    /// Parameter of the expression: the JSON path of the property.
    path: Option<String>,
    direction: Direction,
}

impl Key {
    fn of(key: &SortKey) -> Self {
        let (expression, path) = match key.name() {
            "id" => ("i.id", None),
            "collection" => ("i.collection", None),
            "datetime" => ("i.instant", None),
            "start_datetime" => ("i.starts", None),
            "end_datetime" => ("i.ends", None),
            name => (
                "json_extract(i.body, ?)",
                Some(format!("$.properties.\"{name}\"")),
            ),
        };
        Self {
            expression: expression.to_owned(),
            path,
            direction: key.direction,
        }
    }

    fn may_be_null(&self) -> bool {
        self.path.is_some()
    }

    fn parameter(&self) -> Option<Sql> {
        self.path.clone().map(Sql::Text)
    }
}

/// A checked search, ready to run.
pub(super) struct Plan {
    search: Search,
    region: Option<Region>,
    sort: Vec<SortKey>,
    keys: Vec<Key>,
    token: Option<Token>,
}

impl Plan {
    pub(super) fn of(search: &Search) -> Result<Self, CatalogError> {
        search.check()?;
        let sort = if search.sortby.is_empty() {
            vec![SortKey::desc("datetime")]
        } else {
            search.sortby.clone()
        };
        let token = match &search.token {
            Some(text) => Some(Token::decode(text, &sort)?),
            None => None,
        };
        Ok(Self {
            region: Region::of(search)?,
            keys: sort.iter().map(Key::of).collect(),
            search: search.clone(),
            sort,
            token,
        })
    }

    pub(super) fn run(&self, connection: &Connection) -> Result<Page, CatalogError> {
        // One read transaction, so that page and count see the same state.
        let transaction = connection
            .unchecked_transaction()
            .map_err(storage(ACTION))?;
        let mut page = self.page(&transaction)?;
        if self.search.count {
            page.matched = Some(self.count(&transaction)?);
        }
        Ok(page)
    }

    /// A place with few Items is best begun from the boxes and sorted; one with many from the
    /// order, which ends as soon as the page is full.
    fn drive(&self, connection: &Connection) -> Result<Drive, CatalogError> {
        let Some(region) = &self.region else {
            return Ok(Drive::Boxes);
        };
        let sieve = condition::box_rows(&region.rectangles);
        let text = format!("SELECT count(*) FROM ({} LIMIT {FEW_BOXES})", sieve.text);
        let count: i64 = connection
            .prepare_cached(&text)
            .and_then(|mut s| s.query_row(params_from_iter(sieve.values), |row| row.get(0)))
            .map_err(storage(ACTION))?;
        Ok(if count < FEW_BOXES {
            Drive::Boxes
        } else {
            Drive::Order
        })
    }

    /// The conditions without the page's.
    fn conditions(&self, drive: Drive) -> Clause {
        let mut clause = Clause::default();
        let search = &self.search;
        for (column, list) in [("i.id", &search.ids), ("i.collection", &search.collections)] {
            match &list[..] {
                [] => {}
                [one] => clause.and(&format!("{column} = ?"), [Sql::Text(one.clone())]),
                many => clause.and(
                    &format!("{column} IN (SELECT value FROM json_each(?))"),
                    [Sql::Text(Value::from(many.to_vec()).to_string())],
                ),
            }
        }
        if let Some(interval) = &search.datetime {
            if let Some(end) = interval.end() {
                clause.and("i.starts <= ?", [Sql::Text(instant_text(end))]);
            }
            if let Some(start) = interval.start() {
                clause.and("i.ends >= ?", [Sql::Text(instant_text(start))]);
            }
        }
        if let Some(region) = &self.region {
            let sieve = match drive {
                Drive::Boxes => condition::boxes(&region.rectangles),
                Drive::Order => condition::bounds(&region.rectangles),
            };
            clause.and(&format!("({})", sieve.text), sieve.values);
        }
        if let Some(filter) = &search.filter
            && let Some(sieve) = condition::of(filter)
        {
            clause.and(&format!("({})", sieve.text), sieve.values);
        }
        clause
    }

    /// Only what comes after the token: for keys a, b, … either a is past, or a is equal and b is
    /// past, and so on, down to collection and id.
    fn after(&self, token: &Token, clause: &mut Clause) {
        let mut alternatives: Vec<String> = Vec::new();
        let mut values: Vec<Sql> = Vec::new();
        let mut equal = String::new();
        let mut equal_values: Vec<Sql> = Vec::new();
        for (key, value) in self.keys.iter().zip(&token.values) {
            let value = to_sql(value);
            if value != Sql::Null {
                let beyond = if key.direction == Direction::Asc {
                    ">"
                } else {
                    "<"
                };
                let expression = &key.expression;
                let mut past = format!("{expression} {beyond} ?");
                let mut past_values: Vec<Sql> =
                    key.parameter().into_iter().chain([value.clone()]).collect();
                if key.may_be_null() {
                    past = format!("({past} OR {expression} IS NULL)");
                    past_values.extend(key.parameter());
                }
                alternatives.push(format!("({equal}{past})"));
                values.extend(equal_values.iter().cloned().chain(past_values));
            }
            equal.push_str(&format!("{} IS ? AND ", key.expression));
            equal_values.extend(key.parameter().into_iter().chain([value]));
        }
        alternatives.push(format!("({equal}(i.collection, i.id) > (?, ?))"));
        values.extend(equal_values);
        values.extend([
            Sql::Text(token.collection.clone()),
            Sql::Text(token.id.clone()),
        ]);
        // Says again what the alternatives imply, in a form that an index can use.
        if let (Some(key), Some(value)) = (self.keys.first(), token.values.first())
            && !key.may_be_null()
        {
            let bound = if key.direction == Direction::Asc {
                ">="
            } else {
                "<="
            };
            clause.and(&format!("{} {bound} ?", key.expression), [to_sql(value)]);
        }
        clause.and(&format!("({})", alternatives.join(" OR ")), values);
    }

    fn page(&self, connection: &Connection) -> Result<Page, CatalogError> {
        let mut columns = "i.collection, i.id, i.geometry, i.body".to_owned();
        let mut values: Vec<Sql> = Vec::new();
        let mut order: Vec<String> = Vec::new();
        for key in &self.keys {
            columns.push_str(&format!(", {}", key.expression));
            values.extend(key.parameter());
        }
        let mut clause = self.conditions(self.drive(connection)?);
        if let Some(token) = &self.token {
            self.after(token, &mut clause);
        }
        values.append(&mut clause.values);
        for (i, key) in self.keys.iter().enumerate() {
            // Ordinal positions name the sort columns, so that an expression is computed once.
            let column = FIXED_COLUMNS + i + 1;
            let way = if key.direction == Direction::Asc {
                "ASC"
            } else {
                "DESC"
            };
            let nulls = if key.may_be_null() { " NULLS LAST" } else { "" };
            order.push(format!("{column} {way}{nulls}"));
        }
        order.extend(["i.collection".to_owned(), "i.id".to_owned()]);
        let text = format!(
            "SELECT {columns} FROM items i{} ORDER BY {}",
            clause.text,
            order.join(", ")
        );
        let mut statement = connection.prepare_cached(&text).map_err(storage(ACTION))?;
        let mut rows = statement
            .query(params_from_iter(values))
            .map_err(storage(ACTION))?;

        let limit = self.search.limit();
        let mut items: Vec<Item> = Vec::new();
        let mut last: Option<Token> = None;
        while let Some(row) = rows.next().map_err(storage(ACTION))? {
            if !self.meets(row)? || !self.passes_filter(row)? {
                continue;
            }
            if items.len() == limit {
                return Ok(Page {
                    items,
                    next: last.map(|t| t.encode()),
                    matched: None,
                });
            }
            let (collection, id): (String, String) = (get(row, 0)?, get(row, 1)?);
            let body: String = get(row, 3)?;
            items.push(read_item(&id, &body)?);
            if items.len() == limit {
                last = Some(Token::new(
                    &self.sort,
                    self.sort_values(row)?,
                    collection,
                    id,
                )?);
            }
        }
        Ok(Page {
            items,
            next: None,
            matched: None,
        })
    }

    fn sort_values(&self, row: &Row<'_>) -> Result<Vec<Value>, CatalogError> {
        (0..self.keys.len())
            .map(|i| {
                let value = row.get_ref(FIXED_COLUMNS + i).map_err(storage(ACTION))?;
                Ok(match value {
                    ValueRef::Null | ValueRef::Blob(_) => Value::Null,
                    ValueRef::Integer(number) => Value::from(number),
                    ValueRef::Real(number) => Value::from(number),
                    ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
                })
            })
            .collect()
    }

    /// The exact test of a row that the index let through.
    fn meets(&self, row: &Row<'_>) -> Result<bool, CatalogError> {
        let Some(region) = &self.region else {
            return Ok(true);
        };
        let Some(text) = get::<Option<String>>(row, 2)? else {
            return Ok(false);
        };
        let damaged = |reason: String| CatalogError::Damaged {
            kind: "item",
            id: get(row, 1).unwrap_or_default(),
            reason,
        };
        let geometry: geojson::Geometry =
            serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        let footprint = crate::shape::footprint(&geometry).map_err(|e| damaged(e.to_string()))?;
        Ok(region.meets(&footprint))
    }

    /// The filter on the whole Item; what SQL let through was only the first sieve.
    fn passes_filter(&self, row: &Row<'_>) -> Result<bool, CatalogError> {
        let Some(filter) = &self.search.filter else {
            return Ok(true);
        };
        let body: String = get(row, 3)?;
        let item: Value = serde_json::from_str(&body).map_err(|e| CatalogError::Damaged {
            kind: "item",
            id: get(row, 1).unwrap_or_default(),
            reason: e.to_string(),
        })?;
        Ok(filter.matches(&item))
    }

    fn count(&self, connection: &Connection) -> Result<u64, CatalogError> {
        let clause = self.conditions(Drive::Boxes);
        let fail = storage("counting matches");
        if self.region.is_none() && self.search.filter.is_none() {
            let text = format!("SELECT count(*) FROM items i{}", clause.text);
            let count: i64 = connection
                .prepare_cached(&text)
                .and_then(|mut s| s.query_row(params_from_iter(clause.values), |row| row.get(0)))
                .map_err(fail)?;
            return Ok(count.unsigned_abs());
        }
        let text = format!(
            "SELECT i.collection, i.id, i.geometry, i.body FROM items i{}",
            clause.text
        );
        let mut statement = connection.prepare_cached(&text).map_err(&fail)?;
        let mut rows = statement
            .query(params_from_iter(clause.values))
            .map_err(&fail)?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(&fail)? {
            count += u64::from(self.meets(row)? && self.passes_filter(row)?);
        }
        Ok(count)
    }
}

fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, column: usize) -> Result<T, CatalogError> {
    row.get(column).map_err(storage(ACTION))
}

fn to_sql(value: &Value) -> Sql {
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Sql::Integer(integer),
            None => number.as_f64().map_or(Sql::Null, Sql::Real),
        },
        Value::String(text) => Sql::Text(text.clone()),
        _ => Sql::Null,
    }
}

/// Where and when the Items of a collection are.
pub(super) fn extent(
    connection: &Connection,
    collection: &str,
) -> Result<Option<Extent>, CatalogError> {
    let fail = storage("measuring a collection");
    require_collection(connection, collection)?;
    type Measured = (Option<String>, Option<String>, Option<[f64; 4]>, bool);
    let measured: Option<Measured> = connection
        .prepare_cached(
            "SELECT min(starts), max(ends), min(west), min(south), max(east), max(north),
                    coalesce(max(west > east), 0)
             FROM items WHERE collection = ?1",
        )
        .and_then(|mut statement| {
            statement
                .query_row([collection], |row| {
                    let edges: [Option<f64>; 4] =
                        [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?];
                    let whole = match edges {
                        [Some(w), Some(s), Some(e), Some(n)] => Some([w, s, e, n]),
                        _ => None,
                    };
                    Ok((row.get(0)?, row.get(1)?, whole, row.get(6)?))
                })
                .optional()
        })
        .map_err(fail)?;
    let Some((Some(starts), Some(ends), edges, over_antimeridian)) = measured else {
        return Ok(None);
    };
    let damaged = |reason: String| CatalogError::Damaged {
        kind: "collection",
        id: collection.to_owned(),
        reason,
    };
    let read = |text: &str| {
        text.parse()
            .map_err(|e: jiff::Error| damaged(e.to_string()))
    };
    let bbox = match edges {
        None => Bbox::WORLD,
        // A footprint over the antimeridian makes the hull ambiguous: all longitudes, true ones.
        Some([_, south, _, north]) if over_antimeridian => Bbox::new(-180.0, south, 180.0, north)?,
        Some([west, south, east, north]) => Bbox::new(west, south, east, north)?,
    };
    Ok(Some(Extent::new(
        bbox,
        Some(read(&starts)?),
        Some(read(&ends)?),
    )))
}
