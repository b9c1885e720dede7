//! Lines about what happens while it happens: for people, or a JSON object each.

use crate::output::say;
use serde::Serialize;
use std::io;

/// How lines are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(super) enum Lines {
    /// For people.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

impl Lines {
    /// Prints one.
    pub(super) fn say(self, text: &str, object: &impl Serialize) -> io::Result<()> {
        let line = match self {
            Self::Text => text.to_owned(),
            Self::Json => serde_json::to_string(object).map_err(io::Error::other)?,
        };
        say(&(line + "\n"))
    }
}
