//! Searches for opportunities that are answered later. A search is kept before it is acknowledged, and
//! one that a restart cut off is run again when somebody asks for it.

use crate::chain::{Chain, blocking};
use crate::error::WatchError;
use crate::opportunity::{Found, OpportunityRequest};
use corridor_catalog::digest;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Characters of a search's id.
const ID_CHARS: usize = 16;

/// A search as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SearchRecord {
    /// Unique; the same search asked for twice is one.
    pub id: String,
    /// What is searched.
    pub request: OpportunityRequest,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it ended; `None` while it runs.
    pub ended: Option<Timestamp>,
    /// What was found.
    pub found: Option<Found>,
    /// Why nothing could be found.
    pub failure: Option<String>,
}

/// Ids of the searches that run.
#[derive(Debug, Default)]
pub(crate) struct Running(Mutex<BTreeSet<String>>);

impl Running {
    fn start(&self, id: &str) -> bool {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(id.to_string())
    }

    fn end(&self, id: &str) {
        let mut ids = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ids.remove(id);
    }
}

impl Chain {
    /// Keeps a search to be run by [`Self::run_search`].
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where there is no such instrument; [`WatchError::Invalid`] where place
    /// or span cannot be.
    pub async fn begin_search(
        &self,
        request: &OpportunityRequest,
    ) -> Result<SearchRecord, WatchError> {
        self.check_request(request)?;
        let digest = digest::sha256_json(&json!([request, self.register().element_epoch()]));
        let id: String = digest.chars().take(ID_CHARS).collect();
        if let Some(kept) = self.kept_search(&id).await? {
            return Ok(kept);
        }
        let record = SearchRecord {
            id,
            request: request.clone(),
            created: Timestamp::now(),
            ended: None,
            found: None,
            failure: None,
        };
        let (orders, kept) = (self.orders.clone(), record.clone());
        blocking(move || orders.put_search(&kept)).await?;
        Ok(record)
    }

    /// Runs a search unless it runs or has ended.
    ///
    /// # Errors
    /// [`WatchError`] where the store fails.
    pub async fn run_search(&self, id: &str) -> Result<(), WatchError> {
        if !self.searching.start(id) {
            return Ok(());
        }
        let outcome = self.complete(id).await;
        self.searching.end(id);
        outcome
    }

    async fn complete(&self, id: &str) -> Result<(), WatchError> {
        let Some(mut record) = self.kept_search(id).await?.filter(|r| r.ended.is_none()) else {
            return Ok(());
        };
        match self.opportunities(&record.request).await {
            Ok(found) => record.found = Some(found),
            Err(e) => record.failure = Some(e.to_string()),
        }
        record.ended = Some(Timestamp::now());
        let orders = self.orders.clone();
        blocking(move || orders.put_search(&record)).await
    }

    async fn kept_search(&self, id: &str) -> Result<Option<SearchRecord>, WatchError> {
        let (orders, id) = (self.orders.clone(), id.to_string());
        blocking(move || orders.search(&id)).await
    }

    /// A search.
    ///
    /// # Errors
    /// [`WatchError::NotFound`] where it is not there.
    pub async fn search(&self, id: &str) -> Result<SearchRecord, WatchError> {
        let kept = self.kept_search(id).await?;
        kept.ok_or_else(|| WatchError::not_found("search", id))
    }

    /// Searches, newest first.
    ///
    /// # Errors
    /// [`WatchError::Internal`] where the store fails.
    pub async fn searches(
        &self,
        skip: usize,
        limit: usize,
    ) -> Result<Vec<SearchRecord>, WatchError> {
        let orders = self.orders.clone();
        blocking(move || orders.searches(skip, limit)).await
    }
}
