//! Process graphs: read, checked, run.

mod check;
mod expand;
mod parse;
mod run;
mod save;

pub use check::{Issue, validate};
pub use expand::{UserProcess, expand};
pub use parse::{Argument, DEPTH_MAX, DeclaredParameter, NODES_MAX, Node, ProcessGraph};
pub use run::{RunLimits, interpret, run, run_keeping};
pub(crate) use run::{
    argument_value, fill_parameters, load_request, needed, run_nested, run_nodes, sources,
};
pub use save::{Save, resolve, saves};
