//! Orders and searches in SQLite.

use super::{SqliteWatchStore, broken, to_text};
use crate::error::WatchError;
use crate::order::{Order, OrderStore};
use crate::search::SearchRecord;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS watch_order (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, instrument TEXT NOT NULL,
    watch TEXT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_search (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, body TEXT NOT NULL);
";

/// Searches kept; older ones go.
const SEARCHES_MAX: usize = 1_000;

impl OrderStore for SqliteWatchStore {
    fn add_order(&self, order: &Order) -> Result<bool, WatchError> {
        let doing = "keeping an order";
        let mut db = self.db()?;
        let transaction = db.transaction().map_err(broken(doing))?;
        let watch = order.watch.as_ref();
        let added = transaction
            .execute(
                "INSERT OR IGNORE INTO watch_order (id, instrument, watch, body)
                 VALUES (?1, ?2, ?3, ?4)",
                params![
                    order.id,
                    order.ordered.request.instrument,
                    watch.map(|w| &w.id),
                    to_text(order)?
                ],
            )
            .map_err(broken(doing))?
            > 0;
        if let Some(watch) = watch.filter(|_| added) {
            transaction
                .execute(
                    "INSERT OR IGNORE INTO watch VALUES (?1, ?2, ?3)",
                    params![watch.id, watch.priority, to_text(watch)?],
                )
                .map_err(broken(doing))?;
        }
        transaction.commit().map_err(broken(doing))?;
        Ok(added)
    }

    fn order(&self, id: &str) -> Result<Option<Order>, WatchError> {
        self.body("SELECT body FROM watch_order WHERE id = ?1", id)
    }

    fn orders(
        &self,
        instrument: Option<&str>,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<Order>, WatchError> {
        self.bodies(
            "SELECT body FROM watch_order WHERE ?1 IS NULL OR instrument = ?1
             ORDER BY seq DESC LIMIT ?3 OFFSET ?2",
            params![instrument, row_number(skip), row_number(limit)],
        )
    }

    fn cancel_order_of(&self, watch: &str, at: Timestamp) -> Result<(), WatchError> {
        let doing = "cancelling an order";
        let kept: Option<Order> =
            self.body("SELECT body FROM watch_order WHERE watch = ?1", watch)?;
        let Some(mut order) = kept.filter(|o| o.cancelled.is_none()) else {
            return Ok(());
        };
        order.cancelled = Some(at);
        self.write(
            doing,
            "UPDATE watch_order SET body = ?2 WHERE id = ?1",
            params![order.id, to_text(&order)?],
        )
        .map(drop)
    }

    fn put_search(&self, search: &SearchRecord) -> Result<(), WatchError> {
        let doing = "keeping a search";
        let mut db = self.db()?;
        let transaction = db.transaction().map_err(broken(doing))?;
        transaction
            .execute(
                "INSERT INTO watch_search (id, body) VALUES (?1, ?2)
                 ON CONFLICT (id) DO UPDATE SET body = excluded.body",
                params![search.id, to_text(search)?],
            )
            .map_err(broken(doing))?;
        let oldest: Option<i64> = transaction
            .query_row(
                "SELECT seq FROM watch_search ORDER BY seq DESC LIMIT 1 OFFSET ?1",
                [row_number(SEARCHES_MAX)],
                |row| row.get(0),
            )
            .optional()
            .map_err(broken(doing))?;
        if let Some(seq) = oldest {
            transaction
                .execute("DELETE FROM watch_search WHERE seq <= ?1", [seq])
                .map_err(broken(doing))?;
        }
        transaction.commit().map_err(broken(doing))
    }

    fn search(&self, id: &str) -> Result<Option<SearchRecord>, WatchError> {
        self.body("SELECT body FROM watch_search WHERE id = ?1", id)
    }

    fn searches(&self, skip: usize, limit: usize) -> Result<Vec<SearchRecord>, WatchError> {
        self.bodies(
            "SELECT body FROM watch_search ORDER BY seq DESC LIMIT ?2 OFFSET ?1",
            params![row_number(skip), row_number(limit)],
        )
    }
}

fn row_number(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
