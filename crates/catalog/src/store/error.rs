//! What can go wrong in a catalogue.

use thiserror::Error;

use crate::bbox::BboxError;
use crate::filter::FilterError;
use crate::interval::IntervalError;
use crate::stac::ItemFault;

/// Why a catalogue refused or failed.
#[derive(Debug, Error)]
pub enum CatalogError {
    /// No collection of this id.
    #[error("no collection {0:?}")]
    UnknownCollection(String),
    /// No Item of this id in the collection.
    #[error("no item {item:?} in collection {collection:?}")]
    UnknownItem {
        /// Collection asked for.
        collection: String,
        /// Item asked for.
        item: String,
    },
    /// The collection still holds Items.
    #[error("collection {0:?} still holds items")]
    CollectionNotEmpty(String),
    /// The collection breaks a rule.
    #[error("collection {id:?}: {reason}")]
    InvalidCollection {
        /// Its id.
        id: String,
        /// What is wrong and what would be right.
        reason: String,
    },
    /// The Item breaks a rule.
    #[error(transparent)]
    InvalidItem(#[from] ItemFault),
    /// A bounding box off the Earth or upside down.
    #[error(transparent)]
    Bbox(#[from] BboxError),
    /// A `datetime` that is not an instant or interval.
    #[error(transparent)]
    Datetime(#[from] IntervalError),
    /// A filter that is not CQL2, or CQL2 that is not supported.
    #[error(transparent)]
    Filter(#[from] FilterError),
    /// A limit of zero or above [`super::MAX_LIMIT`].
    #[error("limit is {given}; it must be within 1 to {max}")]
    Limit {
        /// What was asked for.
        given: usize,
        /// The most that is served in a page.
        max: usize,
    },
    /// A page token that this catalogue did not give out for this order.
    #[error("token: {0}")]
    Token(String),
    /// `intersects` is not a usable geometry.
    #[error("intersects: {0}")]
    Intersects(String),
    /// `bbox` and `intersects` in one search.
    #[error("bbox and intersects exclude each other")]
    BboxAndIntersects,
    /// `sortby` is not usable.
    #[error("sortby: {0}")]
    Sort(String),
    /// Too many values in a list.
    #[error("{field} has {count} values, more than {max}")]
    TooMany {
        /// The list.
        field: &'static str,
        /// Values given.
        count: usize,
        /// Values allowed.
        max: usize,
    },
    /// A stored document no longer reads as what it is.
    #[error("stored {kind} {id:?} is damaged: {reason}")]
    Damaged {
        /// `item` or `collection`.
        kind: &'static str,
        /// Its id.
        id: String,
        /// What did not read.
        reason: String,
    },
    /// The database failed: disk full, not writable, not a database, …
    #[error("catalogue storage: {action}: {reason}")]
    Storage {
        /// What was being done.
        action: &'static str,
        /// What the database said.
        reason: String,
    },
}

/// Who has to act on an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The request is wrong (HTTP 400).
    BadRequest,
    /// What was named is not there (HTTP 404).
    NotFound,
    /// The state does not allow it (HTTP 409).
    Conflict,
    /// The store failed (HTTP 500 or 507).
    Internal,
}

impl CatalogError {
    /// Who has to act on the error.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::UnknownCollection(_) | Self::UnknownItem { .. } => ErrorClass::NotFound,
            Self::CollectionNotEmpty(_) => ErrorClass::Conflict,
            Self::Damaged { .. } | Self::Storage { .. } => ErrorClass::Internal,
            _ => ErrorClass::BadRequest,
        }
    }

    /// True when what was named is not there.
    pub fn is_not_found(&self) -> bool {
        self.class() == ErrorClass::NotFound
    }
}
