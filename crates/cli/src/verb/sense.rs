//! `corridor sense`: what can be seen when.

mod compare;
mod coverage;
mod design;
mod fleet;
mod instrument;
mod places;
mod propagate;
mod revisit;
pub(crate) mod satellites;
mod schedule;
mod span;
mod windows;

pub(crate) use places::position;

use super::Outcome;
use clap::Subcommand;
use std::path::Path;

/// What can be seen when.
#[derive(Debug, Subcommand)]
pub(crate) enum Sense {
    /// How often places are seen without and with planned satellites
    Compare(compare::Compare),
    /// What share of areas and lines is seen when
    Coverage(coverage::Coverage),
    /// Orbits of planned satellites
    #[command(subcommand)]
    Design(design::Design),
    /// Where satellites are at equal steps
    Propagate(propagate::Propagate),
    /// How often and how soon places, areas and countries are seen
    Revisit(revisit::Revisit),
    /// Which satellite observes what when, within what satellites can do
    Schedule(schedule::Schedule),
    /// When satellites see places
    Windows(windows::Windows),
}

impl Sense {
    pub(crate) async fn run(self, data_dir: &Path) -> Outcome {
        match self {
            Self::Compare(compare) => compare.run(data_dir).await,
            Self::Design(design) => design.run(),
            Self::Coverage(coverage) => coverage.run(data_dir).await,
            Self::Windows(windows) => windows.run(data_dir).await,
            Self::Propagate(propagate) => propagate.run(),
            Self::Revisit(revisit) => revisit.run(data_dir).await,
            Self::Schedule(schedule) => schedule.run(data_dir).await,
        }
    }
}
