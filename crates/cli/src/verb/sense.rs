//! `corridor sense`: what can be seen when.

mod places;
mod propagate;
mod satellites;
mod schedule;
mod span;
mod windows;

use super::Outcome;
use clap::Subcommand;
use std::path::Path;

/// What can be seen when.
#[derive(Debug, Subcommand)]
pub(crate) enum Sense {
    /// When satellites see places
    Windows(windows::Windows),
    /// Where satellites are at equal steps
    Propagate(propagate::Propagate),
    /// Which satellite observes what when, within what satellites can do
    Schedule(schedule::Schedule),
}

impl Sense {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::Windows(windows) => windows.run(),
            Self::Propagate(propagate) => propagate.run(),
            Self::Schedule(schedule) => schedule.run(data_dir).await,
        }
    }
}
