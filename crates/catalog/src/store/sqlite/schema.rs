//! Tables of the catalogue. They share their database file with tables of other rooms, so the
//! version stands in a table of its own and not in `user_version`.

use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

use super::storage;
use crate::store::CatalogError;

/// Version of the tables below.
const VERSION: i64 = 1;

/// `instant`, `starts` and `ends` are UTC texts of fixed width (nine decimals), so that text order
/// is time order to the nanosecond. `item_boxes` holds one or two rectangles per item (two over the
/// antimeridian) under ids `2 × row` and `2 × row + 1`; it rounds outwards to 32-bit floats and is
/// only the first sieve.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS collections (
    id TEXT PRIMARY KEY NOT NULL,
    digest TEXT NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS items (
    row INTEGER PRIMARY KEY,
    collection TEXT NOT NULL REFERENCES collections (id),
    id TEXT NOT NULL,
    instant TEXT NOT NULL,
    starts TEXT NOT NULL,
    ends TEXT NOT NULL,
    west REAL, south REAL, east REAL, north REAL,
    source_sha256 TEXT,
    digest TEXT NOT NULL,
    geometry TEXT,
    body TEXT NOT NULL,
    UNIQUE (collection, id)
);
CREATE INDEX IF NOT EXISTS items_by_instant ON items (instant DESC, collection, id, starts, ends);
CREATE INDEX IF NOT EXISTS items_by_collection
    ON items (collection, instant DESC, id, starts, ends);
CREATE INDEX IF NOT EXISTS items_by_id ON items (id);
CREATE INDEX IF NOT EXISTS items_by_source ON items (source_sha256, collection)
    WHERE source_sha256 IS NOT NULL;
CREATE VIRTUAL TABLE IF NOT EXISTS item_boxes USING rtree (box, west, east, south, north);
CREATE TABLE IF NOT EXISTS catalog_schema (version INTEGER NOT NULL);
";

/// Make the tables, or refuse a file that a newer program wrote.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), CatalogError> {
    let action = "making the tables";
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(storage(action))?;
    transaction.execute_batch(TABLES).map_err(storage(action))?;
    let found: Option<i64> = transaction
        .query_row("SELECT version FROM catalog_schema", [], |row| row.get(0))
        .optional()
        .map_err(storage(action))?;
    match found {
        None => {
            transaction
                .execute(
                    "INSERT INTO catalog_schema (version) VALUES (?1)",
                    [VERSION],
                )
                .map_err(storage(action))?;
        }
        Some(VERSION) => {}
        Some(other) => {
            return Err(CatalogError::Storage {
                action,
                reason: format!(
                    "the file has version {other} of the tables, this program {VERSION}"
                ),
            });
        }
    }
    transaction.commit().map_err(storage(action))
}
