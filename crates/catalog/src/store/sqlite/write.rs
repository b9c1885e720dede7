//! Changes, each in one transaction.

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{one_item, require_collection, storage};
use crate::bbox::{Bbox, geometry_bounds};
use crate::digest::sha256_json;
use crate::stac::{Collection, Item, ItemFault, id_fault};
use crate::store::{CatalogError, Put, SOURCE_SHA256};

/// Largest Item or Collection stored, bytes of JSON.
const BODY_MAX_BYTES: usize = 16 * 1024 * 1024;

/// UTC with nine decimals: text order is time order.
pub(super) fn instant_text(instant: Timestamp) -> String {
    format!("{instant:.9}")
}

/// What is written of an Item.
pub(super) struct Row {
    collection: String,
    id: String,
    instant: String,
    starts: String,
    ends: String,
    bounds: Option<Bbox>,
    source_sha256: Option<String>,
    digest: String,
    geometry: Option<String>,
    body: String,
}

impl Row {
    /// Check an Item and take it apart.
    pub(super) fn of(item: &Item) -> Result<Self, CatalogError> {
        item.check()?;
        let fault = |field: &str, reason: String| ItemFault {
            id: item.id.clone(),
            field: field.to_owned(),
            reason,
        };
        let document =
            serde_json::to_value(item).map_err(|e| fault("item", format!("is not JSON: {e}")))?;
        let body = document.to_string();
        if body.len() > BODY_MAX_BYTES {
            let reason = format!(
                "has {} bytes of JSON, more than {BODY_MAX_BYTES}",
                body.len()
            );
            return Err(fault("item", reason).into());
        }
        let (Some(collection), Some((starts, ends))) = (item.collection.clone(), item.time_range())
        else {
            return Err(fault("collection", "and time must be given".to_owned()).into());
        };
        let geometry = match &item.geometry {
            Some(geometry) => Some(
                serde_json::to_string(geometry)
                    .map_err(|e| fault("geometry", format!("is not JSON: {e}")))?,
            ),
            None => None,
        };
        Ok(Self {
            collection,
            id: item.id.clone(),
            instant: instant_text(item.properties.datetime.unwrap_or(starts)),
            starts: instant_text(starts),
            ends: instant_text(ends),
            bounds: item.geometry.as_ref().and_then(geometry_bounds),
            source_sha256: item
                .property(SOURCE_SHA256)
                .and_then(serde_json::Value::as_str)
                .map(str::to_owned),
            digest: sha256_json(&document),
            geometry,
            body,
        })
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, CatalogError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(storage("beginning a transaction"))
}

pub(super) fn put_collection(
    connection: &mut Connection,
    collection: &Collection,
) -> Result<Put, CatalogError> {
    let action = "writing a collection";
    let invalid = |reason: String| CatalogError::InvalidCollection {
        id: collection.id.chars().take(80).collect(),
        reason,
    };
    if let Some(reason) = id_fault(&collection.id) {
        return Err(invalid(format!("id {reason}")));
    }
    let document = serde_json::to_value(collection).map_err(|e| invalid(e.to_string()))?;
    let body = document.to_string();
    if body.len() > BODY_MAX_BYTES {
        return Err(invalid(format!(
            "has {} bytes, more than {BODY_MAX_BYTES}",
            body.len()
        )));
    }
    let digest = sha256_json(&document);
    let transaction = begin(connection)?;
    let before: Option<String> = transaction
        .prepare_cached("SELECT digest FROM collections WHERE id = ?1")
        .and_then(|mut statement| {
            statement
                .query_row([&collection.id], |row| row.get(0))
                .optional()
        })
        .map_err(storage(action))?;
    let put = match before {
        Some(before) if before == digest => return Ok(Put::Same),
        Some(_) => Put::Replaced,
        None => Put::New,
    };
    transaction
        .execute(
            "INSERT INTO collections (id, digest, body) VALUES (?1, ?2, ?3)
             ON CONFLICT (id) DO UPDATE SET digest = excluded.digest, body = excluded.body",
            params![collection.id, digest, body],
        )
        .map_err(storage(action))?;
    transaction.commit().map_err(storage(action))?;
    Ok(put)
}

pub(super) fn delete_collection(connection: &mut Connection, id: &str) -> Result<(), CatalogError> {
    let action = "removing a collection";
    let transaction = begin(connection)?;
    require_collection(&transaction, id)?;
    let holds_items = transaction
        .prepare_cached("SELECT 1 FROM items WHERE collection = ?1 LIMIT 1")
        .and_then(|mut statement| statement.exists([id]))
        .map_err(storage(action))?;
    if holds_items {
        return Err(CatalogError::CollectionNotEmpty(id.to_owned()));
    }
    transaction
        .execute("DELETE FROM collections WHERE id = ?1", [id])
        .map_err(storage(action))?;
    transaction.commit().map_err(storage(action))
}

pub(super) fn put_items(
    connection: &mut Connection,
    rows: &[Row],
) -> Result<Vec<Put>, CatalogError> {
    let transaction = begin(connection)?;
    let mut done = Vec::with_capacity(rows.len());
    for row in rows {
        done.push(put_row(&transaction, row)?);
    }
    if done.iter().any(|put| *put != Put::Same) {
        transaction.commit().map_err(storage("committing items"))?;
    }
    Ok(done)
}

fn put_row(transaction: &Transaction<'_>, row: &Row) -> Result<Put, CatalogError> {
    let fail = storage("writing an item");
    require_collection(transaction, &row.collection)?;
    let before: Option<(i64, String)> = transaction
        .prepare_cached("SELECT row, digest FROM items WHERE collection = ?1 AND id = ?2")
        .and_then(|mut statement| {
            statement
                .query_row(params![row.collection, row.id], |r| {
                    Ok((r.get(0)?, r.get(1)?))
                })
                .optional()
        })
        .map_err(&fail)?;
    if before
        .as_ref()
        .is_some_and(|(_, digest)| *digest == row.digest)
    {
        return Ok(Put::Same);
    }
    let replaced = before.map(|(number, _)| number);
    let edges = row.bounds.map(Bbox::to_array);
    let edge = |i: usize| edges.map(|e| e[i]);
    transaction
        .prepare_cached(
            "INSERT INTO items (row, collection, id, instant, starts, ends, west, south, east,
                                north, source_sha256, digest, geometry, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
             ON CONFLICT (collection, id) DO UPDATE SET
                instant = excluded.instant, starts = excluded.starts, ends = excluded.ends,
                west = excluded.west, south = excluded.south,
                east = excluded.east, north = excluded.north,
                source_sha256 = excluded.source_sha256, digest = excluded.digest,
                geometry = excluded.geometry, body = excluded.body",
        )
        .and_then(|mut statement| {
            statement.execute(params![
                replaced,
                row.collection,
                row.id,
                row.instant,
                row.starts,
                row.ends,
                edge(0),
                edge(1),
                edge(2),
                edge(3),
                row.source_sha256,
                row.digest,
                row.geometry,
                row.body,
            ])
        })
        .map_err(&fail)?;
    let number = match replaced {
        Some(number) => {
            delete_boxes(transaction, number)?;
            number
        }
        None => transaction.last_insert_rowid(),
    };
    for (i, rect) in (0..).zip(row.bounds.iter().flat_map(Bbox::rectangles)) {
        transaction
            .prepare_cached("INSERT INTO item_boxes VALUES (?1, ?2, ?3, ?4, ?5)")
            .and_then(|mut statement| {
                let (min, max) = (rect.min(), rect.max());
                statement.execute(params![number * 2 + i, min.x, max.x, min.y, max.y])
            })
            .map_err(&fail)?;
    }
    Ok(if replaced.is_some() {
        Put::Replaced
    } else {
        Put::New
    })
}

fn delete_boxes(transaction: &Transaction<'_>, number: i64) -> Result<(), CatalogError> {
    transaction
        .prepare_cached("DELETE FROM item_boxes WHERE box IN (?1 * 2, ?1 * 2 + 1)")
        .and_then(|mut statement| statement.execute([number]))
        .map_err(storage("removing the box of an item"))?;
    Ok(())
}

pub(super) fn delete_item(
    connection: &mut Connection,
    collection: &str,
    id: &str,
) -> Result<Item, CatalogError> {
    let action = "removing an item";
    let transaction = begin(connection)?;
    let item = one_item(&transaction, collection, id)?;
    let number: i64 = transaction
        .query_row(
            "DELETE FROM items WHERE collection = ?1 AND id = ?2 RETURNING row",
            params![collection, id],
            |row| row.get(0),
        )
        .map_err(storage(action))?;
    delete_boxes(&transaction, number)?;
    transaction.commit().map_err(storage(action))?;
    Ok(item)
}
