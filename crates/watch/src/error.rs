//! What can go wrong in the chain, sorted by who can mend it.

/// An error of the chain. The variant says who can mend it; the text names the value.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The request itself is wrong: the asker can mend it.
    #[error("{0}")]
    Invalid(String),
    /// No such watch, product, answer or scene.
    #[error("no {what} named {name:?}{hint}")]
    NotFound {
        /// The noun: watch, product, answer, scene.
        what: &'static str,
        /// The name that was asked for.
        name: String,
        /// What would be right, or empty.
        hint: String,
    },
    /// It exists already with other content.
    #[error("{0}")]
    Conflict(String),
    /// Something on this machine failed: disk, database, a bug.
    #[error("{doing}: {reason}")]
    Internal {
        /// What was being done.
        doing: String,
        /// Why it failed.
        reason: String,
    },
}

impl WatchError {
    /// An internal failure while `doing` something.
    pub fn internal(doing: impl Into<String>, reason: impl std::fmt::Display) -> Self {
        Self::Internal {
            doing: doing.into(),
            reason: reason.to_string(),
        }
    }

    /// A noun that is not there.
    pub fn not_found(what: &'static str, name: impl Into<String>) -> Self {
        Self::NotFound {
            what,
            name: name.into(),
            hint: String::new(),
        }
    }

    /// A noun that is not there, with the names that are.
    pub fn not_found_among(
        what: &'static str,
        name: impl Into<String>,
        known: impl IntoIterator<Item = String>,
    ) -> Self {
        let known: Vec<String> = known.into_iter().collect();
        let hint = if known.is_empty() {
            "; there are none yet".to_string()
        } else {
            format!("; known: {}", known.join(", "))
        };
        Self::NotFound {
            what,
            name: name.into(),
            hint,
        }
    }
}
