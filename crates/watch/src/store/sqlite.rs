//! The chain's memory in SQLite, in the data folder's `corridor.db`.

mod orders;

use super::{Call, ElementSource, Job, JobState, Provenance, RecordKind, Told, WatchStore};
use crate::error::WatchError;
use crate::forecast::Forecast;
use crate::notify::{Event, EventKind, WEBHOOK_TRIES};
use crate::request::Watch;
use crate::trace::Trace;
use corridor_orbit::elements::ElementSet;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS watch_node (one INTEGER PRIMARY KEY CHECK (one = 1), node_id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch (id TEXT PRIMARY KEY, priority INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_element_set (
    norad_id INTEGER NOT NULL, epoch_ms INTEGER NOT NULL, body TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (norad_id, epoch_ms));
CREATE TABLE IF NOT EXISTS watch_record (
    kind TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, source TEXT NOT NULL,
    PRIMARY KEY (kind, key)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS watch_forecast (
    watch TEXT PRIMARY KEY, computed_ms INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_job (
    seq INTEGER PRIMARY KEY, watch TEXT NOT NULL, collection TEXT NOT NULL, item TEXT NOT NULL,
    open INTEGER NOT NULL, state TEXT NOT NULL, UNIQUE (watch, collection, item));
CREATE TABLE IF NOT EXISTS watch_arrival (scene TEXT PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_trace (
    answer TEXT PRIMARY KEY, steps INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, time_ms INTEGER NOT NULL,
    data TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watch_call (
    id INTEGER PRIMARY KEY, address TEXT NOT NULL, event TEXT NOT NULL, tries INTEGER NOT NULL,
    open INTEGER NOT NULL, error TEXT);
";

/// [`WatchStore`] over one SQLite file.
#[derive(Debug)]
pub struct SqliteWatchStore {
    connection: Mutex<Connection>,
}

fn broken(doing: &str) -> impl Fn(rusqlite::Error) -> WatchError + '_ {
    move |e| WatchError::internal(doing, e)
}

fn to_text<T: Serialize>(value: &T) -> Result<String, WatchError> {
    serde_json::to_string(value).map_err(|e| WatchError::internal("writing a record", e))
}

fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, WatchError> {
    serde_json::from_str(text).map_err(|e| WatchError::internal("reading a record", e))
}

/// Records an event, also as part of a transaction.
fn record(
    db: &Connection,
    kind: EventKind,
    time: Timestamp,
    data: serde_json::Value,
) -> Result<Event, WatchError> {
    db.execute(
        "INSERT INTO watch_event (kind, time_ms, data) VALUES (?1, ?2, ?3)",
        params![to_text(&kind)?, time.as_millisecond(), to_text(&data)?],
    )
    .map_err(broken("recording an event"))?;
    let id = u64::try_from(db.last_insert_rowid()).unwrap_or_default();
    Ok(Event {
        id,
        kind,
        time,
        data,
    })
}

impl SqliteWatchStore {
    /// Opens or makes the tables in the database file.
    ///
    /// # Errors
    /// [`WatchError::Internal`] with SQLite's reason.
    pub fn open(path: &Path) -> Result<Self, WatchError> {
        let doing = format!("opening {}", path.display());
        let connection = Connection::open(path).map_err(broken(&doing))?;
        connection
            .busy_timeout(Duration::from_secs(20))
            .map_err(broken(&doing))?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .and_then(|()| connection.execute_batch(SCHEMA))
            .and_then(|()| connection.execute_batch(orders::SCHEMA))
            .map_err(broken(&doing))?;
        Ok(Self {
            connection: Mutex::new(connection),
        })
    }

    fn db(&self) -> Result<MutexGuard<'_, Connection>, WatchError> {
        self.connection
            .lock()
            .map_err(|_| WatchError::internal("opening the database", "an earlier call panicked"))
    }

    fn bodies<T: DeserializeOwned>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<T>, WatchError> {
        let db = self.db()?;
        let mut statement = db.prepare_cached(sql).map_err(broken("reading records"))?;
        let rows = statement
            .query_map(values, |row| row.get::<_, String>(0))
            .map_err(broken("reading records"))?;
        rows.map(|row| from_text(&row.map_err(broken("reading records"))?))
            .collect()
    }

    fn body<T: DeserializeOwned>(&self, sql: &str, key: &str) -> Result<Option<T>, WatchError> {
        let text: Option<String> = self
            .db()?
            .query_row(sql, [key], |row| row.get(0))
            .optional()
            .map_err(broken("reading a record"))?;
        text.map(|t| from_text(&t)).transpose()
    }

    fn write(
        &self,
        doing: &str,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Result<usize, WatchError> {
        self.db()?.execute(sql, values).map_err(broken(doing))
    }
}

impl WatchStore for SqliteWatchStore {
    fn node_id(&self) -> Result<String, WatchError> {
        let db = self.db()?;
        db.execute(
            "INSERT OR IGNORE INTO watch_node VALUES (1, 'node-' || lower(hex(randomblob(4))))",
            [],
        )
        .and_then(|_| db.query_row("SELECT node_id FROM watch_node", [], |row| row.get(0)))
        .map_err(broken("reading the node id"))
    }

    fn add_watch(&self, watch: &Watch) -> Result<bool, WatchError> {
        if let Some(kept) = self.body::<Watch>("SELECT body FROM watch WHERE id = ?1", &watch.id)? {
            let same = Watch {
                created: kept.created,
                ..watch.clone()
            } == kept;
            return if same {
                Ok(false)
            } else {
                Err(WatchError::Conflict(format!(
                    "a watch named {:?} exists already with another request; remove it first or \
                     choose another name",
                    watch.id
                )))
            };
        }
        let body = to_text(watch)?;
        self.write(
            "adding a watch",
            "INSERT INTO watch VALUES (?1, ?2, ?3)",
            params![watch.id, watch.priority, body],
        )?;
        Ok(true)
    }

    fn watches(&self) -> Result<Vec<Watch>, WatchError> {
        self.bodies("SELECT body FROM watch ORDER BY priority, id", [])
    }

    fn remove_watch(&self, id: &str) -> Result<bool, WatchError> {
        self.write(
            "removing a watch's forecast",
            "DELETE FROM watch_forecast WHERE watch = ?1",
            [id],
        )?;
        self.write(
            "removing a watch's jobs",
            "DELETE FROM watch_job WHERE watch = ?1",
            [id],
        )?;
        Ok(self.write("removing a watch", "DELETE FROM watch WHERE id = ?1", [id])? > 0)
    }

    fn put_elements(&self, sets: &[ElementSet], from: &ElementSource) -> Result<usize, WatchError> {
        let source = to_text(from)?;
        let doing = "keeping element sets";
        let mut db = self.db()?;
        let transaction = db.transaction().map_err(broken(doing))?;
        let mut kept = 0;
        for set in sets {
            kept += transaction
                .execute(
                    "INSERT OR REPLACE INTO watch_element_set VALUES (?1, ?2, ?3, ?4)",
                    params![
                        set.norad_id,
                        set.epoch.as_millisecond(),
                        to_text(set)?,
                        source
                    ],
                )
                .map_err(broken(doing))?;
        }
        transaction.commit().map_err(broken(doing))?;
        Ok(kept)
    }

    fn elements(&self) -> Result<Vec<(ElementSet, ElementSource)>, WatchError> {
        let doing = "reading element sets";
        let db = self.db()?;
        let mut statement = db
            .prepare_cached(
                "SELECT body, source, max(epoch_ms) FROM watch_element_set GROUP BY norad_id",
            )
            .map_err(broken(doing))?;
        let rows = statement
            .query_map([], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .map_err(broken(doing))?;
        rows.map(|row| {
            let (set, source) = row.map_err(broken(doing))?;
            Ok((from_text(&set)?, from_text(&source)?))
        })
        .collect()
    }

    fn put_records(
        &self,
        kind: RecordKind,
        records: &[(String, serde_json::Value)],
        from: &Provenance,
    ) -> Result<usize, WatchError> {
        let source = to_text(from)?;
        let doing = "keeping records of the register";
        let mut db = self.db()?;
        let transaction = db.transaction().map_err(broken(doing))?;
        {
            let mut statement = transaction
                .prepare_cached("INSERT OR REPLACE INTO watch_record VALUES (?1, ?2, ?3, ?4)")
                .map_err(broken(doing))?;
            for (key, body) in records {
                statement
                    .execute(params![kind.as_str(), key, to_text(body)?, source])
                    .map_err(broken(doing))?;
            }
        }
        transaction.commit().map_err(broken(doing))?;
        Ok(records.len())
    }

    fn records(
        &self,
        kind: RecordKind,
    ) -> Result<Vec<(serde_json::Value, Provenance)>, WatchError> {
        let doing = "reading records of the register";
        let db = self.db()?;
        let mut statement = db
            .prepare_cached("SELECT body, source FROM watch_record WHERE kind = ?1 ORDER BY key")
            .map_err(broken(doing))?;
        let rows = statement
            .query_map([kind.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })
            .map_err(broken(doing))?;
        rows.map(|row| {
            let (body, source) = row.map_err(broken(doing))?;
            Ok((from_text(&body)?, from_text(&source)?))
        })
        .collect()
    }

    fn put_forecast(&self, forecast: &Forecast) -> Result<(), WatchError> {
        let body = to_text(forecast)?;
        self.write(
            "keeping a forecast",
            "INSERT OR REPLACE INTO watch_forecast VALUES (?1, ?2, ?3)",
            params![forecast.watch, forecast.computed_at.as_millisecond(), body],
        )
        .map(drop)
    }

    fn latest_forecast(&self, watch: &str) -> Result<Option<Forecast>, WatchError> {
        self.body("SELECT body FROM watch_forecast WHERE watch = ?1", watch)
    }

    fn open_job(&self, job: &Job) -> Result<bool, WatchError> {
        let state = to_text(&JobState::Open)?;
        let added = self.write(
            "opening a job",
            "INSERT OR IGNORE INTO watch_job (watch, collection, item, open, state)
             VALUES (?1, ?2, ?3, 1, ?4)",
            params![job.watch, job.collection, job.item, state],
        )?;
        Ok(added > 0)
    }

    fn end_job(&self, job: &Job, state: &JobState) -> Result<(), WatchError> {
        let text = to_text(state)?;
        self.write(
            "ending a job",
            "UPDATE watch_job SET open = ?5, state = ?4
             WHERE watch = ?1 AND collection = ?2 AND item = ?3",
            params![
                job.watch,
                job.collection,
                job.item,
                text,
                *state == JobState::Open
            ],
        )
        .map(drop)
    }

    fn end_job_told(&self, job: &Job, told: &Told) -> Result<(), WatchError> {
        let doing = "ending a job";
        let answer = &told.trace.answer;
        let mut db = self.db()?;
        let change = db.transaction().map_err(broken(doing))?;
        let kept = change
            .execute(
                "INSERT INTO watch_trace VALUES (?1, ?2, ?3)
                 ON CONFLICT (answer) DO UPDATE SET steps = excluded.steps, body = excluded.body
                 WHERE excluded.steps >= watch_trace.steps",
                params![answer, told.trace.steps.len() as i64, to_text(&told.trace)?],
            )
            .map_err(broken(doing))?;
        if kept == 0 {
            return Err(WatchError::Conflict(format!(
                "the trace of {answer} has more steps than the {} that would replace it",
                told.trace.steps.len()
            )));
        }
        let event = record(&change, EventKind::Answer, told.time, told.summary.clone())?;
        let of_trace = serde_json::json!({ "answer": answer, "watch": told.trace.watch });
        record(&change, EventKind::Trace, told.time, of_trace)?;
        let call = to_text(&event)?;
        for address in &told.addresses {
            change
                .execute(
                    "INSERT INTO watch_call (address, event, tries, open) VALUES (?1, ?2, 0, 1)",
                    params![address, call],
                )
                .map_err(broken(doing))?;
        }
        let state = JobState::Done {
            answer: answer.clone(),
        };
        change
            .execute(
                "UPDATE watch_job SET open = 0, state = ?4
                 WHERE watch = ?1 AND collection = ?2 AND item = ?3",
                params![job.watch, job.collection, job.item, to_text(&state)?],
            )
            .map_err(broken(doing))?;
        change.commit().map_err(broken(doing))
    }

    fn job_state(&self, job: &Job) -> Result<Option<JobState>, WatchError> {
        let text: Option<String> = self
            .db()?
            .query_row(
                "SELECT state FROM watch_job WHERE watch = ?1 AND collection = ?2 AND item = ?3",
                params![job.watch, job.collection, job.item],
                |row| row.get(0),
            )
            .optional()
            .map_err(broken("reading a job"))?;
        text.map(|t| from_text(&t)).transpose()
    }

    fn open_jobs(&self) -> Result<Vec<Job>, WatchError> {
        self.bodies(
            "SELECT json_object('watch', watch, 'collection', collection, 'item', item)
             FROM watch_job WHERE open = 1 ORDER BY seq",
            [],
        )
    }

    fn ended_jobs(&self, watch: &str) -> Result<Vec<(Job, String)>, WatchError> {
        self.bodies(
            "SELECT json_array(json_object('watch', watch, 'collection', collection, 'item', item),
                               json_extract(state, '$.reason'))
             FROM watch_job WHERE watch = ?1 AND json_extract(state, '$.state') = 'ended'
             ORDER BY seq",
            [watch],
        )
    }

    fn put_arrival(&self, scene: &str, arrival: &serde_json::Value) -> Result<(), WatchError> {
        self.write(
            "keeping an arrival",
            "INSERT OR IGNORE INTO watch_arrival VALUES (?1, ?2)",
            params![scene, to_text(arrival)?],
        )
        .map(drop)
    }

    fn arrival(&self, scene: &str) -> Result<Option<serde_json::Value>, WatchError> {
        self.body("SELECT body FROM watch_arrival WHERE scene = ?1", scene)
    }

    fn trace(&self, answer: &str) -> Result<Option<Trace>, WatchError> {
        self.body("SELECT body FROM watch_trace WHERE answer = ?1", answer)
    }

    fn put_event(
        &self,
        kind: EventKind,
        time: Timestamp,
        data: serde_json::Value,
    ) -> Result<Event, WatchError> {
        let db = self.db()?;
        record(&db, kind, time, data)
    }

    fn events_after(&self, id: u64, limit: usize) -> Result<Vec<Event>, WatchError> {
        let doing = "reading events";
        let db = self.db()?;
        let mut statement = db
            .prepare_cached(
                "SELECT id, kind, time_ms, data FROM watch_event WHERE id > ?1 ORDER BY id LIMIT ?2",
            )
            .map_err(broken(doing))?;
        let after = i64::try_from(id).unwrap_or(i64::MAX);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map([after, limit], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, String>(1)?,
                    row.get::<_, i64>(2)?,
                    row.get::<_, String>(3)?,
                ))
            })
            .map_err(broken(doing))?;
        rows.map(|row| {
            let (id, kind, time_ms, data) = row.map_err(broken(doing))?;
            Ok(Event {
                id: u64::try_from(id).unwrap_or_default(),
                kind: from_text(&kind)?,
                time: Timestamp::from_millisecond(time_ms)
                    .map_err(|e| WatchError::internal(doing, e))?,
                data: from_text(&data)?,
            })
        })
        .collect()
    }

    fn newest_event(&self) -> Result<u64, WatchError> {
        self.db()?
            .query_row("SELECT coalesce(max(id), 0) FROM watch_event", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(|id| u64::try_from(id).unwrap_or_default())
            .map_err(broken("reading events"))
    }

    fn open_calls(&self) -> Result<Vec<Call>, WatchError> {
        let doing = "reading webhook calls";
        let db = self.db()?;
        let mut statement = db
            .prepare_cached(
                "SELECT id, address, event, tries FROM watch_call WHERE open = 1 ORDER BY id",
            )
            .map_err(broken(doing))?;
        let rows = statement
            .query_map([], |row| {
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    row.get::<_, String>(2)?,
                    row.get(3)?,
                ))
            })
            .map_err(broken(doing))?;
        rows.map(|row| {
            let (id, address, event, tries) = row.map_err(broken(doing))?;
            Ok(Call {
                id,
                address,
                event: from_text(&event)?,
                tries,
            })
        })
        .collect()
    }

    fn settle_call(&self, id: i64, error: Option<&str>) -> Result<(), WatchError> {
        match error {
            None => self.write(
                "settling a webhook call",
                "UPDATE watch_call SET open = 0, tries = tries + 1, error = NULL WHERE id = ?1",
                [id],
            ),
            Some(error) => self.write(
                "settling a webhook call",
                "UPDATE watch_call SET tries = tries + 1, error = ?2, open = tries + 1 < ?3
                 WHERE id = ?1",
                params![id, error, WEBHOOK_TRIES],
            ),
        }
        .map(drop)
    }
}
