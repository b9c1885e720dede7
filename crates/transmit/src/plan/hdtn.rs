//! NASA HDTN's contact plan: `{"contacts": [{"contact", "source", "dest", "startTime", "endTime",
//! "rateBitsPerSec", "owlt"}]}`, whole seconds, nodes by number.

use super::json::{Loose, element_lines};
use super::{Builder, ContactPlan, PlanError, Read};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize)]
struct File {
    contacts: Vec<Entry>,
    /// Ours: the names behind the numbers; other readers of the format pass over it.
    #[serde(default, rename = "nodeNames")]
    node_names: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    source: Loose,
    #[serde(default)]
    dest: Loose,
    #[serde(default, rename = "startTime")]
    start: Loose,
    #[serde(default, rename = "endTime")]
    end: Loose,
    #[serde(default, rename = "rateBitsPerSec")]
    rate: Loose,
    #[serde(default)]
    owlt: Loose,
}

/// Reads a plan; `file` names it in the report.
///
/// # Errors
/// Where it is no JSON of this shape; contacts that cannot be are dropped instead.
pub fn parse(text: &str, file: &str) -> Result<Read, PlanError> {
    let read: File = serde_json::from_str(text).map_err(|e| PlanError::json(file, &e))?;
    let lines = element_lines(text, "contacts");
    let mut plan = Builder::new(file);
    for (i, entry) in read.contacts.iter().enumerate() {
        let line = lines.get(i).copied().unwrap_or(0);
        let figures = || {
            let named = |number: String| read.node_names.get(&number).cloned().unwrap_or(number);
            Ok::<_, String>((
                named(entry.source.name("source")?),
                named(entry.dest.name("dest")?),
                entry.start.number("startTime")?,
                entry.end.number("endTime")?,
                entry.rate.number("rateBitsPerSec")?,
                match &entry.owlt {
                    Loose::Missing => 0.0,
                    owlt => owlt.number("owlt")?,
                },
            ))
        };
        match figures() {
            Ok((from, to, start_s, end_s, rate_bit_s, owlt_s)) => {
                plan.contact(line, &from, &to, start_s, end_s, rate_bit_s, owlt_s);
            }
            Err(reason) => plan.drop_line(line, format!("contact: {reason}")),
        }
    }
    Ok(plan.finish(None))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    contact: usize,
    source: u64,
    dest: u64,
    start_time: i64,
    end_time: i64,
    rate_bits_per_sec: u64,
    owlt: u64,
}

#[derive(Serialize)]
struct WrittenFile {
    #[serde(rename = "nodeNames", skip_serializing_if = "BTreeMap::is_empty")]
    node_names: BTreeMap<u64, String>,
    contacts: Vec<Written>,
}

/// Writes a plan. The format has whole seconds: windows are rounded inwards, light times up, rates down,
/// so that nothing is promised that the plan does not hold; what has no second left is reported.
pub fn write(plan: &ContactPlan) -> (String, Vec<String>) {
    let numbers = super::ion::numbers(plan);
    let mut left_out = Vec::new();
    let mut contacts = Vec::with_capacity(plan.contacts.len());
    for contact in &plan.contacts {
        let (start, end) = (contact.start_s.ceil(), contact.end_s.floor());
        let rate = contact.rate_bit_s.floor();
        if end <= start || rate < 1.0 {
            left_out.push(super::ion::too_short(plan, contact));
            continue;
        }
        contacts.push(Written {
            contact: contacts.len(),
            source: numbers[contact.from as usize],
            dest: numbers[contact.to as usize],
            start_time: start as i64,
            end_time: end as i64,
            rate_bits_per_sec: rate as u64,
            owlt: contact.owlt_s.ceil() as u64,
        });
    }
    let node_names = numbers
        .iter()
        .zip(&plan.nodes)
        .filter(|(number, name)| number.to_string() != **name)
        .map(|(number, name)| (*number, name.clone()))
        .collect();
    let file = WrittenFile {
        node_names,
        contacts,
    };
    let text = serde_json::to_string_pretty(&file).unwrap_or_default();
    (text + "\n", left_out)
}
