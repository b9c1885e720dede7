//! What openEO keeps on disk: tokens, stored processes, batch jobs with their logs, services.
//!
//! Tables of their own in the data folder's `corridor.db`. Everything that was accepted is
//! committed (`synchronous = FULL`) before it is acknowledged. Every row has an owner, and every
//! read names one: what is another user's is not there.

use corridor_catalog::digest;
use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::Path;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS openeo_secret (one INTEGER PRIMARY KEY CHECK (one = 1), secret BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS openeo_token (
    digest TEXT PRIMARY KEY, user TEXT NOT NULL, expires_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS openeo_process (
    user TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY (user, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS openeo_job (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, status TEXT NOT NULL, queued_ms INTEGER,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS openeo_job_user ON openeo_job (user, id);
CREATE TABLE IF NOT EXISTS openeo_log (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT NOT NULL, time_ms INTEGER NOT NULL,
    body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS openeo_log_owner ON openeo_log (owner, seq);
CREATE TABLE IF NOT EXISTS openeo_service (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, body TEXT NOT NULL) WITHOUT ROWID;
";

/// Most log entries kept of one job or service: the first ones, then no more.
const LOG_ENTRIES_MAX: i64 = 10_000;

/// The store cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[error("{doing}: {reason}")]
pub(crate) struct StoreError {
    doing: String,
    reason: String,
}

/// How a batch job is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Status {
    Created,
    Queued,
    Running,
    Canceled,
    Finished,
    Error,
}

impl Status {
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Canceled => "canceled",
            Self::Finished => "finished",
            Self::Error => "error",
        }
    }

    /// Whether the job waits for or has a processor.
    pub(crate) const fn is_active(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }
}

/// A batch job as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) status: Status,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    /// `title`, `description`, `process`, `plan`, `budget`, `log_level` as the user gave them.
    pub(crate) asked: Value,
    /// Files and times of the results, once finished.
    pub(crate) results: Option<Results>,
    /// Wall-clock time of the last run, seconds.
    pub(crate) duration_s: Option<f64>,
}

/// What a finished job made.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Results {
    /// Folder below the job's own: a new one each run.
    pub(crate) folder: String,
    pub(crate) files: Vec<ResultFile>,
}

/// One file of a job's results.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ResultFile {
    pub(crate) name: String,
    pub(crate) media_type: String,
    pub(crate) size_bytes: u64,
    pub(crate) sha256: String,
    pub(crate) bands: Vec<String>,
    /// West, south, east, north in degrees.
    pub(crate) bbox: Option<[f64; 4]>,
    pub(crate) epsg: Option<u32>,
    /// Rows and columns.
    pub(crate) shape: Option<[usize; 2]>,
    pub(crate) transform: Option<[f64; 6]>,
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
}

/// A secondary web service as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Service {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) created: Timestamp,
    pub(crate) enabled: bool,
    /// `title`, `description`, `process`, `configuration`, `plan`, `budget` as the user gave them.
    pub(crate) asked: Value,
}

/// The store over one SQLite file.
#[derive(Debug)]
pub(crate) struct Store {
    connection: Mutex<Connection>,
    secret: Vec<u8>,
}

type Kept<T> = Result<T, StoreError>;

fn broken<E: std::fmt::Display>(doing: &str) -> impl Fn(E) -> StoreError + '_ {
    move |e| StoreError {
        doing: doing.to_string(),
        reason: e.to_string(),
    }
}

fn text(value: &impl Serialize) -> Kept<String> {
    serde_json::to_string(value).map_err(broken("writing a record"))
}

fn read<T: for<'a> Deserialize<'a>>(text: &str) -> Kept<T> {
    serde_json::from_str(text).map_err(broken("reading a record"))
}

