//! Process graphs: read, checked, run.

mod check;
mod parse;
mod run;

pub use check::{Issue, validate};
pub use parse::{Argument, DEPTH_MAX, DeclaredParameter, NODES_MAX, Node, ProcessGraph};
pub(crate) use run::run_nested;
pub use run::{RunLimits, run, run_keeping};
