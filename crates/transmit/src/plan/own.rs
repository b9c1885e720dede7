//! Corridor's own plan: `{"epoch": RFC 3339, "nodes": [NAME…], "contacts": [{"from", "to", "start_s",
//! "end_s", "rate_bit_s", "owlt_s"}]}`, times in seconds from the epoch, nothing rounded.

use super::json::{Loose, element_lines};
use super::{Builder, ContactPlan, PlanError, Read};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    epoch: Option<Timestamp>,
    #[serde(default)]
    nodes: Vec<String>,
    contacts: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    from: Loose,
    #[serde(default)]
    to: Loose,
    #[serde(default)]
    start_s: Loose,
    #[serde(default)]
    end_s: Loose,
    #[serde(default)]
    rate_bit_s: Loose,
    #[serde(default)]
    owlt_s: Loose,
}

/// Reads a plan; `file` names it in the report.
///
/// # Errors
/// Where it is no JSON of this shape; contacts that cannot be are dropped instead.
pub fn parse(text: &str, file: &str) -> Result<Read, PlanError> {
    let read: File = serde_json::from_str(text).map_err(|e| PlanError::json(file, &e))?;
    let lines = element_lines(text, "contacts");
    let mut plan = Builder::new(file);
    for name in &read.nodes {
        if let Err(reason) = plan.node(name) {
            plan.drop_line(1, reason);
        }
    }
    for (i, entry) in read.contacts.iter().enumerate() {
        let line = lines.get(i).copied().unwrap_or(0);
        let figures = || {
            Ok::<_, String>((
                entry.from.name("from")?,
                entry.to.name("to")?,
                entry.start_s.number("start_s")?,
                entry.end_s.number("end_s")?,
                entry.rate_bit_s.number("rate_bit_s")?,
                entry.owlt_s.number("owlt_s")?,
            ))
        };
        match figures() {
            Ok((from, to, start_s, end_s, rate_bit_s, owlt_s)) => {
                plan.contact(line, &from, &to, start_s, end_s, rate_bit_s, owlt_s);
            }
            Err(reason) => plan.drop_line(line, format!("contact: {reason}")),
        }
    }
    Ok(plan.finish(read.epoch))
}

#[derive(Serialize)]
struct WrittenFile<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    epoch: Option<Timestamp>,
    nodes: &'a [String],
    contacts: Vec<Written<'a>>,
}

#[derive(Serialize)]
struct Written<'a> {
    from: &'a str,
    to: &'a str,
    start_s: f64,
    end_s: f64,
    rate_bit_s: f64,
    owlt_s: f64,
}

/// Writes a plan, every figure whole, one contact a line.
pub fn write(plan: &ContactPlan) -> String {
    let written = |c: &super::PlanContact| Written {
        from: plan.nodes.get(c.from as usize).map_or("", String::as_str),
        to: plan.nodes.get(c.to as usize).map_or("", String::as_str),
        start_s: c.start_s,
        end_s: c.end_s,
        rate_bit_s: c.rate_bit_s,
        owlt_s: c.owlt_s,
    };
    let file = WrittenFile {
        epoch: plan.epoch,
        nodes: &plan.nodes,
        contacts: plan.contacts.iter().map(written).collect(),
    };
    serde_json::to_string(&file).unwrap_or_default() + "\n"
}
