//! `--plan FILE`: a contact plan in any format, with what was dropped said aloud.

use crate::verb::Failure;
use corridor_transmit::plan::{self, ContactPlan, NodeIndex};
use std::path::Path;

/// Most dropped contacts said one by one.
const SAID_MAX: usize = 20;

/// Most nodes named where one is unknown.
const NAMED_MAX: usize = 12;

/// Reads a plan; contacts that cannot be are said on standard error.
#[allow(clippy::print_stderr, reason = "the report belongs on standard error")]
pub(super) fn read(path: &Path) -> Result<ContactPlan, Failure> {
    let file = path.display().to_string();
    let text = text(path, plan::FILE_MAX_BYTES as u64)?;
    let read = plan::read(&text, &file).map_err(|e| Failure::Failed(e.to_string()))?;
    for dropped in read.dropped.iter().take(SAID_MAX) {
        eprintln!("corridor: dropped: {dropped}");
    }
    if read.dropped.len() > SAID_MAX {
        eprintln!(
            "corridor: and {} more dropped",
            read.dropped.len() - SAID_MAX
        );
    }
    if read.plan.contacts.is_empty() {
        return Err(Failure::Failed(format!(
            "{file}: no contact is left to plan with"
        )));
    }
    Ok(read.plan)
}

/// A file as text, up to a size.
pub(crate) fn text(path: &Path, max_bytes: u64) -> Result<String, Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::Failed(format!("{}: {e}", path.display()));
    let size = std::fs::metadata(path).map_err(|e| failed(&e))?.len();
    if size > max_bytes {
        return Err(failed(&format!("{size} bytes; at most {max_bytes}")));
    }
    std::fs::read_to_string(path).map_err(|e| failed(&e))
}

/// The node of a name, or which there are.
pub(super) fn node(plan: &ContactPlan, name: &str) -> Result<NodeIndex, Failure> {
    plan.node(name).ok_or_else(|| {
        let known: Vec<&str> = plan
            .nodes
            .iter()
            .take(NAMED_MAX)
            .map(String::as_str)
            .collect();
        let more = plan.nodes.len() - known.len();
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        Failure::Failed(format!(
            "node {name:?} is not in the plan; it has {}{more}",
            known.join(", ")
        ))
    })
}
