//! What the chain remembers: watches, element sets, forecasts, jobs, traces, events, webhook calls.
//!
//! [`WatchStore`] is the interface; `sqlite` is the default behind it. Every `put` is on disk
//! when it returns.

pub mod sqlite;

use crate::error::WatchError;
use crate::forecast::Forecast;
use crate::notify::{Event, EventKind};
use crate::request::Watch;
use crate::trace::Trace;
use corridor_orbit::elements::ElementSet;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// One product to run on one scene for one watch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// The watch's id.
    pub watch: String,
    /// The scene's collection.
    pub collection: String,
    /// The scene's item id.
    pub item: String,
}

/// How a job ended, or that it has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum JobState {
    /// Waiting or running: is run again after a restart.
    Open,
    /// Gave an answer.
    Done {
        /// `collection/item` of the answer.
        answer: String,
    },
    /// Gave none, for a reason that running it again would not change.
    Ended {
        /// Why, in a sentence.
        reason: String,
    },
}

/// An answer and how it is told.
#[derive(Debug, Clone)]
pub struct Told {
    /// The answer's way, telling included.
    pub trace: Trace,
    /// When it is told.
    pub time: Timestamp,
    /// The event's body.
    pub summary: serde_json::Value,
    /// Webhooks to call.
    pub addresses: Vec<String>,
}

/// A webhook call that is still to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    /// Row number.
    pub id: i64,
    /// Where to.
    pub address: String,
    /// What to say.
    pub event: Event,
    /// Tries so far.
    pub tries: u32,
}

/// Where element sets came from, as imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElementSource {
    /// File or publisher.
    pub source: String,
    /// When they were imported.
    pub imported: Timestamp,
}

/// Where imported records came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provenance {
    /// File or address.
    pub source: String,
    /// When they were imported.
    pub imported: Timestamp,
    /// The newest day in the data, where it has one.
    #[serde(default)]
    pub data_until: Option<Date>,
}

/// What kind of record the register keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordKind {
    /// A row of SATCAT.
    Satcat,
    /// A row of the UCS Satellite Database.
    SatelliteDatabase,
    /// A role given on import.
    Role,
    /// A transmitter.
    Transmitter,
    /// A station.
    Station,
    /// A file or an address that was imported.
    Source,
}

impl RecordKind {
    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Satcat => "satcat",
            Self::SatelliteDatabase => "satellite-database",
            Self::Role => "role",
            Self::Transmitter => "transmitter",
            Self::Station => "station",
            Self::Source => "source",
        }
    }
}

/// The chain's memory. Calls block on disk: run them off the async threads.
pub trait WatchStore: Send + Sync {
    /// This node's id, made once.
    fn node_id(&self) -> Result<String, WatchError>;
    /// Adds a watch. The same id with the same request is a no-op, another request a conflict.
    fn add_watch(&self, watch: &Watch) -> Result<bool, WatchError>;
    /// All watches, by priority and then id.
    fn watches(&self) -> Result<Vec<Watch>, WatchError>;
    /// Removes a watch with its jobs and says whether it was there. Answers and traces stay.
    fn remove_watch(&self, id: &str) -> Result<bool, WatchError>;
    /// Keeps element sets; of one object the newest epoch wins when read.
    fn put_elements(&self, sets: &[ElementSet], from: &ElementSource) -> Result<usize, WatchError>;
    /// The newest imported set of each object.
    fn elements(&self) -> Result<Vec<(ElementSet, ElementSource)>, WatchError>;
    /// Keeps records of the register under their keys; the same key again replaces.
    fn put_records(
        &self,
        kind: RecordKind,
        records: &[(String, serde_json::Value)],
        from: &Provenance,
    ) -> Result<usize, WatchError>;
    /// The records of one kind, by key, with where they came from.
    fn records(&self, kind: RecordKind)
    -> Result<Vec<(serde_json::Value, Provenance)>, WatchError>;
    /// Keeps a forecast: what was promised, for the traces to come.
    fn put_forecast(&self, forecast: &Forecast) -> Result<(), WatchError>;
    /// The newest kept forecast of a watch.
    fn latest_forecast(&self, watch: &str) -> Result<Option<Forecast>, WatchError>;
    /// Opens a job; the same job twice is one.
    fn open_job(&self, job: &Job) -> Result<bool, WatchError>;
    /// Says how a job ended.
    fn end_job(&self, job: &Job, state: &JobState) -> Result<(), WatchError>;
    /// Ends a job with its answer: the trace, the event, the webhook calls that tell of it and the
    /// job's end are written together or not at all. A trace only grows: fewer steps than kept are
    /// refused.
    fn end_job_told(&self, job: &Job, told: &Told) -> Result<(), WatchError>;
    /// A job's state.
    fn job_state(&self, job: &Job) -> Result<Option<JobState>, WatchError>;
    /// Jobs that are open, oldest first.
    fn open_jobs(&self) -> Result<Vec<Job>, WatchError>;
    /// Jobs of a scene's way that gave no answer, of one watch: job and reason.
    fn ended_jobs(&self, watch: &str) -> Result<Vec<(Job, String)>, WatchError>;
    /// Keeps how a scene came in, for the traces of its answers.
    fn put_arrival(&self, scene: &str, arrival: &serde_json::Value) -> Result<(), WatchError>;
    /// How a scene came in.
    fn arrival(&self, scene: &str) -> Result<Option<serde_json::Value>, WatchError>;
    /// The trace of `collection/item`.
    fn trace(&self, answer: &str) -> Result<Option<Trace>, WatchError>;
    /// Records an event and gives it its number.
    fn put_event(
        &self,
        kind: EventKind,
        time: Timestamp,
        data: serde_json::Value,
    ) -> Result<Event, WatchError>;
    /// Events after `id`, oldest first, at most `limit`.
    fn events_after(&self, id: u64, limit: usize) -> Result<Vec<Event>, WatchError>;
    /// Number of the newest event; 0 where there is none.
    fn newest_event(&self) -> Result<u64, WatchError>;
    /// Calls still to be made.
    fn open_calls(&self) -> Result<Vec<Call>, WatchError>;
    /// A call was made, or failed once more (`error`); after too many tries it is given up.
    fn settle_call(&self, id: i64, error: Option<&str>) -> Result<(), WatchError>;
}