impl Store {
    /// Opens or makes the tables in the database file.
    pub(crate) fn open(path: &Path) -> Kept<Self> {
        let doing = format!("opening {}", path.display());
        let failed = broken::<rusqlite::Error>(&doing);
        let connection = Connection::open(path).map_err(&failed)?;
        connection
            .busy_timeout(Duration::from_secs(20))
            .map_err(&failed)?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")
            .and_then(|()| connection.execute_batch(SCHEMA))
            .map_err(&failed)?;
        // The key that links to results are signed with: made once, by whoever is first.
        let secret = super::identity::random_bytes().map_err(broken("making a secret"))?;
        connection
            .execute(
                "INSERT OR IGNORE INTO openeo_secret VALUES (1, ?1)",
                [&secret[..]],
            )
            .map_err(&failed)?;
        let secret = connection
            .query_row("SELECT secret FROM openeo_secret", [], |row| row.get(0))
            .map_err(&failed)?;
        Ok(Self {
            connection: Mutex::new(connection),
            secret,
        })
    }

    /// The node's key for signatures.
    pub(crate) fn secret(&self) -> &[u8] {
        &self.secret
    }

    fn db(&self) -> Kept<MutexGuard<'_, Connection>> {
        self.connection
            .lock()
            .map_err(|_| broken("opening the database")("an earlier call panicked"))
    }

    fn write(&self, doing: &str, sql: &str, values: impl rusqlite::Params) -> Kept<usize> {
        self.db()?.execute(sql, values).map_err(broken(doing))
    }

    fn bodies<T: for<'a> Deserialize<'a>>(
        &self,
        sql: &str,
        values: impl rusqlite::Params,
    ) -> Kept<Vec<T>> {
        let doing = broken("reading records");
        let db = self.db()?;
        let mut statement = db.prepare_cached(sql).map_err(&doing)?;
        let rows = statement
            .query_map(values, |row| row.get::<_, String>(0))
            .map_err(&doing)?;
        rows.map(|row| read(&row.map_err(&doing)?)).collect()
    }

    // --- tokens ---------------------------------------------------------------------------------

    /// Keeps the digest of a token; the token itself is kept nowhere.
    pub(crate) fn add_token(&self, token: &str, user: &str, expires: Timestamp) -> Kept<()> {
        let now = Timestamp::now().as_millisecond();
        self.write(
            "removing old tokens",
            "DELETE FROM openeo_token WHERE expires_ms <= ?1",
            [now],
        )?;
        self.write(
            "keeping a token",
            "INSERT INTO openeo_token VALUES (?1, ?2, ?3)",
            params![
                digest::sha256_bytes(token.as_bytes()),
                user,
                expires.as_millisecond()
            ],
        )?;
        Ok(())
    }

    /// Whose token this is, if it is one and has not expired.
    pub(crate) fn user_of_token(&self, token: &str) -> Kept<Option<String>> {
        self.db()?
            .query_row(
                "SELECT user FROM openeo_token WHERE digest = ?1 AND expires_ms > ?2",
                params![
                    digest::sha256_bytes(token.as_bytes()),
                    Timestamp::now().as_millisecond()
                ],
                |row| row.get(0),
            )
            .optional()
            .map_err(broken("reading a token"))
    }

    // --- stored processes -----------------------------------------------------------------------

    pub(crate) fn processes(&self, user: &str) -> Kept<Vec<Value>> {
        self.bodies(
            "SELECT body FROM openeo_process WHERE user = ?1 ORDER BY id",
            [user],
        )
    }

    pub(crate) fn process(&self, user: &str, id: &str) -> Kept<Option<Value>> {
        let sql = "SELECT body FROM openeo_process WHERE user = ?1 AND id = ?2";
        Ok(self.bodies(sql, [user, id])?.pop())
    }

    pub(crate) fn put_process(&self, user: &str, id: &str, body: &Value) -> Kept<()> {
        let sql = "INSERT OR REPLACE INTO openeo_process VALUES (?1, ?2, ?3)";
        self.write("storing a process", sql, params![user, id, text(body)?])?;
        Ok(())
    }

    pub(crate) fn remove_process(&self, user: &str, id: &str) -> Kept<bool> {
        let sql = "DELETE FROM openeo_process WHERE user = ?1 AND id = ?2";
        Ok(self.write("removing a process", sql, [user, id])? > 0)
    }

    // --- jobs -----------------------------------------------------------------------------------

    pub(crate) fn jobs(&self, user: &str) -> Kept<Vec<Job>> {
        self.bodies(
            "SELECT body FROM openeo_job WHERE user = ?1 ORDER BY id",
            [user],
        )
    }

    pub(crate) fn job(&self, user: &str, id: &str) -> Kept<Option<Job>> {
        let sql = "SELECT body FROM openeo_job WHERE user = ?1 AND id = ?2";
        Ok(self.bodies(sql, [user, id])?.pop())
    }

    /// A job whoever owns it: for links that were signed, and for the worker.
    pub(crate) fn any_job(&self, id: &str) -> Kept<Option<Job>> {
        Ok(self
            .bodies("SELECT body FROM openeo_job WHERE id = ?1", [id])?
            .pop())
    }

    pub(crate) fn add_job(&self, job: &Job) -> Kept<()> {
        let sql = "INSERT INTO openeo_job VALUES (?1, ?2, ?3, NULL, ?4)";
        let values = params![job.id, job.user, job.status.word(), text(job)?];
        self.write("storing a job", sql, values)?;
        Ok(())
    }

    /// Changes a job that is in one of these states; whether it was. Both in one step, so that
    /// two requests never both succeed.
    pub(crate) fn change_job(
        &self,
        id: &str,
        from: &[Status],
        change: impl FnOnce(&mut Job),
    ) -> Kept<bool> {
        let doing = broken::<rusqlite::Error>("changing a job");
        let mut db = self.db()?;
        let step = db
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(&doing)?;
        let body: Option<String> = step
            .query_row("SELECT body FROM openeo_job WHERE id = ?1", [id], |row| {
                row.get(0)
            })
            .optional()
            .map_err(&doing)?;
        let Some(body) = body else {
            return Ok(false);
        };
        let mut job: Job = read(&body)?;
        if !from.contains(&job.status) {
            return Ok(false);
        }
        change(&mut job);
        job.updated = Timestamp::now();
        let queued = (job.status == Status::Queued).then(|| job.updated.as_millisecond());
        step.execute(
            "UPDATE openeo_job SET status = ?2, queued_ms = ?3, body = ?4 WHERE id = ?1",
            params![id, job.status.word(), queued, text(&job)?],
        )
        .map_err(&doing)?;
        step.commit().map_err(&doing)?;
        Ok(true)
    }

    /// The job that has waited longest.
    pub(crate) fn next_job(&self) -> Kept<Option<Job>> {
        let sql =
            "SELECT body FROM openeo_job WHERE status = 'queued' ORDER BY queued_ms, id LIMIT 1";
        Ok(self.bodies(sql, [])?.pop())
    }

    /// Jobs that ran when the node stopped: they are run anew.
    pub(crate) fn interrupted_jobs(&self) -> Kept<Vec<Job>> {
        self.bodies(
            "SELECT body FROM openeo_job WHERE status = 'running' ORDER BY id",
            [],
        )
    }

    pub(crate) fn remove_job(&self, id: &str) -> Kept<()> {
        self.write(
            "removing a job's log",
            "DELETE FROM openeo_log WHERE owner = ?1",
            [id],
        )?;
        self.write(
            "removing a job",
            "DELETE FROM openeo_job WHERE id = ?1",
            [id],
        )?;
        Ok(())
    }

    // --- logs of jobs and services --------------------------------------------------------------

    pub(crate) fn log(&self, owner: &str, entry: &Value) -> Kept<()> {
        self.write(
            "writing a log",
            "INSERT INTO openeo_log (owner, time_ms, body) SELECT ?1, ?2, ?3
             WHERE (SELECT COUNT(*) FROM openeo_log WHERE owner = ?1) < ?4",
            params![
                owner,
                Timestamp::now().as_millisecond(),
                text(entry)?,
                LOG_ENTRIES_MAX
            ],
        )?;
        Ok(())
    }

    /// Entries after the one numbered `after`, oldest first: number, time, entry.
    pub(crate) fn logs(
        &self,
        owner: &str,
        after: i64,
        limit: usize,
    ) -> Kept<Vec<(i64, Timestamp, Value)>> {
        let doing = broken::<rusqlite::Error>("reading a log");
        let db = self.db()?;
        let mut statement = db
            .prepare_cached(
                "SELECT seq, time_ms, body FROM openeo_log WHERE owner = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
            )
            .map_err(&doing)?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = statement
            .query_map(params![owner, after, limit], |row| {
                Ok((
                    row.get::<_, i64>(0)?,
                    row.get::<_, i64>(1)?,
                    row.get::<_, String>(2)?,
                ))
            })
            .map_err(&doing)?;
        rows.map(|row| {
            let (seq, time_ms, body) = row.map_err(&doing)?;
            let time = Timestamp::from_millisecond(time_ms).map_err(broken("reading a log"))?;
            Ok((seq, time, read(&body)?))
        })
        .collect()
    }

    // --- services -------------------------------------------------------------------------------

    pub(crate) fn services(&self, user: &str) -> Kept<Vec<Service>> {
        self.bodies(
            "SELECT body FROM openeo_service WHERE user = ?1 ORDER BY id",
            [user],
        )
    }

    pub(crate) fn service(&self, user: &str, id: &str) -> Kept<Option<Service>> {
        let sql = "SELECT body FROM openeo_service WHERE user = ?1 AND id = ?2";
        Ok(self.bodies(sql, [user, id])?.pop())
    }

    /// A service whoever owns it: for its tiles.
    pub(crate) fn any_service(&self, id: &str) -> Kept<Option<Service>> {
        Ok(self
            .bodies("SELECT body FROM openeo_service WHERE id = ?1", [id])?
            .pop())
    }

    pub(crate) fn put_service(&self, service: &Service) -> Kept<()> {
        let sql = "INSERT OR REPLACE INTO openeo_service VALUES (?1, ?2, ?3)";
        let values = params![service.id, service.user, text(service)?];
        self.write("storing a service", sql, values)?;
        Ok(())
    }

    pub(crate) fn remove_service(&self, id: &str) -> Kept<()> {
        self.write(
            "removing a service's log",
            "DELETE FROM openeo_log WHERE owner = ?1",
            [id],
        )?;
        self.write(
            "removing a service",
            "DELETE FROM openeo_service WHERE id = ?1",
            [id],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn job(id: &str, user: &str) -> Job {
        Job {
            id: id.into(),
            user: user.into(),
            status: Status::Created,
            created: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            asked: json!({"title": id}),
            results: None,
            duration_s: None,
        }
    }

    #[test]
    fn what_is_kept_is_there_after_reopening_and_only_for_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("corridor.db");
        let secret = {
            let store = Store::open(&path).unwrap();
            store.add_job(&job("j1", "ana")).unwrap();
            store
                .put_process("ana", "evi", &json!({"id": "evi"}))
                .unwrap();
            let in_an_hour = Timestamp::now() + jiff::SignedDuration::from_hours(1);
            store.add_token("t", "ana", in_an_hour).unwrap();
            store
                .add_token("old", "ana", Timestamp::UNIX_EPOCH)
                .unwrap();
            store.log("j1", &json!({"message": "one"})).unwrap();
            store.secret().to_vec()
        };
        let store = Store::open(&path).unwrap();
        assert_eq!(store.secret(), secret);
        assert_eq!(store.jobs("ana").unwrap().len(), 1);
        assert!(store.job("bob", "j1").unwrap().is_none());
        assert!(store.process("bob", "evi").unwrap().is_none());
        assert_eq!(store.user_of_token("t").unwrap().as_deref(), Some("ana"));
        assert!(store.user_of_token("old").unwrap().is_none());
        assert_eq!(store.logs("j1", 0, 10).unwrap()[0].2["message"], "one");
    }

    #[test]
    fn a_job_changes_only_from_the_states_named() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("corridor.db")).unwrap();
        store.add_job(&job("j1", "ana")).unwrap();
        let queue = |job: &mut Job| job.status = Status::Queued;
        assert!(store.change_job("j1", &[Status::Created], queue).unwrap());
        assert!(!store.change_job("j1", &[Status::Created], queue).unwrap());
        assert_eq!(store.next_job().unwrap().unwrap().id, "j1");
        assert!(!store.change_job("none", &[Status::Created], queue).unwrap());
    }
}
