//! When units may leave: the contacts from one node to another in a plan.

use crate::verb::Failure;
use crate::verb::transmit::plan_file;
use clap::Args;
use jiff::Timestamp;
use std::path::PathBuf;
use std::time::Duration;

/// A contact plan, and whose contacts count.
#[derive(Debug, Clone, Args)]
pub(super) struct PassArguments {
    /// Contact plan: units leave only in contacts, transfers stand still between them
    #[arg(long, value_name = "FILE", requires_all = ["from_node", "to_node"])]
    plan: Option<PathBuf>,
    /// This node in the plan
    #[arg(long, value_name = "NODE")]
    from_node: Option<String>,
    /// The other node in the plan
    #[arg(long, value_name = "NODE")]
    to_node: Option<String>,
}

/// Windows in which units may leave.
#[derive(Debug)]
pub(super) struct Passes(Option<Vec<(Timestamp, Timestamp)>>);

/// What is on now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    /// Units may leave.
    On,
    /// They may after this long.
    In(Duration),
    /// No contact comes any more.
    Over,
}

impl PassArguments {
    pub(super) fn read(&self) -> Result<Passes, Failure> {
        let (Some(path), Some(from), Some(to)) = (&self.plan, &self.from_node, &self.to_node)
        else {
            return Ok(Passes(None));
        };
        let plan = plan_file::read(path)?;
        let (from, to) = (plan_file::node(&plan, from)?, plan_file::node(&plan, to)?);
        let epoch = plan.epoch.unwrap_or(Timestamp::UNIX_EPOCH);
        let instant = |s: f64| {
            let since = jiff::SignedDuration::try_from_secs_f64(s).ok()?;
            epoch.checked_add(since).ok()
        };
        let own = plan
            .contacts
            .iter()
            .filter(|c| c.from == from && c.to == to);
        let mut windows: Vec<(Timestamp, Timestamp)> = own
            .filter_map(|c| Some((instant(c.start_s)?, instant(c.end_s)?)))
            .collect();
        windows.sort();
        Ok(Passes(Some(windows)))
    }
}

impl Passes {
    pub(super) fn at(&self, now: Timestamp) -> Pass {
        let Some(windows) = &self.0 else {
            return Pass::On;
        };
        match windows.iter().find(|(_, end)| now < *end) {
            Some((start, _)) if *start <= now => Pass::On,
            Some((start, _)) => Pass::In(start.duration_since(now).unsigned_abs()),
            None => Pass::Over,
        }
    }
}
