//! Process graphs: read, checked, run.

mod check;
mod expand;
mod parse;
mod run;
mod save;

pub use check::{Issue, validate};
pub use expand::{UserProcess, expand};
pub use parse::{Argument, DEPTH_MAX, DeclaredParameter, NODES_MAX, Node, ProcessGraph};
pub(crate) use run::run_nested;
pub use run::{RunLimits, run, run_keeping};
pub use save::{Save, saves};
